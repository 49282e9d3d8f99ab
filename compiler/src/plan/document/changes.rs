//! The changes, one row for the same change of many resources, and every step, folded.

use super::next::whole;
use super::{Around, NAMES, Size, names, note};
use crate::plan::text::{SHARED, by_service, label, of_step};
use crate::plan::{Action, Plan, SameChange, Step};
use crate::report::{Block, Phrase, Severity, Table};
use crate::text::count;

/// The width of a step in the details, in columns.
const WIDTH: usize = 100;

/// The table, and how much is missing in it.
pub(super) fn blocks(plan: &Plan, size: Size) -> Vec<Block> {
    let all = plan.same_changes();
    if all.is_empty() {
        return vec![Block::Paragraph { text: nothing(plan) }];
    }
    let mut table = Table::new("Changes", &["Change", "Resources", "Services", "Because of"]);
    for change in all.iter().take(size.rows) {
        let cause = change.cause.map(label).unwrap_or_default();
        table.row(vec![what(change), resources(change), services(change), cause.into()]);
    }
    let mut blocks = vec![Block::Table(table)];
    let rest = all.get(size.rows..).unwrap_or_default();
    if !rest.is_empty() {
        let steps: usize = rest.iter().map(SameChange::resources).sum();
        let text = format!("Cut: {} of this table: {}.", count(rest.len(), "row"), count(steps, "change"));
        blocks.push(note(Severity::Note, text));
    }
    blocks
}

fn nothing(plan: &Plan) -> Phrase {
    let keep = plan.counts().keep;
    match plan.is_partial() {
        false => Phrase::new().strong("No changes.").text(format!(" All {keep} resources match the policy.")),
        true => Phrase::new()
            .strong("No other changes.")
            .text(format!(" The other {keep} resources match the policy.")),
    }
}

/// ``update `ttl` 60 → 30``.
fn what(change: &SameChange<'_>) -> Phrase {
    let verb = match change.action {
        Action::Delete | Action::Replace => Phrase::new().strong(change.verb()),
        _ => Phrase::from(change.verb()),
    };
    let attributes = change.attributes.iter().map(|one| Phrase::new().code(&*one.name).text(one.movement()));
    let attributes = Phrase::joined(attributes, ", ");
    if attributes.0.is_empty() { verb } else { verb.text(" ").phrase(attributes) }
}

/// The address of one resource, or how many there are.
fn resources(change: &SameChange<'_>) -> Phrase {
    match change.only() {
        Some(address) => Phrase::new().code(address.to_string()),
        None => change.many().into(),
    }
}

fn services(change: &SameChange<'_>) -> Phrase {
    let (of_none, all): (Vec<&str>, Vec<&str>) =
        change.services().into_iter().partition(|name| name.is_empty());
    let phrase = match all.as_slice() {
        [] => return Phrase::from(SHARED.to_lowercase()),
        [one] => Phrase::from(*one),
        _ => Phrase::from(format!("{}: ", count(all.len(), "service"))).phrase(names(all, NAMES, false)),
    };
    if of_none.is_empty() { phrase } else { phrase.text(format!(", and {}", SHARED.to_lowercase())) }
}

/// Every step with all its attributes.
pub(super) struct Steps<'p> {
    services: Vec<(&'p str, Vec<&'p Step>)>,
}

impl<'p> Steps<'p> {
    /// Those of a plan that change something, service by service.
    pub(super) fn of(plan: &'p Plan) -> Self {
        Self { services: by_service(plan) }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.services.iter().map(|(_, steps)| steps.len()).sum()
    }

    /// The first of them, folded, and what is cut.
    pub(super) fn details(&self, plan: &Plan, around: &Around, shown: usize) -> Vec<Block> {
        let (total, mut left, mut blocks) = (self.count(), shown, Vec::new());
        for (service, steps) in &self.services {
            let text: Vec<String> = steps.iter().take(left).map(|step| of_step(step, WIDTH)).collect();
            left -= text.len();
            if text.is_empty() {
                break;
            }
            let label = match steps.len() - text.len() {
                0 => format!("{service}, {}", count(steps.len(), "change")),
                _ => format!("{service}, the first {} of {} changes", text.len(), steps.len()),
            };
            blocks.push(Block::Verbatim { label, text: text.concat().trim_end().to_owned() });
        }
        let summary = match shown {
            _ if shown == total => format!("Every attribute of {}", count(total, "change")),
            _ => format!("Every attribute of the first {shown} of {total} changes"),
        };
        let folded = (shown > 0).then_some(Block::Details { summary, blocks });
        self.cut(plan, around, shown).into_iter().chain(folded).collect()
    }

    /// What is cut, and where all of it is.
    fn cut(&self, plan: &Plan, around: &Around, shown: usize) -> Option<Block> {
        let first = self.services.iter().flat_map(|(_, steps)| steps).nth(shown)?;
        let total = self.count();
        let text = Phrase::from(format!("Cut: the attributes of {} of {total} changes", total - shown));
        let text = if shown == 0 { text } else { text.text(", from ").code(first.id.as_str()).text(" on") };
        Some(note(Severity::Note, text.text(". All of them: ").code(whole(plan, around))))
    }
}

/// Where every attribute is, if nobody asked for them here. `None` if nothing changes.
pub(super) fn elsewhere(plan: &Plan, around: &Around) -> Option<Block> {
    let text = Phrase::from("Every attribute: ").code(whole(plan, around));
    (!plan.is_empty()).then_some(Block::Paragraph { text })
}
