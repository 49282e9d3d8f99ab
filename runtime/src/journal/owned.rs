//! The objects that an estate owns, according to the journal.

use std::collections::BTreeMap;

use holdfast_compiler::observation::Owned;
use holdfast_compiler::plan::{Action, Context, StepId};
use holdfast_compiler::resource::{Address, Identity, Kind, Values};

use super::{Entry, Event};

/// The run number of objects that were adopted, not created.
const BEFORE: u64 = 0;

/// The objects that runs of this estate, cloud and account have created, or started to create, and not deleted.
///
/// A create that was started and has no result counts: if the object exists, the estate owns it. Ownership is of an
/// address and an identity, so if a name changes, the estate owns the old object until it is deleted.
#[must_use]
pub fn owned(entries: &[Entry], context: &Context) -> Vec<Owned> {
    let mut owned: BTreeMap<(Address, Identity), Owned> = BTreeMap::new();
    let mut begun: BTreeMap<&StepId, Begun> = BTreeMap::new();
    let (mut ours, mut run) = (false, 0);
    for entry in entries {
        match &entry.event {
            Event::RunStarted(started) => {
                ours = started.context == *context;
                run += 1;
            }
            Event::Moved(moved) if ours => {
                let own = moved.identity.clone();
                if let Some(made) = owned.remove(&(moved.from.clone(), own.clone())) {
                    let address = moved.to.clone();
                    owned.insert((address.clone(), own), Owned { address, ..made });
                }
            }
            Event::Adopted { address, identity, attributes, needs, account } if ours => {
                let (address, identity) = (address.clone(), identity.clone());
                let (needs, applied) = (needs.clone(), Some(attributes.clone()));
                let adopted = Owned {
                    address: address.clone(),
                    identity,
                    needs,
                    run: BEFORE,
                    applied,
                    begun: None,
                    account: account.clone(),
                };
                owned.insert((address, adopted.identity.clone()), adopted);
            }
            Event::Confirmed(confirmed) if ours => {
                if let Some(made) = owned.get_mut(&(confirmed.address.clone(), confirmed.identity.clone())) {
                    (made.applied, made.begun) = (Some(confirmed.attributes.clone()), None);
                }
            }
            Event::StepStarted {
                step,
                address,
                action,
                identity,
                needs,
                displaces,
                superseded,
                attributes,
                before: _,
                displaced: _,
                account,
            } if ours => {
                let own = identity.clone();
                let kind = address.kind();
                let gone = displaces.iter().filter(|other| **other != own);
                let mut gone: Vec<_> = gone.map(|other| (kind, other.clone())).collect();
                let slot = (address.clone(), own.clone());
                let before = owned.get(&slot);
                let (address, identity, needs) = (address.clone(), identity.clone(), needs.clone());
                let applied = before.and_then(|made| made.applied.clone());
                let (begun_with, account) = (Some(attributes.clone()), account.clone());
                let made = Owned { address, identity, needs, run, applied, begun: begun_with, account };
                let mut updated = None;
                match action {
                    Action::Create | Action::Replace => {
                        owned.insert(slot.clone(), made);
                    }
                    Action::Update => match owned.get_mut(&slot) {
                        Some(known) => *known = Owned { run: known.run, ..made },
                        // Somebody else created it. The estate owns it once the update has succeeded.
                        None => updated = Some(Owned { run: BEFORE, ..made }),
                    },
                    Action::Delete if !superseded => {
                        gone.push((kind, own));
                        if let Some(known) = owned.get_mut(&slot) {
                            known.begun = Some(Values::new());
                        }
                    }
                    Action::Delete | Action::Keep => {}
                }
                let applied = (!attributes.is_empty()).then(|| attributes.clone());
                begun.insert(step, Begun { slot, gone, updated, applied });
            }
            Event::StepDone { step, .. } if ours => {
                let Some(begun) = begun.remove(step) else { continue };
                for (kind, gone) in begun.gone {
                    owned.retain(|(address, identity), _| address.kind() != kind || *identity != gone);
                }
                if let Some(updated) = begun.updated {
                    owned.insert(begun.slot.clone(), updated);
                }
                if let (Some(made), Some(applied)) = (owned.get_mut(&begun.slot), begun.applied) {
                    (made.applied, made.begun) = (Some(applied), None);
                }
            }
            _ => {}
        }
    }
    owned.into_values().collect()
}

/// The effects that a started step has on ownership once it has succeeded.
struct Begun {
    /// The object that it changes.
    slot: (Address, Identity),
    /// The objects that it deletes.
    gone: Vec<(Kind, Identity)>,
    /// An object of somebody else that the estate then owns.
    updated: Option<Owned>,
    /// The attributes that are then applied.
    applied: Option<Values>,
}

/// The other estates with runs in this journal on the same cloud and account.
#[must_use]
pub fn other_estates(entries: &[Entry], context: &Context) -> Vec<Context> {
    let mut others: BTreeMap<&str, &Context> = BTreeMap::new();
    for entry in entries {
        if let Event::RunStarted(run) = &entry.event {
            let other = &run.context;
            if other.is_beside(context) && other.estate != context.estate {
                others.insert(&other.estate, other);
            }
        }
    }
    others.into_values().cloned().collect()
}
