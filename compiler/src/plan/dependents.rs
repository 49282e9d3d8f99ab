//! What is wrong with one service concerns those that depend on it.

use std::collections::{BTreeMap, VecDeque};

use crate::policy::Policy;

/// Some services with a reason, and all that depend on one of them: "it depends on payments, which is unknown".
pub(super) fn with_dependents<'p>(
    policy: &'p Policy,
    mut why: BTreeMap<&'p str, String>,
    which: &str,
) -> BTreeMap<&'p str, String> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, service) in policy.services.iter().filter(|_| !why.is_empty()) {
        service.depends_on.keys().for_each(|on| users.entry(on.as_str()).or_default().push(name.as_str()));
    }
    let mut open: VecDeque<&str> = why.keys().copied().collect();
    while let Some(on) = open.pop_front() {
        for user in users.get(on).into_iter().flatten().copied() {
            if !why.contains_key(user) {
                why.insert(user, format!("it depends on {on}, {which}"));
                open.push_back(user);
            }
        }
    }
    why
}
