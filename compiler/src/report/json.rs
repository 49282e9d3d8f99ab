//! A report as versioned JSON.
//!
//! ```text
//! format_version  "1.1": 1.x only adds fields, blocks and parts of text; a field never changes its meaning
//! report          {kind, title, blocks[], sections[]}
//! sections[]      {key, about, title, answers[], new_page, blocks[], sections[]}
//! blocks[]        {block: paragraph, list, facts, table, note, gap, figure, verbatim or details, and what it has}
//! text, cells     lists of {plain}, {strong}, {code}, {place {file, line, column}}, {section}, {link {key, about, text}},
//!                 {verdict {tone, text}} or {gap}
//! ```
//!
//! A figure has its caption and what it says; the picture itself is in HTML only, and its facts are in the tables beside it.
//! Strings are as they are in the policies. Whoever shows them has to escape them for where they are shown.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::{Figure, Report};

/// The version of the format.
pub const FORMAT_VERSION: &str = "1.1";

#[derive(Serialize)]
struct Versioned<'r> {
    format_version: &'static str,
    report: &'r Report,
}

/// The report as JSON. The same report gives the same bytes.
///
/// # Errors
/// It cannot be written as JSON. No report is like that.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string_pretty(&Versioned { format_version: FORMAT_VERSION, report })?;
    Ok(crate::printable::json(&(text + "\n")))
}

/// A figure without its picture.
pub(super) fn figure<S: Serializer>(figure: &Figure, serializer: S) -> Result<S::Ok, S::Error> {
    let mut out = serializer.serialize_struct("Figure", 2)?;
    out.serialize_field("caption", &figure.caption)?;
    out.serialize_field("says", &figure.says)?;
    out.end()
}
