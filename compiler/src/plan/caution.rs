//! What a reviewer has to be told before everything else: what reaches beyond the estate.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use crate::grant::Foreign;
use crate::resource::Kind;

impl Plan {
    /// Cautions about the plan as a whole, each a sentence.
    #[must_use]
    pub fn cautions(&self) -> Vec<String> {
        let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for step in self.steps.iter().filter(|step| step.address.kind() == Kind::Bucket) {
            for account in &step.named.accounts {
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
        let roles = self.observed.iter().filter(|object| object.kind == Kind::Role);
        let rights = roles.filter_map(|role| {
            let foreign = Foreign::of(&role.attributes)?.in_words();
            let name = &role.id;
            Some(format!(
                "others have put rights on the role `{name}`, which Holdfast does not check: {foreign}."
            ))
        });
        keys.chain(rights).collect()
    }
}
