//! The recovery graph as an SVG document of its own: it needs no script and no network, fits into 1,200 pixels, and follows the
//! reader's choice of light or dark.

use std::collections::BTreeSet;

use super::boxes::COLUMN;
use super::{Pictures, pictures, seconds, services};
use crate::policy::{Policy, Service};
use crate::rehearsal::critical;
use crate::rehearsals::{Report, WorstRun};
use crate::report::{Drawing, Shape};

/// The width that a screen shows without shrinking it, in pixels.
const WIDTH: u64 = 1200;
/// The most columns of one picture of everything, behind the first one, that fit into that width.
const WIDEST: u64 = 5;
/// What is above a part: its heading.
const HEADING: u64 = 44;
const LEFT: u64 = 16;

/// The recovery graph of the worst run as an SVG document. `None`: nothing has to be recovered. The same report gives the same
/// bytes.
#[must_use]
pub fn svg(policy: &Policy, report: &Report<'_>) -> Option<String> {
    let worst = report.worst.as_ref()?;
    let nodes = &worst.nodes;
    let mut path = critical(nodes, worst.service);
    path.reverse();
    let names: BTreeSet<_> = nodes.iter().map(|node| &node.service).collect();
    let services: Vec<&Service> = in_order(policy, &names);
    let title = title(report, worst);
    let mut sheet = Sheet::default();
    sheet.head(&title, "head");
    sheet.head(&back(worst), "");
    match pictures(&services, nodes, &path, WIDEST) {
        Pictures::Whole(drawing) => sheet.put(drawing),
        Pictures::Parts { services: across, path: along } => {
            if let Some(drawing) = along {
                sheet.head(
                    "The critical path: what has to be faster for everything to be back sooner",
                    "strong",
                );
                sheet.put(drawing);
            }
            let on_path: BTreeSet<usize> = path.iter().copied().collect();
            let fitting = across.filter(|drawing| drawing.width + 2 * LEFT <= WIDTH);
            let most = usize::try_from((WIDTH - 2 * LEFT) / COLUMN).unwrap_or(1);
            if let Some(drawing) = fitting.or_else(|| services::downwards(&services, nodes, &on_path, most)) {
                sheet.head(
                    "The services, each behind those it needs, with the time at which it is back",
                    "strong",
                );
                sheet.put(drawing);
            }
        }
    }
    Some(sheet.drawing.document_saying(&title, &says(worst, path.len(), services.len()), WIDTH))
}

/// The services, each after those it needs.
fn in_order<'p>(policy: &'p Policy, names: &BTreeSet<&crate::document::Name>) -> Vec<&'p Service> {
    let mut ordered: Vec<&Service> = Vec::new();
    let mut waiting: Vec<&Service> =
        policy.services.values().filter(|service| names.contains(&service.name)).collect();
    while let Some(next) = waiting.iter().position(|service| {
        let mut needs = service.depends_on.keys().filter(|name| names.contains(name));
        needs.all(|name| ordered.iter().any(|done| done.name == *name))
    }) {
        ordered.push(waiting.remove(next));
    }
    ordered
}

fn title(report: &Report<'_>, worst: &WorstRun<'_>) -> String {
    let sites: Vec<String> = report.lost.iter().map(ToString::to_string).collect();
    let sites =
        if sites.is_empty() { String::new() } else { format!(" from the loss of {}", sites.join(" and ")) };
    let runs =
        if report.runs == 1 { "every delay at its limit".to_owned() } else { format!("run {}", worst.run) };
    format!("Recovery of estate {}{sites}, {runs}", report.estate)
}

fn back(worst: &WorstRun<'_>) -> String {
    match worst.back {
        Some(after) => {
            format!("The last service, {}, is back after {}.", worst.service, seconds(Some(after)))
        }
        None => format!("{} is never back: no time is known for something that it needs.", worst.service),
    }
}

/// What the picture shows, for who cannot see it.
fn says(worst: &WorstRun<'_>, path: usize, services: usize) -> String {
    let never = worst.nodes.iter().filter(|node| node.took.is_none()).count();
    let never = if never == 0 { String::new() } else { format!(" {never} never end, in a broken frame.") };
    let noun = if services == 1 { "service" } else { "services" };
    format!(
        "{services} {noun} and {} pieces of work, each behind what it waits for. {path} of them are on the critical path and drawn \
         thick.{never} {}",
        worst.nodes.len(),
        back(worst)
    )
}

/// Pictures below each other.
#[derive(Default)]
struct Sheet {
    drawing: Drawing,
}

impl Sheet {
    fn head(&mut self, text: &str, class: &'static str) {
        let y = self.drawing.height + HEADING - 14;
        let text = text.to_owned();
        let label = Shape::Label { class, x: LEFT, y, centred: false, text, title: String::new() };
        self.drawing.shapes.push(label);
        self.drawing.height += if class == "strong" { HEADING } else { HEADING - 14 };
        self.drawing.width = self.drawing.width.max(WIDTH);
    }

    fn put(&mut self, part: Drawing) {
        let below = self.drawing.height;
        self.drawing.shapes.extend(part.shapes.into_iter().map(|shape| shape.moved(LEFT, below)));
        self.drawing.height += part.height + 8;
        self.drawing.width = self.drawing.width.max(part.width + 2 * LEFT);
    }
}
