//! Positions in the user's text: sources, byte spans, and places a person can find again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One policy file as it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as the user gave it, with `/` between the parts.
    pub path: String,
    /// The text, valid UTF-8.
    pub text: Arc<str>,
    /// Byte offset of the first byte of every line.
    lines: Vec<usize>,
    /// The number of characters before every [`BLOCK`]th byte. A hostile file can have a million findings in
    /// one line, and each needs its column.
    blocks: Vec<usize>,
}

/// The block size in bytes for counting characters in advance.
const BLOCK: usize = 1024;

/// The number of characters that begin in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

/// Index of a [`Source`] in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes of one source. Half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A place as shown to people: file, line and column, both from 1. Columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The path as the user gave it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// All files of one compilation, in the order of their paths.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Add a file. Add files in the order of their paths, because reports keep that order.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let text = text.into();
        let newlines = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(newlines).collect();
        let id = SourceId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        let sum = |sum: &mut usize, block: &[u8]| {
            *sum += characters(block);
            Some(*sum)
        };
        let blocks = std::iter::once(0).chain(text.as_bytes().chunks(BLOCK).scan(0, sum)).collect();
        self.all.push(Source { path: path.into(), text, lines, blocks });
        id
    }

    /// Every source with its id.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(&self.all)
    }

    /// The source of an id that [`Sources::add`] gave.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.all.get(id.0 as usize)
    }

    /// The place where a span starts.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        match self.get(span.source) {
            Some(source) => {
                let (line, column) = source.position(span.start);
                Place { file: source.path.clone(), line, column }
            }
            None => Place { file: String::new(), line: 1, column: 1 },
        }
    }
}

impl Source {
    /// Line and column of a byte offset, both from 1; columns count characters.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        (line, self.characters_before(offset).saturating_sub(self.characters_before(start)) + 1)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        self.blocks.get(block).copied().unwrap_or_default() + characters(rest)
    }

    /// The byte range of whole lines (from 1, inclusive), clamped to the text.
    #[must_use]
    pub fn line_range(&self, first: usize, last: usize) -> std::ops::Range<usize> {
        let start = self.lines.get(first.saturating_sub(1)).copied();
        let end = self.lines.get(last).copied();
        start.unwrap_or(0)..end.unwrap_or(self.text.len())
    }
}

impl Span {
    /// A span of a source.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "één: ü x\nb: 日本 y\n");
        let at = |needle: &str| {
            let start = sources.get(id).unwrap().text.find(needle).unwrap();
            sources.place(Span::new(id, start, start + 1)).to_string()
        };
        assert_eq!(at("x"), "a.yaml:1:8");
        assert_eq!(at("y"), "a.yaml:2:7");
    }

    #[test]
    fn columns_of_long_lines_are_exact() {
        let mut sources = Sources::default();
        let text = format!("{}\n{}", "ä".repeat(BLOCK), "日x".repeat(2 * BLOCK - 1) + "yyy");
        assert_eq!(text.len() % BLOCK, 0);
        let id = sources.add("a.yaml", text.as_str());
        let source = sources.get(id).unwrap();
        for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = text.get(..at).unwrap();
            let line = before.split('\n').next_back().unwrap();
            let place = (before.split('\n').count(), line.chars().count() + 1);
            assert_eq!(source.position(at), place, "{at}");
        }
    }
}
