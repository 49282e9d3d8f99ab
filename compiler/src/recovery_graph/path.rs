//! The critical path alone, in lines like a text.

use super::boxes::{BOX, COLUMN, ROW, arrow, work};
use crate::rehearsal::Node;
use crate::report::{Drawing, Shape, shortened};

/// How many boxes a line has, and how many letters of a service fit above a box.
const LINE: u64 = 6;
const NAME: usize = 20;
/// What is above a box: the name of its service.
const ABOVE: u64 = 20;
const LEFT: u64 = 8;
const TOP: u64 = 24;

pub(super) fn drawing(nodes: &[Node], path: &[usize]) -> Drawing {
    let place = |nth: u64| (LEFT + nth % LINE * COLUMN, TOP + nth / LINE * (ROW + ABOVE));
    let (mut arrows, mut boxes) = (Vec::new(), Vec::new());
    let mut count = 0;
    let mut above = None;
    for node in path.iter().filter_map(|nth| nodes.get(*nth)) {
        let (x, y) = place(count);
        if above != Some(&node.service) || count % LINE == 0 {
            let text = shortened(node.service.as_str(), NAME);
            let title = format!("service {}", node.service);
            boxes.push(Shape::Label { class: "small", x, y: y - 5, centred: false, text, title });
            above = Some(&node.service);
        }
        boxes.push(work(node, (x, y), true));
        if let Some(before) = count.checked_sub(1) {
            let from = place(before);
            arrows.push(if count % LINE == 0 { next_line(from, (x, y)) } else { arrow(from, (x, y), true) });
        }
        count += 1;
    }
    let lines = count.div_ceil(LINE).max(1);
    let width = LEFT + count.min(LINE).saturating_sub(1) * COLUMN + BOX.0 + 16;
    let shapes = arrows.into_iter().chain(boxes).collect();
    Drawing { width, height: TOP + lines * (ROW + ABOVE), shapes }
}

/// From the end of a line to the beginning of the next one, below the boxes.
fn next_line((left, top): (u64, u64), (x, y): (u64, u64)) -> Shape {
    let (begin, between) = (left + BOX.0 / 2, top + BOX.1 + 8);
    let middle = x + BOX.0 / 2;
    let points = vec![(begin, top + BOX.1), (begin, between), (middle, between), (middle, y)];
    Shape::Path { class: "edge-critical", points, arrow: false }
}
