//! What we own, after the journal.

use std::collections::BTreeMap;

use holdfast_compiler::observation::Owned;
use holdfast_compiler::plan::{Action, Context, StepId};
use holdfast_compiler::resource::Address;

use super::{Entry, Event};

/// The things that runs on this estate, cloud and account have made, or had begun to make, and not removed.
///
/// A create that was announced and never confirmed counts: if the thing exists, it is ours.
#[must_use]
pub fn owned(entries: &[Entry], context: &Context) -> BTreeMap<Address, Owned> {
    let mut owned = BTreeMap::new();
    let mut deleting: BTreeMap<StepId, Address> = BTreeMap::new();
    let mut ours = false;
    for entry in entries {
        match &entry.event {
            Event::RunStarted(run) => ours = run.context == *context,
            Event::StepStarted { step, address, action, identity, needs } if ours => match action {
                Action::Create | Action::Replace => {
                    let made = Owned { identity: identity.clone(), needs: needs.clone() };
                    owned.insert(address.clone(), made);
                }
                Action::Update => {
                    if let Some(made) = owned.get_mut(address) {
                        made.needs.clone_from(needs);
                    }
                }
                Action::Delete => {
                    deleting.insert(step.clone(), address.clone());
                }
                Action::Keep => {}
            },
            Event::StepDone { step, .. } if ours => {
                // The removal of a superseded thing has an id of its own and takes nothing from us.
                if let Some(address) = deleting.remove(step)
                    && StepId::of(&address) == *step
                {
                    owned.remove(&address);
                }
            }
            _ => {}
        }
    }
    owned
}
