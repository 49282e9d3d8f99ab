//! Splits a refused batch. A batch is atomic, so one command that the cloud refuses fails the rest of its zone. A
//! batch that the cloud refuses for its content is sent again entry by entry, so that only the invalid entry fails.

use crate::cloud::{Class, Cloud, CloudError, Command, Done};

/// Executes a batch and returns one result per command.
pub(super) async fn execute(cloud: &dyn Cloud, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
    let results = cloud.execute(batch).await;
    let refused =
        |result: &Result<Done, CloudError>| result.as_ref().is_err_and(|error| error.class == Class::Refused);
    if !results.iter().all(refused) {
        return results;
    }
    let groups = groups(batch);
    if groups.len() < 2 {
        return results;
    }
    let mut again: Vec<Result<Done, CloudError>> = results;
    for group in groups {
        let commands: Vec<Command> = group.iter().filter_map(|at| batch.get(*at).cloned()).collect();
        for (at, result) in group.iter().zip(cloud.execute(&commands).await) {
            if let Some(slot) = again.get_mut(*at) {
                *slot = result;
            }
        }
    }
    again
}

/// The indices of the commands, grouped by traffic entry.
fn groups(batch: &[Command]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, command) in batch.iter().enumerate() {
        let entry = command.address.entry();
        match groups.iter_mut().find(|(known, _)| *known == entry) {
            Some((_, group)) => group.push(at),
            None => groups.push((entry, vec![at])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
