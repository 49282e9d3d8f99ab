//! What is as the policy declares it and still waits for a person, who has to do something in another place.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::bind::Bound;
use crate::graph::Graph;
use crate::printable::one_line;
use crate::resource::{Address, Waits};
use crate::text::{Pen, wrap};
use crate::units::Date;

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Awaited {
    /// The resource.
    pub address: Address,
    /// Who has to do what: a clause. It contains no detail of the person.
    #[serde(rename = "what")]
    pub waits: Waits,
}

/// One sentence for each thing that somebody has to do, wherever it has to be done: `Waiting for a person: …`.
pub fn in_words(awaited: &[Awaited]) -> impl Iterator<Item = String> {
    things(awaited).into_iter().map(|(what, _)| format!("Waiting for a person: {what}."))
}

/// The run that asked somebody, and its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// Its number.
    pub run: u64,
    /// The day on which it began, in UTC.
    pub day: Date,
}

/// The same with the run that asked, as far as that is known: `… (asked in run 3 on 2026-11-30).`
pub fn in_words_since(awaited: &[Awaited], asked: &BTreeMap<Address, Asked>) -> impl Iterator<Item = String> {
    things_by(awaited, |address| asked.get(address).copied()).into_iter().map(|(what, asked, _)| {
        let asked =
            asked.map(|asked| format!(" (asked in run {} on {})", asked.run, asked.day)).unwrap_or_default();
        format!("Waiting for a person: {what}{asked}.")
    })
}

/// What somebody has to do, as a clause, with the resources that wait for it.
pub(super) fn things(awaited: &[Awaited]) -> Vec<(String, Vec<&Address>)> {
    things_by(awaited, |_| None).into_iter().map(|(what, _, addresses)| (what, addresses)).collect()
}

/// What is told in one sentence: what stands before and after the names, and who asked.
type Same<'a> = (&'a str, &'a str, Option<Asked>);

/// The same, by who asked.
fn things_by(
    awaited: &[Awaited],
    asked: impl Fn(&Address) -> Option<Asked>,
) -> Vec<(String, Option<Asked>, Vec<&Address>)> {
    let mut things: BTreeMap<Same<'_>, Vec<(&str, &Address)>> = BTreeMap::new();
    for Awaited { address, waits: Waits { before, of, after }, .. } in awaited {
        things.entry((before, after, asked(address))).or_default().push((of, address));
    }
    let all = things.into_iter().map(|((before, after, asked), all)| {
        let (names, addresses): (Vec<&str>, Vec<&Address>) = all.into_iter().unzip();
        (format!("{before}{}{after}", joined(&names)), asked, addresses)
    });
    all.collect()
}

/// `a, b and c`.
fn joined(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// Everything of the graph that exists and waits for a person.
pub(super) fn awaited(graph: &Graph, bound: &Bound<'_>) -> Vec<Awaited> {
    let all = graph.iter().filter_map(|resource| {
        let address = &resource.address;
        let waits = address.kind().schema().waits?;
        let waits = waits(address, &bound.found.get(address)?.attributes)?;
        Some(Awaited { address: address.clone(), waits })
    });
    let mut all: Vec<Awaited> = all.collect();
    all.sort_by(|one, other| one.address.cmp(&other.address));
    all
}

pub(super) fn text(awaited: &[Awaited], pen: &Pen, out: &mut String) {
    if !awaited.is_empty() {
        out.push('\n');
    }
    for sentence in in_words(awaited) {
        let _ = writeln!(out, "{}", pen.caution(&wrap(&one_line(&sentence), 0, pen.width())));
    }
}
