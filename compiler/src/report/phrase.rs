//! Text within a line.

use serde::Serialize;

use crate::source::Place;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inline {
    /// Text.
    Plain(String),
    /// Text that must not be overlooked.
    Strong(String),
    /// A key, a command, an address: what somebody types as it stands.
    Code(String),
    /// A place in the policies.
    Place(Place),
    /// A section of the same report, by its key.
    Section(&'static str),
    /// A section of the same report about something, by its key and name, with the words that lead there.
    Link {
        /// The key of the section.
        key: &'static str,
        /// What it is about.
        about: String,
        /// The words.
        text: String,
    },
    /// A verdict. Its words say all; the tone is only for the eye.
    Verdict {
        /// How good it is.
        tone: Tone,
        /// The words.
        text: String,
    },
    /// A gap of the same report, by its number.
    Gap(usize),
}

/// How good a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// It is as it should be.
    Good,
    /// Nobody can tell.
    Unknown,
    /// It is not as it should be.
    Bad,
}

/// Text within a line, or a paragraph. Renderers decide where lines break.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Phrase(pub Vec<Inline>);

impl Phrase {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Add text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.with(Inline::Plain(text.into()))
    }

    /// Add text that must not be overlooked.
    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.with(Inline::Strong(text.into()))
    }

    /// Add what somebody types as it stands.
    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.with(Inline::Code(text.into()))
    }

    /// A sentence with code between backticks, as messages have it. Backticks without a partner stay.
    #[must_use]
    pub fn marked(sentence: &str) -> Self {
        let parts: Vec<&str> = sentence.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return Self::from(sentence);
        }
        let parts = parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty());
        parts.fold(Self::new(), |phrase, (nth, part)| match nth % 2 {
            0 => phrase.text(part),
            _ => phrase.code(part),
        })
    }

    /// Add a reference to a section, by its key.
    #[must_use]
    pub fn section(self, key: &'static str) -> Self {
        self.with(Inline::Section(key))
    }

    /// Add words that lead to a section about something.
    #[must_use]
    pub fn link(self, key: &'static str, about: impl Into<String>, text: impl Into<String>) -> Self {
        self.with(Inline::Link { key, about: about.into(), text: text.into() })
    }

    /// Add a verdict.
    #[must_use]
    pub fn verdict(self, tone: Tone, text: impl Into<String>) -> Self {
        self.with(Inline::Verdict { tone, text: text.into() })
    }

    /// Add a reference to a gap, by its number.
    #[must_use]
    pub fn gap(self, number: usize) -> Self {
        self.with(Inline::Gap(number))
    }

    /// Add a place.
    #[must_use]
    pub fn place(self, place: Place) -> Self {
        self.with(Inline::Place(place))
    }

    /// Add another phrase.
    #[must_use]
    pub fn phrase(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Several phrases with a separator between them.
    #[must_use]
    pub fn joined(parts: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        let mut all = Self::new();
        for part in parts {
            if !all.0.is_empty() {
                all = all.text(separator);
            }
            all = all.phrase(part);
        }
        all
    }

    fn with(mut self, inline: Inline) -> Self {
        self.0.push(inline);
        self
    }
}

impl From<&str> for Phrase {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

impl From<String> for Phrase {
    fn from(text: String) -> Self {
        Self::new().text(text)
    }
}

impl From<&String> for Phrase {
    fn from(text: &String) -> Self {
        Self::new().text(text)
    }
}
