//! The objectives that the plan changes, and those that are not met. The same change of many services is one row.

use std::collections::{BTreeMap, BTreeSet};

use super::{NAMES, Size, names, note};
use crate::document::Disruption;
use crate::plan::effect_text::{movement, verdict};
use crate::plan::{Effect, Measure, Plan};
use crate::report::{Block, Phrase, Severity, Table};
use crate::text::count;

/// How many rows are shown that neither miss an objective nor weaken one.
const MOST_GOOD: usize = 5;

/// What a row is about. Rows are in the order of its fields.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// Missed ones first, then those that become weaker.
    is_met: bool,
    holds: bool,
    disruption: Disruption,
    measure: Measure,
    movement: String,
    verdict: String,
}

/// The services of a row.
#[derive(Default)]
struct Services<'p> {
    names: Vec<&'p str>,
    /// Why an objective is not met. A reason can name a resource, so that it is another one for each service.
    reasons: BTreeSet<&'p str>,
}

/// The table, and how many rows are missing in it.
pub(super) fn blocks(plan: &Plan, size: Size) -> Vec<Block> {
    let mut rows: BTreeMap<Row, Services<'_>> = BTreeMap::new();
    for effect in plan.objectives.iter().filter(|effect| effect.changes() || !effect.met()) {
        let services = rows.entry(row(effect)).or_default();
        services.names.push(&effect.service);
        services.reasons.extend(effect.after.because.as_deref().filter(|_| !effect.met()));
    }
    let warns = rows.keys().filter(|row| !row.is_met || !row.holds).count();
    let good = if size.rows == usize::MAX { usize::MAX } else { MOST_GOOD.min(size.rows) };
    let shown = warns.min(size.rows).saturating_add(good);
    let columns = ["Objective", "Services", "Before → after", "Verdict"];
    let mut table = Table::new("Objectives, before → after", &columns);
    for (row, services) in rows.iter().take(shown) {
        let objective = format!("{}, {}", row.measure.word(), row.disruption);
        let verdict = match (row.is_met, row.holds) {
            (false, _) => Phrase::new().strong(&*row.verdict),
            (true, false) => Phrase::new().strong("weaker").text(format!(", {}", row.verdict)),
            (true, true) => Phrase::from(&row.verdict),
        };
        let verdict = because(verdict, &services.reasons);
        // Text has the space to name each service that is not as it should be.
        let is_good = row.is_met && row.holds;
        let most = if size.rows == usize::MAX && !is_good { usize::MAX } else { NAMES };
        table.row(vec![
            objective.into(),
            of_services(&services.names, most),
            Phrase::from(&row.movement),
            verdict,
        ]);
    }
    let mut blocks = Vec::new();
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    let rest: Vec<&Row> = rows.keys().skip(shown).collect();
    if !rest.is_empty() {
        let missed = rest.iter().filter(|row| !row.is_met).count();
        let weaker = rest.iter().filter(|row| row.is_met && !row.holds).count();
        let severity = if missed + weaker > 0 { Severity::Problem } else { Severity::Note };
        let neither = rest.len() - missed - weaker;
        let what = format!("{missed} not met, {weaker} weaker, {neither} neither");
        blocks.push(note(severity, format!("Cut: {} of this table: {what}.", count(rest.len(), "row"))));
    }
    blocks
}

fn because(verdict: Phrase, reasons: &BTreeSet<&str>) -> Phrase {
    let Some(first) = reasons.first() else { return verdict };
    let verdict = verdict.text(": ").phrase(Phrase::marked(first));
    match reasons.len() {
        1 => verdict,
        several => verdict.text(format!(" (and {})", count(several - 1, "other reason"))),
    }
}

fn row(effect: &Effect) -> Row {
    Row {
        is_met: effect.met(),
        holds: !effect.is_weaker(),
        disruption: effect.disruption,
        measure: effect.measure,
        movement: movement(effect),
        verdict: verdict(effect),
    }
}

/// `payments`, or `220 services: a, b, c and 217 more`.
fn of_services(services: &[&str], most: usize) -> Phrase {
    match services {
        [one] => Phrase::from(*one),
        all => Phrase::from(format!("{}: ", count(all.len(), "service"))).phrase(names(
            all.iter().copied(),
            most,
            false,
        )),
    }
}
