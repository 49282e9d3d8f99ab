//! The worst run as a picture: one lane for each person and each service, with the limits of the objectives.
//!
//! It needs no script and no network, fits into 1,200 pixels, and follows the reader's choice of light or dark.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::report::{Measure, Report, WorstRun};
use crate::document::Name;
use crate::phase::Phase;
use crate::rehearsal::Event;
use crate::report::escaped;
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

const STYLE: &str = "\
svg{--paper:#fff;--ink:#1b1f24;--faint:#d0d7de;--limit:#b3261e;font:13px system-ui,sans-serif;background:var(--paper)}\
text{fill:var(--ink)}.faint{stroke:var(--faint)}.limit{stroke:var(--limit);stroke-width:2;stroke-dasharray:5 3}\
.limit-text{fill:var(--limit)}.in{fill:#fff}.head{font-size:17px;font-weight:600}.back{stroke:var(--ink);stroke-width:2}\
.detect{fill:#6e40aa}.notify{fill:#1f6feb}.decide{fill:#0b7285}.act{fill:#2b6a30}.propagate{fill:#8a5a00}\
.drain{fill:#7a4a2b}.restore{fill:#9b2c6b}.verify{fill:#3d5a80}.wait,.loss{fill:#57606a}\
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--faint:#30363d;--limit:#ff8f87}}";

/// The worst run as an SVG document. The same report gives the same bytes.
#[must_use]
pub fn svg(report: &Report<'_>) -> String {
    let Some(worst) = &report.worst else { return page(TOP, "Nothing is affected", "", "") };
    let picture = Picture::of(report, worst);
    let title = format!("The worst of {} runs of estate {}, run {}", report.runs, report.estate, worst.run);
    let mut out = String::new();
    picture.axis(&mut out);
    let mut top = TOP;
    for (lane, rows) in &picture.lanes {
        picture.lane(top, lane, rows, &mut out);
        top += height(rows);
    }
    page(picture.bottom() + 30, &title, &legend(), &out)
}

fn page(height: u64, title: &str, legend: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">{title}</title>\n<style>{STYLE}</style>\n\
         <text class=\"head\" x=\"16\" y=\"30\">{title}</text>\n{legend}{body}</svg>\n"
    )
}

fn legend() -> String {
    let mut out = String::new();
    let mut x = 16;
    for phase in PHASES {
        let _ =
            writeln!(out, "<rect class=\"{phase}\" x=\"{x}\" y=\"44\" width=\"14\" height=\"14\" rx=\"2\"/>");
        let _ = writeln!(out, "<text x=\"{}\" y=\"56\">{phase}</text>", x + 20);
        x += 110;
    }
    let _ = writeln!(out, "<line class=\"limit\" x1=\"{x}\" x2=\"{x}\" y1=\"42\" y2=\"60\"/>");
    let _ = writeln!(out, "<text x=\"{}\" y=\"56\">RTO</text>", x + 8);
    out
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

    fn axis(&self, out: &mut String) {
        let step = step(self.end);
        let mut at = 0;
        while at <= self.end {
            let (x, bottom) = (self.x(at), self.bottom());
            let _ = writeln!(
                out,
                "<line class=\"faint\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{bottom}\"/>",
                TOP - 8
            );
            let label = Duration::seconds(at).in_words();
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", TOP - 14);
            at += step;
        }
    }

    fn lane(&self, top: u64, lane: &Lane<'_>, rows: &Rows<'_>, out: &mut String) {
        let (name, sort) = match lane {
            Lane::Person(name) => (*name, "person"),
            Lane::Service(name) => (*name, "service"),
        };
        let whole = escaped(name);
        let _ = writeln!(out, "<g role=\"group\" aria-label=\"{sort} {whole}\">");
        let (y, name) = (top + 20, short(name, LETTERS));
        let _ = writeln!(out, "<text x=\"16\" y=\"{y}\">{name}<title>{sort} {whole}</title></text>");
        let mut y = top + 4;
        for row in rows {
            row.iter().for_each(|event| self.bar(event, y, out));
            y += ROW;
        }
        if let Lane::Service(name) = lane {
            self.marks(name, top, top + height(rows) - GAP, out);
        }
        out.push_str("</g>\n");
    }

    fn bar(&self, event: &Event, y: u64, out: &mut String) {
        let x = self.x(event.began);
        let wide = self.x(event.after).saturating_sub(x).max(THIN);
        let what = match event.service.as_str() {
            "" => event.what.clone(),
            service => format!("{service}: {}", event.what),
        };
        let times = format!(
            "{} to {}",
            Duration::seconds(event.began).in_words(),
            Duration::seconds(event.after).in_words()
        );
        let phase = event.phase;
        let _ = writeln!(
            out,
            "<rect class=\"{phase}\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{BAR}\" rx=\"2\"><title>{} ({times})</title></rect>",
            escaped(&what)
        );
        let fit = usize::try_from((wide.saturating_sub(8)) / LETTER).unwrap_or_default();
        if fit >= 6 {
            let text = short(&event.what, fit);
            let _ = writeln!(
                out,
                "<text class=\"in\" x=\"{}\" y=\"{}\" pointer-events=\"none\">{text}</text>",
                x + 4,
                y + 16
            );
        }
    }

    /// When a service was back, and when it had to be.
    fn marks(&self, name: &str, from: u64, to: u64, out: &mut String) {
        let mut line = |class: &str, x: u64, title: &str| {
            let _ = writeln!(
                out,
                "<line class=\"{class}\" x1=\"{x}\" x2=\"{x}\" y1=\"{from}\" y2=\"{to}\"><title>{title}</title></line>"
            );
        };
        if let Some(back) = self.back.get(name) {
            line("back", self.x(*back), &format!("back after {}", Duration::seconds(*back).in_words()));
        }
        let Some(limit) = self.limits.get(name) else { return };
        let words = Duration::seconds(*limit).in_words();
        if *limit <= self.end {
            line("limit", self.x(*limit), &format!("RTO {words}"));
        }
        let (x, y, far) = (RIGHT + 8, from + 20, if *limit > self.end { " →" } else { "" });
        let _ = writeln!(out, "<text class=\"limit-text\" x=\"{x}\" y=\"{y}\">RTO {words}{far}</text>");
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

/// As much of a text as fits, escaped.
fn short(text: &str, letters: usize) -> String {
    let mut all: String = text.chars().take(letters).collect();
    if text.chars().nth(letters).is_some() {
        all.pop();
        all.push('…');
    }
    escaped(&all)
}
