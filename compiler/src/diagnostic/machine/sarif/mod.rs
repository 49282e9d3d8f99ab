//! Findings as SARIF 2.1.0 (OASIS Standard, errata 01), limited to what GitHub's code scanning reads.
//!
//! - Paths become relative URIs, percent-encoded; absolute paths become `file:` URIs.
//! - Columns count characters; the run declares that in `columnKind` (clause 3.14.17).
//! - Fingerprints are ours, `holdfastFinding/v1`: code, message, the marked text and how many equal ones come
//!   before it in its file, so a finding stays the same one while lines move around it. GitHub's own
//!   `primaryLocationLineHash` is left to its upload action, which complains about any that it did not make.
//! - Clause 3.11.5 wants braces in messages doubled. They stay single: a viewer that does not read them back
//!   would show a cure that, copied, is wrong YAML.
//! - A finding about a whole file gets the place before its first character: GitHub's documentation requires
//!   a region for every result.
//! - GitHub refuses a run with more than 25,000 results, keeps 5,000 of them, and 100 places of each.

mod model;
mod uri;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Diagnostic, Label, Region, Sources, file, labels, level, sentence, shown, title};
use crate::diagnostic::{Code, codes};
use crate::digest::hex;
use model::{
    ArtifactLocation, Configuration, Driver, Finding, Location, Log, Message, PhysicalLocation, Rule, Run,
    Span, Tool,
};

/// The URI of the schema.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(findings: &[Diagnostic], sources: &Sources) -> String {
    // The most severe finding of each code, in the order of codes.
    let mut found: BTreeMap<Code, &Diagnostic> = BTreeMap::new();
    for finding in findings {
        let worst = found.entry(finding.code).or_insert(finding);
        if finding.severity() < worst.severity() {
            *worst = finding;
        }
    }
    let index: BTreeMap<Code, usize> = found.keys().enumerate().map(|(nth, code)| (*code, nth)).collect();
    let mut seen = BTreeMap::new();
    let results = findings.iter().map(|finding| Finding {
        rule_id: finding.code.as_str(),
        rule_index: index.get(&finding.code).copied(),
        level: level(finding.severity()),
        message: message(&sentence(finding)),
        locations: location(finding, sources).into_iter().collect(),
        related_locations: labels(finding).skip(1).filter_map(|label| marked(label, sources)).collect(),
        partial_fingerprints: [("holdfastFinding/v1", fingerprint(finding, sources, &mut seen))].into(),
    });
    let results = results.collect();
    let driver = Driver {
        name: "Holdfast",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: found.into_values().map(rule).collect(),
    };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(worst: &Diagnostic) -> Rule {
    let page = codes::page(worst.code.as_str()).unwrap_or_default();
    let plain = |text: String| Message { text, markdown: None };
    Rule {
        id: worst.code.as_str(),
        short_description: plain(title(worst).to_owned()),
        full_description: plain(section(page, "What it means")),
        help: Message { text: section(page, "Cure"), markdown: Some(page) },
        default_configuration: Configuration { level: level(worst.severity()) },
    }
}

/// The text of a section of a page, up to its first example.
fn section(page: &str, heading: &str) -> String {
    let lines = page.lines().skip_while(|line| line.strip_prefix("## ") != Some(heading)).skip(1);
    let words = lines.take_while(|line| !line.starts_with("## ") && !line.starts_with("```"));
    words.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Where a finding is reported: a place in a file, or the start of a file.
fn location(finding: &Diagnostic, sources: &Sources) -> Option<Location> {
    let label = finding.labels.first();
    label.and_then(|label| marked(label, sources)).or_else(|| {
        let top = Span { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
        Some(Location { physical_location: physical(file(finding, sources)?, top), message: None })
    })
}

fn marked(label: &Label, sources: &Sources) -> Option<Location> {
    let Region { file, line, column, end_line, end_column, .. } = Region::first_line(label, sources)?;
    let span = Span { start_line: line, start_column: column, end_line, end_column };
    let text = Some(&label.text).filter(|text| !text.is_empty());
    Some(Location {
        physical_location: physical(file, span),
        message: text.map(|text| message(&shown(text))),
    })
}

fn physical(file: &str, region: Span) -> PhysicalLocation {
    PhysicalLocation { artifact_location: ArtifactLocation { uri: uri::of(file) }, region }
}

/// A plain text message. Text that looks like a link is escaped (clause 3.11.6).
fn message(text: &str) -> Message {
    Message { text: text.replace("](", "\\]("), markdown: None }
}

/// A hash that stays the same while the finding moves in its file. `seen` counts equal findings.
fn fingerprint<'a>(
    finding: &'a Diagnostic,
    sources: &'a Sources,
    seen: &mut BTreeMap<(Option<&'a str>, String), usize>,
) -> String {
    let region = finding.labels.first().and_then(|label| Region::first_line(label, sources));
    let marked = region.map_or(String::new(), |region| shown(region.text));
    let mut hash = Sha256::new();
    for part in [finding.code.as_str(), &shown(&finding.message), &marked] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest: String = hex(&hash.finalize()).chars().take(32).collect();
    let nth = seen.entry((file(finding, sources), digest.clone())).or_default();
    *nth += 1;
    format!("{digest}:{nth}")
}
