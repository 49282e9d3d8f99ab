//! Whether OSCAL files fit together. Validators of the format accept references that lead nowhere, methods and reasons that do not
//! exist, and any version; this check refuses them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::VERSION;
use crate::digest::sha256;

/// The algorithms of hashes with the digits of their values (OSCAL `hash/@algorithm`).
const HASHES: [(&str, usize); 8] = [
    ("SHA-224", 56),
    ("SHA-256", 64),
    ("SHA-384", 96),
    ("SHA-512", 128),
    ("SHA3-224", 56),
    ("SHA3-256", 64),
    ("SHA3-384", 96),
    ("SHA3-512", 128),
];
/// The methods of an observation.
const METHODS: [&str; 4] = ["EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"];
/// The units of a frequency.
const UNITS: [&str; 6] = ["seconds", "minutes", "hours", "days", "months", "years"];

/// What does not fit in files, given by name and text. Empty if all of it fits.
#[must_use]
pub fn check(files: &[(&str, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut parsed = Vec::new();
    for (name, text) in files {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => parsed.push((*name, value)),
            Err(error) => faults.push(format!("{name}: no JSON: {error}")),
        }
    }
    let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
    let mut known = BTreeSet::new();
    for (_, value) in parsed.iter().filter(|(_, value)| value.get("catalog").is_some()) {
        walk(value, &mut |_, key, value| {
            if key == "id" {
                known.extend(value.as_str().map(str::to_owned));
            }
        });
    }
    for (name, value) in &parsed {
        let mut file =
            File { name, texts: &texts, controls: &known, uuids: BTreeSet::new(), faults: &mut faults };
        file.check(value);
    }
    faults
}

/// Visit every key with its value: the object around it, the key, the value.
fn walk<'v>(value: &'v Value, visit: &mut impl FnMut(&'v Value, &'v str, &'v Value)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                visit(value, key, inner);
                walk(inner, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, visit)),
        _ => {}
    }
}

struct File<'f> {
    name: &'f str,
    texts: &'f BTreeMap<&'f str, &'f str>,
    controls: &'f BTreeSet<String>,
    uuids: BTreeSet<String>,
    faults: &'f mut Vec<String>,
}

impl File<'_> {
    fn check(&mut self, value: &Value) {
        let mut found = Vec::new();
        walk(value, &mut |_, key, value| {
            if let ("uuid", Some(uuid)) = (key, value.as_str()) {
                found.push(uuid.to_owned());
            }
        });
        for uuid in found {
            if !is_version_5(&uuid) {
                self.fault(format!("`{uuid}` is no UUID of version 5"));
            }
            if !self.uuids.insert(uuid.clone()) {
                self.fault(format!("the UUID {uuid} is there twice"));
            }
        }
        let mut faults = Vec::new();
        walk(value, &mut |around, key, value| self.one(around, key, value, &mut faults));
        faults.into_iter().for_each(|fault| self.fault(fault));
    }

    fn fault(&mut self, what: String) {
        self.faults.push(format!("{}: {what}", self.name));
    }

    fn one(&self, around: &Value, key: &str, value: &Value, out: &mut Vec<String>) {
        if value.as_array().is_some_and(Vec::is_empty)
            || value.as_str().is_some_and(|text| text.trim().is_empty())
        {
            out.push(format!("`{key}` is empty"));
        }
        let text = value.as_str().unwrap_or_default();
        match key {
            "oscal-version" if text != VERSION => out.push(format!("the version of OSCAL is `{text}`")),
            "href" | "source" => self.reference(around, text, out),
            "observation-uuid" | "finding-uuid" | "subject-uuid" | "component-uuid" | "task-uuid"
                if !self.uuids.contains(text) =>
            {
                out.push(format!("`{key}` {text} leads nowhere"));
            }
            "methods" => {
                let methods = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                out.extend(
                    methods.filter(|one| !METHODS.contains(one)).map(|one| format!("no method `{one}`")),
                );
            }
            "status" if around.get("target-id").is_some() => {
                let of = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
                if !matches!(
                    (of("state"), of("reason")),
                    ("satisfied", "pass") | ("not-satisfied", "fail" | "other")
                ) {
                    out.push(format!("a finding is `{}` with the reason `{}`", of("state"), of("reason")));
                }
            }
            "control-id" if !self.controls.contains(text) => {
                out.push(format!("no catalogue has the control `{text}`"))
            }
            "target-id" if !self.controls.contains(text) => {
                out.push(format!("no catalogue has the statement `{text}`"))
            }
            "unit" if around.get("period").is_some() && !UNITS.contains(&text) => {
                out.push(format!("no unit of time `{text}`"));
            }
            "hashes" => hashes(value, out),
            "last-modified" | "start" | "end" | "collected" if text.parse::<Timestamp>().is_err() => {
                out.push(format!("`{key}` is no moment: `{text}`"));
            }
            "end" => {
                let start = around
                    .get("start")
                    .and_then(Value::as_str)
                    .and_then(|text| text.parse::<Timestamp>().ok());
                let end = text.parse::<Timestamp>().ok();
                if start.zip(end).is_some_and(|(start, end)| end < start) {
                    out.push("a result ends before it starts".to_owned());
                }
            }
            "value" if around.get("name").is_some() && text != text.trim() => {
                out.push(format!("the value of a property has a blank at its edge: `{text}`"));
            }
            "name" if around.get("value").is_some() && !is_token(text) => {
                out.push(format!("no name of a property: `{text}`"))
            }
            _ => {}
        }
    }

    /// A reference within the file, or to a file beside it whose hash must be right.
    fn reference(&self, around: &Value, href: &str, out: &mut Vec<String>) {
        if let Some(uuid) = href.strip_prefix('#') {
            if !self.uuids.contains(uuid) {
                out.push(format!("the reference {href} leads nowhere"));
            }
            return;
        }
        let hash = around.pointer("/hashes/0/value").and_then(Value::as_str);
        if href.ends_with(".json") && !href.contains("://") {
            match self.texts.get(href) {
                None => out.push(format!("there is no file {href}")),
                Some(text) if hash != Some(sha256(text).as_str()) => {
                    out.push(format!("the hash of {href} is another"))
                }
                Some(_) => {}
            }
        }
    }
}

fn hashes(value: &Value, out: &mut Vec<String>) {
    for hash in value.as_array().into_iter().flatten() {
        let of = |key: &str| hash.get(key).and_then(Value::as_str).unwrap_or_default();
        let fits = |(name, digits): &(&str, usize)| {
            *name == of("algorithm")
                && of("value").len() == *digits
                && of("value").bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !HASHES.iter().any(fits) {
            out.push(format!("no hash `{}` of {} digits", of("algorithm"), of("value").len()));
        }
    }
}

fn is_version_5(uuid: &str) -> bool {
    let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
    let digits =
        uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let at = |nth: usize| uuid.as_bytes().get(nth).copied();
    lengths == [8, 4, 4, 4, 12]
        && digits
        && at(14) == Some(b'5')
        && matches!(at(19), Some(b'8' | b'9' | b'a' | b'b'))
}

fn is_token(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}
