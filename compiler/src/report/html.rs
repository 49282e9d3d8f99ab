//! A report as one HTML file, for a browser and for paper. It asks for nothing over the network and runs no script; its
//! content security policy forbids both (W3C CSP 3).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{
    Block, Figure, Gap, Inline, ListStyle, Phrase, Report, Section, Severity, Table, Tone, figure, number,
};
use crate::printable::{one_line, printable, visible};

/// The style sheet, part of the file.
const STYLE: &str = include_str!("style.css");

/// A word of more characters than this is divided.
const LONG: usize = 36;

/// The report as HTML. The same report gives the same bytes.
#[must_use]
pub fn html(report: &Report) -> String {
    let page = Page { report };
    let style =
        if has_figures(&report.sections) { format!("{STYLE}{}", figure::STYLE) } else { STYLE.to_owned() };
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    let title = escaped(&report.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n"
    );
    page.blocks(&report.blocks, &mut out);
    out.push_str("</header>\n<nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n");
    contents(&report.sections, "", &mut out);
    out.push_str("</ol>\n</nav>\n<main>\n");
    page.sections(&report.sections, "", 2, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    // The printing layer does this too: so what is printed and what is written to a file are the same.
    printable(&out, None)
}

/// The entries of the contents: sections, and below them those that are about one of several things.
fn contents(sections: &[Section], parent: &str, out: &mut String) {
    for (nth, section) in sections.iter().enumerate() {
        let is_entry = |section: &Section| parent.is_empty() || section.about.is_some();
        if !is_entry(section) {
            continue;
        }
        let number = number::below(parent, nth);
        let _ = write!(out, "<li><a href=\"#section-{number}\">{}</a>", escaped(&section.title));
        if section.sections.iter().any(|inner| inner.about.is_some()) {
            out.push_str("\n<ul>\n");
            contents(&section.sections, &number, out);
            out.push_str("</ul>\n");
        }
        out.push_str("</li>\n");
    }
}

/// Whether a page has pictures, and needs their style.
fn has_figures(sections: &[Section]) -> bool {
    let drawn = |block: &Block| matches!(block, Block::Figure(_));
    sections.iter().any(|section| section.blocks.iter().any(drawn) || has_figures(&section.sections))
}

struct Page<'r> {
    report: &'r Report,
}

impl Page<'_> {
    fn sections(&self, sections: &[Section], parent: &str, depth: usize, out: &mut String) {
        for (nth, section) in sections.iter().enumerate() {
            let number = number::below(parent, nth);
            let class = if section.new_page { " class=\"page\"" } else { "" };
            let depth = depth.min(6);
            let _ = writeln!(
                out,
                "<section{class} aria-labelledby=\"section-{number}\">\n\
                 <h{depth} id=\"section-{number}\"><span class=\"number\">{number}</span> {}</h{depth}>",
                escaped(&section.title)
            );
            if !section.answers.is_empty() {
                let _ = writeln!(out, "<p class=\"answers\">{}</p>", escaped(&section.answers.join(" · ")));
            }
            self.blocks(&section.blocks, out);
            self.sections(&section.sections, &number, depth + 1, out);
            out.push_str("</section>\n");
        }
    }

    fn blocks(&self, blocks: &[Block], out: &mut String) {
        for block in blocks {
            self.block(block, out);
        }
    }

    fn block(&self, block: &Block, out: &mut String) {
        match block {
            Block::Paragraph { text } => {
                let _ = writeln!(out, "<p>{}</p>", self.phrase(text));
            }
            Block::List { style, items } => {
                let (tag, class) = match style {
                    ListStyle::Bullets => ("ul", ""),
                    ListStyle::Numbers => ("ol", ""),
                    ListStyle::Boxes => ("ul", " class=\"boxes\""),
                };
                let _ = writeln!(out, "<{tag}{class}>");
                for item in items {
                    let _ = writeln!(out, "<li>{}</li>", self.phrase(item));
                }
                let _ = writeln!(out, "</{tag}>");
            }
            Block::Facts { facts } => {
                out.push_str("<dl>\n");
                for (name, value) in facts {
                    let _ =
                        writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), self.phrase(value));
                }
                out.push_str("</dl>\n");
            }
            Block::Table(table) => self.table(table, out),
            Block::Note { severity, text } => {
                let class = match severity {
                    Severity::Note => "note",
                    Severity::Warning => "warning",
                    Severity::Problem => "problem",
                };
                let word = severity.word();
                let _ = writeln!(
                    out,
                    "<p class=\"remark {class}\"><strong>{word}.</strong> {}</p>",
                    self.phrase(text)
                );
            }
            Block::Gap(gap) => self.gap(gap, out),
            Block::Figure(Figure { caption, says, drawing }) => {
                // A wide picture is moved sideways on a narrow screen: by its keyboard too.
                let _ = writeln!(
                    out,
                    "<figure>\n<figcaption>{}</figcaption>\n<div class=\"picture\" role=\"region\" tabindex=\"0\" \
                     aria-label=\"{}\">\n{}</div>\n</figure>",
                    escaped(caption),
                    escaped(caption),
                    drawing.element(says)
                );
            }
            Block::Verbatim { label, text } => {
                let _ = writeln!(
                    out,
                    "<figure>\n<figcaption>{}</figcaption>\n<pre>{}</pre>\n</figure>",
                    escaped(label),
                    characters(&visible(text))
                );
            }
            Block::Details { summary, blocks } => {
                // Open, because what is folded is not printed.
                let _ = writeln!(out, "<details open>\n<summary>{}</summary>", escaped(summary));
                self.blocks(blocks, out);
                out.push_str("</details>\n");
            }
        }
    }

    fn gap(&self, gap: &Gap, out: &mut String) {
        let place = gap.place.iter().map(|place| format!(" (<code>{}</code>)", escaped(&place.to_string())));
        let _ = writeln!(
            out,
            "<p class=\"remark gap\" id=\"gap-{}\"><strong>Gap {}: {}.</strong> {} {}{}.</p>",
            gap.number,
            gap.number,
            self.phrase(&gap.what),
            escaped(&gap.why),
            self.phrase(&gap.cure),
            place.collect::<String>()
        );
    }

    fn table(&self, table: &Table, out: &mut String) {
        // A narrow screen shows each row as a list of its cells. The roles keep it a table for who cannot see it.
        let _ = writeln!(
            out,
            "<table role=\"table\">\n<caption>{}</caption>\n<thead role=\"rowgroup\">\n<tr role=\"row\">",
            escaped(&table.caption)
        );
        for column in &table.columns {
            let _ = writeln!(out, "<th scope=\"col\" role=\"columnheader\">{}</th>", escaped(column));
        }
        out.push_str("</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
        for row in &table.rows {
            out.push_str("<tr role=\"row\">\n");
            for (nth, column) in table.columns.iter().enumerate() {
                let text = row.get(nth).map(|cell| self.phrase(cell)).unwrap_or_default();
                let label = escaped(column);
                let class = if row.get(nth).is_some_and(has_long_word) { " class=\"long\"" } else { "" };
                let (tag, kind) = if nth == 0 {
                    ("th", " scope=\"row\" role=\"rowheader\"")
                } else {
                    ("td", " role=\"cell\"")
                };
                let _ = writeln!(out, "<{tag}{class}{kind} data-label=\"{label}\">{text}</{tag}>");
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
    }

    fn phrase(&self, phrase: &Phrase) -> String {
        let mut out = String::new();
        for inline in &phrase.0 {
            let _ = match inline {
                Inline::Gap(number) => write!(out, "<a href=\"#gap-{number}\">Gap {number}</a>"),
                Inline::Plain(text) => write!(out, "{}", escaped(text)),
                Inline::Strong(text) => write!(out, "<strong>{}</strong>", escaped(text)),
                Inline::Code(text) => write!(out, "<code>{}</code>", escaped(text)),
                Inline::Place(place) => write!(out, "<code>{}</code>", escaped(&place.to_string())),
                Inline::Link { key, about, text } => match number::of_about(self.report, key, about) {
                    Some(number) => write!(out, "<a href=\"#section-{number}\">{}</a>", escaped(text)),
                    None => write!(out, "{}", escaped(text)),
                },
                Inline::Verdict { tone, text } => {
                    let class = match tone {
                        Tone::Good => "good",
                        Tone::Unknown => "unknown",
                        Tone::Bad => "bad",
                    };
                    write!(out, "<strong class=\"{class}\">{}</strong>", escaped(text))
                }
                Inline::Section(key) => {
                    let number = number::of_key(self.report, key).unwrap_or_default();
                    write!(out, "<a href=\"#section-{number}\">section&#160;{number}</a>")
                }
            };
        }
        out
    }
}

/// Whether a cell has a word that would make its column too wide for the page.
fn has_long_word(cell: &Phrase) -> bool {
    let long = |text: &String| text.split([' ', '-']).any(|word| word.chars().count() > LONG);
    cell.0.iter().any(|inline| match inline {
        Inline::Plain(text)
        | Inline::Strong(text)
        | Inline::Code(text)
        | Inline::Link { text, .. }
        | Inline::Verdict { text, .. } => long(text),
        Inline::Place(_) | Inline::Section(_) | Inline::Gap(_) => false,
    })
}

/// Text in an element or in a quoted attribute.
/// A text as one line of HTML or SVG, in an element or in an attribute with quotes.
pub(crate) fn escaped(text: &str) -> String {
    characters(&one_line(text))
}

fn characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
