//! The span tree: a YAML document in which every key and every value knows its bytes.
//!
//! Nodes live in one arena and aliases share nodes, so a tree is never larger than its text; what it
//! would weigh expanded is known before anybody expands it.

use serde_json::Value;

use crate::source::Span;

/// How deep collections may nest.
pub(crate) const MAX_DEPTH: usize = 64;

/// Index of a node in its [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(pub(super) usize);

/// One node.
#[derive(Debug)]
pub struct Node {
    /// The bytes of the value (for a collection: of all of it).
    pub span: Span,
    /// What it holds.
    pub content: Content,
    /// How many nodes it is when every alias is expanded. Saturating.
    pub weight: u64,
    /// How many collections deep it is when every alias is expanded; a scalar is 0.
    pub depth: usize,
}

/// What a node holds.
#[derive(Debug)]
pub enum Content {
    /// Null, boolean, number or text.
    Scalar(Value),
    /// A sequence.
    List(Vec<NodeId>),
    /// A mapping, in the order of the keys: a hostile file can have a million, and each is looked up.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: NodeId,
}

/// One document.
#[derive(Debug)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// One part of the way from the root to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into the value of a key.
    Key(&'a str),
    /// Into an item, from 0.
    Item(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(item: usize) -> Self {
        Step::Item(item)
    }
}

impl Tree {
    /// The node of an id of this tree.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// The topmost node.
    #[must_use]
    pub fn root(&self) -> Option<&Node> {
        self.node(self.root)
    }

    fn entry<'t>(&'t self, node: &'t Node, key: &str) -> Option<&'t Entry> {
        match &node.content {
            Content::Map(entries) => {
                let at = entries.binary_search_by(|entry| entry.key.as_str().cmp(key)).ok()?;
                entries.get(at)
            }
            _ => None,
        }
    }

    fn child<'t>(&'t self, node: &'t Node, step: Step<'_>) -> Option<&'t Node> {
        match (&node.content, step) {
            (Content::List(items), Step::Item(at)) => items.get(at).and_then(|id| self.node(*id)),
            (Content::Map(_), Step::Key(key)) => {
                self.entry(node, key).and_then(|entry| self.node(entry.value))
            }
            _ => None,
        }
    }

    /// The node at the end of a path.
    #[must_use]
    pub fn find(&self, path: &[Step<'_>]) -> Option<&Node> {
        path.iter().try_fold(self.root()?, |node, step| self.child(node, *step))
    }

    /// The bytes of the value at the end of a path, or of the nearest node on the way that exists.
    #[must_use]
    pub fn span(&self, path: &[Step<'_>]) -> Option<Span> {
        (0..=path.len()).rev().find_map(|length| self.find(path.get(..length)?)).map(|node| node.span)
    }

    /// The bytes of the key that the path ends in; of the value where it ends in no key.
    #[must_use]
    pub fn key_span(&self, path: &[Step<'_>]) -> Option<Span> {
        if let Some((Step::Key(key), parents)) = path.split_last()
            && let Some(entry) = self.find(parents).and_then(|node| self.entry(node, key))
        {
            return Some(entry.key_span);
        }
        self.span(path)
    }

    /// Whether another tree holds the same values in the same order, shared by aliases in the same places.
    /// Where they stand in their texts does not count.
    ///
    /// Nodes are in the order of their ends, so texts that say the same have equal arenas.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        let same = |(one, other): (&Node, &Node)| match (&one.content, &other.content) {
            (Content::Scalar(one), Content::Scalar(other)) => one == other,
            (Content::List(one), Content::List(other)) => one == other,
            (Content::Map(one), Content::Map(other)) => {
                let entry = |(one, other): (&Entry, &Entry)| one.key == other.key && one.value == other.value;
                one.len() == other.len() && one.iter().zip(other).all(entry)
            }
            _ => false,
        };
        self.root == other.root
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(same)
    }

    /// A node as JSON, aliases expanded. The parser has checked weight and depth.
    #[must_use]
    pub fn to_json(&self, node: &Node) -> Value {
        let child = |id: &NodeId| self.node(*id).map_or(Value::Null, |node| self.to_json(node));
        match &node.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(child).collect()),
            Content::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), child(&entry.value))).collect()
            }
        }
    }
}
