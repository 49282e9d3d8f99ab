//! Reports for people: a neutral tree, and a renderer for each format.
//!
//! Who builds a report says what it is about: headings, tables, lists, notes, gaps. Text of others enters it as a
//! plain string, like our own. There is no node for markup, so nobody can forget to escape anything: each renderer
//! escapes every string by the rules of its format.
//!
//! | renderer | for | what text of others cannot become |
//! | --- | --- | --- |
//! | [`text`] | a terminal | a control sequence, a line of its own, a command for a build system |
//! | [`markdown`] | GitHub, GitLab, editors | a heading, link, image, element, mention, reference, formula |
//! | [`html`] | a browser, paper | an element, an attribute, a request |
//! | [`json`] | programs | anything but a string |
//!
//! The same tree gives the same bytes.

mod csv;
mod figure;
mod html;
mod json;
mod layout;
mod markdown;
mod number;
mod phrase;
mod text;

use serde::Serialize;

use crate::source::Place;
pub(crate) use csv::csv_row;
pub use figure::{Drawing, Figure, Shape, shortened};
pub(crate) use html::escaped;
pub use html::html;
pub use json::{FORMAT_VERSION, json};
pub(crate) use markdown::markdown_text;
pub use markdown::{comment, markdown};
pub use phrase::{Inline, Phrase, Tone};
pub(crate) use text::text_of_blocks;
pub use text::{plain_text, text};

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What kind of report it is, for programs: `business-continuity-plan`.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// What is said before the first section.
    pub blocks: Vec<Block>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section with a heading. Renderers number the sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its name for programs and for [`Inline::Section`], the same in every report of the kind.
    pub key: &'static str,
    /// The name of what it is about, if there is a section of the same key for each of several: a site, a service. Such sections
    /// are listed in the contents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Its heading.
    pub title: String,
    /// The clauses of standards that it answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<&'static str>,
    /// Whether it begins a page on paper, to be torn off or handed out.
    pub new_page: bool,
    /// What it says.
    pub blocks: Vec<Block>,
    /// The sections in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

impl Section {
    /// A section without content.
    #[must_use]
    pub fn new(key: &'static str, title: impl Into<String>) -> Self {
        Self {
            key,
            about: None,
            title: title.into(),
            answers: Vec::new(),
            new_page: false,
            blocks: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// The same, about one of several things.
    #[must_use]
    pub fn about(mut self, name: impl Into<String>) -> Self {
        self.about = Some(name.into());
        self
    }

    /// The same, as an answer to these clauses of standards.
    #[must_use]
    pub fn answering(mut self, clauses: &[&'static str]) -> Self {
        self.answers.extend_from_slice(clauses);
        self
    }

    /// The same, on a page of its own.
    #[must_use]
    pub fn on_a_new_page(mut self) -> Self {
        self.new_page = true;
        self
    }

    /// Add a paragraph.
    pub fn say(&mut self, text: impl Into<Phrase>) {
        self.blocks.push(Block::Paragraph { text: text.into() });
    }

    /// Add a note.
    pub fn note(&mut self, severity: Severity, text: impl Into<Phrase>) {
        self.blocks.push(Block::Note { severity, text: text.into() });
    }

    /// Add a list.
    pub fn list(&mut self, style: ListStyle, items: Vec<Phrase>) {
        self.blocks.push(Block::List { style, items });
    }

    /// Add a table, unless it has no rows.
    pub fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    /// Add a picture.
    pub fn figure(&mut self, figure: Figure) {
        self.blocks.push(Block::Figure(figure));
    }

    /// Add names with their values, unless there are none.
    pub fn facts(&mut self, facts: Vec<(String, Phrase)>) {
        if !facts.is_empty() {
            self.blocks.push(Block::Facts { facts });
        }
    }

    /// Mark something that is missing.
    pub fn gap(&mut self, gap: Gap) {
        self.blocks.push(Block::Gap(gap));
    }
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "block", rename_all = "kebab-case")]
pub enum Block {
    /// Sentences.
    Paragraph {
        /// The text.
        text: Phrase,
    },
    /// A list.
    List {
        /// How the items are marked.
        style: ListStyle,
        /// The items.
        items: Vec<Phrase>,
    },
    /// Names with their values.
    Facts {
        /// The pairs, in the order in which they are read.
        facts: Vec<(String, Phrase)>,
    },
    /// A table.
    Table(Table),
    /// Something to notice.
    Note {
        /// How serious it is.
        severity: Severity,
        /// The text.
        text: Phrase,
    },
    /// Something that is missing.
    Gap(Gap),
    /// A picture of what is also said in words.
    #[serde(serialize_with = "json::figure")]
    Figure(Figure),
    /// Text that is sent or typed as it stands. It may have several lines.
    Verbatim {
        /// What it is.
        label: String,
        /// The text.
        text: String,
    },
    /// Details that not every reader needs. Formats that can fold them do, but not on paper.
    Details {
        /// What is in it.
        summary: String,
        /// The details.
        blocks: Vec<Block>,
    },
}

/// How the items of a list are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListStyle {
    /// In no order.
    Bullets,
    /// One after the other.
    Numbers,
    /// To be ticked off.
    Boxes,
}

/// How serious something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Needs attention.
    Warning,
    /// Wrong.
    Problem,
}

impl Severity {
    /// As a word at the start of a note.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Warning => "Warning",
            Self::Problem => "Problem",
        }
    }
}

/// A table. The first cell of a row is its heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The headings of the columns.
    pub columns: Vec<&'static str>,
    /// The rows. A missing cell is empty, one too many is not shown.
    pub rows: Vec<Vec<Phrase>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(caption: impl Into<String>, columns: &[&'static str]) -> Self {
        Self { caption: caption.into(), columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Add a row.
    pub fn row(&mut self, cells: Vec<Phrase>) {
        self.rows.push(cells);
    }
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Its number in the report, from 1; 0 before [`Report::number_gaps`].
    pub number: usize,
    /// What is missing.
    pub what: Phrase,
    /// Why it matters.
    pub why: String,
    /// What closes it.
    pub cure: Phrase,
    /// Where in the policies to write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Report {
    /// Give each gap its number, in the order of the report.
    pub fn number_gaps(&mut self) {
        let mut next = 1;
        number::of_blocks(&mut self.blocks, &mut next);
        number::of_sections(&mut self.sections, &mut next);
    }

    /// The gaps, in the order of the report, each with the number of its section.
    #[must_use]
    pub fn gaps(&self) -> Vec<(String, &Gap)> {
        let mut found = Vec::new();
        number::find(&self.sections, "", &mut found);
        found
    }
}

#[cfg(test)]
mod tests;
