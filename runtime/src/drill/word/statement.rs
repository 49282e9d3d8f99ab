//! The texts: what is asked, and what is signed.

use jiff::Timestamp;

/// The first line of a question. A later format gets another number.
const ASKED: &str = "holdfast drill question 1";
/// The first line of a word.
const SAID: &str = "holdfast drill word 1";

/// The longest name of a signer and the longest note, in bytes: they go into the journal, and anybody can leave a statement.
const MAX_SIGNER: usize = 256;
const MAX_NOTE: usize = 4096;

/// A question that a drill asks. All fields are single lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// The estate.
    pub estate: String,
    /// The drill.
    pub drill: String,
    /// The run of the drill: 64 hexadecimal digits.
    pub occasion: String,
    /// The id of the question: `criterion.1`.
    pub question: String,
    /// What is asked, with line breaks escaped.
    pub asks: String,
}

/// What somebody signs: the question with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The question.
    pub slip: Slip,
    /// Whether the answer is yes.
    pub yes: bool,
    /// What is said besides, with line breaks escaped; may be empty.
    pub note: String,
    /// Who signs: a principal.
    pub signer: String,
    /// When, in whole seconds, as the signer's machine says.
    pub at: Timestamp,
}

impl Slip {
    fn lines(&self) -> String {
        let Self { estate, drill, occasion, question, asks } = self;
        format!(
            "estate {estate}\ndrill {drill}\noccasion sha256:{occasion}\nquestion {question}\nasked {asks}\n"
        )
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{ASKED}\n{}", self.lines())
    }

    /// Parse the text of its file; `None` if it is not in the exact form of [`text`](Self::text).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let slip = Self::read(&mut text.lines(), ASKED)?;
        (slip.text() == text).then_some(slip)
    }

    fn read<'t>(lines: &mut impl Iterator<Item = &'t str>, head: &str) -> Option<Self> {
        lines.next().filter(|line| *line == head)?;
        let mut value = |key: &str| Some(lines.next()?.strip_prefix(key)?.to_owned());
        Some(Self {
            estate: value("estate ")?,
            drill: value("drill ")?,
            occasion: value("occasion sha256:")?,
            question: value("question ")?,
            asks: value("asked ")?,
        })
    }
}

impl Statement {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { slip, yes, note, signer, at } = self;
        let answer = if *yes { "yes" } else { "no" };
        format!("{SAID}\n{}answer {answer}\nnote {note}\nsigner {signer}\nsaid-at {at:.0}\n", slip.lines())
    }

    /// Parse a statement; `None` if the text is not in the exact form of [`text`](Self::text).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let slip = Slip::read(&mut lines, SAID)?;
        let mut value = |key: &str| Some(lines.next()?.strip_prefix(key)?.to_owned());
        let statement = Self {
            slip,
            yes: value("answer ")? == "yes",
            note: value("note ")?,
            signer: value("signer ")?,
            at: value("said-at ")?.parse().ok()?,
        };
        let is_short = statement.signer.len() <= MAX_SIGNER && statement.note.len() <= MAX_NOTE;
        (is_short && statement.text() == text).then_some(statement)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const TEXT: &str = "holdfast drill word 1\nestate acme\ndrill talk\noccasion sha256:ab\nquestion criterion.1\n\
        asked Everybody knows.\nanswer no\nnote \nsigner ana@acme.example\nsaid-at 2026-11-23T12:00:00Z\n";

    #[test]
    fn only_the_exact_form_is_a_word() {
        let said = Statement::parse(TEXT).unwrap();
        assert_eq!(
            (said.text().as_str(), said.yes, said.slip.question.as_str()),
            (TEXT, false, "criterion.1")
        );
        let slip = said.slip;
        assert_eq!(Slip::parse(&slip.text()), Some(slip));
        for (from, to) in [
            ("answer no", "answer maybe"),
            ("word 1", "word 2"),
            ("question criterion.1\n", ""),
            ("12:00:00Z", "13:00:00+01:00"),
            ("\n", "\r\n"),
        ] {
            assert_eq!(Statement::parse(&TEXT.replace(from, to)), None, "{to}");
        }
        assert_eq!(Slip::parse(TEXT), None, "a word is no question");
    }
}
