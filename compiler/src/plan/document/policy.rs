//! What else changed in the policies: statements that protect more, or neither more nor less. Weaker ones are warnings.

use std::collections::BTreeMap;

use super::{NAMES, names, note};
use crate::plan::Plan;
use crate::policy::{Judgement, PolicyChange, PolicyChanges, change_in_words};
use crate::report::{Block, ListStyle, Phrase, Severity};

/// How many different changes are listed.
const MOST: usize = 50;

/// The same change of a statement in several documents.
pub(super) struct SameStatement<'p> {
    /// What changed, without the name of the document if there are several.
    pub(super) text: String,
    /// The changes, in the order of their documents.
    pub(super) changes: Vec<&'p PolicyChange>,
}

/// The changes that are asked for, each change of the same statement of the same kind of document once.
pub(super) fn same_statements(
    changes: &PolicyChanges,
    asked: impl Fn(&PolicyChange) -> bool,
) -> Vec<SameStatement<'_>> {
    let mut same: BTreeMap<(Judgement, String), Vec<&PolicyChange>> = BTreeMap::new();
    for change in changes.changes.iter().filter(|change| asked(change)) {
        let kind = change.document.split(' ').next().unwrap_or_default().to_owned();
        let text = change_in_words(&PolicyChange { document: kind, ..change.clone() });
        same.entry((change.judgement, text)).or_default().push(change);
    }
    let same = same.into_iter().map(|((_, text), changes)| match changes.as_slice() {
        [one] => SameStatement { text: change_in_words(one), changes },
        _ => SameStatement { text, changes },
    });
    same.collect()
}

/// One change with its place.
pub(super) fn of_one(change: &PolicyChange) -> Phrase {
    let was = if change.after.is_none() { "was at" } else { "at" };
    Phrase::from(format!("{}, {was} ", change_in_words(change))).place(change.place.clone())
}

/// How many statements changed. `None` if that is not known.
pub(super) fn count_of(plan: &Plan) -> Option<Block> {
    Some(Block::Paragraph { text: head(known(plan)?).into() })
}

fn known(plan: &Plan) -> Option<&PolicyChanges> {
    plan.policy_changes.as_ref().filter(|changes| changes.unknown.is_none())
}

fn head(changes: &PolicyChanges) -> String {
    format!(
        "Policy changes since {}: {} weaker, {} stronger, {} neither",
        changes.since,
        changes.count(Judgement::Weaker),
        changes.count(Judgement::Stronger),
        changes.count(Judgement::Neutral)
    )
}

/// The folded list, and how much is missing in it.
pub(super) fn blocks(plan: &Plan) -> Vec<Block> {
    let Some(changes) = known(plan) else { return Vec::new() };
    let others = same_statements(changes, |change| change.judgement != Judgement::Weaker);
    if others.is_empty() {
        return count_of(plan).into_iter().collect();
    }
    let items = others.iter().take(MOST).map(|same| item(same, NAMES));
    let mut blocks = vec![Block::List { style: ListStyle::Bullets, items: items.collect() }];
    let cut: usize = others.iter().skip(MOST).map(|same| same.changes.len()).sum();
    if cut > 0 {
        blocks.push(note(Severity::Note, format!("Cut: {cut} of the changes in this list.")));
    }
    vec![Block::Details { summary: head(changes), blocks }]
}

/// All changes of the policies, the weaker ones first with all their documents, each change of the same statement of many
/// documents once.
pub(super) fn list(changes: &PolicyChanges) -> Vec<Block> {
    let same = same_statements(changes, |_| true);
    let is_weaker =
        |same: &SameStatement<'_>| same.changes.iter().any(|change| change.judgement == Judgement::Weaker);
    let most = |same| if is_weaker(same) { usize::MAX } else { NAMES };
    let items = same.iter().map(|same| item(same, most(same))).collect();
    vec![
        Block::Paragraph { text: Phrase::new().strong(head(changes)) },
        Block::List { style: ListStyle::Bullets, items },
    ]
}

/// One change, or the same one of several documents with at most so many of their names.
fn item(same: &SameStatement<'_>, most: usize) -> Phrase {
    match same.changes.as_slice() {
        [one] => judged(one).phrase(of_one(one)),
        several => {
            let documents = names(several.iter().map(|change| change.document.as_str()), most, false);
            let judged = several.first().map(|first| judged(first)).unwrap_or_default();
            judged.text(format!("{}, in {} documents: ", same.text, several.len())).phrase(documents)
        }
    }
}

fn judged(change: &PolicyChange) -> Phrase {
    match change.judgement {
        Judgement::Weaker => "weaker: ".into(),
        Judgement::Stronger => "stronger: ".into(),
        Judgement::Neutral => "neither: ".into(),
    }
}
