//! Text that is made safe for printing while it is written, so that a result of hundreds of megabytes is never in memory.
//!
//! What makes a text unsafe never reaches over a line break (`holdfast_compiler::printable`), so each line can be treated
//! alone and the result is the same as for the whole text.

use std::io::{self, Write};

/// How many bytes are collected before they are written.
const CHUNK: usize = 64 * 1024;

/// A writer that treats whole lines and passes them on.
pub(super) struct Lines<W, F> {
    to: W,
    treat: F,
    waiting: Vec<u8>,
}

impl<W: Write, F: Fn(&str) -> String> Lines<W, F> {
    pub(super) fn new(to: W, treat: F) -> Self {
        Self { to, treat, waiting: Vec::new() }
    }

    /// Write what is left, whether it ends a line or not.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.pass_on(self.waiting.len())?;
        self.to.flush()
    }

    fn pass_on(&mut self, length: usize) -> io::Result<()> {
        let rest = self.waiting.split_off(length);
        let whole = std::mem::replace(&mut self.waiting, rest);
        // Whole lines of UTF-8 are UTF-8.
        let text = String::from_utf8(whole).map_err(io::Error::other)?;
        self.to.write_all((self.treat)(&text).as_bytes())
    }
}

impl<W: Write, F: Fn(&str) -> String> Write for Lines<W, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK
            && let Some(last) = self.waiting.iter().rposition(|byte| *byte == b'\n')
        {
            self.pass_on(last + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::printable::{json, printable};

    use super::*;

    #[test]
    fn lines_come_out_as_if_the_whole_text_had_been_treated_at_once() {
        // Longer than a chunk, written in pieces that cut characters, commands and lines.
        let text = "a ##vso[b] é\u{1b}[2J ##\n  ::c \u{202e}\n\n::d#".repeat(3000);
        for treat in [json as fn(&str) -> String, |text| printable(text, None)] {
            for size in [1, 7, 4096] {
                let mut lines = Lines::new(Vec::new(), treat);
                text.as_bytes().chunks(size).for_each(|piece| lines.write_all(piece).unwrap());
                lines.end().unwrap();
                assert!(lines.to == treat(&text).into_bytes(), "{size}");
            }
        }
    }

    #[test]
    fn text_is_passed_on_before_it_ends() {
        let mut lines = Lines::new(Vec::new(), str::to_owned);
        lines.write_all(format!("{}\nrest", "x".repeat(CHUNK)).as_bytes()).unwrap();
        assert_eq!(lines.to.len(), CHUNK + 1);
        lines.end().unwrap();
        assert!(lines.to.ends_with(b"rest"));
    }
}
