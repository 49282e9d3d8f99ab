//! What every OSCAL file has: metadata, controls by id, resources with hashes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::assess::Assessment;
use super::super::context::Context as Hidden;
use super::super::{Audit, Framework};
use super::VERSION;
use super::ids::{NAMESPACE, uuid};
use crate::bcp::changes;
use crate::digest::sha256;
use crate::estate_report::Live;
use crate::printable::one_line;
use crate::report::markdown_text;

/// What every file is made from.
pub(super) struct Context<'a> {
    pub(super) audit: &'a Audit<'a>,
    pub(super) hidden: Hidden<'a>,
    /// The digests of the files that were written.
    written: BTreeMap<&'static str, String>,
    /// Control ids that several frameworks have.
    shared: BTreeSet<&'a str>,
}

/// A control with its id in OSCAL.
pub(super) struct Control<'a> {
    pub(super) id: String,
    pub(super) assessment: &'a Assessment<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn new(audit: &'a Audit<'a>) -> Self {
        let (mut once, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for one in audit.frameworks.iter().flat_map(|one| &one.controls) {
            let id = one.control.id.as_str();
            if !once.insert(id) {
                shared.insert(id);
            }
        }
        Self { audit, hidden: Hidden::new(audit.inputs), written: BTreeMap::new(), shared }
    }

    /// Remember a file, so that later ones can refer to it.
    pub(super) fn wrote(&mut self, name: &'static str, text: &str) {
        self.written.insert(name, sha256(text));
    }

    /// All controls.
    pub(super) fn controls(&self) -> impl Iterator<Item = Control<'a>> {
        self.audit.frameworks.iter().flat_map(move |one| {
            let framework = one.framework;
            one.controls
                .iter()
                .map(move |assessment| Control { id: self.id(framework, assessment), assessment })
        })
    }

    /// The id of a control in OSCAL, unique over all frameworks.
    pub(super) fn id(&self, framework: &Framework, assessment: &Assessment<'_>) -> String {
        let id = assessment.control.id.as_str();
        if self.shared.contains(id) { format!("{}-{id}", framework.id) } else { id.to_owned() }
    }

    /// The UUID of something of this estate.
    pub(super) fn uuid(&self, kind: &str, key: &str) -> String {
        uuid(self.audit.inputs.plan.policy.estate.as_str(), kind, key)
    }

    /// The moment of the audit: when the cloud had been observed, or the day.
    pub(super) fn moment(&self) -> String {
        match &self.audit.inputs.live {
            Live::Seen { to, .. } => to.clone(),
            Live::NotAsked | Live::Unseen(_) => format!("{}T00:00:00Z", self.audit.inputs.plan.as_of),
        }
    }

    /// When the observation began.
    pub(super) fn began(&self) -> String {
        match &self.audit.inputs.live {
            Live::Seen { from, .. } => from.clone(),
            Live::NotAsked | Live::Unseen(_) => self.moment(),
        }
    }

    /// The metadata of a file.
    pub(super) fn metadata(&self, title: &str) -> Value {
        let estate = &self.audit.inputs.plan.policy.estate;
        let lacks = self.audit.lacks.iter().map(|text| self.prop("missing-or-stale", &one_line(text)));
        let policies = changes::of_policies(&self.hidden.plan);
        let props: Vec<Value> =
            std::iter::once(self.prop("policies-digest", &policies)).chain(lacks).collect();
        json!({
            "title": format!("{title} of {estate}"),
            "last-modified": self.moment(),
            "version": self.moment(),
            "oscal-version": VERSION,
            "props": props,
        })
    }

    /// A property of ours.
    pub(super) fn prop(&self, name: &str, value: &str) -> Value {
        json!({ "name": name, "ns": NAMESPACE, "value": value_text(value) })
    }

    /// A reference to a resource.
    pub(super) fn href(&self, resource: &str) -> String {
        format!("#{}", self.uuid("resource", resource))
    }

    /// A file that was written, as a resource.
    pub(super) fn file(&self, name: &'static str, title: &str) -> Value {
        let hash = self.written.get(name).cloned().unwrap_or_default();
        json!({
            "uuid": self.uuid("resource", name),
            "title": title,
            "rlinks": [{ "href": name, "hashes": [{ "algorithm": "SHA-256", "value": hash }] }],
        })
    }

    /// The files of the policies, as resources.
    pub(super) fn policies(&self) -> Vec<Value> {
        let sources = self.audit.inputs.plan.sources.iter();
        let one = |(_, source): (_, &crate::source::Source)| {
            json!({
                "uuid": self.uuid("resource", &source.path),
                "title": self.text(&source.path),
                "rlinks": [{
                    "href": uri(&source.path),
                    "hashes": [{ "algorithm": "SHA-256", "value": sha256(source.text.as_bytes()) }],
                }],
            })
        };
        sources.map(one).collect()
    }

    /// Text of others, as Markdown that shows it.
    pub(super) fn text(&self, text: &str) -> String {
        let text = markdown_text(&self.hidden.hidden(text));
        if text.trim().is_empty() { "none".to_owned() } else { text.trim().to_owned() }
    }

    /// The selection of all controls.
    pub(super) fn selection(&self) -> Value {
        let ids: Vec<Value> = self.controls().map(|one| json!({ "control-id": one.id })).collect();
        json!({ "control-selections": [{ "include-controls": ids }] })
    }
}

/// A value of a property: one line, not empty, without a blank at its edges.
fn value_text(text: &str) -> String {
    let text = one_line(text);
    let text = text.trim();
    if text.is_empty() { "none".to_owned() } else { text.to_owned() }
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
