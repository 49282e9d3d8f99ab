//! A drawing as SVG: in a page, or as a document of its own.

use std::fmt::Write as _;

use super::{Drawing, STYLE, Shape};
use crate::report::escaped;

/// The length of an arrowhead, and half its width.
const HEAD: (u64, u64) = (8, 4);

impl Drawing {
    /// As an element of a page that has the style. `says` is what it shows.
    pub(crate) fn element(&self, says: &str) -> String {
        let Self { width, height, .. } = self;
        let says = escaped(says);
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{says}\">\n\
             {}</svg>\n",
            self.body()
        )
    }

    /// As a document with its own style. The same drawing gives the same bytes.
    pub(crate) fn document(&self, title: &str) -> String {
        self.titled(title, "title", "", (self.width, self.height))
    }

    /// As [`Self::document`], shrunk to at most this width. `says` is what it shows, for who cannot see it.
    pub(crate) fn document_saying(&self, title: &str, says: &str, widest: u64) -> String {
        let says = format!("<desc id=\"says\">{}</desc>\n", escaped(says));
        let shown = self.width.min(widest);
        let high = self.height.saturating_mul(shown).checked_div(self.width).unwrap_or(self.height);
        self.titled(title, "title says", &says, (shown, high))
    }

    fn titled(&self, title: &str, named_by: &str, says: &str, (shown, high): (u64, u64)) -> String {
        let Self { width, height, .. } = self;
        let title = escaped(title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{shown}\" height=\"{high}\" \
             role=\"img\" aria-labelledby=\"{named_by}\">\n<title id=\"title\">{title}</title>\n{says}<style>{STYLE}</style>\n{}</svg>\n",
            self.body()
        )
    }

    fn body(&self) -> String {
        let mut out = String::new();
        self.shapes.iter().for_each(|shape| draw(shape, &mut out));
        out
    }
}

fn draw(shape: &Shape, out: &mut String) {
    let _ = match shape {
        Shape::Bar { class, x, y, width, height, title } => writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\">{}</rect>",
            titled(title)
        ),
        Shape::Line { class, from: (x1, y1), to: (x2, y2), title } => writeln!(
            out,
            "<line class=\"{class}\" x1=\"{x1}\" x2=\"{x2}\" y1=\"{y1}\" y2=\"{y2}\">{}</line>",
            titled(title)
        ),
        Shape::Path { class, points, arrow } => {
            let all: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
            let line = writeln!(out, "<polyline class=\"{class}\" points=\"{}\"/>", all.join(" "));
            match points.last().filter(|_| *arrow) {
                Some((x, y)) => {
                    let before = points.iter().rev().nth(1);
                    let (first, second) = if before.is_some_and(|(left, _)| left == x) {
                        let back = y.saturating_sub(HEAD.0);
                        ((x.saturating_sub(HEAD.1), back), (x + HEAD.1, back))
                    } else {
                        let back = x.saturating_sub(HEAD.0);
                        ((back, y.saturating_sub(HEAD.1)), (back, y + HEAD.1))
                    };
                    writeln!(
                        out,
                        "<polygon class=\"{class}\" points=\"{x},{y} {},{} {},{}\"/>",
                        first.0, first.1, second.0, second.1
                    )
                }
                None => line,
            }
        }
        Shape::Label { class, x, y, centred, text, title } => {
            let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
            let anchor = if *centred { " text-anchor=\"middle\"" } else { "" };
            let text = escaped(text);
            writeln!(out, "<text{class} x=\"{x}\" y=\"{y}\"{anchor}>{text}{}</text>", titled(title))
        }
        Shape::Group { label, shapes } => {
            let _ = writeln!(out, "<g role=\"group\" aria-label=\"{}\">", escaped(label));
            shapes.iter().for_each(|shape| draw(shape, out));
            writeln!(out, "</g>")
        }
    };
}

fn titled(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(title)) }
}
