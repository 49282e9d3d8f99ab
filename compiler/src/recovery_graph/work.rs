//! All pieces of work, in a band for each service.

use std::collections::{BTreeMap, BTreeSet};

use super::boxes::{BOX, COLUMN, ROW, arrow, work};
use crate::document::Name;
use crate::rehearsal::Node;
use crate::report::{Drawing, Shape, shortened};

/// Where the first column begins; the names of services are left of it. What is above and between bands.
const LEFT: u64 = 130;
const TOP: u64 = 16;
/// How many letters of a name fit.
const NAME: usize = 15;

/// The column of each node: one behind the last of those it waits for.
pub(super) fn columns(nodes: &[Node]) -> BTreeMap<usize, u64> {
    let mut behind: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for (nth, node) in nodes.iter().enumerate() {
        let before: BTreeSet<usize> = node.after.iter().chain(&node.last).copied().collect();
        open.insert(nth, before.len());
        before.into_iter().for_each(|other| behind.entry(other).or_default().push(nth));
    }
    let mut columns: BTreeMap<usize, u64> = BTreeMap::new();
    let mut ready: Vec<usize> = open.iter().filter(|(_, count)| **count == 0).map(|(nth, _)| *nth).collect();
    ready.iter().for_each(|nth| {
        columns.insert(*nth, 0);
    });
    while let Some(nth) = ready.pop() {
        let column = columns.get(&nth).copied().unwrap_or_default() + 1;
        for next in behind.get(&nth).into_iter().flatten() {
            let most = columns.entry(*next).or_default();
            *most = column.max(*most);
            if let Some(left) = open.get_mut(next) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    columns
}

pub(super) fn drawing(nodes: &[Node], columns: &BTreeMap<usize, u64>, path: &BTreeSet<usize>) -> Drawing {
    let mut bands: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
    for (nth, node) in nodes.iter().enumerate() {
        bands.entry(&node.service).or_default().push(nth);
    }
    let last = columns.values().copied().max().unwrap_or_default();
    let width = LEFT + last * COLUMN + BOX.0 + 16;
    let (mut boxes, mut names, mut at) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut top = TOP;
    for (service, mut all) in bands {
        if top > TOP {
            let (from, to) = ((0, top), (width, top));
            names.push(Shape::Line { class: "faint", from, to, title: String::new() });
            top += TOP;
        }
        all.sort_by_key(|nth| (columns.get(nth), *nth));
        let mut rows: BTreeMap<u64, u64> = BTreeMap::new();
        for nth in all {
            let column = columns.get(&nth).copied().unwrap_or_default();
            let row = rows.entry(column).or_default();
            let place = (LEFT + column * COLUMN, top + *row * ROW);
            *row += 1;
            at.insert(nth, place);
            boxes.extend(nodes.get(nth).map(|node| work(node, place, path.contains(&nth))));
        }
        names.push(Shape::Label {
            class: "strong",
            x: 8,
            y: top + 26,
            centred: false,
            text: shortened(service.as_str(), NAME),
            title: format!("service {service}"),
        });
        top += rows.values().copied().max().unwrap_or(1) * ROW;
    }
    let shapes = names.into_iter().chain(arrows(nodes, path, &at)).chain(boxes).collect();
    Drawing { width, height: top, shapes }
}

fn arrows(nodes: &[Node], path: &BTreeSet<usize>, at: &BTreeMap<usize, (u64, u64)>) -> Vec<Shape> {
    let mut all: Vec<(bool, Shape)> = Vec::new();
    for (to, place) in at {
        let Some(node) = nodes.get(*to) else { continue };
        let before: BTreeSet<usize> = node.after.iter().chain(&node.last).copied().collect();
        for from in before {
            let is_critical = path.contains(to) && node.last == Some(from);
            all.extend(at.get(&from).map(|begin| (is_critical, arrow(*begin, *place, is_critical))));
        }
    }
    // Thick ones over thin ones.
    all.sort_by_key(|(is_critical, _)| *is_critical);
    all.into_iter().map(|(_, shape)| shape).collect()
}
