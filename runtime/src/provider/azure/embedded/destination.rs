//! Replication policies at destination accounts: written first, and answered with an id.

use holdfast_compiler::provider::azure::storage::replication::POLICY;
use holdfast_compiler::provider::azure::storage::{destination as kind, source};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::json;

use super::replication::of_account;
use super::{replication, text};
use crate::local::embedded::{Checked, Embedded, Look, values};
use crate::local::store::State;

/// Replication policies at destinations, in the embedded cloud.
pub(super) struct ReplicationDestination;

impl Embedded for ReplicationDestination {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, state: &mut State, wanted: &Values) -> (String, Values) {
        let policy = state.next_id("policy");
        let id = format!("{}/{policy}", text(wanted, kind::ACCOUNT));
        (id, values(json!({POLICY: policy})))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let (from, to) = (look.text(kind::SOURCE), look.text(kind::ACCOUNT));
        replication::check(look, from, to)?;
        let others = of_account(look.state, kind::KIND, to);
        let others = others.filter(|one| text(&one.attributes, kind::SOURCE) != from);
        replication::count(look, others.count())
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        let (from, to) = (look.text(kind::SOURCE), look.text(kind::ACCOUNT));
        let mut sources = of_account(look.state, source::KIND, from);
        let used = sources.any(|one| text(&one.attributes, source::DESTINATION) == to);
        if used {
            return look.refuse("Conflict", "the policy still stands at the source account: it goes first");
        }
        Ok(())
    }
}
