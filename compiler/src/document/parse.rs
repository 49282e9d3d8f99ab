//! YAML text into span trees.
//!
//! The parser's events carry exact byte ranges; here they become nodes, and what policies cannot use is
//! refused at its place: duplicate keys, keys that are not text, tags, and anything whose expansion would
//! cost more than a policy can be worth.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, options};
use serde_json::Value;

use super::scalar;
use super::tree::{Content, Entry, Node, NodeId, Tree};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceId, Span};

/// Nodes a document may have with its aliases expanded. A service is about 60 nodes.
pub(super) const MAX_WEIGHT: u64 = 1_000_000;
/// How deep collections may nest.
pub(super) const MAX_DEPTH: usize = 64;

/// Read all documents of a file. A document with an error is left out and reported; the others stand.
pub(super) fn parse(source: SourceId, text: &str, out: &mut Vec<Diagnostic>) -> Vec<Tree> {
    let options = options! {
        strict_indentation: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut trees = Vec::new();
    let mut builder = Builder::new(source, text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::DocumentStart(..), _)) => builder = Builder::new(source, text),
            Ok((Event::DocumentEnd, _)) => {
                let done = std::mem::replace(&mut builder, Builder::new(source, text));
                trees.extend(done.finish(out));
            }
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                builder.event(event, Span::new(source, range.start, range.end));
            }
            Err(error) => {
                // What the half-read document already said would be noise beside the syntax error.
                builder = Builder::new(source, text);
                out.push(syntax_error(source, text, &error));
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    trees
}

fn syntax_error(source: SourceId, text: &str, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let place = Span::new(source, at, at + length);
    match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => Diagnostic::error(codes::TAB, "a tab cannot indent YAML")
            .at(tab_near(source, text, at).unwrap_or(place), "tab")
            .help("use spaces; most editors can convert tabs for YAML files"),
        ErrorKind::RecursionLimitExceeded => {
            Diagnostic::error(codes::TOO_MUCH, format!("nested deeper than {MAX_DEPTH} levels"))
                .at(place, "too deep")
                .help("no policy needs this; flatten it")
        }
        ErrorKind::UnknownAnchor => {
            let name = text.get(at..).unwrap_or_default();
            let name = name.split([' ', '\n', ',', ']', '}']).next().unwrap_or_default();
            Diagnostic::error(codes::SYNTAX, format!("no anchor before this is named `{name}`"))
                .at(Span::new(source, at, at + name.len()), "unknown alias")
                .help("define it with `&` earlier in the same document")
        }
        kind => Diagnostic::error(codes::SYNTAX, format!("this is not YAML: {kind}"))
            .at(place, "here")
            .help("look at the indentation, the colons and the quotes just before this place"),
    }
}

/// The tab the parser means: on the line of the error, at or before it, else the next one.
fn tab_near(source: SourceId, text: &str, at: usize) -> Option<Span> {
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let tab = text.get(line..)?.find('\t')? + line;
    Some(Span::new(source, tab, tab + 1))
}

/// A collection that is still open.
enum Open {
    List(Vec<NodeId>),
    /// Entries, where each key stands first, and the key that waits for its value.
    Map(Vec<Entry>, BTreeMap<String, Span>, Option<(String, Span)>),
}

/// Builds one document.
struct Builder<'a> {
    source: SourceId,
    text: &'a str,
    nodes: Vec<Node>,
    open: Vec<(Open, usize, Span)>,
    /// Finished anchored nodes. An alias to a collection that is still open finds nothing here.
    anchors: BTreeMap<usize, NodeId>,
    root: Option<NodeId>,
    errors: Vec<Diagnostic>,
    /// Whether something could not be made a value of.
    broken: bool,
}

impl<'a> Builder<'a> {
    fn new(source: SourceId, text: &'a str) -> Self {
        Self {
            source,
            text,
            nodes: Vec::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            errors: Vec::new(),
            broken: false,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
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
                    let id = self.push(Content::Scalar(Value::Null), span, 1);
                    self.place(id, span);
                    let message = "an alias cannot stand inside the very value it repeats";
                    self.unsupported(span, message, "write the value out");
                }
            },
            _ => {}
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, span: Span) {
        let value = match style {
            ScalarStyle::Plain => scalar::plain(text).unwrap_or_else(|why| {
                self.unsupported(span, why, "quote it if it is meant as text");
                Value::Null
            }),
            _ => Value::String(text.to_owned()),
        };
        // The span of a block scalar runs into the next line's indentation.
        let written = self.text.get(span.start..span.end).unwrap_or_default();
        let span = Span::new(span.source, span.start, span.start + written.trim_end().len());
        let id = self.push(Content::Scalar(value), span, 1);
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
            // Of a key that is here twice the first one counts, so that the rest can still be checked.
            Open::Map(mut entries, first, _) => {
                entries.retain(|entry| first.get(&entry.key) == Some(&entry.key_span));
                Content::Map(entries)
            }
        };
        let weight = |id: &NodeId| self.nodes.get(id.0).map_or(0, |node| node.weight);
        let weight = match &content {
            Content::Scalar(_) => 1,
            Content::List(items) => items.iter().map(weight).fold(1, u64::saturating_add),
            Content::Map(entries) => {
                let each = entries.iter().map(|entry| weight(&entry.value));
                each.fold(1, u64::saturating_add)
            }
        };
        // A block collection ends where the next thing begins; its last byte of text is what people see.
        let written = self.text.get(start.start..end.end).unwrap_or_default();
        let span = Span::new(start.source, start.start, start.start + written.trim_end().len());
        let id = self.push(content, span, weight);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.place(id, span);
    }

    fn push(&mut self, content: Content, span: Span, weight: u64) -> NodeId {
        self.nodes.push(Node { span, content, weight });
        NodeId(self.nodes.len() - 1)
    }

    /// Put a finished node (or the node an alias repeats) where it belongs.
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
            self.unsupported(span, "a key has to be text", "quote the key");
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
                Diagnostic::error(codes::DUPLICATE_KEY, format!("`{name}` is here twice"))
                    .at(span, "again")
                    .at(first, "first here")
                    .help("keep one of them; YAML readers would silently drop the other"),
            );
        }
    }

    fn no_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            self.unsupported(span, "a policy has no YAML tags", "remove the `!…` tag");
        }
    }

    fn unsupported(&mut self, span: Span, message: &str, help: &str) {
        self.broken = true;
        let error = Diagnostic::error(codes::UNSUPPORTED_YAML, message);
        self.errors.push(error.at(span, "here").help(help));
    }

    fn finish(self, out: &mut Vec<Diagnostic>) -> Option<Tree> {
        out.extend(self.errors);
        let root = self.root?;
        let weight = self.nodes.get(root.0)?.weight;
        if weight > MAX_WEIGHT {
            let heaviest = self.nodes.get(root.0)?.span;
            out.push(
                Diagnostic::error(codes::TOO_MUCH, "its aliases expand to more than a policy can be")
                    .at(Span::new(self.source, heaviest.start, heaviest.start + 1), "this document")
                    .help(format!("at most {MAX_WEIGHT} values, aliases written out")),
            );
            return None;
        }
        let tree = Tree { nodes: self.nodes, root };
        (!self.broken).then_some(tree)
    }
}
