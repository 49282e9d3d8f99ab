//! What changed between two versions of the policies, statement by statement, and whether it protects less.
//!
//! The texts are compared as trees, so that a version is compared even if this compiler refuses it. Things are the same
//! if they have the same name: documents by kind and name, items of a list by what identifies them. Whether a change
//! protects less is in the table of [`direction`]. A value that is not said counts as the one that applies instead: that
//! of the tier, of the estate, or the built-in one.

mod inherit;
mod text;
mod tree;
mod words;

use std::collections::BTreeSet;

use serde::Serialize;

use super::Policy;
use super::direction::{Order, Said, direction};
use crate::printable::one_line;
use crate::provider::{Facts, PROVIDERS};
use crate::source::{Place, Sources};
use inherit::Version;
pub(crate) use text::{text, words as change_in_words};
use tree::{Node, Shape};

/// What a change means for the protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Less is asked, promised or protected.
    Weaker,
    /// More is.
    Stronger,
    /// Neither, or nobody can tell from this statement alone.
    Neutral,
}

/// One statement that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyChange {
    /// What it means.
    pub judgement: Judgement,
    /// The document: `service payments`.
    pub document: String,
    /// The statement in it: `data.ledger.backups[daily].keep`; empty for the whole document.
    pub path: String,
    /// The old value; `None` if it was not said. How people can be reached is not shown.
    pub before: Option<String>,
    /// The new value; `None` if it is not said any more.
    pub after: Option<String>,
    /// What follows from it, if that is not in the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    /// Its place in the new text, or in the old text if it is gone.
    pub place: Place,
}

/// All changes since a version of the policies, the weaker ones first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyChanges {
    /// The version, as people know it.
    pub since: String,
    /// The changes.
    pub changes: Vec<PolicyChange>,
    /// Why nobody can tell what changed: that version is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl PolicyChanges {
    /// Changes since a version that is not known, for this reason.
    #[must_use]
    pub fn unknown(since: &str, because: &str) -> Self {
        Self { since: since.to_owned(), changes: Vec::new(), unknown: Some(because.to_owned()) }
    }

    /// The number of changes with this judgement.
    #[must_use]
    pub fn count(&self, judgement: Judgement) -> usize {
        self.changes.iter().filter(|change| change.judgement == judgement).count()
    }
}

/// Compare an earlier version of the policies with a compiled one. Weaker changes come first, then stronger ones; each in the
/// order of documents and paths.
#[must_use]
pub fn changes_since(since: &str, old: &Sources, new: &Sources, policy: &Policy) -> PolicyChanges {
    // Built-in values are those of the provider of the first site.
    let sites = policy.services.values().flat_map(|service| &service.sites);
    let facts = sites.map(|site| site.region.provider).next();
    compare(since, old, new, facts.unwrap_or(PROVIDERS[0].facts))
}

/// Compare two versions of the policies. Weaker changes come first, then stronger ones; each in the order of documents
/// and paths. `facts` has the built-in values of the provider.
#[must_use]
fn compare(since: &str, old: &Sources, new: &Sources, facts: &Facts) -> PolicyChanges {
    let (old, new) = (Version::read(old, facts), Version::read(new, facts));
    let names: BTreeSet<&String> = old.documents.keys().chain(new.documents.keys()).collect();
    let mut walk = Walk { old: &old, new: &new, changes: Vec::new() };
    for name in names {
        let kind = name.split(' ').next().unwrap_or_default();
        let at = At { document: name, keys: vec![kind], path: String::new() };
        walk.both(&at, [old.documents.get(name), new.documents.get(name)]);
    }
    let mut changes = walk.changes;
    changes.sort_by_key(|change| change.judgement);
    PolicyChanges { since: since.to_owned(), changes, unknown: None }
}

/// A statement: its document, its path for [`direction`], and its path for people.
struct At<'a> {
    document: &'a str,
    keys: Vec<&'a str>,
    path: String,
}

impl<'a> At<'a> {
    fn key(&self, name: &'a str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { document: self.document, keys: [&self.keys, [name].as_slice()].concat(), path }
    }

    fn item(&self, name: &str) -> Self {
        let path = format!("{}[{name}]", self.path);
        Self { document: self.document, keys: [&self.keys, ["[]"].as_slice()].concat(), path }
    }
}

struct Walk<'a> {
    old: &'a Version<'a>,
    new: &'a Version<'a>,
    changes: Vec<PolicyChange>,
}

impl<'a> Walk<'a> {
    fn both(&mut self, at: &At<'a>, [old, new]: [Option<&'a Node>; 2]) {
        match [old.map(|node| &node.shape), new.map(|node| &node.shape)] {
            [Some(Shape::Map(_)), Some(Shape::Map(_))] | [Some(Shape::List(_)), Some(Shape::List(_))] => {
                self.children(at, [old, new]);
                self.order(at, [old, new]);
            }
            // Of a list only its items say something.
            [None, Some(Shape::List(_))] | [Some(Shape::List(_)), None] => self.children(at, [old, new]),
            [None, Some(Shape::Map(_))] | [Some(Shape::Map(_)), None]
                if at.keys.len() > 1 && direction(&at.keys).is_some_and(|of| of.said == Said::Holds) =>
            {
                self.children(at, [old, new]);
            }
            [None, None] => {}
            _ => self.value(at, [old, new]),
        }
    }

    fn children(&mut self, at: &At<'a>, nodes: [Option<&'a Node>; 2]) {
        let children = |node: Option<&'a Node>| node.map(Node::children).into_iter().flatten();
        let names: BTreeSet<&'a String> =
            nodes.into_iter().flat_map(children).map(|(name, _)| name).collect();
        let is_list = nodes.iter().flatten().any(|node| matches!(node.shape, Shape::List(_)));
        for name in names {
            let below = if is_list { at.item(name) } else { at.key(name) };
            self.both(&below, nodes.map(|node| node.and_then(|node| node.child(name))));
        }
    }

    /// The same items in another order, such as standbys.
    fn order(&mut self, at: &At<'a>, nodes: [Option<&'a Node>; 2]) {
        if let [Some(old), Some(new)] = nodes
            && old.order != new.order
            && old.children().map(|(name, _)| name).eq(new.children().map(|(name, _)| name))
        {
            let [before, after] = [old, new].map(|node| Some(one_line(&node.order.join(", "))));
            self.push(at, [before, after], (None, None), self.new.sources.place(new.span));
        }
    }

    /// A statement that is compared as a whole.
    fn value(&mut self, at: &At<'a>, [old, new]: [Option<&'a Node>; 2]) {
        let place = match (old, new) {
            (_, Some(new)) if old.is_some() => self.new.sources.place(new.span),
            (_, Some(new)) => self.new.sources.place(new.key),
            (Some(old), _) => self.old.sources.place(old.key),
            (None, None) => return,
        };
        let written = [old, new].map(|node| node.map(Node::written));
        if written[0] == written[1] {
            return;
        }
        let verdict = match (at.keys.as_slice(), new.is_some()) {
            (["service"], false) => (Some(false), Some("its protection ends".to_owned())),
            ([_], added) => (Some(added), None),
            _ => self.judged(at, [old, new]),
        };
        let shown = words::shown(&at.keys, &written);
        self.push(at, shown, verdict, place);
    }

    /// Whether it protects more, and what follows from it.
    fn judged(&self, at: &At<'a>, nodes: [Option<&'a Node>; 2]) -> (Option<bool>, Option<String>) {
        if at.keys == ["service", "tier"] {
            return inherit::of_tier(at.document, self.old, self.new);
        }
        // An assumption is judged by its value.
        let values = nodes.map(|node| node.map(|node| node.child("value").unwrap_or(node)));
        let has_value = nodes.iter().flatten().any(|node| node.child("value").is_some());
        let keys = if has_value { at.key("value").keys } else { at.keys.clone() };
        let Some(direction) = direction(&keys) else { return (None, None) };
        let said = values.map(|node| node.map(Node::written));
        let applies = |said: &Option<String>, version: &Version<'_>| {
            said.clone().or_else(|| version.instead(at.document, &keys))
        };
        match ([applies(&said[0], self.old), applies(&said[1], self.new)], &said) {
            ([Some(old), Some(new)], [Some(_), Some(_)]) => (direction.of_values(&old, &new), None),
            ([Some(old), Some(new)], [before, _]) if direction.order != Order::None => {
                let instead = one_line(if before.is_none() { &old } else { &new });
                (direction.of_values(&old, &new), Some(format!("without it, {instead} applies")))
            }
            (_, [before, _]) => (direction.of_presence(before.is_none()), None),
        }
    }

    fn push(
        &mut self,
        at: &At<'_>,
        [before, after]: [Option<String>; 2],
        (better, means): (Option<bool>, Option<String>),
        place: Place,
    ) {
        let judgement = match better {
            Some(true) => Judgement::Stronger,
            Some(false) => Judgement::Weaker,
            None => Judgement::Neutral,
        };
        let (document, path) = (one_line(at.document), one_line(&at.path));
        self.changes.push(PolicyChange { judgement, document, path, before, after, means, place });
    }
}

#[cfg(test)]
mod tests;
