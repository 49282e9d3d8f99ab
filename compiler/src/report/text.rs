//! A report as text for a terminal.

use std::fmt::Write as _;

use super::layout::{BETWEEN, Face, Word, columns, lines, widths};
use super::{Block, Gap, Inline, ListStyle, Phrase, Report, Section, Severity, Table, number};
use crate::diagnostic::Style;
use crate::printable::{one_line, printable, visible};
use crate::text::Pen;

/// The report as text. The same report gives the same bytes.
#[must_use]
pub fn text(report: &Report, style: Style) -> String {
    let page = Page { report, pen: Pen::new(style) };
    let mut out = String::new();
    page.paragraph(&words_of(&report.title, Face::Strong), 0, "", &mut out);
    page.blocks(&report.blocks, 0, &mut out);
    page.sections(&report.sections, "", &mut out);
    out
}

/// Blocks as text, without a report around them: nothing in them refers to a section.
pub(crate) fn text_of_blocks(blocks: &[Block], style: Style) -> String {
    let report = Report { kind: "blocks", title: String::new(), blocks: Vec::new(), sections: Vec::new() };
    let page = Page { report: &report, pen: Pen::new(style) };
    let mut out = String::new();
    page.blocks(blocks, 0, &mut out);
    out
}

/// The report as text for a file: 100 columns, without colours.
#[must_use]
pub fn plain_text(report: &Report) -> String {
    printable(&text(report, Style { color: None, width: 100 }), None)
}

struct Page<'r> {
    report: &'r Report,
    pen: Pen,
}

impl Page<'_> {
    fn sections(&self, sections: &[Section], parent: &str, out: &mut String) {
        for (nth, section) in sections.iter().enumerate() {
            let number = number::below(parent, nth);
            let _ = writeln!(out, "\n{}", self.pen.bold(&format!("{number} {}", one_line(&section.title))));
            if !section.answers.is_empty() {
                let answers = section.answers.join(" · ");
                self.paragraph(&words_of(&answers, Face::Dim), 0, "", out);
            }
            self.blocks(&section.blocks, 2, out);
            self.sections(&section.sections, &number, out);
        }
    }

    fn blocks(&self, blocks: &[Block], indent: usize, out: &mut String) {
        for block in blocks {
            out.push('\n');
            self.block(block, indent, out);
        }
    }

    fn block(&self, block: &Block, indent: usize, out: &mut String) {
        match block {
            Block::Paragraph { text } => self.paragraph(&self.words(text), indent, "", out),
            Block::List { style, items } => {
                for (nth, item) in items.iter().enumerate() {
                    let mark = match style {
                        ListStyle::Bullets => "- ".to_owned(),
                        ListStyle::Numbers => format!("{}. ", nth + 1),
                        ListStyle::Boxes => "[ ] ".to_owned(),
                    };
                    self.paragraph(&self.words(item), indent, &mark, out);
                }
            }
            Block::Facts { facts } => {
                let widest = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(24);
                for (name, value) in facts {
                    let mark = format!("{:widest$}  ", one_line(name));
                    self.paragraph(&self.words(value), indent, &mark, out);
                }
            }
            Block::Table(table) => self.table(table, indent, out),
            Block::Note { severity, text } => {
                let mut words = words_of(&format!("{}:", severity.word()), Face::Strong);
                words.extend(self.words(text));
                let mark = if *severity == Severity::Note { "" } else { "! " };
                self.paragraph(&words, indent, mark, out);
            }
            Block::Gap(gap) => self.gap(gap, indent, out),
            Block::Figure(figure) => {
                self.paragraph(
                    &words_of(&format!("{}: {}", figure.caption, figure.says), Face::Dim),
                    indent,
                    "",
                    out,
                );
            }
            Block::Verbatim { label, text } => {
                self.paragraph(&words_of(&format!("{label}:"), Face::Plain), indent, "", out);
                for line in visible(text).lines() {
                    self.paragraph(&words_of(line, Face::Plain), indent + 2, "| ", out);
                }
            }
            Block::Details { summary, blocks } => {
                self.paragraph(&words_of(summary, Face::Strong), indent, "", out);
                self.blocks(blocks, indent + 2, out);
            }
        }
    }

    fn gap(&self, gap: &Gap, indent: usize, out: &mut String) {
        let mut words = words_of(&format!("GAP {}:", gap.number), Face::Strong);
        words.extend(self.words(&gap.what).into_iter().map(|(word, _)| (word, Face::Strong)));
        end_sentence(&mut words);
        words.extend(words_of(&gap.why, Face::Plain));
        words.extend(self.words(&gap.cure));
        words.extend(gap.place.iter().flat_map(|place| words_of(&format!("({place})"), Face::Dim)));
        end_sentence(&mut words);
        self.paragraph(&words, indent, "! ", out);
    }

    fn table(&self, table: &Table, indent: usize, out: &mut String) {
        self.paragraph(&words_of(&table.caption, Face::Strong), indent, "", out);
        let head: Vec<Vec<Word>> = table.columns.iter().map(|name| words_of(name, Face::Dim)).collect();
        let row = |row: &Vec<Phrase>| -> Vec<Vec<Word>> {
            (0..head.len()).map(|nth| row.get(nth).map(|cell| self.words(cell)).unwrap_or_default()).collect()
        };
        let rows: Vec<Vec<Vec<Word>>> =
            std::iter::once(head.clone()).chain(table.rows.iter().map(row)).collect();
        match widths(&rows, self.pen.width().saturating_sub(indent)) {
            Some(widths) => rows.iter().for_each(|row| self.row(row, &widths, indent, out)),
            None => {
                for row in rows.iter().skip(1) {
                    out.push('\n');
                    for (cell, name) in row.iter().zip(&table.columns) {
                        self.paragraph(cell, indent, &format!("{name}: "), out);
                    }
                }
            }
        }
    }

    fn row(&self, row: &[Vec<Word>], widths: &[usize], indent: usize, out: &mut String) {
        let cells: Vec<Vec<Vec<Word>>> =
            row.iter().zip(widths).map(|(cell, width)| lines(cell, *width)).collect();
        for nth in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = " ".repeat(indent);
            let mut blanks = 0;
            for (cell, width) in cells.iter().zip(widths) {
                let words = cell.get(nth).map(Vec::as_slice).unwrap_or_default();
                if !words.is_empty() {
                    line.push_str(&" ".repeat(blanks));
                    line.push_str(&self.draw(words));
                    blanks = 0;
                }
                blanks += width + BETWEEN - columns(words).min(*width);
            }
            let _ = writeln!(out, "{line}");
        }
    }

    /// Lines of words. The first begins with a mark, the others below the first word.
    fn paragraph(&self, words: &[Word], indent: usize, mark: &str, out: &mut String) {
        let (pad, hang) = (" ".repeat(indent), mark.chars().count());
        let width = self.pen.width().saturating_sub(indent + hang);
        for (nth, line) in lines(words, width).iter().enumerate() {
            let begin = if nth == 0 { mark.to_owned() } else { " ".repeat(hang) };
            let drawn = format!("{pad}{begin}{}", self.draw(line));
            let _ = writeln!(out, "{}", drawn.trim_end());
        }
    }

    fn draw(&self, words: &[Word]) -> String {
        let drawn = words.iter().map(|(word, face)| match face {
            Face::Plain => word.clone(),
            Face::Strong => self.pen.bold(word),
            Face::Dim => self.pen.dim(word),
        });
        drawn.collect::<Vec<_>>().join(" ")
    }

    fn words(&self, phrase: &Phrase) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let mut glued = false;
        for inline in &phrase.0 {
            let (text, face) = match inline {
                Inline::Gap(number) => (format!("Gap {number}"), Face::Plain),
                Inline::Plain(text) => (text.clone(), Face::Plain),
                Inline::Strong(text) => (text.clone(), Face::Strong),
                Inline::Code(text) => (format!("`{text}`"), Face::Plain),
                Inline::Place(place) => (place.to_string(), Face::Plain),
                Inline::Link { key, about, text } => {
                    let number = number::of_about(self.report, key, about);
                    let number = number.map(|number| format!(" (section {number})")).unwrap_or_default();
                    (format!("{text}{number}"), Face::Plain)
                }
                Inline::Verdict { text, .. } => (text.clone(), Face::Strong),
                Inline::Section(key) => {
                    (format!("section {}", number::of_key(self.report, key).unwrap_or_default()), Face::Plain)
                }
            };
            let mut new = words_of(&text, face);
            // Without a blank between them, two parts make one word.
            if glued && !text.starts_with(' ') && !new.is_empty() {
                let (first, _) = new.remove(0);
                if let Some((last, _)) = words.last_mut() {
                    last.push_str(&first);
                }
            }
            glued = !text.is_empty() && !text.ends_with(' ');
            words.extend(new);
        }
        words
    }
}

fn words_of(text: &str, face: Face) -> Vec<Word> {
    one_line(text).split(' ').filter(|word| !word.is_empty()).map(|word| (word.to_owned(), face)).collect()
}

fn end_sentence(words: &mut [Word]) {
    if let Some((last, _)) = words.last_mut() {
        last.push('.');
    }
}
