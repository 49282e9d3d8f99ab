//! What the objectives of real-time copies assume: that nobody switched replication off and on again between two runs, which
//! nothing in the cloud shows later.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::inputs::Inputs;
use crate::copies::{CopyState, KnownCopy, Moment, SeenCopy};
use crate::printable::one_line;
use crate::text::{Pen, wrap};

/// A real-time copy that works, and is assumed to have had no gap since it was last seen whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assumed {
    /// The name of the primary bucket.
    pub from: String,
    /// The name of the bucket with the copy.
    pub to: String,
    /// When it was last seen whole.
    pub whole: Moment,
}

/// The copies of which the plan assumes that they are whole.
pub(super) fn whole(inputs: &Inputs<'_>, seen: &[SeenCopy]) -> Vec<Assumed> {
    let known: BTreeMap<(&str, &str), &KnownCopy> =
        inputs.copies.iter().map(|known| ((known.from.as_str(), known.to.as_str()), known)).collect();
    let works = seen.iter().filter(|copy| copy.state == CopyState::Works);
    let assumed = works.filter_map(|copy| {
        let known = known.get(&(copy.from.as_str(), copy.to.as_str()))?;
        let whole = known.worked?;
        // After a gap the policy says since when the copy is whole, and nobody has seen it.
        let since = known.gap.as_ref().is_some_and(|gap| gap.seen >= whole);
        (!since).then(|| Assumed { from: copy.from.clone(), to: copy.to.clone(), whole })
    });
    assumed.collect()
}

/// `Assumed: real-time copies had no gap since they were last seen whole: 12 in run 3, on 2026-11-20.`
pub(super) fn text(assumed: &[Assumed], pen: &Pen, out: &mut String) {
    if let Some(text) = in_words(assumed) {
        let _ = writeln!(out, "\n{}", pen.dim(&wrap(&one_line(&text), 0, pen.width())));
    }
}

/// The sentence. `None` if nothing is assumed.
pub(super) fn in_words(assumed: &[Assumed]) -> Option<String> {
    let mut runs: BTreeMap<Moment, Vec<&str>> = BTreeMap::new();
    for Assumed { to, whole, .. } in assumed {
        runs.entry(*whole).or_default().push(to);
    }
    let count = |names: &[&str]| match names {
        [only] => (*only).to_owned(),
        several => several.len().to_string(),
    };
    let runs: Vec<String> = runs
        .iter()
        .map(|(Moment { run, date }, names)| format!("{} in run {run}, on {date}", count(names)))
        .collect();
    let runs = runs.join("; ");
    (!runs.is_empty())
        .then(|| format!("Assumed: real-time copies had no gap since they were last seen whole: {runs}."))
}
