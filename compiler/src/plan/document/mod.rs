//! A plan as a document for a reviewer with one minute: the verdict first, then what is dangerous, then what changes,
//! then every step.
//!
//! | file | holds |
//! | --- | --- |
//! | `around.rs` | what is known around a plan: its file, its approvals |
//! | `next.rs` | the exact next command |
//! | `verdict.rs` | the title and the first lines |
//! | `objectives.rs` | objectives before and after, the same ones of many services in one row |
//! | `warnings.rs` | everything that warns, the same warning about many resources once |
//! | `changes.rs` | the changes, the same one of many resources in one row; every step |
//! | `policy.rs` | what else changed in the policies |
//! | `clip.rs` | no text longer than a limit |
//! | `fit.rs` | the document within the limits of a comment |
//!
//! A document never hides that something warns. What does not fit is cut from the details first, and the document says
//! exactly what was cut, and which command prints all of it.

mod around;
mod changes;
mod clip;
mod fit;
mod next;
mod objectives;
mod policy;
mod verdict;
mod warnings;

use super::Plan;
use crate::diagnostic::Style;
use crate::report::{self, Block, Phrase, Report, Severity};
use crate::text::Pen;
pub use around::{Around, Given};
pub use fit::{Extent, comment};
pub use next::Next;
use verdict::Ahead;
use warnings::Warnings;

/// How much of each part a document shows. Counts are always exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    /// Rows of a table.
    rows: usize,
    /// Warnings of one class in full. Of the others the resources are named.
    warnings: usize,
    /// Resources named in one warning.
    names: usize,
    /// Characters of a cell or a sentence.
    text: usize,
}

/// How much text for a terminal shows: everything.
const TEXT: Size = Size { rows: usize::MAX, warnings: usize::MAX, names: 20, text: 4_000 };
/// From how many on the same objectives and statements of several services are one line in text for a terminal.
const MANY: usize = 20;
/// How many services are named in a row.
const NAMES: usize = 3;

/// The first screen of a plan as text for a terminal: everything but the steps.
#[must_use]
pub fn summary(plan: &Plan, around: &Around, style: Style) -> String {
    let size = Size { rows: 8, warnings: 3, names: 3, text: 400 };
    let plan = &*plan.shown();
    let before = before_steps(plan, around, size);
    let blocks = policy::count_of(plan).into_iter().chain(changes::elsewhere(plan, around)).collect();
    report::text(&report_of(plan, &before, blocks, size), style)
}

/// The title and the first lines, as text for a terminal. If there is nothing to do and nothing warns, only what the plan is about.
pub(super) fn head(plan: &Plan, around: Option<&Around>, style: Style) -> String {
    let size = TEXT;
    let known = around.cloned().unwrap_or_default();
    let warnings = Warnings::of(plan, &known);
    if warnings.is_empty() && Next::of(plan, &known) == Next::Nothing {
        return report::text(&report_of(plan, &[verdict::cloud(plan, size)], Vec::new(), size), style);
    }
    let ahead = around.map(|around| Ahead { next: None, ..Ahead::of(plan, around, size) });
    let facts = verdict::facts(plan, size, warnings.tally(), ahead);
    let mut out = report::text(&report_of(plan, &[facts], Vec::new(), size), style);
    if let Some(around) = around {
        next::text(plan, around, &Pen::new(style), &mut out);
    }
    out
}

/// The objectives of many services as text for a terminal, the same ones in one row. `None`: there are few.
pub(super) fn objectives(plan: &Plan, style: Style) -> Option<String> {
    let worth = plan.objectives.iter().filter(|effect| effect.changes() || !effect.met()).count();
    (worth > MANY).then(|| report::text_of_blocks(&objectives::blocks(plan, TEXT), style))
}

/// What changed in the policies as text for a terminal, the same change of many documents in one line. `None`: there is little.
pub(super) fn policy_changes(plan: &Plan, style: Style) -> Option<String> {
    let changes = plan.policy_changes.as_ref().filter(|changes| changes.changes.len() > MANY)?;
    Some(report::text_of_blocks(&policy::list(changes), style))
}

/// The document up to the steps, with no text longer than the size says, but for the digest and the next command.
fn before_steps(plan: &Plan, around: &Around, size: Size) -> Vec<Block> {
    let warnings = Warnings::of(plan, around);
    let mut blocks = objectives::blocks(plan, size);
    blocks.extend(warnings.blocks(size, Severity::Warning..=Severity::Problem));
    blocks.extend(changes::blocks(plan, size));
    blocks.extend(warnings.blocks(size, Severity::Note..=Severity::Note));
    blocks.iter_mut().for_each(|block| clip::block(block, size.text));
    let ahead = Ahead::of(plan, around, size);
    let first = [verdict::facts(plan, size, warnings.tally(), Some(ahead)), verdict::digest(around)];
    first.into_iter().chain(blocks).collect()
}

/// The document with the part before the steps as it is, and then these blocks, with no text longer than the size says.
fn report_of(plan: &Plan, before: &[Block], blocks: Vec<Block>, size: Size) -> Report {
    let mut report = Report { kind: "plan", title: verdict::title(plan), blocks, sections: Vec::new() };
    clip::report(&mut report, size.text);
    report.blocks = before.iter().cloned().chain(report.blocks).collect();
    report
}

/// Names in a sentence: `a, b, c and 217 more`.
fn names<'n>(all: impl IntoIterator<Item = &'n str>, most: usize, code: bool) -> Phrase {
    let all: Vec<&str> = all.into_iter().collect();
    let shown = all.iter().take(most).map(|name| match code {
        true => Phrase::new().code(*name),
        false => Phrase::from(*name),
    });
    let phrase = Phrase::joined(shown, ", ");
    match (all.len().saturating_sub(most), most) {
        (0, _) => phrase,
        (rest, 0) => phrase.text(rest.to_string()),
        (rest, _) => phrase.text(format!(" and {rest} more")),
    }
}

fn note(severity: Severity, text: impl Into<Phrase>) -> Block {
    Block::Note { severity, text: text.into() }
}
