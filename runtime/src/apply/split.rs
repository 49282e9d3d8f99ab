//! A batch is all or nothing, so one command that the cloud refuses drags down the rest of its zone. What the
//! cloud refuses for its content is sent again entry by entry, so that only the guilty one fails.

use crate::cloud::{Class, Cloud, CloudError, Command, Done};

/// Execute a batch; one result per command.
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

/// The commands of each entry of traffic, which belong together, by their indices.
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
