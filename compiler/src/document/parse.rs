//! YAML text into span trees.
//!
//! The parser's events carry exact byte ranges. This module turns them into nodes and reports what policies
//! cannot use at its place: duplicate keys, keys that are not text, tags, and aliases that expand to too
//! much.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, options};
use serde_json::Value;

use super::tree::{Content, Entry, MAX_DEPTH, Node, NodeId, Tree};
use super::{scalar, syntax_error};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceId, Span};

/// The most nodes of the documents of a file, with their aliases expanded. A service has about 60 nodes.
const MAX_WEIGHT: u64 = 1_000_000;

/// Read all documents of a file. A document with an error is reported and left out; the others are returned.
pub(crate) fn parse(source: SourceId, text: &str, out: &mut Vec<Diagnostic>) -> Vec<Tree> {
    let options = options! {
        strict_indentation: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let tabbed = tabbed_lines(text);
    let new = || Builder::new(text, &tabbed);
    let mut trees = Vec::new();
    // The limit is per file, not per document: a hostile file can have ten thousand documents.
    let mut left = MAX_WEIGHT;
    let mut builder = new();
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::DocumentStart(..), _)) => builder = new(),
            Ok((Event::DocumentEnd, _)) => {
                let done = std::mem::replace(&mut builder, new());
                trees.extend(done.finish(&mut left, out));
            }
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                builder.event(event, Span::new(source, range.start, range.end));
            }
            Err(error) => {
                // After a syntax error, findings of the unfinished document are not useful.
                builder = new();
                out.push(syntax_error::report(source, text, &error));
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    trees
}

/// A line with a tab in its indentation: its byte range, and the offset of the tab.
type TabbedLine = (Range<usize>, usize);

fn tabbed_lines(text: &str) -> Vec<TabbedLine> {
    let mut start = 0;
    let mut tabbed = Vec::new();
    for line in text.split_inclusive('\n') {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        let tab = line.get(..indentation).and_then(|blank| blank.find('\t'));
        tabbed.extend(tab.map(|tab| (start..start + line.len(), start + tab)));
        start += line.len();
    }
    tabbed
}

/// A collection that is still open.
enum Open {
    List(Vec<NodeId>),
    /// A mapping: the entries so far, and the key whose value comes next.
    Map(Vec<Entry>, BTreeMap<String, Span>, Option<(String, Span)>),
}

/// Builds one document.
struct Builder<'a> {
    text: &'a str,
    tabbed: &'a [TabbedLine],
    nodes: Vec<Node>,
    open: Vec<(Open, usize, Span)>,
    /// Finished anchored nodes. An alias to a collection that is still open finds nothing here.
    anchors: BTreeMap<usize, NodeId>,
    root: Option<NodeId>,
    errors: Vec<Diagnostic>,
    /// Whether a value could not be built.
    broken: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, tabbed: &'a [TabbedLine]) -> Self {
        Self {
            text,
            tabbed,
            nodes: Vec::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            errors: Vec::new(),
            broken: false,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        if event.is_node() {
            self.no_tab(span);
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.no_tag(tag.is_some(), span);
                self.scalar(&text, style, anchor, span);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.no_tag(tag.is_some(), span);
                self.open.push((Open::List(Vec::new()), anchor, span));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.no_tag(tag.is_some(), span);
                self.open.push((Open::Map(Vec::new(), BTreeMap::new(), None), anchor, span));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(id) => self.place(*id, span),
                None => {
                    let id = self.push(Content::Scalar(Value::Null), span);
                    self.place(id, span);
                    let message = "an alias cannot be inside the value that it repeats";
                    self.unsupported(span, message, "write the value out");
                }
            },
            _ => {}
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, span: Span) {
        let value = match style {
            ScalarStyle::Plain => scalar::plain(text).unwrap_or_else(|why| {
                self.unsupported(span, why, "write a smaller number; if it is text, put it in quotes");
                Value::Null
            }),
            _ => Value::String(text.to_owned()),
        };
        // The span of a block scalar runs into the next line's indentation.
        let written = self.text.get(span.start..span.end).unwrap_or_default();
        let span = Span::new(span.source, span.start, span.start + written.trim_end().len());
        let id = self.push(Content::Scalar(value), span);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.place(id, span);
    }

    fn close(&mut self, end: Span) {
        let Some((open, anchor, start)) = self.open.pop() else {
            return;
        };
        let content = match open {
            Open::List(items) => Content::List(items),
            // Of a duplicate key, the first one counts, so that the rest can still be checked.
            Open::Map(mut entries, first, _) => {
                entries.retain(|entry| first.get(&entry.key) == Some(&entry.key_span));
                entries.sort_by(|one, other| one.key.cmp(&other.key));
                Content::Map(entries)
            }
        };
        // The parser ends a block collection where the next thing begins. Its span ends at its last byte of
        // text.
        let written = self.text.get(start.start..end.end).unwrap_or_default();
        let span = Span::new(start.source, start.start, start.start + written.trim_end().len());
        let id = self.push(content, span);
        // Nested aliases make values deep without more brackets.
        if self.nodes.get(id.0).is_some_and(|node| node.depth == MAX_DEPTH + 1) {
            self.broken = true;
            self.errors.push(syntax_error::too_deep(self.first_character(span)));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.place(id, span);
    }

    fn push(&mut self, content: Content, span: Span) -> NodeId {
        let below = |(weight, depth): (u64, usize), id: &NodeId| match self.nodes.get(id.0) {
            Some(node) => (weight.saturating_add(node.weight), depth.max(node.depth + 1)),
            None => (weight, depth),
        };
        let (weight, depth) = match &content {
            Content::Scalar(_) => (1, 0),
            Content::List(items) => items.iter().fold((1, 1), below),
            Content::Map(entries) => entries.iter().map(|entry| &entry.value).fold((1, 1), below),
        };
        self.nodes.push(Node { span, content, weight, depth });
        NodeId(self.nodes.len() - 1)
    }

    /// Add a finished node, or the node that an alias repeats, to the open collection.
    fn place(&mut self, id: NodeId, span: Span) {
        match self.open.last_mut().map(|(open, ..)| open) {
            None => self.root = Some(id),
            Some(Open::List(items)) => items.push(id),
            Some(Open::Map(entries, _, key)) => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: id }),
                None => self.key(id, span),
            },
        }
    }

    /// A node in the position of a key.
    fn key(&mut self, id: NodeId, span: Span) {
        let text = match self.nodes.get(id.0).map(|node| &node.content) {
            Some(Content::Scalar(Value::String(text))) => Some(text.clone()),
            _ => None,
        };
        if text.is_none() {
            let help = self.key_cure(span);
            self.unsupported(span, "a key must be text", &help);
        }
        let name = text.unwrap_or_default();
        let mut duplicate = None;
        if let Some((Open::Map(_, first, key), ..)) = self.open.last_mut() {
            duplicate = first.get(&name).copied();
            first.entry(name.clone()).or_insert(span);
            *key = Some((name.clone(), span));
        }
        if let Some(first) = duplicate.filter(|_| !name.is_empty()) {
            self.errors.push(
                Diagnostic::new(codes::DUPLICATE_KEY, format!("the key `{name}` appears twice"))
                    .at(span, "again")
                    .at(first, "first here")
                    .help("keep one of them; YAML readers would silently drop the other"),
            );
        }
    }

    /// How a key becomes text. Every key of the language is a word that begins with a letter, so quotes alone help
    /// no number.
    fn key_cure(&self, key: Span) -> String {
        let written = self.text.get(key.start..key.end).unwrap_or_default();
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        match written {
            _ if !plain(written) => "write one word before the `:`".to_owned(),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("begin it with a letter, for example `no-{number}`")
            }
            word => format!("put the key in quotes: `\"{word}\"`"),
        }
    }

    fn no_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            self.unsupported(self.tag_before(span), "policies do not use YAML tags", "remove the tag");
        }
    }

    /// The tag that stands before a value.
    fn tag_before(&self, value: Span) -> Span {
        let written = || {
            let before = self.text.get(..value.start)?;
            let (before, _) = before.split_at(before.rfind('!')? + 1);
            let start = before.trim_end_matches(|c: char| !c.is_whitespace() && !"[{,".contains(c)).len();
            let tag = self.text.get(start..value.start)?.split_whitespace().next()?;
            Some(Span::new(value.source, start, start + tag.len()))
        };
        written().unwrap_or(value)
    }

    /// The parser counts a tab after spaces as one column, editors as up to eight, so people could not see
    /// the nesting. Inside brackets and braces, indentation has no meaning.
    fn no_tab(&mut self, node: Span) {
        let before = self.tabbed.partition_point(|(line, _)| line.end <= node.start);
        let Some((_, tab)) = self.tabbed.get(before).filter(|(line, _)| line.contains(&node.start)) else {
            return;
        };
        let bracket =
            |open: &Span| self.text.get(open.start..).is_some_and(|text| text.starts_with(['[', '{']));
        if !self.open.iter().any(|(_, _, open)| bracket(open)) {
            self.broken = true;
            self.errors.push(syntax_error::tab(Span::new(node.source, *tab, tab + 1)));
        }
    }

    fn unsupported(&mut self, span: Span, message: &str, help: &str) {
        self.broken = true;
        let error = Diagnostic::new(codes::UNSUPPORTED_YAML, message);
        self.errors.push(error.at(span, "here").help(help));
    }

    /// Marks a long value at its first character.
    fn first_character(&self, span: Span) -> Span {
        let first = self.text.get(span.start..).and_then(|text| text.chars().next());
        Span::new(span.source, span.start, span.start + first.map_or(0, char::len_utf8))
    }

    /// The document, if its weight fits into what is left for its file.
    fn finish(mut self, left: &mut u64, out: &mut Vec<Diagnostic>) -> Option<Tree> {
        out.extend(std::mem::take(&mut self.errors));
        let root = self.root?;
        let Node { weight, span, .. } = self.nodes.get(root.0)?;
        let Some(rest) = left.checked_sub(*weight) else {
            out.push(
                Diagnostic::new(codes::TOO_MUCH, "the aliases of this document expand to too many values")
                    .at(self.first_character(*span), "the document starts here")
                    .help(format!("write fewer aliases: with all of them written out, a file has at most {MAX_WEIGHT} values")),
            );
            return None;
        };
        *left = rest;
        let tree = Tree { nodes: self.nodes, root };
        (!self.broken).then_some(tree)
    }
}
