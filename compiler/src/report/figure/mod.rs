//! Pictures in a report: shapes with text, drawn as SVG.
//!
//! A picture is made of shapes, never of markup, so that text of others stays text here too. Colours come from the classes of
//! [`STYLE`], which knows light, dark and paper. What a picture shows is also in a table beside it: a picture can be left out.

mod svg;

/// The style of pictures, for a page that has some.
pub(crate) const STYLE: &str = include_str!("figure.css");

/// A picture with its caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub caption: String,
    /// What it shows, in a sentence, for who cannot see it.
    pub says: String,
    /// The picture. Formats without pictures leave it out.
    pub drawing: Drawing,
}

/// Shapes in a frame. Lengths are in pixels of a screen at its natural size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The width of the frame.
    pub width: u64,
    /// The height of the frame.
    pub height: u64,
    /// The shapes. Later ones are drawn over earlier ones.
    pub shapes: Vec<Shape>,
}

/// A shape. `class` is a class of `figure.css`; `title` is what a pointer that rests on it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A rectangle.
    Bar {
        /// Its class.
        class: &'static str,
        /// Its left edge.
        x: u64,
        /// Its upper edge.
        y: u64,
        /// Its width.
        width: u64,
        /// Its height.
        height: u64,
        /// What it stands for. Empty: nothing.
        title: String,
    },
    /// A straight line.
    Line {
        /// Its class.
        class: &'static str,
        /// Where it begins.
        from: (u64, u64),
        /// Where it ends.
        to: (u64, u64),
        /// What it stands for. Empty: nothing.
        title: String,
    },
    /// A line with corners. The last piece, which goes to the right or down, ends in an arrowhead if `arrow` is set.
    Path {
        /// Its class.
        class: &'static str,
        /// Its corners.
        points: Vec<(u64, u64)>,
        /// Whether it has an arrowhead.
        arrow: bool,
    },
    /// A line of text.
    Label {
        /// Its class. Empty: none.
        class: &'static str,
        /// Its left edge, or its middle.
        x: u64,
        /// Its base line.
        y: u64,
        /// Whether `x` is its middle.
        centred: bool,
        /// The text.
        text: String,
        /// The whole text, if `text` is shortened. Empty: nothing.
        title: String,
    },
    /// Shapes that belong together.
    Group {
        /// What they are.
        label: String,
        /// The shapes.
        shapes: Vec<Shape>,
    },
}

impl Shape {
    /// The same, so much further to the right and further down.
    #[must_use]
    pub fn moved(self, right: u64, down: u64) -> Self {
        let at = |(x, y): (u64, u64)| (x + right, y + down);
        match self {
            Self::Bar { class, x, y, width, height, title } => {
                Self::Bar { class, x: x + right, y: y + down, width, height, title }
            }
            Self::Line { class, from, to, title } => Self::Line { class, from: at(from), to: at(to), title },
            Self::Path { class, points, arrow } => {
                Self::Path { class, points: points.into_iter().map(at).collect(), arrow }
            }
            Self::Label { class, x, y, centred, text, title } => {
                Self::Label { class, x: x + right, y: y + down, centred, text, title }
            }
            Self::Group { label, shapes } => Self::Group {
                label,
                shapes: shapes.into_iter().map(|shape| shape.moved(right, down)).collect(),
            },
        }
    }
}

/// As much of a text as fits, with `…` at the end of a longer one.
#[must_use]
pub fn shortened(text: &str, letters: usize) -> String {
    let mut all: String = text.chars().take(letters).collect();
    if text.chars().nth(letters).is_some() {
        all.pop();
        all.push('…');
    }
    all
}
