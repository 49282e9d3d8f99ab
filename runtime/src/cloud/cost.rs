//! How many API calls commands take if everything succeeds, for the limits of the scheduler. It is derived from the
//! calls that the kinds declare. Calls that are only made after a lost response or a refusal are not counted; if they
//! exceed a limit, the SDK backs off.

use std::collections::BTreeMap;

use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::Made;

use super::Command;

/// How many calls of each operation, such as `s3:CreateBucket`, a unit of work takes.
pub type Cost = BTreeMap<&'static str, u32>;

/// The calls of a batch. `changes` is the number of atomic changes it is sent as, if its kind has those.
#[must_use]
pub fn cost(batch: &[Command], changes: u32) -> Cost {
    let mut cost = Cost::new();
    for command in batch {
        for call in command.address.kind().schema().calls {
            if call.made.iter().any(|made| is_made(*made, command)) {
                *cost.entry(call.operation).or_default() += 1;
            }
        }
    }
    // All commands of a batch have the same kind.
    for call in batch.iter().take(1).flat_map(|command| command.address.kind().schema().calls) {
        if call.made.contains(&Made::Change) && changes > 0 {
            cost.insert(call.operation, changes);
        }
    }
    cost
}

/// Whether a command makes a call of this sort.
fn is_made(made: Made, command: &Command) -> bool {
    let schema = command.address.kind().schema();
    match (command.action, made) {
        (Action::Create | Action::Replace, Made::Create) | (Action::Delete, Made::Delete) => true,
        (Action::Create | Action::Replace, Made::CreateUnless(name)) => {
            let unset = schema.attribute(name).and_then(|attribute| attribute.unset).map(|unset| unset());
            command.values.get(name) != unset.as_ref()
        }
        (Action::Update, Made::Update(names)) => names.iter().any(|name| command.changed.contains(*name)),
        _ => false,
    }
}
