//! Documents, block mappings and block lists.

use super::cursor::Cursor;
use super::read::{Document, File, Kind, Node, Quotes};
use super::{STEP, flow, scalar};

/// The formatted text of a file.
pub(super) fn print(file: &File<'_>) -> String {
    let mut cursor = Cursor::new(file);
    for (nth, document) in file.documents.iter().enumerate() {
        start(&mut cursor, document, nth > 0);
        root(&mut cursor, &document.root);
        cursor.comments_before(document.end, 0, 0);
        if file.text.get(document.end..).is_some_and(|rest| rest.starts_with("...")) {
            cursor.write("", document.end + "...".len());
        }
    }
    cursor.comments_before(file.text.len(), 0, 0);
    cursor.finish()
}

/// Write the `---` if the author wrote one, and before each document except the first.
fn start(cursor: &mut Cursor<'_>, document: &Document<'_>, needed: bool) {
    match document.marker {
        Some(at) => {
            cursor.comments_before(at, 0, 0);
            cursor.begin_line(0, at);
            cursor.write("---", at + "---".len());
            cursor.trailing_comment();
            cursor.seal();
        }
        None if needed => {
            cursor.end_line();
            cursor.write("---", None);
            cursor.seal();
        }
        None => {}
    }
}

fn root(cursor: &mut Cursor<'_>, root: &Node<'_>) {
    if matches!(root.kind, Kind::Empty) && root.anchor.is_none() {
        return;
    }
    if !root.is_block() {
        let first = first(cursor, root);
        cursor.comments_before(first, 0, 0);
        cursor.begin_line(0, first);
        leaf(cursor, root, 0, 0);
        cursor.trailing_comment();
        return;
    }
    if let Some(anchor) = &root.anchor {
        cursor.comments_before(anchor.start, 0, 0);
        cursor.begin_line(0, anchor.start);
        self::anchor(cursor, root);
        cursor.trailing_comment();
    }
    collection(cursor, root, 0, None, false);
}

/// Write a block collection at `indent`. `outer` is the author's column of the collection around it.
/// `inline`: its first entry is on the current line, after a `-`.
fn collection(cursor: &mut Cursor<'_>, node: &Node<'_>, indent: usize, outer: Option<usize>, inline: bool) {
    let first = cursor.next();
    let column = cursor.column(first);
    if outer.is_some() && !inline {
        cursor.seal();
    }
    let begin = |cursor: &mut Cursor<'_>, inline: bool| {
        if !inline {
            let next = cursor.next();
            cursor.comments_before(next, indent, 0);
            cursor.begin_line(indent, next);
        }
    };
    match &node.kind {
        Kind::Map(entries) => {
            for (nth, (key, value)) in entries.iter().enumerate() {
                begin(cursor, inline && nth == 0);
                self::key(cursor, key, indent);
                cursor.take(':');
                cursor.write(":", None);
                after_indicator(cursor, value, indent + STEP, column, false);
            }
        }
        Kind::List(items) => {
            for (nth, item) in items.iter().enumerate() {
                begin(cursor, inline && nth == 0);
                cursor.take('-');
                cursor.write("-", None);
                after_indicator(cursor, item, indent + STEP, column, true);
            }
        }
        _ => {}
    }
    // Comments below the last entry that are aligned with it belong to it, others to what follows. In a list
    // at the column of its key, the two cannot be distinguished.
    if outer.is_none_or(|outer| outer < column) {
        let next = cursor.next();
        cursor.comments_before(next, indent, column);
    }
}

/// Write a key without its colon.
pub(super) fn key(cursor: &mut Cursor<'_>, key: &Node<'_>, indent: usize) {
    cursor.take('?');
    leaf(cursor, key, indent, 0);
    if matches!(key.kind, Kind::Text(_, Quotes::Alias)) {
        cursor.write(" ", None);
    }
}

/// Write what comes after a `:` or `-` of a block collection at column `outer`.
fn after_indicator(cursor: &mut Cursor<'_>, node: &Node<'_>, indent: usize, outer: usize, item: bool) {
    if node.is_block() {
        if node.anchor.is_some() {
            cursor.write(" ", None);
            anchor(cursor, node);
        }
        let commented = cursor.trailing_comment();
        let next = cursor.next();
        let inline = item && node.anchor.is_none() && !commented && !cursor.comment_before(next);
        if inline {
            cursor.write(" ", None);
        }
        return collection(cursor, node, indent, Some(outer), inline);
    }
    let commented = cursor.trailing_comment();
    if matches!(node.kind, Kind::Empty) && node.anchor.is_none() {
        // Comments below a key without a value still belong to the key.
        let next = cursor.next();
        return cursor.comments_before(next, indent, outer + 1);
    }
    let first = first(cursor, node);
    let down = commented || cursor.comment_before(first) || (!item && flow::breaks(cursor, node));
    if down {
        cursor.comments_before(first, indent, 0);
        cursor.seal();
        cursor.begin_line(indent, first);
    } else {
        cursor.write(" ", None);
    }
    leaf(cursor, node, indent, outer);
    cursor.trailing_comment();
}

/// The first byte of a node that is not a block collection: of its anchor, its `|` or its text.
fn first(cursor: &mut Cursor<'_>, node: &Node<'_>) -> usize {
    match (&node.kind, &node.anchor) {
        (Kind::Block, None) => cursor.next(),
        _ => node.start(),
    }
}

/// Write any node except a block collection at the current position.
pub(super) fn leaf(cursor: &mut Cursor<'_>, node: &Node<'_>, indent: usize, outer: usize) {
    anchor(cursor, node);
    if node.anchor.is_some() && !matches!(node.kind, Kind::Empty) {
        cursor.write(" ", None);
    }
    match &node.kind {
        Kind::Text(text, quotes) => scalar::text(cursor, text, *quotes, indent, node.span.end),
        Kind::Block => {
            let header = cursor.next();
            scalar::block(cursor, header, node.span.end, outer, indent.max(STEP));
        }
        _ => flow::print(cursor, node, indent),
    }
}

fn anchor(cursor: &mut Cursor<'_>, node: &Node<'_>) {
    if let Some(anchor) = &node.anchor {
        let name = cursor.text.get(anchor.clone()).unwrap_or_default();
        cursor.write(name, anchor.end);
    }
}
