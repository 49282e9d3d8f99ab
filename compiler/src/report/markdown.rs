//! A report as Markdown: CommonMark with the tables and check boxes of GitHub (GFM 0.29).
//!
//! Text of others stays text. Characters with a meaning get a backslash. Words that GitHub or GitLab would turn into
//! a mention, a reference, a link or an emoji after Markdown was read, where a backslash has no effect, are shown as
//! code: both leave code alone (GitHub Docs, "Basic writing and formatting syntax"; GitLab Docs, "GitLab-specific
//! references").

use std::fmt::Write as _;

use super::html::escaped;
use super::{Block, Gap, Inline, ListStyle, Phrase, Report, Section, Table, number};
use crate::printable::{one_line, printable, visible};

/// The report as Markdown. The same report gives the same bytes.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let page = Page { report };
    let mut out = format!("# {}\n", page.heading(&report.title));
    page.blocks(&report.blocks, &mut out);
    page.sections(&report.sections, "", 2, &mut out);
    printable(&out, None)
}

/// The report as a comment on a pull request: first a hidden marker, then a heading of the third level, because a comment
/// is a part of a page. The same report gives the same bytes.
#[must_use]
pub fn comment(report: &Report, marker: &str) -> String {
    let page = Page { report };
    let mut out = format!("{marker}\n### {}\n", page.heading(&report.title));
    page.blocks(&report.blocks, &mut out);
    page.sections(&report.sections, "", 4, &mut out);
    printable(&out, None)
}

struct Page<'r> {
    report: &'r Report,
}

impl Page<'_> {
    fn sections(&self, sections: &[Section], parent: &str, depth: usize, out: &mut String) {
        for (nth, section) in sections.iter().enumerate() {
            let number = number::below(parent, nth);
            let hashes = "#".repeat(depth.min(6));
            let _ = writeln!(out, "\n{hashes} {number} {}", self.heading(&section.title));
            if !section.answers.is_empty() {
                let _ = writeln!(out, "\n*{}*", escape(&section.answers.join(" · ")));
            }
            self.blocks(&section.blocks, out);
            self.sections(&section.sections, &number, depth + 1, out);
        }
    }

    fn blocks(&self, blocks: &[Block], out: &mut String) {
        for block in blocks {
            out.push('\n');
            self.block(block, out);
        }
    }

    fn block(&self, block: &Block, out: &mut String) {
        match block {
            Block::Paragraph { text } => {
                let _ = writeln!(out, "{}", self.phrase(text));
            }
            Block::List { style, items } => {
                for (nth, item) in items.iter().enumerate() {
                    let mark = match style {
                        ListStyle::Bullets => "-".to_owned(),
                        ListStyle::Numbers => format!("{}.", nth + 1),
                        ListStyle::Boxes => "- [ ]".to_owned(),
                    };
                    let _ = writeln!(out, "{mark} {}", self.phrase(item));
                }
            }
            Block::Facts { facts } => {
                for (name, value) in facts {
                    let _ = writeln!(out, "- **{}:** {}", escape(name), self.phrase(value));
                }
            }
            Block::Table(table) => self.table(table, out),
            Block::Note { severity, text } => {
                let _ = writeln!(out, "> **{}.** {}", severity.word(), self.phrase(text));
            }
            Block::Gap(gap) => self.gap(gap, out),
            Block::Figure(figure) => {
                let says = format!("{}: {}", figure.caption, figure.says);
                let _ = writeln!(out, "{}", self.phrase(&says.into()));
            }
            Block::Verbatim { label, text } => {
                let text = visible(text);
                let fence = "`".repeat(longest_run(&text).max(2) + 1);
                let _ =
                    writeln!(out, "{}:\n\n{fence}text\n{text}\n{fence}", self.phrase(&label.as_str().into()));
            }
            Block::Details { summary, blocks } => {
                // A paragraph in a summary would stand below its mark, so this is HTML, which ends with a blank line.
                let _ = writeln!(out, "<details><summary>{}</summary>", summary_text(summary));
                self.blocks(blocks, out);
                out.push_str("\n</details>\n");
            }
        }
    }

    fn gap(&self, gap: &Gap, out: &mut String) {
        let place = gap.place.iter().map(|place| format!(" ({})", code(&place.to_string())));
        let _ = writeln!(
            out,
            "> **Gap {}: {}.** {} {}{}.",
            gap.number,
            self.phrase(&gap.what),
            escape(&gap.why),
            self.phrase(&gap.cure),
            place.collect::<String>()
        );
    }

    fn table(&self, table: &Table, out: &mut String) {
        let _ = writeln!(out, "**{}**\n", escape(&table.caption));
        let heads: Vec<String> = table.columns.iter().map(|column| cell(&escape(column))).collect();
        let _ = writeln!(out, "| {} |\n|{}", heads.join(" | "), " --- |".repeat(heads.len()));
        for row in &table.rows {
            let cells = (0..heads.len()).map(|nth| {
                let text = row.get(nth).map(|text| self.phrase(text)).unwrap_or_default();
                if nth == 0 && !text.is_empty() && !text.contains('*') { format!("**{text}**") } else { text }
            });
            let cells: Vec<String> = cells.map(|text| cell(&text)).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }

    /// Text of a heading. Hashes at its end would be taken for its close.
    fn heading(&self, title: &str) -> String {
        let text = self.phrase(&title.into());
        match text.strip_suffix('#') {
            Some(before) if !before.ends_with('\\') => format!("{before}\\#"),
            _ => text,
        }
    }

    fn phrase(&self, phrase: &Phrase) -> String {
        let mut out = String::new();
        for inline in &phrase.0 {
            match inline {
                Inline::Gap(number) => {
                    let _ = write!(out, "Gap {number}");
                }
                Inline::Plain(text) => out.push_str(&escape(text)),
                Inline::Strong(text) if text.trim().is_empty() => out.push_str(&escape(text)),
                Inline::Strong(text) => {
                    let _ = write!(out, "**{}**", escape(text.trim()));
                }
                Inline::Code(text) => out.push_str(&code(text)),
                Inline::Place(place) => out.push_str(&code(&place.to_string())),
                Inline::Link { key, about, text } => {
                    out.push_str(&escape(text));
                    if let Some(number) = number::of_about(self.report, key, about) {
                        let _ = write!(out, " (section {number})");
                    }
                }
                Inline::Verdict { text, .. } if text.trim().is_empty() => out.push_str(&escape(text)),
                Inline::Verdict { text, .. } => {
                    let _ = write!(out, "**{}**", escape(text.trim()));
                }
                Inline::Section(key) => {
                    let number = number::of_key(self.report, key).unwrap_or_default();
                    let _ = write!(out, "section {number}");
                }
            }
        }
        start_of_line(out.trim())
    }
}

/// Text of others as a part of a line of Markdown that shows it as it is.
#[must_use]
pub(crate) fn markdown_text(text: &str) -> String {
    start_of_line(escape(text).trim())
}

/// A bar ends a cell, in code too. In other text there is none.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A line that does not begin a heading, a list, a quotation, a table or a line below a heading.
fn start_of_line(text: &str) -> String {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let rest = text.get(digits..).unwrap_or_default();
    match rest.chars().next() {
        Some('.' | ')') if digits > 0 => format!("{}\\{rest}", text.get(..digits).unwrap_or_default()),
        Some('#' | '-' | '+' | '=' | ':') if digits == 0 => format!("\\{text}"),
        _ => text.to_owned(),
    }
}

/// Text that stays text.
fn escape(text: &str) -> String {
    let text = one_line(text);
    let words = text.split(' ').map(|word| match is_reference(word) {
        true => {
            let (word, end) = punctuated(word);
            code(word) + end
        }
        false => plain(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A word, and the punctuation behind it, which is no part of it. The punctuation means nothing in Markdown.
fn punctuated(word: &str) -> (&str, &str) {
    let bare = word.trim_end_matches([',', ';', ':', '.']);
    if bare.is_empty() { (word, "") } else { word.split_at(bare.len()) }
}

/// Text in an element of HTML, with the same words as code as elsewhere.
fn summary_text(text: &str) -> String {
    let text = one_line(text);
    let words = text.split(' ').map(|word| match is_reference(word) {
        true => {
            let (word, end) = punctuated(word);
            format!("<code>{}</code>{end}", escaped(word))
        }
        false => escaped(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn plain(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A bar divides cells, and before that nothing but a backslash counts.
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '{' | '}' | '!' | '^' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Whether GitHub or GitLab makes something of a word although its Markdown is escaped: mentions and references
/// (`@user`, `#12`, `!12`, `GH-12`), URLs, mail addresses, commits and emojis.
fn is_reference(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let after = |mark: char| {
        let mut rest = word.split(mark).skip(1);
        rest.any(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '-')))
    };
    let url = ["://", "www.", "mailto:", "xmpp:", "gh-"].iter().any(|mark| lower.contains(mark));
    let emoji = word.matches(':').count() > 1;
    let commit = lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| {
        (7..=64).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
    });
    url || emoji || commit || word.contains('@') || ['#', '!', '~', '%', '$', '&', '^'].into_iter().any(after)
}

/// A code span with these characters and no others.
fn code(text: &str) -> String {
    // In a cell, a bar behind a backslash would end it however it is escaped.
    let text = one_line(text).replace("\\|", "\\\\u{7c}");
    let fence = "`".repeat(longest_run(&text) + 1);
    // CommonMark §6.1: a blank at both ends is taken away, so one more is needed beside a backtick or a blank.
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) { " " } else { "" };
    if text.is_empty() { String::new() } else { format!("{fence}{pad}{text}{pad}{fence}") }
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
