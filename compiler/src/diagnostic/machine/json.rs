//! Findings as JSON, for scripts: `holdfast validate --format json`.
//!
//! `format_version` is `1.0`: the minor number grows when a key is added, the major number when a key changes
//! its meaning or is removed. The document:
//!
//! | key | holds |
//! | --- | --- |
//! | `format_version` | `"1.0"` |
//! | `valid` | `true` if no finding is an error |
//! | `findings` | one object per finding, in the order of files and places |
//!
//! A finding. Every key is always present; its value is `null` if there is none:
//!
//! | key | holds |
//! | --- | --- |
//! | `code` | such as `E0201`; `holdfast explain` shows its page |
//! | `severity` | `error` or `warning` |
//! | `message` | what is wrong |
//! | `help` | how to fix it |
//! | `file` | the path, as given, with `/` between the parts |
//! | `line`, `column` | where it begins, from 1, columns in characters; `null` for a file as a whole |
//! | `endLine`, `endColumn` | where it ends (exclusive) |
//! | `labels` | up to 100 marked places, that of the finding first: `file`, `line`, `column`, `endLine`, `endColumn`, and `text`, the note on this place |
//!
//! All strings contain the user's text unchanged: a script that prints them has to mask them first. In the
//! document itself, characters that control a terminal are written as `\uXXXX`.

use serde::Serialize;

use super::{Diagnostic, Label, Region, Sources, file, labels, level};
use crate::diagnostic::Severity;
use crate::printable;

#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: &'static str,
    valid: bool,
    findings: Vec<Finding<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    labels: Vec<Marked<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Marked<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
}

pub(super) fn write(findings: &[Diagnostic], sources: &Sources) -> String {
    let document = Document {
        format_version: "1.0",
        valid: findings.iter().all(|finding| finding.severity() != Severity::Error),
        findings: findings.iter().map(|found| finding(found, sources)).collect(),
    };
    let mut text = printable::json(&serde_json::to_string_pretty(&document).unwrap_or_default());
    text.push('\n');
    text
}

fn finding<'a>(found: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
    let place = found.labels.first().and_then(|label| Region::whole(label, sources));
    let place = place.as_ref();
    Finding {
        code: found.code.as_str(),
        severity: level(found.severity()),
        message: &found.message,
        help: found.help.as_deref(),
        file: file(found, sources),
        line: place.map(|region| region.line),
        column: place.map(|region| region.column),
        end_line: place.map(|region| region.end_line),
        end_column: place.map(|region| region.end_column),
        labels: labels(found).filter_map(|label| marked(label, sources)).collect(),
    }
}

fn marked<'a>(label: &'a Label, sources: &'a Sources) -> Option<Marked<'a>> {
    let Region { file, line, column, end_line, end_column, .. } = Region::whole(label, sources)?;
    Some(Marked { file, line, column, end_line, end_column, text: &label.text })
}
