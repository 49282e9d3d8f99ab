//! The span tree: a YAML document with the byte range of every key and value.
//!
//! Nodes are in one arena and aliases share nodes, so a tree is never larger than its text. The weight of the
//! expanded tree is known before it is expanded.

use serde_json::Value;

use crate::source::Span;

/// The deepest nesting of collections.
pub(crate) const MAX_DEPTH: usize = 64;

/// Index of a node in its [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(pub(super) usize);

/// One node.
#[derive(Debug)]
pub struct Node {
    /// The byte range of the value; for a collection, of the whole collection.
    pub span: Span,
    /// Its content.
    pub content: Content,
    /// The number of nodes with every alias expanded. Saturating.
    pub weight: u64,
    /// The nesting depth with every alias expanded; 0 for a scalar.
    pub depth: usize,
}

/// The content of a node.
#[derive(Debug)]
pub enum Content {
    /// Null, boolean, number or text.
    Scalar(Value),
    /// A sequence.
    List(Vec<NodeId>),
    /// A mapping, sorted by key: a hostile file can have a million keys, and each is looked up.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The byte range of the key.
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

/// One step of a path from the root to a node.
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

    /// The root node.
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

    /// The node at a path.
    #[must_use]
    pub fn find(&self, path: &[Step<'_>]) -> Option<&Node> {
        path.iter().try_fold(self.root()?, |node, step| self.child(node, *step))
    }

    /// The byte range of the value at a path, or of the nearest node on the path that exists.
    #[must_use]
    pub fn span(&self, path: &[Step<'_>]) -> Option<Span> {
        (0..=path.len()).rev().find_map(|length| self.find(path.get(..length)?)).map(|node| node.span)
    }

    /// The byte range of the key that the path ends in, or of the value if the path ends in an item.
    #[must_use]
    pub fn key_span(&self, path: &[Step<'_>]) -> Option<Span> {
        if let Some((Step::Key(key), parents)) = path.split_last()
            && let Some(entry) = self.find(parents).and_then(|node| self.entry(node, key))
        {
            return Some(entry.key_span);
        }
        self.span(path)
    }

    /// Whether another tree has the same values in the same order, with aliases in the same places. Positions
    /// in the text do not count.
    ///
    /// Nodes are stored in the order of their ends, so equal texts have equal arenas.
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

    /// A node as JSON with aliases expanded. The parser has already limited weight and depth.
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
