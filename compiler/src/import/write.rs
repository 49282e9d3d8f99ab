//! Writes candidates as YAML.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use serde_json::Value;

use super::candidate::{Answer, Candidate, Scheduled};
use crate::lower::TargetAccounts;
use crate::provider::aws::name::AWS;
use crate::provider::region::Region;

/// A first estate.
pub(super) fn estate(target: &TargetAccounts, sites: &BTreeMap<Region, String>) -> String {
    let mut out = String::from(
        "# The estate as `holdfast import` found it: every region that holds a copy is a site. Rename\n\
         # sites to what people call them, and the estate to what the business calls it.\nkind: estate\n",
    );
    let _ = writeln!(out, "name: imported\naccount: {}\nsites:", quoted(target.account(AWS)));
    for (region, site) in sites {
        let _ = writeln!(out, "  {site}: {{ {}: {} }}", region.provider.name, scalar(region.id));
    }
    out
}

/// One service.
pub(super) fn service(candidate: &Candidate<'_>) -> String {
    let mut out =
        String::from("# Found by `holdfast import`. Nobody has decided or measured anything about it yet.\n");
    let _ = writeln!(out, "kind: service\nname: {}\nprimary: {}", candidate.name, candidate.primary);
    if !candidate.standby.is_empty() {
        let _ = writeln!(out, "standby: [{}]", candidate.standby.join(", "));
    }
    if !candidate.undecided.is_empty() {
        let undecided: Vec<String> =
            candidate.undecided.iter().rev().map(|key| format!("{key}: undecided")).collect();
        out.push_str(
            "# The current setup meets no objective of this kind: `holdfast objectives` shows why.\n",
        );
        let _ = writeln!(out, "objectives: {{ {} }}", undecided.join(", "));
    }
    data(candidate, &mut out);
    traffic(candidate, &mut out);
    existing(candidate, &mut out);
    out
}

fn data(candidate: &Candidate<'_>, out: &mut String) {
    if !candidate.data.is_empty() {
        out.push_str("data:\n");
    }
    for (name, set) in &candidate.data {
        let _ = writeln!(out, "  {name}:\n    bucket: {}\n    encrypt: {}", scalar(&set.bucket), set.encrypt);
        for remark in &set.remarks {
            comment(remark, out);
        }
        out.push_str("    backups:\n");
        if !set.copies.is_empty() {
            let to = set.copies.iter();
            let to: Vec<String> =
                to.map(|(site, bucket)| format!("{{ site: {site}, bucket: {} }}", scalar(bucket))).collect();
            let _ = writeln!(out, "{STRATEGY}real-time\n        to: [{}]", to.join(", "));
        }
        set.schedules.iter().for_each(|one| scheduled(one, out));
    }
}

/// The begin of a way to copy data.
const STRATEGY: &str = "      - strategy: ";

fn scheduled(one: &Scheduled, out: &mut String) {
    let strategy = if one.on.is_some() { "weekly" } else { "daily" };
    let _ = writeln!(out, "{STRATEGY}{strategy}");
    if let Some(day) = one.on {
        let _ = writeln!(out, "        on: {day}");
    }
    let _ = writeln!(out, "        at: \"{}\"", one.at);
    if let Some(zone) = &one.zone {
        let _ = writeln!(out, "        zone: {}", scalar(zone));
    }
    let (start, complete) = (minutes(one.start), minutes(one.complete));
    let _ = writeln!(out, "        to: [{}]\n        keep: {}d", one.to.join(", "), one.keep);
    if (start.as_str(), complete.as_str()) != ("1h", "8h") {
        let _ = writeln!(out, "        windows: {{ start: {start}, complete: {complete} }}");
    }
    if one.continuous {
        out.push_str("        continuous: true\n");
    }
}

fn minutes(minutes: u64) -> String {
    if minutes.is_multiple_of(60) { format!("{}h", minutes / 60) } else { format!("{minutes}m") }
}

/// Whether a place in the text of a service is in a scheduled backup of a data set.
pub(super) fn is_of_schedule(text: &str, start: usize) -> bool {
    let (before, after) = text.split_at_checked(start).unwrap_or((text, ""));
    let line = after.split('\n').next().unwrap_or_default();
    let before = format!("{before}{line}");
    let begins = |line: &&str| !line.starts_with([' ', '#']) && !line.is_empty();
    let section = before.lines().rfind(begins);
    let strategy =
        before.lines().rev().take_while(|line| !begins(line)).find_map(|line| line.strip_prefix(STRATEGY));
    section == Some("data:") && strategy.is_some_and(|strategy| strategy != "real-time")
}

/// A sentence as a comment of a data set, in lines of at most 100 characters. Names in it are not ours.
fn comment(text: &str, out: &mut String) {
    let mut line = String::new();
    for word in plain(text).split(' ') {
        if !line.is_empty() && line.len() + word.len() > 92 {
            let _ = writeln!(out, "    # {}", line.trim_start());
            line.clear();
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "    # {}", line.trim_start());
}

/// With everything except plain ASCII escaped, and also a `#` that follows another (see [`quoted`]).
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            ' '..='~' if !(c == '#' && out.ends_with('#')) => out.push(c),
            _ => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out
}

fn traffic(candidate: &Candidate<'_>, out: &mut String) {
    if !candidate.traffic.is_empty() {
        out.push_str("traffic:\n");
    }
    for (name, traffic) in &candidate.traffic {
        let (zone, record) = (scalar(&traffic.zone), scalar(&traffic.record));
        let _ = writeln!(out, "  {name}:\n    zone: {zone}\n    record: {record}");
        if let Some(ttl) = traffic.ttl {
            let _ = writeln!(out, "    ttl: {ttl}s");
        }
        if !traffic.probe.is_empty() {
            let probe = traffic.probe.iter().map(|(key, value)| format!("{key}: {}", any(value)));
            let _ = writeln!(out, "    probe: {{ {} }}", probe.collect::<Vec<_>>().join(", "));
        }
        if traffic.guessed {
            out.push_str("    # A guess: nothing in the cloud shows which of these is at which site.\n");
        }
        out.push_str("    endpoints:\n");
        for (site, target) in &traffic.endpoints {
            let target = match target {
                Answer::Address(address) => scalar(address),
                Answer::Alias { name, zone_id } => {
                    format!("{{ alias: {}, zone-id: {} }}", scalar(name), scalar(zone_id))
                }
            };
            let _ = writeln!(out, "      {site}: {target}");
        }
    }
}

fn existing(candidate: &Candidate<'_>, out: &mut String) {
    if !candidate.existing.is_empty() {
        out.push_str("existing:\n");
    }
    for (address, existing) in &candidate.existing {
        let mut parts = Vec::new();
        if !existing.known_as.is_empty() {
            let names = existing.known_as.iter().map(|(name, value)| format!("{name}: {}", scalar(value)));
            parts.push(format!("as: {{ {} }}", names.collect::<Vec<_>>().join(", ")));
        }
        if !existing.leave.is_empty() {
            let names: Vec<&str> = existing.leave.iter().map(String::as_str).collect();
            parts.push(format!("leave: [{}]", names.join(", ")));
        }
        let _ = writeln!(out, "  {address}: {{ {} }}", parts.join(", "));
    }
}

fn any(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), scalar)
}

/// Plain if no YAML reader can misread it, otherwise quoted.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    // Words that some version of YAML reads as a boolean or null.
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let word = words.iter().any(|word| text.eq_ignore_ascii_case(word));
    let seconds =
        text.strip_suffix('s').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if (plain && !word) || seconds || text.parse::<Ipv4Addr>().is_ok() {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// In double quotes, with everything except plain ASCII escaped (YAML 1.2.2 §5.7), and also a `#` that
/// follows another: `##vso[…]` would be a command of a build system, and the printing layer would escape it
/// in a way that changes the value.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    let mut hash = false;
    for c in text.chars() {
        let command = hash && c == '#';
        hash = c == '#' && !command;
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' if !command => out.push(c),
            _ => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_text_is_quoted_in_yaml() {
        for plain in ["repl-s0", "10s", "192.0.2.10", "/healthz", "a.b"] {
            assert_eq!(scalar(plain), plain);
        }
        for (text, written) in [
            ("no", "\"no\""),
            ("123", "\"123\""),
            ("a: b", "\"a: b\""),
            ("x\n---\nkind: estate", "\"x\\U0000000A---\\U0000000Akind: estate\""),
            ("\"}", "\"\\\"}\""),
            ("2001:db8::1", "\"2001:db8::1\""),
            ("\u{202e}", "\"\\U0000202E\""),
            ("##vso[a]##[b]", "\"#\\U00000023vso[a]#\\U00000023[b]\""),
            ("", "\"\""),
        ] {
            assert_eq!(scalar(text), written);
            let read: Value = serde_yaml::from_str(&format!("{{ a: {} }}", scalar(text))).unwrap();
            assert_eq!(read["a"], text);
        }
    }
}
