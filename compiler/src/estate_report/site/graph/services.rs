//! The services of a large loss, each behind those it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::boxes::{BOX, COLUMN, ROW, arrow, lines};
use crate::document::Name;
use crate::estate_report::context::seconds;
use crate::estate_report::site::Lost;
use crate::rehearsal::Node;
use crate::report::{Drawing, Shape};

/// The most services of a picture that somebody can read on a page, and the most boxes in a column.
const MOST: usize = 150;
const DOWN: u64 = 16;
const LEFT: u64 = 8;
const TOP: u64 = 16;

/// `None`: there are too many services for a picture.
pub(super) fn drawing(lost: &Lost<'_, '_>, nodes: &[Node], path: &BTreeSet<usize>) -> Option<Drawing> {
    let touched: BTreeSet<&Name> =
        path.iter().filter_map(|nth| nodes.get(*nth)).map(|node| &node.service).collect();
    let back: BTreeMap<&Name, &Node> =
        nodes.iter().filter(|node| node.is_back).map(|node| (&node.service, node)).collect();
    // The order in which they can be recovered, so that what a service needs has its level already.
    let mut levels: BTreeMap<&Name, u64> = BTreeMap::new();
    let mut by_level: BTreeMap<u64, Vec<&Name>> = BTreeMap::new();
    for service in lost.services() {
        let level =
            service.depends_on.keys().filter_map(|name| levels.get(name)).max().map_or(0, |level| level + 1);
        levels.insert(&service.name, level);
        by_level.entry(level).or_default().push(&service.name);
    }
    if levels.len() > MOST {
        return None;
    }
    let (mut at, mut boxes, mut column, mut tallest) = (BTreeMap::new(), Vec::new(), 0, 1);
    for names in by_level.values() {
        let mut row = 0;
        for name in names {
            if row == DOWN {
                (row, column) = (0, column + 1);
            }
            let place = (LEFT + column * COLUMN, TOP + row * ROW);
            at.insert(*name, place);
            boxes.push(one(name, back.get(name).copied(), place, touched.contains(name)));
            row += 1;
            tallest = row.max(tallest);
        }
        column += 1;
    }
    let mut arrows = Vec::new();
    for service in lost.services() {
        let Some(place) = at.get(&service.name) else { continue };
        for need in service.depends_on.keys() {
            let is_critical = touched.contains(&service.name) && touched.contains(need);
            arrows.extend(at.get(need).map(|from| (is_critical, arrow(*from, *place, is_critical))));
        }
    }
    arrows.sort_by_key(|(is_critical, _)| *is_critical);
    let width = LEFT + column.saturating_sub(1) * COLUMN + BOX.0 + 16;
    let shapes = arrows.into_iter().map(|(_, arrow)| arrow).chain(boxes).collect();
    Some(Drawing { width, height: TOP + tallest * ROW, shapes })
}

fn one(name: &Name, back: Option<&Node>, place: (u64, u64), is_critical: bool) -> Shape {
    let after = back.and_then(|node| node.took).map(|(_, ended)| ended);
    let class = match (after, is_critical) {
        (None, _) => "node-never",
        (Some(_), true) => "node-critical",
        (Some(_), false) => "node",
    };
    let said =
        after.map_or_else(|| "never back".to_owned(), |after| format!("after {}", seconds(Some(after))));
    lines(class, place, name.as_str(), &said, format!("service {name}, {said}"))
}
