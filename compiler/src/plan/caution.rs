//! Cautions that a reviewer must see first: effects beyond the estate.

use std::collections::{BTreeMap, BTreeSet};

use super::redact::redact_object;
use super::{Action, Plan, Step};
use crate::observation::Object;
use crate::resource::Kind;

impl Plan {
    /// Cautions about the whole plan, each a sentence.
    #[must_use]
    pub fn cautions(&self) -> Vec<String> {
        let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for step in self.steps.iter().filter(|step| step.address.kind().schema().stateful) {
            let own = |account: &&String| self.context.accounts.iter().any(|(_, own)| own.id == **account);
            for account in step.named.accounts.iter().filter(|account| !own(account)) {
                keys.entry(account).or_default().insert(step.address.entry());
            }
        }
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        let keys = keys.into_iter().map(|(account, data)| {
            let data = list(data);
            format!(
                "keys of account {account}, which the estate does not name, encrypt {data}: whoever controls that account \
                 can make the data unreadable."
            )
        });
        let mut copies: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for step in self.steps.iter().filter(|step| step.action != Action::Keep) {
            let holds = step.address.kind().schema().stateful && !step.address.is_of_estate();
            let made = step.named.account.iter().filter(|_| holds);
            let copies_to = step.named.copied_to.iter().filter(|_| step.action == Action::Create);
            for account in made.chain(copies_to) {
                copies.entry(account).or_default().insert(step.address.entry());
            }
        }
        let copies = copies.into_iter().map(|(account, data)| {
            let data = list(data);
            format!("{data} is copied to account {account}, which a site names: whoever controls it can read the copies.")
        });
        keys.chain(copies).chain(self.foreign.iter().map(|found| format!("{found}."))).collect()
    }
}

/// What was observed that no policy manages and that a reviewer must know: rights of others, and settings. Each is without
/// its last full stop. The steps are those of the whole plan: what a part leaves out is managed all the same.
pub(super) fn foreign(observed: &[Object], steps: &[Step]) -> Vec<String> {
    let managed: BTreeSet<(Kind, &str)> = steps
        .iter()
        .filter_map(|step| Some((step.address.kind(), step.object.as_ref()?.id.as_str())))
        .collect();
    let found = |object: &Object| {
        let schema = object.kind.schema();
        let mut object = object.clone();
        redact_object(&mut object);
        let (kind, name) = (object.kind.name(), &object.id);
        let rights = schema.rights_of_others.and_then(|rights| rights(&object.attributes));
        let rights = rights.map(|others| {
            format!("the {kind} `{name}` has rights that Holdfast neither granted nor checks: {others}")
        });
        let managed = |schema| managed.contains(&(Kind::of(schema), name.as_str()));
        let settings = schema.foreign_settings.and_then(|foreign| foreign(&object.attributes, &managed));
        (rights, settings)
    };
    let is_told = |object: &&Object| {
        let schema = object.kind.schema();
        schema.rights_of_others.is_some() || schema.foreign_settings.is_some()
    };
    let told = observed.iter().filter(is_told);
    let (rights, settings): (Vec<_>, Vec<_>) = told.map(found).unzip();
    rights.into_iter().chain(settings).flatten().collect()
}
