//! The graph of resources, in an order in which every resource comes after those it needs.

mod draw;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::hash::Hash;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graphmap::DiGraphMap;

use crate::diagnostic::{Diagnostic, codes};
use crate::resource::{Address, Resource};
pub use draw::{GraphFormat, draw};

/// Resources and what they need.
#[derive(Debug)]
pub struct Graph {
    resources: BTreeMap<Address, Resource>,
    order: Vec<Address>,
}

impl Graph {
    /// Order the resources. The order depends only on addresses and edges.
    ///
    /// # Errors
    /// One finding per cycle, with every member marked.
    pub fn new(resources: BTreeMap<Address, Resource>) -> Result<Self, Vec<Diagnostic>> {
        let mut graph: DiGraphMap<&Address, ()> = DiGraphMap::new();
        for address in resources.keys() {
            graph.add_node(address);
        }
        for resource in resources.values() {
            for need in resource.needs() {
                if let Some((need, _)) = resources.get_key_value(need) {
                    graph.add_edge(need, &resource.address, ());
                }
            }
        }
        let order = match toposort(&graph, None) {
            Ok(order) => order.into_iter().cloned().collect(),
            Err(_) => return Err(cycle_findings(&resources)),
        };
        drop(graph);
        Ok(Self { resources, order })
    }

    /// Every resource, each after those it needs.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.order.iter().filter_map(|address| self.resources.get(address))
    }

    /// The resource of an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(address)
    }

    /// The resources that are inside a part of the graph.
    #[must_use]
    pub fn part(&self, inside: impl Fn(&Address) -> bool) -> Self {
        let order: Vec<Address> = self.order.iter().filter(|address| inside(address)).cloned().collect();
        let resources = order.iter().filter_map(|address| self.resources.get_key_value(address));
        let resources = resources.map(|(address, resource)| (address.clone(), resource.clone())).collect();
        Self { resources, order }
    }

    /// The number of resources.
    #[must_use]
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether the graph is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}

fn cycle_findings(resources: &BTreeMap<Address, Resource>) -> Vec<Diagnostic> {
    let edges = resources.values().flat_map(|r| r.needs().into_iter().map(|need| (&r.address, need)));
    let found = cycles(resources.keys(), edges);
    let finding = |members: Vec<&Address>| {
        let names: Vec<String> = members.iter().map(|address| format!("`{address}`")).collect();
        let message = format!("these depend on each other: {}", names.join(", "));
        let error = Diagnostic::new(codes::CYCLE, message);
        let members = members.iter().filter_map(|address| resources.get(*address));
        members.fold(error, |error, member| error.at(member.origin, format!("{}", member.address)))
    };
    found.into_iter().map(finding).collect()
}

/// The cycles among some nodes, each with all its members in order. An edge leads from a node to one that it
/// needs.
pub(crate) fn cycles<'a, N: Ord + Hash + Display>(
    nodes: impl Iterator<Item = &'a N>,
    edges: impl Iterator<Item = (&'a N, &'a N)>,
) -> Vec<Vec<&'a N>> {
    let mut graph: DiGraphMap<&N, ()> = DiGraphMap::new();
    nodes.for_each(|node| {
        graph.add_node(node);
    });
    edges.for_each(|(from, to)| {
        graph.add_edge(from, to, ());
    });
    // Not Tarjan's algorithm: the one of petgraph is recursive, and an untrusted policy can have a long chain
    // of services.
    let mut found: Vec<Vec<&N>> = kosaraju_scc(&graph);
    found.retain(|members| match members.as_slice() {
        [only] => graph.contains_edge(only, only),
        _ => true,
    });
    found.iter_mut().for_each(|members| members.sort_unstable());
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Kind;
    use crate::source::{Sources, Span};

    #[test]
    fn dependency_cycle_names_and_marks_every_member() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "a b c d");
        let address = |name: &str| Address::new(Kind::milestone(), &[name]);
        let resource = |name: &str, at: usize, after: &str| {
            Resource::new(address(name), "", Span::new(id, at, at + 1)).after(&address(after))
        };
        let all =
            [resource("a", 0, "b"), resource("b", 2, "c"), resource("c", 4, "a"), resource("d", 6, "a")];
        let all = all.into_iter().map(|r| (r.address.clone(), r)).collect();
        let findings = Graph::new(all).unwrap_err();
        assert_eq!(findings.len(), 1);
        let labels: Vec<&str> = findings[0].labels.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(labels, ["service.a", "service.b", "service.c"]);
    }
}
