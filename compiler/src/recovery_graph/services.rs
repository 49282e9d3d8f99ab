//! The services of a large loss, each behind those it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::boxes::{self, BOX, COLUMN, DEEP, ROW, arrow, lines};
use super::seconds;
use crate::document::Name;
use crate::policy::Service;
use crate::rehearsal::Node;
use crate::report::{Drawing, Shape};

/// The most services of a picture that somebody can read on a page, and the most boxes in a column.
const MOST: usize = 150;
const DOWN: u64 = 16;
const LEFT: u64 = 8;
const TOP: u64 = 16;

/// `None`: there are too many services for a picture.
pub(super) fn drawing(services: &[&Service], nodes: &[Node], path: &BTreeSet<usize>) -> Option<Drawing> {
    let touched: BTreeSet<&Name> =
        path.iter().filter_map(|nth| nodes.get(*nth)).map(|node| &node.service).collect();
    let back: BTreeMap<&Name, &Node> =
        nodes.iter().filter(|node| node.is_back).map(|node| (&node.service, node)).collect();
    let by_level = levels(services);
    if services.len() > MOST {
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
    let shapes = placed(services, &at, path_of(nodes, path), boxes, arrow);
    let width = LEFT + column.saturating_sub(1) * COLUMN + BOX.0 + 16;
    Some(Drawing { width, height: TOP + tallest * ROW, shapes })
}

/// As [`drawing`], from above to below, with at most so many services beside each other: for a chain that is long.
pub(super) fn downwards(
    services: &[&Service],
    nodes: &[Node],
    path: &BTreeSet<usize>,
    most: usize,
) -> Option<Drawing> {
    if services.len() > MOST {
        return None;
    }
    let touched = path_of(nodes, path);
    let back = backs(nodes);
    let (mut at, mut boxes, mut row, mut widest) = (BTreeMap::new(), Vec::new(), 0, 1);
    for names in levels(services).values() {
        for line in names.chunks(most.max(1)) {
            for (column, name) in (0_u64..).zip(line) {
                let place = (LEFT + column * COLUMN, TOP + row * DEEP);
                at.insert(*name, place);
                boxes.push(one(name, back.get(name).copied(), place, touched.contains(name)));
                widest = widest.max(column + 1);
            }
            row += 1;
        }
    }
    let shapes = placed(services, &at, touched, boxes, boxes::arrow_down);
    let width = LEFT + (widest - 1) * COLUMN + BOX.0 + 16;
    Some(Drawing { width, height: TOP + row * DEEP, shapes })
}

/// The services on the critical path.
fn path_of<'n>(nodes: &'n [Node], path: &BTreeSet<usize>) -> BTreeSet<&'n Name> {
    path.iter().filter_map(|nth| nodes.get(*nth)).map(|node| &node.service).collect()
}

/// The end of each service.
fn backs(nodes: &[Node]) -> BTreeMap<&Name, &Node> {
    nodes.iter().filter(|node| node.is_back).map(|node| (&node.service, node)).collect()
}

/// The services of each level: one above the highest of those it needs.
fn levels<'p>(services: &[&'p Service]) -> BTreeMap<u64, Vec<&'p Name>> {
    // The order is one in which they can be recovered, so that what a service needs has its level already.
    let mut levels: BTreeMap<&Name, u64> = BTreeMap::new();
    let mut by_level: BTreeMap<u64, Vec<&Name>> = BTreeMap::new();
    for service in services {
        let level =
            service.depends_on.keys().filter_map(|name| levels.get(name)).max().map_or(0, |level| level + 1);
        levels.insert(&service.name, level);
        by_level.entry(level).or_default().push(&service.name);
    }
    by_level
}

/// An arrow from one box to another.
type Arrow = fn((u64, u64), (u64, u64), bool) -> Shape;

/// The arrows, thick ones over thin ones, and the boxes over them.
fn placed(
    services: &[&Service],
    at: &BTreeMap<&Name, (u64, u64)>,
    touched: BTreeSet<&Name>,
    boxes: Vec<Shape>,
    arrow: Arrow,
) -> Vec<Shape> {
    let mut arrows = Vec::new();
    for service in services {
        let Some(place) = at.get(&service.name) else { continue };
        for need in service.depends_on.keys() {
            let is_critical = touched.contains(&service.name) && touched.contains(need);
            arrows.extend(at.get(need).map(|from| (is_critical, arrow(*from, *place, is_critical))));
        }
    }
    arrows.sort_by_key(|(is_critical, _)| *is_critical);
    arrows.into_iter().map(|(_, arrow)| arrow).chain(boxes).collect()
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
