//! What applies where a document says nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::super::direction::{direction, unsaid};
use super::tree::{Node, Shape};
use crate::document::trees;
use crate::printable::one_line;
use crate::provider::Facts;
use crate::source::Sources;

/// One version of the policies.
pub(super) struct Version<'a> {
    pub(super) sources: &'a Sources,
    /// By kind and name. The estate and the continuity plan have no name here: there is only one of each.
    pub(super) documents: BTreeMap<String, Node>,
    facts: &'a Facts,
}

impl<'a> Version<'a> {
    pub(super) fn read(sources: &'a Sources, facts: &'a Facts) -> Self {
        let mut documents = BTreeMap::new();
        for (id, source) in sources.iter() {
            // What is wrong with the text is said where it is compiled.
            for node in trees(id, &source.text, &mut Vec::new()).iter().filter_map(Node::of) {
                let text = |key: &str| node.child(key).map(Node::written);
                let kind = text("kind").unwrap_or_else(|| "document".to_owned());
                let name = match (kind.as_str(), text("name")) {
                    ("estate" | "continuity", _) | (_, None) => kind,
                    (_, Some(name)) => format!("{kind} {name}"),
                };
                documents.entry(name).or_insert(node);
            }
        }
        Self { sources, documents, facts }
    }

    /// The value that applies if a document does not say this key: that of the service's tier, of the estate's defaults, or
    /// the built-in one.
    pub(super) fn instead(&self, document: &str, keys: &[&str]) -> Option<String> {
        let (levels, setting) = match keys {
            ["service", "data", _, "encrypt"] => (self.levels(document), &["encrypt"] as &[&str]),
            ["service", setting @ ..] => (self.levels(document), setting),
            ["estate", "tiers", _, setting @ ..] => (vec![self.defaults()], setting),
            _ => (Vec::new(), keys),
        };
        let inherited = levels.into_iter().flatten().find_map(|level| level.find(setting));
        inherited.map(Node::written).or_else(|| unsaid(keys, self.facts))
    }

    /// The tier of a service and the estate's defaults.
    fn levels(&self, service: &str) -> Vec<Option<&Node>> {
        let tier = self.documents.get(service).and_then(|service| service.child("tier")).map(Node::written);
        let tier = tier.and_then(|name| self.documents.get("estate")?.find(&["tiers", &name]));
        vec![tier, self.defaults()]
    }

    fn defaults(&self) -> Option<&Node> {
        self.documents.get("estate")?.child("defaults")
    }

    /// The settings that a service inherits, as paths in the tier.
    fn inherited(&self, service: &str) -> BTreeSet<Vec<&str>> {
        let mut all = BTreeSet::new();
        self.levels(service).into_iter().flatten().for_each(|level| leaves(level, &[], &mut all));
        all
    }
}

/// The paths of the values below a node. Of an assumption only the value, not its reason.
fn leaves<'n>(node: &'n Node, path: &[&'n str], out: &mut BTreeSet<Vec<&'n str>>) {
    let assumed = node.child("value").is_some();
    for (key, child) in node.children().filter(|(key, _)| !assumed || *key == "value") {
        let path = [path, &[key.as_str()]].concat();
        match &child.shape {
            Shape::Scalar(_) => {
                out.insert(path);
            }
            Shape::Map(_) | Shape::List(_) => leaves(child, &path, out),
        }
    }
}

/// A service moves to another tier: weaker if a setting that it inherits becomes weaker. Says which.
pub(super) fn of_tier(
    document: &str,
    old: &Version<'_>,
    new: &Version<'_>,
) -> (Option<bool>, Option<String>) {
    let (mut verdict, mut means) = (None, Vec::new());
    let mut settings = old.inherited(document);
    settings.extend(new.inherited(document));
    for setting in settings {
        let said = |version: &Version<'_>| {
            version.documents.get(document).is_some_and(|service| service.find(&setting).is_some())
        };
        if said(old) && said(new) {
            continue;
        }
        let keys = [["service"].as_slice(), &setting].concat();
        let values = [old, new].map(|version| version.instead(document, &keys));
        let Some(direction) = direction(&keys).filter(|_| values[0] != values[1]) else { continue };
        let better = match &values {
            [Some(old), Some(new)] => direction.of_values(old, new),
            [old, _] => direction.of_presence(old.is_none()),
        };
        if better.is_some() && verdict != Some(false) {
            verdict = better;
        }
        let [before, after] = values.map(|value| one_line(value.as_deref().unwrap_or("none")));
        means.push(format!("{} {before} → {after}", setting.join(".")));
    }
    (verdict, (!means.is_empty()).then(|| format!("brings {}", means.join(", "))))
}
