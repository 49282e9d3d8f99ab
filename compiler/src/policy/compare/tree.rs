//! A document as it is compared: items of lists by what identifies them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::{Content, Tree, TreeNode};
use crate::source::Span;

/// The keys that identify an item of a list, in the order in which they are looked for.
const IDENTITIES: [&str; 7] = ["step", "code", "level", "what", "strategy", "name", "site"];

/// A value of a document.
#[derive(Debug)]
pub(super) struct Node {
    /// The place of the value.
    pub(super) span: Span,
    /// The place of its key; of the value if it has none.
    pub(super) key: Span,
    pub(super) shape: Shape,
    /// The identities of the items of a list, in the order of the text.
    pub(super) order: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Shape {
    Scalar(String),
    Map(BTreeMap<String, Node>),
    List(BTreeMap<String, Node>),
}

impl Node {
    /// The root of a document.
    pub(super) fn of(tree: &Tree) -> Option<Self> {
        let root = tree.root()?;
        Some(Self::new(tree, root, root.span))
    }

    fn new(tree: &Tree, node: &TreeNode, key: Span) -> Self {
        let mut order = Vec::new();
        let shape = match &node.content {
            Content::Scalar(Value::String(text)) => Shape::Scalar(text.clone()),
            Content::Scalar(value) => Shape::Scalar(value.to_string()),
            Content::Map(entries) => {
                let children = entries.iter().filter_map(|entry| {
                    let value = tree.node(entry.value)?;
                    Some((entry.key.clone(), Self::new(tree, value, entry.key_span)))
                });
                Shape::Map(children.collect())
            }
            Content::List(items) => {
                let mut found = BTreeMap::new();
                // How many items have had this identity.
                let mut had: BTreeMap<String, usize> = BTreeMap::new();
                for item in items.iter().filter_map(|id| tree.node(*id)) {
                    let item = Self::new(tree, item, item.span);
                    let identity = item.identity();
                    let nth = had.entry(identity.clone()).or_default();
                    *nth += 1;
                    let name = if *nth == 1 { identity } else { format!("{identity} #{nth}") };
                    order.push(name.clone());
                    found.insert(name, item);
                }
                Shape::List(found)
            }
        };
        Self { span: node.span, key, shape, order }
    }

    /// The values of a mapping by key, or the items of a list by identity; empty for a scalar.
    pub(super) fn children(&self) -> impl Iterator<Item = (&String, &Self)> {
        match &self.shape {
            Shape::Scalar(_) => None,
            Shape::Map(children) | Shape::List(children) => Some(children),
        }
        .into_iter()
        .flatten()
    }

    /// One of them.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        match &self.shape {
            Shape::Scalar(_) => None,
            Shape::Map(children) | Shape::List(children) => children.get(name),
        }
    }

    /// The node at a path of keys.
    pub(super) fn find(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.child(key))
    }

    /// The value as text.
    pub(super) fn written(&self) -> String {
        match &self.shape {
            Shape::Scalar(text) => text.clone(),
            Shape::Map(children) => {
                let each: Vec<String> =
                    children.iter().map(|(key, child)| format!("{key}: {}", child.written())).collect();
                format!("{{{}}}", each.join(", "))
            }
            Shape::List(children) => {
                let each: Vec<String> =
                    self.order.iter().filter_map(|name| children.get(name)).map(Self::written).collect();
                format!("[{}]", each.join(", "))
            }
        }
    }

    /// What tells an item of a list from the others.
    fn identity(&self) -> String {
        let Shape::Map(entries) = &self.shape else { return self.written() };
        if let Some(name) = IDENTITIES.iter().find_map(|key| entries.get(*key)) {
            return name.written();
        }
        // A way to reach somebody has one key, which says which way it is.
        match (entries.len(), entries.keys().next()) {
            (1, Some(only)) => only.clone(),
            _ => self.written(),
        }
    }
}
