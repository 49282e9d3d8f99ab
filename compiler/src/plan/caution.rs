//! Cautions that a reviewer must see first: effects beyond the estate.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Plan};
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
            let holds = step.address.kind().schema().stateful && !step.address.kind().schema().of_estate;
            for account in step.named.account.iter().filter(|_| holds) {
                copies.entry(account).or_default().insert(step.address.entry());
            }
        }
        let copies = copies.into_iter().map(|(account, data)| {
            let data = list(data);
            format!("{data} is copied to account {account}, which a site names: whoever controls it can read the copies.")
        });
        keys.chain(copies).chain(self.foreign().map(|found| format!("{found}."))).collect()
    }

    /// What was observed that no policy manages, and that decides an objective: rights of others, and settings. Each is a
    /// sentence without its full stop.
    pub(super) fn foreign(&self) -> impl Iterator<Item = String> {
        let rights = self.observed.iter().filter_map(|object| {
            let others = object.kind.schema().rights_of_others?(&object.attributes)?;
            let (kind, name) = (object.kind.name(), &object.id);
            Some(format!("the {kind} `{name}` has rights that Holdfast neither granted nor checks: {others}"))
        });
        let managed: BTreeSet<(Kind, &str)> = self
            .steps
            .iter()
            .filter_map(|step| Some((step.address.kind(), step.object.as_ref()?.id.as_str())))
            .collect();
        let settings = self.observed.iter().filter_map(move |object| {
            let managed = |schema| managed.contains(&(Kind::of(schema), object.id.as_str()));
            let has = object.kind.schema().foreign_settings?(&object.attributes, &managed)?;
            Some(format!("{has}: the policy does not manage that, and it decides an objective"))
        });
        rights.chain(settings)
    }
}
