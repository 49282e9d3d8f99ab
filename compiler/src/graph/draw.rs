//! The graph as DOT, Mermaid and JSON. Services are drawn as groups. Arrows point from a resource to those
//! that need it: the direction in which an apply runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::Graph;
use crate::printable::one_line;
use crate::resource::Resource;

/// An output format of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphFormat {
    /// DOT, for Graphviz.
    Dot,
    /// A Mermaid flowchart, as GitHub renders it.
    Mermaid,
    /// JSON with nodes and edges.
    Json,
}

/// Draw the graph. The same graph gives the same bytes.
#[must_use]
pub fn draw(graph: &Graph, format: GraphFormat) -> String {
    match format {
        GraphFormat::Dot => dot(graph),
        GraphFormat::Mermaid => mermaid(graph),
        GraphFormat::Json => json(graph),
    }
}

/// The resources of each service in graph order. Resources without a service are under "".
fn groups(graph: &Graph) -> BTreeMap<&str, Vec<&Resource>> {
    let mut groups: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in graph.iter() {
        let shared = resource.address.is_shared();
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

/// Quoted for DOT, where `\"` and, in labels, other sequences that begin with a backslash are escapes
/// (graphviz.org, "The DOT Language", "escString"). Names currently contain only letters, digits, hyphens,
/// dots and underscores; this function does not rely on that.
fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Quoted for Mermaid with numeric entities, `#35;` (mermaid.js.org, "Flowcharts", "Entity codes to escape
/// characters"). Every character that Mermaid interprets becomes one: quotes, entities, Markdown, HTML,
/// `%%{init: …}%%` directives.
fn mermaid_quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in one_line(text).chars() {
        if "\"#&<>%`\\".contains(c) {
            let _ = write!(out, "#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out + "\""
}

fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph holdfast {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    for (nth, (owner, resources)) in groups(graph).into_iter().enumerate() {
        let indent = if owner.is_empty() { "  " } else { "    " };
        if !owner.is_empty() {
            let _ = writeln!(out, "  subgraph cluster_{nth} {{\n    label={};", dot_quoted(owner));
        }
        for resource in resources {
            let _ = writeln!(out, "{indent}{};", dot_quoted(&resource.address.to_string()));
        }
        if !owner.is_empty() {
            out.push_str("  }\n");
        }
    }
    for (need, resource) in edges(graph) {
        let [need, resource] = [need, resource].map(|one| dot_quoted(&one.address.to_string()));
        let _ = writeln!(out, "  {need} -> {resource};");
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
            let _ = writeln!(out, "  subgraph s{nth}[{}]", mermaid_quoted(owner));
        }
        for resource in resources {
            let label = mermaid_quoted(&resource.address.to_string());
            let _ = writeln!(out, "{indent}n{}[{label}]", id(resource));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_close_their_quotes_in_a_drawing() {
        let hostile = "a\"];\n%%{init}%% <b>`c` \\N #quot; \u{1b}[2J";
        assert_eq!(dot_quoted(hostile), r#""a\"];\\n%%{init}%% <b>`c` \\N #quot; \\u{1b}[2J""#);
        assert_eq!(
            mermaid_quoted(hostile),
            "\"a#34;];#92;n#37;#37;{init}#37;#37; #60;b#62;#96;c#96; #92;N #35;quot; #92;u{1b}[2J\""
        );
        for ordinary in ["bucket.s.d.eu-west-1", "a_b"] {
            assert_eq!(dot_quoted(ordinary), format!("\"{ordinary}\""));
            assert_eq!(mermaid_quoted(ordinary), format!("\"{ordinary}\""));
        }
    }
}
