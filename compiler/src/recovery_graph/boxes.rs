//! Boxes with two lines of text, and arrows between them.

use super::{plain, seconds, who};
use crate::rehearsal::Node;
use crate::report::{Shape, shortened};

/// From the left edge of a box to that of the next one, and the size of a box.
pub(super) const COLUMN: u64 = 190;
pub(super) const BOX: (u64, u64) = (160, 44);
/// From the top of a box to that of the one below it.
pub(super) const ROW: u64 = 56;
/// The same with room for arrows between them.
pub(super) const DEEP: u64 = 84;
/// How many letters fit into a line of a box.
const LETTERS: usize = 23;

/// A box at a place, with its two lines.
pub(super) fn lines(
    class: &'static str,
    (x, y): (u64, u64),
    first: &str,
    second: &str,
    title: String,
) -> Shape {
    let label = |y, text: &str| Shape::Label {
        class: "small",
        x: x + 8,
        y,
        centred: false,
        text: shortened(text, LETTERS),
        title: String::new(),
    };
    Shape::Group {
        label: title.clone(),
        shapes: vec![
            Shape::Bar { class, x, y, width: BOX.0, height: BOX.1, title },
            label(y + 18, first),
            label(y + 35, second),
        ],
    }
}

/// A piece of work.
pub(super) fn work(node: &Node, at: (u64, u64), is_critical: bool) -> Shape {
    let class = match (node.took, is_critical) {
        (None, _) => "node-never",
        (Some(_), true) => "node-critical",
        (Some(_), false) => "node",
    };
    let time = match node.took {
        None => "never ends".to_owned(),
        Some((began, ended)) => seconds(Some(ended.saturating_sub(began))),
    };
    let what = plain(&node.what);
    let what = what.strip_prefix("step ").unwrap_or(&what);
    let title = format!("{}: {what}, {}, {time}", node.service, who(node));
    let second = match node.is_back {
        true => format!("after {}", seconds(node.took.map(|(_, ended)| ended))),
        false => format!("{time} · {}", who(node)),
    };
    lines(class, at, what, &second, title)
}

/// An arrow from the right edge of a box to the left edge of another. It goes up or down right before the other box, where no box is.
pub(super) fn arrow((left, top): (u64, u64), (x, y): (u64, u64), is_critical: bool) -> Shape {
    let (begin, end) = ((left + BOX.0, top + BOX.1 / 2), (x, y + BOX.1 / 2));
    let turn = x.saturating_sub((COLUMN - BOX.0) / 2);
    let class = if is_critical { "edge-critical" } else { "edge" };
    Shape::Path { class, points: vec![begin, (turn, begin.1), (turn, end.1), end], arrow: true }
}

/// An arrow from the lower edge of a box to the upper edge of another. It goes left or right right above the other box, and past the
/// rows between them where no box is.
pub(super) fn arrow_down((left, top): (u64, u64), (x, y): (u64, u64), is_critical: bool) -> Shape {
    let (begin, end) = ((left + BOX.0 / 2, top + BOX.1), (x + BOX.0 / 2, y));
    let turn = y.saturating_sub(20);
    let class = if is_critical { "edge-critical" } else { "edge" };
    let points = if y > top + DEEP {
        let (leave, gutter) = (begin.1 + 12, left + BOX.0 + (COLUMN - BOX.0) / 2);
        vec![begin, (begin.0, leave), (gutter, leave), (gutter, turn), (end.0, turn), end]
    } else {
        vec![begin, (begin.0, turn), (end.0, turn), end]
    };
    Shape::Path { class, points, arrow: true }
}
