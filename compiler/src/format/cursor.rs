//! Two positions: how far the author's text has been read, and how far the new text has been written.
//!
//! Everything is written in the order of the author's text, including comments: a comment at the end of a
//! line stays at the end of a line, a comment on its own line stays on its own line.

use std::ops::Range;

use super::read::File;

pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    comments: std::iter::Peekable<std::slice::Iter<'t, Range<usize>>>,
    out: String,
    /// The end of the last piece of the author's text that was written.
    read: usize,
    /// The last result of [`Cursor::next`], with the position it was computed for as its start.
    next: Option<Range<usize>>,
    /// Whether a blank line must not follow: at the start of a document, and after a block scalar that keeps
    /// its final line feeds.
    sealed: bool,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(file: &'t File<'t>) -> Self {
        Self {
            text: file.text,
            comments: file.comments.iter().peekable(),
            out: String::with_capacity(file.text.len()),
            read: 0,
            next: None,
            sealed: true,
        }
    }

    /// The new text, ending in a line feed.
    pub(super) fn finish(mut self) -> String {
        self.end_line();
        self.out
    }

    /// Write a piece that the author's text contains up to `end`, or not at all (`None`).
    pub(super) fn write(&mut self, piece: &str, end: impl Into<Option<usize>>) {
        self.out.push_str(piece);
        self.read = self.read.max(end.into().unwrap_or(0));
    }

    /// Allow no blank line before the next one.
    pub(super) fn seal(&mut self) {
        self.sealed = true;
    }

    /// The number of characters of the current line.
    pub(super) fn width(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |newline| newline + 1);
        self.out.get(line..).unwrap_or_default().chars().count()
    }

    pub(super) fn ends_with(&self, end: char) -> bool {
        self.out.ends_with(end)
    }

    pub(super) fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Begin a line for what is at `start` in the author's text, after a blank line if there was one.
    pub(super) fn begin_line(&mut self, indent: usize, start: usize) {
        self.end_line();
        let gap = self.text.get(self.read..start).unwrap_or_default();
        let mut lines = gap.split('\n');
        // The rest of a line and the start of one are not blank lines.
        let _ = (lines.next(), lines.next_back());
        if !self.sealed && lines.any(|line| line.bytes().all(is_blank)) {
            self.out.push('\n');
        }
        self.sealed = false;
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// The position of the next byte that is neither space nor comment.
    pub(super) fn next(&mut self) -> usize {
        let from = self.read;
        if let Some(known) = &self.next
            && (known.start..=known.end).contains(&from)
        {
            return known.end;
        }
        let mut at = from;
        let mut comments = self.comments.clone();
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\u{feff}']).len();
            while comments.next_if(|comment| comment.end <= at).is_some() {}
            match comments.next_if(|comment| comment.start == at) {
                Some(comment) => at = comment.end,
                None => break,
            }
        }
        self.next = Some(from..at);
        at
    }

    /// Read past an indicator if it comes next.
    pub(super) fn take(&mut self, indicator: char) -> bool {
        let at = self.next();
        let there = self.text.get(at..).is_some_and(|rest| rest.starts_with(indicator));
        if there {
            self.read = at + indicator.len_utf8();
        }
        there
    }

    /// Whether there is an unwritten comment before `end`.
    pub(super) fn comment_before(&mut self, end: usize) -> bool {
        self.comments.peek().is_some_and(|comment| comment.start < end)
    }

    /// Write the comment after the last piece, if there is one on its line. Returns whether there was: then
    /// the line ends.
    pub(super) fn trailing_comment(&mut self) -> bool {
        let (text, read) = (self.text, self.read);
        let behind = |comment: &&Range<usize>| {
            text.get(read..comment.start).is_some_and(|gap| gap.bytes().all(is_blank))
        };
        let Some(comment) = self.comments.next_if(behind) else {
            return false;
        };
        self.out.push(' ');
        self.comment(comment);
        true
    }

    /// Write the comments before `end`, one per line, up to the first that is indented less than `column`.
    pub(super) fn comments_before(&mut self, end: usize, indent: usize, column: usize) {
        while let Some(comment) = self.comments.peek().copied() {
            if comment.start >= end || (column > 0 && self.column(comment.start) < column) {
                break;
            }
            self.comments.next();
            self.begin_line(indent, comment.start);
            self.comment(comment);
        }
    }

    fn comment(&mut self, comment: &Range<usize>) {
        self.write(self.text.get(comment.clone()).unwrap_or_default(), comment.end);
    }

    /// The number of bytes before a position on its line.
    pub(super) fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.len() - before.rfind('\n').map_or(0, |newline| newline + 1)
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
