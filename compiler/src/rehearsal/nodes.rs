//! The tasks of one play as a graph: what waited for what, and for what last.

use std::collections::BTreeSet;

use super::recovery::Ran;
use crate::document::Name;
use crate::phase::Phase;

/// A piece of a recovery, as one play did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The service it is for.
    pub service: Name,
    /// What it is.
    pub what: String,
    /// The person who does it.
    pub by: Option<Name>,
    /// What of the policies it is.
    pub part: Part,
    /// The seconds that it takes alone in this play. `None`: it never ends.
    pub alone: Option<u64>,
    /// The part of the recovery.
    pub phase: Phase,
    /// The nodes that must be done first, by their place in the list.
    pub after: Vec<usize>,
    /// When it began and ended, in seconds since the disaster. `None`: it never ended.
    pub took: Option<(u64, u64)>,
    /// The node that it waited for last: one of `after`, or what its person did before.
    pub last: Option<usize>,
    /// Whether its service is back with it.
    pub is_back: bool,
}

/// What of the policies a piece of a recovery is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The disaster is noticed.
    Noticed,
    /// Somebody decides: who, if the policies say who.
    Decided(Option<Name>),
    /// A step of the procedure of its service, by its name.
    Step(Name),
    /// The checks of an entry of traffic that no step moves fail.
    ChecksFail(Name),
    /// No resolver answers with the lost site for an entry of traffic any more.
    Answers(Name),
    /// Clients of an entry of traffic reach the standby.
    Clients(Name),
    /// Nobody brings back what the service needs.
    Nobody,
    /// The service is back.
    Back,
}

/// The nodes of a play, in an order that is the same for the same policy.
pub(super) fn of(ran: &Ran<'_>) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for (nth, task) in ran.tasks.iter().enumerate() {
        let (took, last) = ran.traces.times(nth);
        nodes.push(Node {
            service: task.service.clone(),
            what: task.what.clone(),
            by: task.by.cloned(),
            part: task.part.clone(),
            alone: task.alone(),
            phase: task.phase,
            after: Vec::new(),
            took,
            last,
            is_back: task.is_back,
        });
    }
    for (nth, task) in ran.tasks.iter().enumerate() {
        for next in task.next.iter().collect::<BTreeSet<_>>() {
            if let Some(node) = nodes.get_mut(*next) {
                node.after.push(nth);
            }
        }
    }
    nodes
}

/// The nodes on the critical path of a service: the last one, the one it waited for last, and so on, the first at the end. Empty if
/// the service was never back.
#[must_use]
pub fn critical(nodes: &[Node], service: &Name) -> Vec<usize> {
    let is_end = |node: &Node| node.is_back && node.service == *service && node.took.is_some();
    let mut path: Vec<usize> = Vec::new();
    let mut next = nodes.iter().position(is_end);
    // What somebody did before cannot lead back to itself, but a loop must not hang either.
    while let Some(nth) = next.filter(|nth| !path.contains(nth)) {
        path.push(nth);
        next = nodes.get(nth).and_then(|node| node.last);
    }
    path
}
