//! The worst run as a picture, alone or in a report: one lane for each person and each service, with the limits of the objectives.
//!
//! It needs no script and no network, fits into 1,200 pixels, and follows the reader's choice of light or dark.

use std::collections::BTreeMap;

use super::report::{Measure, Report, WorstRun};
use crate::document::Name;
use crate::phase::Phase;
use crate::rehearsal::Event;
use crate::report::{Drawing, Shape, shortened};
use crate::units::Duration;

const WIDTH: u64 = 1200;
/// Where time begins and ends.
const LEFT: u64 = 210;
const RIGHT: u64 = WIDTH - 120;
/// The first lane.
const TOP: u64 = 96;
/// A row of bars. What happens at the same time is in rows of its own, so that nothing hides anything.
const ROW: u64 = 26;
const BAR: u64 = 22;
/// What is between two lanes.
const GAP: u64 = 8;
/// The least width of a bar: something that takes no time is still seen.
const THIN: u64 = 3;
/// The width of a letter, about, and how many letters of a name fit.
const LETTER: u64 = 7;
const LETTERS: usize = 26;

/// The phases that have bars, in order.
const PHASES: [Phase; 9] = [
    Phase::Detect,
    Phase::Notify,
    Phase::Decide,
    Phase::Act,
    Phase::Propagate,
    Phase::Drain,
    Phase::Restore,
    Phase::Verify,
    Phase::Wait,
];

/// The worst run as an SVG document. The same report gives the same bytes.
#[must_use]
pub fn svg(report: &Report<'_>) -> String {
    let title = title(report);
    let mut drawing = drawing(report).unwrap_or(Drawing { width: WIDTH, height: TOP, shapes: Vec::new() });
    drawing.shapes.insert(0, label("head", (16, 30), &title));
    drawing.document(&title)
}

/// What the picture is of.
fn title(report: &Report<'_>) -> String {
    match &report.worst {
        Some(worst) => {
            format!("The worst of {} runs of estate {}, run {}", report.runs, report.estate, worst.run)
        }
        None => "Nothing is affected".to_owned(),
    }
}

/// The worst run as a picture, without a heading. `None` if nothing is affected.
#[must_use]
pub fn drawing(report: &Report<'_>) -> Option<Drawing> {
    let worst = report.worst.as_ref()?;
    let picture = Picture::of(report, worst);
    let mut shapes = legend();
    picture.axis(&mut shapes);
    let mut top = TOP;
    for (lane, rows) in &picture.lanes {
        shapes.push(picture.lane(top, lane, rows));
        top += height(rows);
    }
    Some(Drawing { width: WIDTH, height: picture.bottom() + 30, shapes })
}

fn legend() -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut x = 16;
    for phase in PHASES {
        shapes.push(bar(phase, (x, 44), (14, 14), String::new()));
        shapes.push(label("", (x + 20, 56), &phase.to_string()));
        x += 110;
    }
    shapes.push(Shape::Line { class: "limit", from: (x, 42), to: (x, 60), title: String::new() });
    shapes.push(label("", (x + 8, 56), "RTO"));
    shapes
}

fn bar(phase: Phase, (x, y): (u64, u64), (width, height): (u64, u64), title: String) -> Shape {
    Shape::Bar { class: class(phase), x, y, width, height, title }
}

/// The class of a phase in the style of pictures.
fn class(phase: Phase) -> &'static str {
    match phase {
        Phase::Loss => "loss",
        Phase::Detect => "detect",
        Phase::Notify => "notify",
        Phase::Decide => "decide",
        Phase::Act => "act",
        Phase::Propagate => "propagate",
        Phase::Drain => "drain",
        Phase::Restore => "restore",
        Phase::Verify => "verify",
        Phase::Wait => "wait",
    }
}

fn label(class: &'static str, (x, y): (u64, u64), text: &str) -> Shape {
    Shape::Label { class, x, y, centred: false, text: text.to_owned(), title: String::new() }
}

/// Whose lane it is. People come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Lane<'a> {
    Person(&'a str),
    Service(&'a str),
}

/// The events of a lane, in rows.
type Rows<'a> = Vec<Vec<&'a Event>>;

struct Picture<'a> {
    lanes: BTreeMap<Lane<'a>, Rows<'a>>,
    /// The RTO that is asked of each service, in seconds.
    limits: BTreeMap<&'a str, u64>,
    /// When each service was back.
    back: BTreeMap<&'a str, u64>,
    /// The time at the right end, in seconds.
    end: u64,
}

impl<'a> Picture<'a> {
    fn of(report: &'a Report<'_>, worst: &'a WorstRun<'_>) -> Self {
        let mut lanes: BTreeMap<Lane<'a>, Rows<'a>> = BTreeMap::new();
        for event in &worst.timeline {
            let lane = match &event.by {
                Some(person) => Lane::Person(person.as_str()),
                None => Lane::Service(&event.service),
            };
            let rows = lanes.entry(lane).or_default();
            let free = |row: &&mut Vec<&Event>| row.last().is_none_or(|last| last.after <= event.began);
            match rows.iter_mut().find(free) {
                Some(row) => row.push(event),
                None => rows.push(vec![event]),
            }
        }
        let there = |name: &Name| worst.spent.contains_key(name);
        for name in worst.spent.keys() {
            lanes.entry(Lane::Service(name.as_str())).or_default();
        }
        let limits = report.comparisons().filter(|(name, one)| one.measure == Measure::Rto && there(name));
        let limits: BTreeMap<&str, u64> = limits
            .filter_map(|(name, one)| Some((name.as_str(), one.objective.as_ref()?.value.as_seconds())))
            .collect();
        let last = worst.timeline.iter().map(|event| event.after).max().unwrap_or_default();
        // A limit far away would leave no room for what happens.
        let near = limits.values().copied().filter(|limit| *limit <= last.saturating_mul(4));
        let end = near.chain([last, 1]).max().unwrap_or(1);
        let spent = worst.spent.iter().filter(|(_, spent)| !spent.is_empty());
        let back = spent.map(|(name, spent)| (name.as_str(), spent.values().sum())).collect();
        Self { lanes, limits, back, end }
    }

    fn bottom(&self) -> u64 {
        TOP + self.lanes.values().map(height).sum::<u64>()
    }

    fn x(&self, seconds: u64) -> u64 {
        let wide = u128::from(RIGHT - LEFT) * u128::from(seconds.min(self.end)) / u128::from(self.end);
        LEFT + u64::try_from(wide).unwrap_or_default()
    }

    fn axis(&self, shapes: &mut Vec<Shape>) {
        let step = step(self.end);
        let mut at = 0;
        while at <= self.end {
            let (x, bottom) = (self.x(at), self.bottom());
            shapes.push(Shape::Line {
                class: "faint",
                from: (x, TOP - 8),
                to: (x, bottom),
                title: String::new(),
            });
            let text = Duration::seconds(at).in_words();
            shapes.push(Shape::Label {
                class: "",
                x,
                y: TOP - 14,
                centred: true,
                text,
                title: String::new(),
            });
            at += step;
        }
    }

    fn lane(&self, top: u64, lane: &Lane<'_>, rows: &Rows<'_>) -> Shape {
        let (name, sort) = match lane {
            Lane::Person(name) => (*name, "person"),
            Lane::Service(name) => (*name, "service"),
        };
        let title = format!("{sort} {name}");
        let text = shortened(name, LETTERS);
        let mut shapes =
            vec![Shape::Label { class: "", x: 16, y: top + 20, centred: false, text, title: title.clone() }];
        let mut y = top + 4;
        for row in rows {
            row.iter().for_each(|event| self.bar(event, y, &mut shapes));
            y += ROW;
        }
        if let Lane::Service(name) = lane {
            self.marks(name, top, top + height(rows) - GAP, &mut shapes);
        }
        Shape::Group { label: title, shapes }
    }

    fn bar(&self, event: &Event, y: u64, shapes: &mut Vec<Shape>) {
        let x = self.x(event.began);
        let wide = self.x(event.after).saturating_sub(x).max(THIN);
        let what = match event.service.as_str() {
            "" => event.what.clone(),
            service => format!("{service}: {}", event.what),
        };
        // Backticks are for a terminal.
        let plain = |text: &str| text.replace('`', "");
        let times = format!(
            "{} to {}",
            Duration::seconds(event.began).in_words(),
            Duration::seconds(event.after).in_words()
        );
        shapes.push(bar(event.phase, (x, y), (wide, BAR), format!("{} ({times})", plain(&what))));
        let fit = usize::try_from((wide.saturating_sub(8)) / LETTER).unwrap_or_default();
        if fit >= 6 {
            shapes.push(label("in", (x + 4, y + 16), &shortened(&plain(&event.what), fit)));
        }
    }

    /// When a service was back, and when it had to be.
    fn marks(&self, name: &str, from: u64, to: u64, shapes: &mut Vec<Shape>) {
        let line = |class, x, title| Shape::Line { class, from: (x, from), to: (x, to), title };
        if let Some(back) = self.back.get(name) {
            let title = format!("back after {}", Duration::seconds(*back).in_words());
            shapes.push(line("back", self.x(*back), title));
        }
        let Some(limit) = self.limits.get(name) else { return };
        let words = Duration::seconds(*limit).in_words();
        if *limit <= self.end {
            shapes.push(line("limit", self.x(*limit), format!("RTO {words}")));
        }
        let far = if *limit > self.end { " →" } else { "" };
        shapes.push(label("limit-text", (RIGHT + 8, from + 20), &format!("RTO {words}{far}")));
    }
}

/// The height of a lane.
fn height(rows: &Rows<'_>) -> u64 {
    u64::try_from(rows.len().max(1)).unwrap_or(1) * ROW + GAP
}

/// A round step with at most eight labels.
fn step(end: u64) -> u64 {
    const STEPS: [u64; 12] = [1, 10, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800];
    let fits = STEPS.into_iter().find(|step| end / step <= 8);
    fits.unwrap_or_else(|| end / 8 + 1)
}
