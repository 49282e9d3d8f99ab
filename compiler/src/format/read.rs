//! Reads text into what the layout keeps: nodes with their byte ranges, and comments.
//!
//! The span trees of [`crate::document`] contain what a policy means; these nodes contain how it is written.
//! `document` has accepted the text before, so depth is bounded and keys are text.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle, options};

use crate::document::MAX_DEPTH;

/// A text to format.
#[derive(Debug)]
pub(super) struct File<'t> {
    pub(super) text: &'t str,
    pub(super) documents: Vec<Document<'t>>,
    /// The byte ranges from `#` to the end of the line, in order.
    pub(super) comments: Vec<Range<usize>>,
    /// Whether the text has a directive: a line before a `---` that starts with `%`.
    pub(super) directives: bool,
}

#[derive(Debug)]
pub(super) struct Document<'t> {
    /// The position of its `---`, if it has one.
    pub(super) marker: Option<usize>,
    pub(super) root: Node<'t>,
    /// Its end, which is the position of its `...` if it has one.
    pub(super) end: usize,
}

/// A value or key.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) span: Range<usize>,
    pub(super) anchor: Option<Range<usize>>,
    pub(super) kind: Kind<'t>,
}

#[derive(Debug)]
pub(super) enum Kind<'t> {
    /// An empty value.
    Empty,
    /// An alias, or a plain or quoted scalar, of one or more lines.
    Text(&'t str, Quotes),
    /// A block scalar, `|` or `>`. The span is that of its lines.
    Block,
    /// A block mapping.
    Map(Vec<Entry<'t>>),
    /// A block sequence.
    List(Vec<Node<'t>>),
    /// A mapping in braces, or a single entry without braces in a list in brackets.
    FlowMap { entries: Vec<Entry<'t>>, braces: bool },
    /// A list in brackets.
    FlowList(Vec<Node<'t>>),
}

/// How a scalar is quoted, as far as that affects line ends and a colon after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Not quoted, or in single quotes.
    Simple,
    /// In double quotes: a backslash before a line end is significant.
    Double,
    /// `*name`: a colon directly after it would be part of the name.
    Alias,
}

pub(super) type Entry<'t> = (Node<'t>, Node<'t>);

impl Node<'_> {
    /// The first byte, including the anchor. For a block scalar, the first byte of its lines.
    pub(super) fn start(&self) -> usize {
        self.anchor.as_ref().map_or(self.span.start, |anchor| anchor.start)
    }

    /// Whether it is a block collection.
    pub(super) fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Map(_) | Kind::List(_))
    }
}

fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let options = options! {
        strict_indentation: true,
        emit_comments: true,
        emit_anchor_events: true,
        // The text is in memory already.
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    Parser::new_from_str_with_options(text, options)
}

/// The comments of a text without trailing spaces. `None` if the text cannot be read.
pub(super) fn comments(text: &str) -> Option<Vec<String>> {
    let mut comments = Vec::new();
    for event in parser(text) {
        if let Event::Comment(comment, _) = event.ok()?.0 {
            comments.push(comment.trim_end_matches([' ', '\t']).to_owned());
        }
    }
    Some(comments)
}

/// Read a text with LF line ends. `None` if it cannot be read.
pub(super) fn file(text: &str) -> Option<File<'_>> {
    let mut reader = Reader { text, open: Vec::new(), root: None, comments: Vec::new() };
    let mut documents = Vec::new();
    let (mut marker, mut end, mut directives) = (None, 0, false);
    for event in parser(text) {
        let (event, span) = event.ok()?;
        let span = span.byte_range()?;
        match event {
            Event::DocumentStart(explicit, _) => {
                marker = explicit.then_some(span.start);
                let before = text.get(end..span.start).unwrap_or_default();
                directives |= before.lines().any(|line| line.starts_with('%'));
            }
            Event::DocumentEnd => {
                end = span.start;
                documents.push(Document { marker, root: reader.root.take()?, end });
            }
            event => reader.event(event, span)?,
        }
    }
    let mut comments = reader.comments;
    comments.sort_by_key(|comment| comment.start);
    Some(File { text, documents, comments, directives })
}

/// An open collection, and the key whose value comes next.
struct Open<'t> {
    node: Node<'t>,
    key: Option<Node<'t>>,
}

struct Reader<'t> {
    text: &'t str,
    open: Vec<Open<'t>>,
    root: Option<Node<'t>>,
    comments: Vec<Range<usize>>,
}

impl<'t> Reader<'t> {
    fn event(&mut self, event: Event<'_>, span: Range<usize>) -> Option<()> {
        let written = self.text.get(span.clone())?;
        match event {
            Event::Scalar(_, style, ..) => {
                let kind = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => Kind::Block,
                    ScalarStyle::DoubleQuoted => Kind::Text(written, Quotes::Double),
                    _ if written.is_empty() => Kind::Empty,
                    _ => Kind::Text(written, Quotes::Simple),
                };
                self.place(Node { span, anchor: None, kind })
            }
            Event::Alias(_) => {
                self.place(Node { span, anchor: None, kind: Kind::Text(written, Quotes::Alias) })
            }
            Event::SequenceStart(style, ..) => self.open(
                span,
                match style {
                    StructureStyle::Block => Kind::List(Vec::new()),
                    StructureStyle::Flow => Kind::FlowList(Vec::new()),
                },
            ),
            Event::MappingStart(style, ..) => self.open(
                span,
                match style {
                    StructureStyle::Block => Kind::Map(Vec::new()),
                    StructureStyle::Flow => Kind::FlowMap { entries: Vec::new(), braces: written == "{" },
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => {
                let mut node = self.open.pop()?.node;
                node.span.end = span.end;
                self.place(node)
            }
            // The anchor event comes directly after the event of its node.
            Event::Anchor(..) => self.newest().map(|node| node.anchor = Some(span)),
            Event::Comment(..) => {
                let length = written.trim_end_matches([' ', '\t']).len();
                self.comments.push(span.start..span.start + length);
                Some(())
            }
            _ => Some(()),
        }
    }

    fn open(&mut self, span: Range<usize>, kind: Kind<'t>) -> Option<()> {
        self.open.push(Open { node: Node { span, anchor: None, kind }, key: None });
        Some(())
    }

    fn place(&mut self, node: Node<'t>) -> Option<()> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut open.node.kind {
            Kind::List(items) | Kind::FlowList(items) => items.push(node),
            Kind::Map(entries) | Kind::FlowMap { entries, .. } => match open.key.take() {
                Some(key) => entries.push((key, node)),
                None => open.key = Some(node),
            },
            _ => return None,
        }
        Some(())
    }

    /// The node of the last event: the collection just opened, or the node just added.
    fn newest(&mut self) -> Option<&mut Node<'t>> {
        let Some(Open { node, key }) = self.open.last_mut() else {
            return self.root.as_mut();
        };
        if key.is_some() {
            return key.as_mut();
        }
        let empty = match &node.kind {
            Kind::List(items) | Kind::FlowList(items) => items.is_empty(),
            Kind::Map(entries) | Kind::FlowMap { entries, .. } => entries.is_empty(),
            _ => true,
        };
        if empty {
            return Some(node);
        }
        match &mut node.kind {
            Kind::List(items) | Kind::FlowList(items) => items.last_mut(),
            Kind::Map(entries) | Kind::FlowMap { entries, .. } => entries.last_mut().map(|(_, value)| value),
            _ => None,
        }
    }
}
