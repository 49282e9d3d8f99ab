//! `runtime/PERMISSIONS-AZURE.md`: the permissions as custom roles of Azure, with placeholders for a person to fill in. Derived from the
//! calls that the kinds declare.
//!
//! Source: Azure role-based access control documentation, "Azure custom roles", "Azure permissions for Storage" and "… for Networking".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use holdfast_compiler::provider::azure::PROVIDER;
use holdfast_compiler::resource::{Call, Made};
use serde_json::{Value, json};

use super::drivers;

const BEGIN: &str = "\
# Permissions on Azure

This page is generated from the calls that each kind declares. To regenerate it, run
`HOLDFAST_BLESS=1 cargo test -p holdfast azure::`.

Nobody has tried these roles on Azure itself: the server of the tests enforces them, and it is written from Microsoft's
documentation. If Azure refuses a call, the message names the action that is missing.

Replace before use: `SUBSCRIPTION` with the id of the subscription and `GROUP` with the name of the resource group, one line
for each resource group of the estate's sites. Make each role with `az role definition create --role-definition FILE`, and
assign it at the resource groups only: `az role assignment create --assignee PRINCIPAL --role NAME --scope SCOPE`.
Holdfast looks for accounts in the resource groups that the policies name, and in those of the accounts that it has set up. So where a
resource group leaves the policies, the role has to stay assigned there: otherwise what is in it is unknown, and nothing of it is removed.

None of these roles reads or writes a blob, deletes an account or a container, or reads the keys of an account.
";

/// The actions of `plan`, or those of `apply`, which includes it.
#[must_use]
pub fn actions(applies: bool) -> BTreeSet<&'static str> {
    let made = |made: &Made| match made {
        Made::Observe => true,
        Made::Survey | Made::Restore | Made::ReadJournal | Made::WriteJournal => false,
        _ => applies,
    };
    let calls = calls().filter(|call| call.made.iter().any(made));
    calls.flat_map(|call| call.takes.iter().map(|permission| permission.action)).collect()
}

/// A custom role with these actions.
#[must_use]
pub fn role(name: &str, description: &str, actions: &BTreeSet<&str>) -> Value {
    json!({
        "Name": name,
        "IsCustom": true,
        "Description": description,
        "Actions": actions,
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": ["/subscriptions/SUBSCRIPTION/resourceGroups/GROUP"],
    })
}

/// The whole page.
#[must_use]
pub fn page() -> String {
    let mut out = BEGIN.to_owned();
    for (title, name, description, applies) in [
        ("plan", "Holdfast plan", "Reads what the policies describe.", false),
        (
            "apply",
            "Holdfast apply",
            "Sets up what the policies describe, and deletes replication and profiles of Traffic Manager only.",
            true,
        ),
    ] {
        let role = role(name, description, &actions(applies));
        let _ = write!(out, "\n## `{title}`\n\n{description}\n\n```json\n{role:#}\n```\n");
    }
    out.push_str("\n## Each call\n\n| operation | action | when |\n| --- | --- | --- |\n");
    let mut rows: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for call in calls() {
        let (actions, when) = rows.entry(call.operation).or_default();
        actions.extend(call.takes.iter().map(|permission| permission.action));
        when.extend(call.made.iter().filter_map(said));
    }
    for (operation, (actions, when)) in rows {
        let list = |all: BTreeSet<&str>, quote: &str| {
            let all: Vec<String> = all.into_iter().map(|one| format!("{quote}{one}{quote}")).collect();
            all.join(", ")
        };
        let _ = writeln!(out, "| `{operation}` | {} | {} |", list(actions, "`"), list(when, ""));
    }
    out
}

/// The calls of the kinds that Holdfast has a client for.
fn calls() -> impl Iterator<Item = &'static Call> {
    let kinds = PROVIDER.kinds.iter();
    let served = kinds.filter(|kind| drivers::of(holdfast_compiler::resource::Kind::of(kind)).is_some());
    served.flat_map(|kind| kind.calls.iter().copied())
}

fn said(made: &Made) -> Option<&'static str> {
    Some(match made {
        Made::Observe => "looking",
        Made::Create | Made::CreateUnless(_) => "creating",
        Made::Update(_) | Made::Change => "changing",
        Made::Delete => "deleting",
        Made::Recover => "finding out what was given",
        _ => return None,
    })
}
