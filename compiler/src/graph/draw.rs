//! The graph as DOT, Mermaid and JSON. Services are drawn as groups; arrows point from a need to what
//! needs it: the direction in which an apply runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::Graph;
use crate::resource::{Lifecycle, Resource};

/// A way to draw the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// Mermaid flowchart, as GitHub renders it.
    Mermaid,
    /// Nodes and edges.
    Json,
}

/// Draw the graph. Same graph, same bytes.
#[must_use]
pub fn draw(graph: &Graph, format: Format) -> String {
    match format {
        Format::Dot => dot(graph),
        Format::Mermaid => mermaid(graph),
        Format::Json => json(graph),
    }
}

/// The resources of each service in graph order; what belongs to none stands under "".
fn groups(graph: &Graph) -> BTreeMap<&str, Vec<&Resource>> {
    let mut groups: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in graph.iter() {
        let shared = resource.address.kind().schema().lifecycle == Lifecycle::Prerequisite;
        let owner = if shared { "" } else { resource.address.owner() };
        groups.entry(owner).or_default().push(resource);
    }
    groups
}

fn edges(graph: &Graph) -> impl Iterator<Item = (&Resource, &Resource)> {
    graph.iter().flat_map(|resource| {
        let needs = resource.needs().into_iter().filter_map(|need| graph.get(need));
        needs.map(move |need| (need, resource))
    })
}

/// Addresses hold no quote and no backslash: names are letters, digits, hyphens, dots and underscores.
fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph holdfast {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    for (nth, (owner, resources)) in groups(graph).into_iter().enumerate() {
        let indent = if owner.is_empty() { "  " } else { "    " };
        if !owner.is_empty() {
            let _ = writeln!(out, "  subgraph cluster_{nth} {{\n    label=\"{owner}\";");
        }
        for resource in resources {
            let _ = writeln!(out, "{indent}\"{}\";", resource.address);
        }
        if !owner.is_empty() {
            out.push_str("  }\n");
        }
    }
    for (need, resource) in edges(graph) {
        let _ = writeln!(out, "  \"{}\" -> \"{}\";", need.address, resource.address);
    }
    out.push_str("}\n");
    out
}

fn mermaid(graph: &Graph) -> String {
    let ids: BTreeMap<_, _> = graph.iter().enumerate().map(|(nth, r)| (&r.address, nth)).collect();
    let id = |resource: &Resource| ids.get(&resource.address).copied().unwrap_or_default();
    let mut out = String::from("flowchart LR\n");
    for (nth, (owner, resources)) in groups(graph).into_iter().enumerate() {
        let indent = if owner.is_empty() { "  " } else { "    " };
        if !owner.is_empty() {
            let _ = writeln!(out, "  subgraph s{nth}[\"{owner}\"]");
        }
        for resource in resources {
            let _ = writeln!(out, "{indent}n{}[\"{}\"]", id(resource), resource.address);
        }
        if !owner.is_empty() {
            out.push_str("  end\n");
        }
    }
    for (need, resource) in edges(graph) {
        let _ = writeln!(out, "  n{} --> n{}", id(need), id(resource));
    }
    out
}

fn json(graph: &Graph) -> String {
    let node = |r: &Resource| json!({"address": r.address.to_string(), "kind": r.address.kind().to_string(), "purpose": r.purpose});
    let nodes: Vec<_> = graph.iter().map(node).collect();
    let edges: Vec<_> = edges(graph)
        .map(|(need, resource)| json!({"from": need.address.to_string(), "to": resource.address.to_string()}))
        .collect();
    let document = json!({"format_version": "1.0", "nodes": nodes, "edges": edges});
    format!("{document:#}\n")
}
