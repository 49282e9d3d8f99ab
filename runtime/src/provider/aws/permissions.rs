//! Which IAM permission each AWS call needs, on which resources, and which commands make it. Derived from the calls
//! that the kinds declare. `runtime/PERMISSIONS.md` is generated from it (`permissions_page.rs`), and tests compare
//! every request with it.

use std::collections::BTreeSet;

use Use::{Apply, Import, Plan, Restore, Teardown};
use holdfast_compiler::provider::aws::PROVIDER;
use holdfast_compiler::resource::{Call, Made, Permission};

/// What a person wants to do. An apply includes a plan, and a teardown includes an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// `plan` and other commands that read the resources that the policies describe.
    Plan,
    /// `import`: reading everything.
    Import,
    /// `apply` of a plan that deletes no data.
    Apply,
    /// `apply` of a plan that deletes buckets.
    Teardown,
    /// `restore`, which needs no permission of the others.
    Restore,
}

impl Use {
    /// Every use, the one with the fewest permissions first.
    pub const ALL: [Self; 5] = [Plan, Import, Apply, Teardown, Restore];

    /// Whether it includes another use.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        match (self, other) {
            (Teardown, Apply) | (Teardown | Apply | Import, Plan) => true,
            (one, other) => one == other,
        }
    }
}

/// A call, and the uses that make it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The call.
    pub call: &'static Call,
    /// The smallest uses that make it; uses that include those make it too.
    pub by: BTreeSet<Use>,
}

impl Listed {
    /// Whether a use makes it.
    #[must_use]
    pub fn is_made_by(&self, wanted: Use) -> bool {
        self.by.iter().any(|by| wanted.includes(*by))
    }

    /// Whether only a restore makes it.
    #[must_use]
    pub fn is_of_a_restore(&self) -> bool {
        is_of_a_restore(self.call)
    }

    /// Whether only the journal makes it.
    #[must_use]
    pub fn is_of_the_journal(&self) -> bool {
        self.call.made.iter().all(|made| matches!(made, Made::ReadJournal | Made::WriteJournal))
    }
}

/// Every call that Holdfast makes, once each, as the kinds and the provider declare them.
#[must_use]
pub fn calls() -> Vec<Listed> {
    let own = PROVIDER.calls.iter().map(|call| (*call, false));
    let kinds = PROVIDER.kinds.iter();
    let kinds = kinds.flat_map(|kind| kind.calls.iter().map(|call| (*call, kind.stateful)));
    let mut all: Vec<Listed> = Vec::new();
    for (call, stateful) in own.chain(kinds) {
        let by = call.made.iter().flat_map(|made| uses(*made, stateful)).copied();
        // A restore makes calls of others too, on other things.
        let is_same = |listed: &&mut Listed| {
            listed.call.operation == call.operation && listed.is_of_a_restore() == is_of_a_restore(call)
        };
        match all.iter_mut().find(is_same) {
            Some(listed) => listed.by.extend(by),
            None => all.push(Listed { call, by: by.collect() }),
        }
    }
    all.sort_by_key(|listed| (listed.is_of_the_journal(), listed.by.first().copied(), listed.call.operation));
    all
}

fn is_of_a_restore(call: &Call) -> bool {
    call.made.iter().all(|made| matches!(made, Made::Restore))
}

/// The smallest uses that make a call.
fn uses(made: Made, stateful: bool) -> &'static [Use] {
    match made {
        Made::Observe | Made::ReadJournal => &[Plan],
        Made::Survey => &[Import],
        Made::Restore => &[Restore],
        // Only a teardown deletes resources that hold data.
        Made::Delete if stateful => &[Teardown],
        Made::Create
        | Made::CreateUnless(_)
        | Made::Update(_)
        | Made::Delete
        | Made::Change
        | Made::Recover => &[Apply],
        // A plan does not write to the journal.
        Made::WriteJournal => &[Import, Apply],
    }
}

/// The permissions of a use, each once, in the order of the calls.
#[must_use]
pub fn of(wanted: Use) -> Vec<Permission> {
    let mut all: Vec<Permission> = Vec::new();
    for permission in calls().iter().filter(|listed| listed.is_made_by(wanted)).flat_map(|l| l.call.takes) {
        let same =
            |other: &Permission| other.action == permission.action && other.on.name == permission.on.name;
        if !all.iter().any(same) {
            all.push(*permission);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_commands_need_no_write_permission() {
        let writes = |by: Use| -> Vec<&str> {
            let reads = |action: &str| {
                // With the role of a site, an account is looked at like the estate's.
                let assumes = action == "sts:AssumeRole";
                assumes || ["Describe", "Get", "List"].iter().any(|verb| action.contains(&format!(":{verb}")))
            };
            of(by).iter().map(|one| one.action).filter(|action| !reads(action)).collect()
        };
        assert_eq!(writes(Use::Plan), [""; 0]);
        assert_eq!(writes(Use::Import), ["s3:PutObject"], "an import records what it adopts");
        let keys = ["kms:Decrypt", "kms:GenerateDataKey"];
        let restore: Vec<&str> = writes(Use::Restore).into_iter().filter(|one| !keys.contains(one)).collect();
        assert_eq!(
            restore,
            [
                "backup:StartRestoreJob",
                "iam:PassRole",
                "s3:AbortMultipartUpload",
                "s3:PutObject",
                "s3:PutObjectTagging"
            ],
            "a restore deletes nothing"
        );
    }
}
