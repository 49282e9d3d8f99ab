//! A file of answers: what people said in a drill, as the runner wrote it down.
//!
//! ```text
//! # A comment.
//! with: alice, bob
//! contact.incident-commander: yes
//! payments.declare: no, nobody knew who may declare
//! criterion.1: yes
//! ```
//!
//! Each line names a question of the script. What is not answered counts as not answered, never as yes.

use std::collections::BTreeMap;

use super::Script;
use crate::diagnostic::did_you_mean;

/// The most people that take part.
const MOST: usize = 1000;

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the answer is yes.
    pub yes: bool,
    /// What was said besides.
    pub note: Option<String>,
}

/// All answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Who took part.
    pub participants: Vec<String>,
    /// The answers, by the id of the question.
    pub given: BTreeMap<String, Answer>,
}

/// A line that is not an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAnswer {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it, and the cure.
    pub what: String,
}

impl Answer {
    /// An answer: `yes`, or `no` with a reason after a comma.
    ///
    /// # Errors
    /// It is neither, as a message with the cure.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, note) = text.split_once(',').map_or((text, ""), |(word, note)| (word, note));
        let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
        match word.trim().to_ascii_lowercase().as_str() {
            "yes" | "y" => Ok(Self { yes: true, note }),
            "no" | "n" => Ok(Self { yes: false, note }),
            _ => Err(format!("`{}` is not an answer: write `yes`, or `no, REASON`", text.trim())),
        }
    }
}

impl Answers {
    /// Read a file of answers to the questions of a script.
    ///
    /// # Errors
    /// The first line that is not an answer to one of them.
    pub fn parse(text: &str, script: &Script) -> Result<Self, BadAnswer> {
        let mut answers = Self::default();
        for (nth, line) in text.lines().enumerate() {
            let bad = |what: String| BadAnswer { line: nth + 1, what };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, said) = line
                .split_once(':')
                .ok_or_else(|| bad(format!("`{line}` has no `:`; write it like `criterion.1: yes`")))?;
            let id = id.trim();
            if id == "with" {
                let names = said.split(',').map(str::trim).filter(|name| !name.is_empty());
                answers.participants.extend(names.take(MOST).map(str::to_owned));
                continue;
            }
            let known = || script.questions.iter().map(|question| question.id.as_str());
            if !known().any(|known| known == id) {
                let near = did_you_mean(id, known()).map(|near| format!(": did you mean `{near}`?"));
                return Err(bad(format!("there is no question `{id}`{}", near.unwrap_or_default())));
            }
            let answer = Answer::parse(said).map_err(bad)?;
            if answers.given.insert(id.to_owned(), answer).is_some() {
                return Err(bad(format!("`{id}` is answered twice; leave one of the lines out")));
            }
        }
        Ok(answers)
    }

    /// The questions of a script as a file to fill in.
    #[must_use]
    pub fn template(script: &Script) -> String {
        let mut text = "with:\n".to_owned();
        for question in &script.questions {
            text.push_str(&format!("# {}\n{}:\n", crate::printable::one_line(&question.asks), question.id));
        }
        text
    }
}
