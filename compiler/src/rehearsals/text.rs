//! The result for people: what is lost, a table, the worst run as a timeline, what is wrong with which bound, and what a
//! rehearsal does not show. It fits into 80 columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;

use super::report::{Comparison, Measure, Report, Verdict, WorstRun};
use crate::diagnostic::Style;
use crate::document::{Disruption, Name};
use crate::phase::Phase;
use crate::printable::one_line;
use crate::rehearsal::Event;
use crate::text::{Pen, wrap};
use crate::units::Duration;

/// The widest column of names in a timeline.
const NAMES: usize = 26;
/// The narrowest one of a table.
const NARROW: usize = 16;
/// The width of the longest title of a column of numbers.
const TITLE: usize = 9;
/// The width of a verdict with its distance.
const VERDICT: usize = 11;
/// How many lines of a timeline are shown.
const EVENTS: usize = 200;

/// The result as text. The same report gives the same bytes.
#[must_use]
pub fn text(report: &Report<'_>, style: Style) -> String {
    let pen = Pen::new(style);
    let page = Page { pen: &pen, report };
    let mut out = String::new();
    page.head(&mut out);
    if report.services.is_empty() {
        page.paragraph(page.nothing(), &mut out);
    } else {
        page.table(&mut out);
        page.missed(&mut out);
        page.above(&mut out);
        if let Some(worst) = &report.worst {
            page.timeline(worst, &mut out);
        }
        page.loose(&mut out);
    }
    page.spared(&mut out);
    if !report.services.is_empty() {
        page.limits(&mut out);
    }
    out
}

struct Page<'a, 'p> {
    pen: &'a Pen,
    report: &'a Report<'p>,
}

impl Page<'_, '_> {
    fn paragraph(&self, text: &str, out: &mut String) {
        let _ = writeln!(out, "\n{}", wrap(&one_line(text), 0, self.pen.width()));
    }

    /// Why no service is affected.
    fn nothing(&self) -> &'static str {
        match self.report.disruption {
            _ if self.report.spared.is_empty() => "No service is affected: the estate has no services.",
            Disruption::SiteLoss => {
                "No service is affected: none has its primary site there. What services lose there besides, such as a \
                 standby or copies, is not played."
            }
            Disruption::Corruption | Disruption::AccountCompromise | Disruption::KeyLoss => {
                "No service is affected: none has anything that this can strike."
            }
        }
    }

    fn heading(&self, text: &str, out: &mut String) {
        let _ = writeln!(out, "\n{}", self.pen.bold(text));
    }

    fn point(&self, text: &str, out: &mut String) {
        let _ = writeln!(out, "{}", wrap(&one_line(text), 2, self.pen.width()));
    }

    /// The people who never answer.
    fn away(&self) -> Vec<String> {
        self.report.away.iter().map(|name| format!("`{name}`")).collect()
    }

    fn head(&self, out: &mut String) {
        let Report { estate, disruption, runs, seed, at, .. } = self.report;
        let what = match disruption {
            Disruption::SiteLoss => {
                let sites: Vec<&str> = self.report.lost.iter().map(|site| site.as_str()).collect();
                format!("the loss of {}", listed(&sites))
            }
            Disruption::Corruption => "deletion or corruption of data, in each service alone".to_owned(),
            Disruption::AccountCompromise => {
                "a compromise of the account, for each service with those it depends on".to_owned()
            }
            Disruption::KeyLoss => "the loss of the key, in each service alone".to_owned(),
        };
        let when = at.map_or_else(|| "at moments of 2026".to_owned(), |at| format!("at {}", moment(at)));
        let times = if *runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") };
        let away = match self.away().as_slice() {
            [] => String::new(),
            [one] => format!("; {one} does not answer"),
            all => format!("; {} do not answer", listed(all)),
        };
        let line = format!("Rehearsal of estate {estate}: {what}, {when}{away}; {times}, seed {seed}");
        let _ = writeln!(out, "{}", self.pen.bold(&wrap(&one_line(&line), 0, self.pen.width())));
        if self.report.services.is_empty() {
            return;
        }
        let moment = if at.is_some() { "" } else { ", and strikes each data set at its worst moment" };
        let drawn = if at.is_some() { "its delays" } else { "its delays and its moment" };
        let mut legend = format!("Run 0 has every delay at its limit{moment}.");
        let _ = write!(legend, " It is the worst of several plays for each service");
        if let Some(worst) = self.report.worst.as_ref().filter(|worst| worst.run == 0) {
            let _ = write!(legend, "; the timeline shows the play that is worst for {}", worst.service);
        }
        legend.push('.');
        if *runs > 1 {
            let _ = write!(legend, " Every other run draws {drawn} at random.");
        }
        if !self.report.away.is_empty() {
            legend.push_str(" The bounds are for people who answer.");
        }
        let _ = writeln!(out, "{}", self.pen.dim(&wrap(&one_line(&legend), 0, self.pen.width())));
    }

    fn table(&self, out: &mut String) {
        let rows: Vec<_> = self.report.services.iter().map(|(name, all)| (name, all, cells(all))).collect();
        let longest = rows.iter().flat_map(|(_, _, cells)| cells).flatten().map(String::len).max();
        let column = longest.unwrap_or_default().max(TITLE) + 2;
        let labels = self.report.comparisons().map(|(_, one)| label(one).chars().count() + 2);
        let names = self.report.services.keys().map(|name| name.as_str().chars().count());
        let left = self.pen.width().saturating_sub(4 * column + VERDICT);
        let wide = labels.chain(names).max().unwrap_or_default().min(left.max(NARROW));
        let titles = ["median", "worst", "bound", "objective"];
        let titles: String = titles.iter().map(|title| format!("{title:>column$}")).collect();
        let _ = writeln!(out, "\n{}", self.pen.dim(&format!("{:wide$}{titles}", "h:mm:ss")));
        for (name, all, cells) in rows {
            let _ = writeln!(out, "{}", self.pen.bold(name.as_str()));
            for (one, cells) in all.iter().zip(cells) {
                let cells: String = cells.iter().map(|cell| format!("{cell:>column$}")).collect();
                let verdict = match one.verdict {
                    Verdict::NotAsked => self.pen.dim("not asked"),
                    Verdict::Within => self.pen.plus("within"),
                    Verdict::Missed { missed: 0, .. } => self.pen.minus("UNKNOWN"),
                    Verdict::Missed { .. } => self.pen.minus("MISSED"),
                };
                let label = format!("  {}", label(one));
                let _ = writeln!(out, "{}{cells}  {verdict}", fit(&label, wide));
            }
        }
    }

    /// Which objectives do not hold, how often, and why no number is known. What has the same reason shares a line.
    fn missed(&self, out: &mut String) {
        let mut lines: Vec<(&Name, Vec<String>, String)> = Vec::new();
        for (name, one) in self.report.comparisons() {
            let Some(why) = self.what_fails(one) else { continue };
            match lines.last_mut() {
                Some((last, labels, same)) if *last == name && *same == why => labels.push(label(one)),
                _ => lines.push((name, vec![label(one)], why)),
            }
        }
        if !lines.is_empty() {
            self.heading("What does not hold, or is unknown", out);
        }
        for (name, labels, why) in lines {
            self.point(&format!("{name} {}: {why}", labels.join(", ")), out);
        }
    }

    fn what_fails(&self, one: &Comparison) -> Option<String> {
        let runs = self.report.runs;
        let mut parts = Vec::new();
        match one.verdict {
            Verdict::Missed { missed, never } => {
                let asked = one.objective.as_ref().map(|asked| asked.value.in_words()).unwrap_or_default();
                if missed > 0 {
                    parts.push(format!("above the objective of {asked} in {missed} of {runs} runs"));
                }
                if never > 0 {
                    parts.push(format!("{} in {never} of {runs} runs", unknown(one)));
                }
            }
            _ if one.worst.is_none() => {
                let count = one.unknown;
                parts.push(format!("{} in {count} of {runs} runs, and no objective is set", unknown(one)));
            }
            _ => return None,
        }
        let mut line = parts.join(", and ");
        let mut said = BTreeSet::new();
        for term in one.bound.terms.iter().filter(|term| one.worst.is_none() && term.value.is_none()) {
            let reason = format!("{} ({})", term.what, term.source);
            if said.insert(reason.clone()) {
                let _ = write!(line, "{}{reason}", if said.len() == 1 { ": " } else { "; " });
            }
        }
        if one.worst.is_none() && said.is_empty() && !self.report.away.is_empty() {
            line.push_str(": it waits for somebody who does not answer, and no deputy is left");
        }
        Some(line)
    }

    /// Mistakes in bounds.
    fn above(&self, out: &mut String) {
        for (name, one) in self.report.comparisons().filter(|(_, one)| one.above_bound) {
            let bound = one.bound.in_words();
            let line = format!(
                "error: run {} of {name} is above its bound: {} is {}, and the bound is {bound}. This is a mistake in Holdfast, \
                 in the bound or in the rehearsal. Please report it with the policy files and this command line.",
                one.run,
                label(one),
                one.worst.map_or_else(|| "unknown".to_owned(), |worst| Duration::seconds(worst).in_words()),
            );
            let _ = writeln!(out, "\n{}", self.pen.minus(&wrap(&one_line(&line), 0, self.pen.width())));
        }
    }

    fn timeline(&self, worst: &WorstRun<'_>, out: &mut String) {
        let (run, service) = (worst.run, worst.service);
        let ended = worst.back.map_or_else(
            || format!("no time is known until {service} is back"),
            |back| format!("{service} is back after {}", Duration::seconds(back).in_words()),
        );
        let when = match (worst.at, self.report.at) {
            (Some(at), None) => format!(", disaster at {}", moment(at)),
            _ => String::new(),
        };
        self.heading(&format!("The worst run, run {run}{when}: {ended}"), out);
        let names = worst.timeline.iter().map(|event| event.service.chars().count());
        let wide = names.max().unwrap_or_default().min(NAMES);
        for event in worst.timeline.iter().take(EVENTS) {
            self.event(event, wide, out);
        }
        if let Some(left @ 1..) = worst.timeline.len().checked_sub(EVENTS) {
            self.point(&format!("{left} more events: `--format json` has all"), out);
        }
        self.paths(&worst.spent, out);
    }

    fn event(&self, event: &Event, wide: usize, out: &mut String) {
        let took = event.after.saturating_sub(event.began);
        let mut what = event.what.clone();
        if let Some(by) = event.by.as_ref().filter(|_| event.phase != Phase::Notify) {
            let _ = write!(what, " by `{by}`");
        }
        if took > 0 {
            let _ = write!(what, ", {}", Duration::seconds(took).in_words());
        }
        let indent = 13 + wide + 2;
        let what = wrap(&one_line(&what), indent, self.pen.width());
        let service = fit(&event.service, wide);
        let _ = writeln!(out, "{:>11}  {service}  {}", clock(event.after), what.trim_start());
    }

    fn paths(&self, spent: &BTreeMap<Name, BTreeMap<Phase, u64>>, out: &mut String) {
        let asked =
            spent.iter().filter(|(name, spent)| self.report.services.contains_key(name) && !spent.is_empty());
        let mut first = true;
        for (name, spent) in asked {
            if std::mem::take(&mut first) {
                self.heading("Where the time went, until the service was back", out);
            }
            let parts: Vec<String> =
                spent.iter().map(|(phase, seconds)| format!("{phase} {}", clock(*seconds))).collect();
            self.point(&format!("{name}: {}", parts.join(", ")), out);
        }
    }

    fn loose(&self, out: &mut String) {
        let mut first = true;
        for (name, one) in self.report.comparisons() {
            let Some(loose) = &one.loose else { continue };
            if std::mem::take(&mut first) {
                self.heading("Loose bounds: more than 1.5 times the worst run", out);
            }
            let value = loose.term.value.map(Duration::in_words).unwrap_or_default();
            let line = format!(
                "{name} {}: bound {}, worst run {}; the largest part of the difference is in {}: {} ({value})",
                label(one),
                one.bound.in_words(),
                Duration::seconds(loose.worst).in_words(),
                loose.term.phase,
                loose.term.what,
            );
            self.point(&line, out);
        }
    }

    fn spared(&self, out: &mut String) {
        if self.report.spared.is_empty() {
            return;
        }
        self.heading("Not affected", out);
        for (name, needs) in &self.report.spared {
            let mut line = format!("{name}: its primary site is not lost");
            if !needs.is_empty() {
                let needs: Vec<String> = needs.iter().map(|name| format!("`{name}`")).collect();
                let _ =
                    write!(line, ". It depends on {}; what it does without is not played", listed(&needs));
            }
            self.point(&line, out);
        }
    }

    fn limits(&self, out: &mut String) {
        self.heading("What this does not show", out);
        let people = match self.report.away.is_empty() {
            true => {
                "Everybody answers within their `answers-within`: nobody fails to answer, so no deputy is called (`--away PERSON` \
                 plays that). Steps take at most what the policy says, and succeed."
            }
            false => {
                "Everybody else answers within their `answers-within`, and a deputy is called once that of the person is over. Whoever acts \
                 in place of somebody needs no longer than they would. Steps succeed."
            }
        };
        let mut lines = vec![
            people,
            "Delays are at most what the policy assumes and what the provider states. How old measurements are is not checked.",
            "Standby sites have capacity, and copies are readable: `holdfast status` and drills show whether that is so.",
        ];
        if self.report.runs > 1 {
            lines.push(
                "Random delays are even between nothing and their limit. So the median compares policies; it does not forecast \
                 an incident.",
            );
        }
        for line in lines {
            self.point(line, out);
        }
    }
}

/// The numbers of a service: median, worst, bound, objective.
fn cells(all: &[Comparison]) -> Vec<[String; 4]> {
    let of = |one: &Comparison| {
        let bound = one.bound.value().map(Duration::as_seconds);
        let objective = one.objective.as_ref().map(|asked| asked.value.as_seconds());
        [
            in_clock(one.median),
            in_clock(one.worst),
            bound.map_or_else(|| "no limit".to_owned(), clock),
            objective.map_or_else(|| "-".to_owned(), clock),
        ]
    };
    all.iter().map(of).collect()
}

/// `RTO`, or `RPO` with its data set.
fn label(one: &Comparison) -> String {
    match &one.measure {
        Measure::Rto => "RTO".to_owned(),
        Measure::Rpo(data) => format!("RPO {data}"),
    }
}

/// Names in a sentence: `a, b and c`.
fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// What a missing number means: nobody knows one.
fn unknown(one: &Comparison) -> &'static str {
    match one.measure {
        Measure::Rto => "no time is known until it is back",
        Measure::Rpo(_) => "no number is known for what is lost",
    }
}

fn in_clock(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "unknown".to_owned(), clock)
}

/// `1:02:03`, or `35d 1:02:03` from three days.
fn clock(seconds: u64) -> String {
    let days = if seconds < 3 * 86_400 { 0 } else { seconds / 86_400 };
    let days_in_words = if days > 0 { format!("{days}d ") } else { String::new() };
    format!("{days_in_words}{}:{:02}:{:02}", seconds / 3_600 - days * 24, seconds / 60 % 60, seconds % 60)
}

/// A moment in UTC.
pub(super) fn moment(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

/// A name in a column; a longer one ends in `…`.
fn fit(text: &str, wide: usize) -> String {
    if text.chars().count() <= wide {
        return format!("{text:wide$}");
    }
    let start: String = text.chars().take(wide.saturating_sub(1)).collect();
    format!("{start}…")
}
