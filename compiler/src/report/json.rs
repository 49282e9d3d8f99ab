//! A report as versioned JSON.
//!
//! ```text
//! format_version  "1.0": 1.x only adds fields; a field never changes its meaning
//! report          {kind, title, blocks[], sections[]}
//! sections[]      {key, title, answers[], new_page, blocks[], sections[]}
//! blocks[]        {block: paragraph, list, facts, table, note, gap, verbatim or details, and what it has}
//! text, cells     lists of {plain}, {strong}, {code}, {place {file, line, column}}, {section} or {gap}
//! ```
//!
//! Strings are as they are in the policies. Whoever shows them has to escape them for where they are shown.

use serde::Serialize;

use super::Report;

/// The version of the format.
pub const FORMAT_VERSION: &str = "1.0";

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
