//! Approvals among other text, such as the comments of a pull request.
//!
//! A block is the statement of an approval, followed by its signature: both in their exact form, each from the start of a
//! line. Whoever can write a comment can write a block, so nothing is believed of it: [`verify`](super::verify) decides, as
//! for the files beside a plan. Forges send the lines of a comment with CR LF, so these count as line breaks.

use std::collections::BTreeSet;

use super::statement::APPROVAL;

/// The first and the last line of a signature (PROTOCOL.sshsig of OpenSSH).
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// The longest block, in bytes. A signature with RSA and 16,384 bits takes less than 7,000.
const LONGEST: usize = 16 * 1024;
/// The largest text that is read, in bytes: all comments of a long discussion. It bounds the number of blocks too, so anybody may
/// write as many as they like: none of them keeps a true approval from being found.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// An approval in a text. It may be anything: nothing of it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of the text on which it begins, from 1.
    pub line: usize,
    /// The statement, with `\n` after each line.
    pub statement: String,
    /// The signature, with `\n` after each line.
    pub signature: String,
}

/// A comment in Markdown with an approval, which [`blocks`] finds again.
#[must_use]
pub fn comment(statement: &str, signature: &str) -> String {
    format!("```text\n{statement}{signature}```\n")
}

/// The blocks of a text, in their order, each once. What is not complete, or longer than 16 KiB, is none.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    let mut open: Option<Block> = None;
    for (nth, line) in text.lines().enumerate() {
        if line == APPROVAL {
            open = Some(Block { line: nth + 1, statement: String::new(), signature: String::new() });
        }
        let Some(block) = &mut open else { continue };
        let signed = line == BEGIN || !block.signature.is_empty();
        let part = if signed { &mut block.signature } else { &mut block.statement };
        part.push_str(line);
        part.push('\n');
        if block.statement.len() + block.signature.len() > LONGEST {
            open = None;
        } else if line == END
            && signed
            && let Some(block) = open.take()
            && known.insert((block.statement.clone(), block.signature.clone()))
        {
            found.push(block);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = "holdfast approval 3\nplan sha256:ab\n";
    const SIGNATURE: &str = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";

    fn pairs(text: &str) -> Vec<(usize, String, String)> {
        let blocks = blocks(text).into_iter();
        blocks.map(|block| (block.line, block.statement, block.signature)).collect()
    }

    #[test]
    fn approval_is_found_among_other_text_whatever_the_line_breaks() {
        let one = (STATEMENT.to_owned(), SIGNATURE.to_owned());
        let other = (STATEMENT.replace("ab", "cd"), SIGNATURE.to_owned());
        let text = format!(
            "looks good\n{}\nholdfast approval 3\nhm, not now\n{}\nbye",
            comment(&one.0, &one.1),
            comment(&other.0, &other.1)
        );
        let expected = [(3, one.0, one.1), (13, other.0, other.1)];
        assert_eq!(pairs(&text), expected);
        assert_eq!(pairs(&text.replace('\n', "\r\n")), expected);
        assert_eq!(pairs(&format!("{text}\n{text}")), expected, "each once");
    }

    #[test]
    fn text_that_is_cut_short_quoted_or_too_long_is_no_approval() {
        let whole = comment(STATEMENT, SIGNATURE);
        let filled = whole.replace("AAAA", &"A".repeat(LONGEST));
        let quoted: String = whole.lines().map(|line| format!("> {line}\n")).collect();
        let cut = whole.replace(END, "");
        for text in ["", SIGNATURE, STATEMENT, &filled, &quoted, &cut] {
            assert_eq!(pairs(text), [], "{text:.80}");
        }
    }
}
