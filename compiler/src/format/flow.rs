//! Mappings in braces and lists in brackets: on one line if they fit, otherwise one item per line.

use super::cursor::Cursor;
use super::print::{key, leaf};
use super::read::{Entry, Kind, Node, Quotes};
use super::{STEP, WIDTH};

/// Whether a node needs a new line, because it does not fit after a space on the current one.
pub(super) fn breaks(cursor: &mut Cursor<'_>, node: &Node<'_>) -> bool {
    let anchor = node.anchor.as_ref().map_or(0, |anchor| anchor.len() + 1);
    is_collection(node) && on_one_line(cursor, node, 1 + anchor).is_none()
}

fn is_collection(node: &Node<'_>) -> bool {
    matches!(node.kind, Kind::FlowMap { braces: true, .. } | Kind::FlowList(_))
}

/// Write a flow collection at the current position, with its own lines at `indent`.
pub(super) fn print(cursor: &mut Cursor<'_>, node: &Node<'_>, indent: usize) {
    match &node.kind {
        Kind::FlowMap { entries, braces: false } => {
            entries.iter().for_each(|pair| entry(cursor, pair, indent));
        }
        Kind::FlowMap { .. } | Kind::FlowList(_) => match on_one_line(cursor, node, 0) {
            Some(line) => cursor.write(&line, node.span.end),
            None => in_lines(cursor, node, indent),
        },
        _ => {}
    }
}

fn in_lines(cursor: &mut Cursor<'_>, node: &Node<'_>, indent: usize) {
    let inner = indent + STEP;
    let (open, close) = if matches!(node.kind, Kind::FlowList(_)) { ("[", "]") } else { ("{", "}") };
    cursor.write(open, node.span.start + 1);
    cursor.trailing_comment();
    cursor.seal();
    let begin = |cursor: &mut Cursor<'_>| {
        let next = cursor.next();
        cursor.comments_before(next, inner, 0);
        cursor.begin_line(inner, next);
    };
    match &node.kind {
        Kind::FlowList(items) => {
            for item in items {
                begin(cursor);
                self::item(cursor, item, inner);
                comma(cursor);
            }
        }
        Kind::FlowMap { entries, .. } => {
            for pair in entries {
                begin(cursor);
                entry(cursor, pair, inner);
                comma(cursor);
            }
        }
        _ => {}
    }
    let end = node.span.end;
    cursor.comments_before(end, inner, 0);
    cursor.seal();
    cursor.begin_line(indent, end);
    cursor.write(close, end);
}

/// The comma after an item, with the comment before or after it. Many readers parse `:,` as part of the key.
fn comma(cursor: &mut Cursor<'_>) {
    cursor.write(if cursor.ends_with(':') { " ," } else { "," }, None);
    let commented = cursor.trailing_comment();
    cursor.take(',');
    if !commented {
        cursor.trailing_comment();
    }
}

/// A key and its value.
fn entry(cursor: &mut Cursor<'_>, (name, value): &Entry<'_>, indent: usize) {
    key(cursor, name, indent + STEP);
    let empty = matches!(value.kind, Kind::Empty) && value.anchor.is_none();
    if !cursor.take(':') && empty {
        return;
    }
    cursor.write(":", None);
    if empty {
        return;
    }
    let commented = cursor.trailing_comment();
    if commented || cursor.comment_before(value.start()) {
        cursor.comments_before(value.start(), indent + STEP, 0);
        cursor.seal();
        cursor.begin_line(indent + STEP, value.start());
        item(cursor, value, indent + STEP);
    } else {
        cursor.write(" ", None);
        item(cursor, value, indent);
    }
}

/// An item or value on a line at `indent`; its further lines are below it.
fn item(cursor: &mut Cursor<'_>, node: &Node<'_>, indent: usize) {
    let text = matches!(node.kind, Kind::Text(..));
    leaf(cursor, node, if text { indent + STEP } else { indent }, 0);
}

/// A flow collection on one line, without its anchor, if it fits and contains no comment and no multi-line
/// text. `taken` is the number of columns that other text needs.
fn on_one_line(cursor: &mut Cursor<'_>, node: &Node<'_>, taken: usize) -> Option<String> {
    if cursor.comment_before(node.span.end) {
        return None;
    }
    let mut line =
        Line { text: cursor.text, out: String::new(), left: WIDTH.checked_sub(cursor.width() + taken)? };
    line.content(node)?;
    Some(line.out)
}

/// One line with a limited number of columns left.
struct Line<'t> {
    text: &'t str,
    out: String,
    left: usize,
}

impl Line<'_> {
    fn write(&mut self, piece: &str) -> Option<()> {
        // More bytes than four per column cannot fit, and need not be counted.
        let width = if piece.len() > 4 * self.left { None } else { Some(piece.chars().count()) };
        self.left = self.left.checked_sub(width?)?;
        self.out.push_str(piece);
        Some(())
    }

    fn comma(&mut self, nth: usize) -> Option<()> {
        self.write(match nth {
            0 => "",
            _ if self.out.ends_with(':') => " , ",
            _ => ", ",
        })
    }

    fn node(&mut self, node: &Node<'_>) -> Option<()> {
        if let Some(anchor) = &node.anchor {
            self.write(self.text.get(anchor.clone())?)?;
            if !matches!(node.kind, Kind::Empty) {
                self.write(" ")?;
            }
        }
        self.content(node)
    }

    /// A node without its anchor.
    fn content(&mut self, node: &Node<'_>) -> Option<()> {
        match &node.kind {
            Kind::Empty => Some(()),
            Kind::Text(text, _) if text.contains('\n') => None,
            Kind::Text(text, _) => self.write(text),
            Kind::FlowList(items) => {
                self.write("[")?;
                for (nth, item) in items.iter().enumerate() {
                    self.comma(nth)?;
                    self.node(item)?;
                }
                self.write(if self.out.ends_with(':') { " ]" } else { "]" })
            }
            Kind::FlowMap { entries, braces } => {
                let brackets = if *braces && !entries.is_empty() { ("{ ", " }") } else { ("{", "}") };
                self.write(if *braces { brackets.0 } else { "" })?;
                for (nth, entry) in entries.iter().enumerate() {
                    self.comma(nth)?;
                    self.entry(entry)?;
                }
                self.write(if *braces { brackets.1 } else { "" })
            }
            Kind::Block | Kind::Map(_) | Kind::List(_) => None,
        }
    }

    fn entry(&mut self, (key, value): &Entry<'_>) -> Option<()> {
        self.node(key)?;
        let empty = matches!(value.kind, Kind::Empty) && value.anchor.is_none();
        let behind = self.text.get(key.span.end..)?.trim_start_matches([' ', '\t', '\n']);
        if empty && !behind.starts_with(':') {
            return Some(());
        }
        self.write(if matches!(key.kind, Kind::Text(_, Quotes::Alias)) { " :" } else { ":" })?;
        if empty {
            return Some(());
        }
        self.write(" ")?;
        self.node(value)
    }
}
