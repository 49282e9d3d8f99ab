//! Updates that are the same on many resources, told in full once, so that hundreds of resources are not a screen each.
//!
//! Unlike [`SameChange`](super::SameChange), which compares short forms, updates are alike only if everything that a reviewer
//! would read about them is the same: what changes from which value to which, why, and what warns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::pretty::summary_of;
use super::same_text::of;
use super::text::DETAILS;
use super::{Action, Cause, Plan, Step, StepId};
use crate::diagnostic::Style;
use crate::printable::one_line;
use crate::resource::{Address, Kind};
use crate::text::{Pen, wrap};

/// The most updates that are each told in full although they are alike.
const FEW: usize = 10;

/// Updates that are told once.
#[derive(Debug, Default)]
pub(super) struct Alike<'p> {
    /// The steps that are alike, in the order of their addresses.
    groups: Vec<Vec<&'p Step>>,
    told: BTreeSet<&'p StepId>,
}

/// What is the same in steps that are alike: the kind, the cause, the reason, and the text of the changes.
type Same<'p> = (Kind, Option<Cause>, &'p str, String);

impl<'p> Alike<'p> {
    /// Those of a plan that is shown `width` columns wide.
    pub(super) fn of(plan: &'p Plan, width: usize) -> Self {
        let pen = Pen::new(Style { color: None, width });
        let mut groups: BTreeMap<Same<'p>, Vec<&'p Step>> = BTreeMap::new();
        for step in plan.pending().filter(|step| step.action == Action::Update) {
            let mut body = String::new();
            pen.step_body(step, &mut body);
            let same = (step.address.kind(), step.cause, step.reason.as_str(), body);
            groups.entry(same).or_default().push(step);
        }
        let mut groups: Vec<Vec<&Step>> = groups.into_values().filter(|steps| steps.len() > FEW).collect();
        groups.iter_mut().for_each(|steps| steps.sort_by_key(|step| (&step.address, &step.id)));
        let told = groups.iter().flatten().map(|step| &step.id).collect();
        Self { groups, told }
    }

    /// Whether a step is one of them.
    pub(super) fn has(&self, step: &Step) -> bool {
        self.told.contains(&step.id)
    }

    /// Each change once, with a line for each resource. Nothing if there are none.
    pub(super) fn text(&self, pen: &Pen, out: &mut String) {
        if self.groups.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n{}", pen.bold("The same on many resources"));
        let _ = writeln!(out, "  {}", pen.dim(DETAILS));
        for steps in &self.groups {
            let Some(first) = steps.first() else { continue };
            let owners: BTreeSet<&str> = steps.iter().map(|step| step.address.owner()).collect();
            let resources = steps.iter().map(|step| &step.address).collect::<BTreeSet<&Address>>().len();
            let about = format!("{resources} {}{}", first.address.kind().plural(), of(owners, false));
            pen.step_head(first, &about, out);
            let reason = one_line(&first.reason);
            let _ = writeln!(out, "{}", pen.dim(&wrap(&reason, 6, pen.width())));
            pen.step_body(first, out);
            for step in steps {
                let _ = writeln!(out, "      - {}", one_line(step.id.as_str()));
                let _ = writeln!(out, "{}", pen.dim(&wrap(&one_line(&what(step)), 8, pen.width())));
            }
        }
    }
}

/// What one of the resources is for, what it is in the cloud, and where it is declared.
fn what(step: &Step) -> String {
    let mut text = step.purpose.clone();
    if let Some(object) = &step.object {
        let _ = write!(text, "; on {} {}", object.kind.name(), summary_of(object));
    }
    if let Some(place) = &step.place {
        let _ = write!(text, "; at {place}");
    }
    text
}
