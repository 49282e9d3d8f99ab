//! Backup schedules: the limits of the provider's service, and the longest time between two backups.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::Schedule;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Strategy;
use crate::provider::facts::Backup;
use crate::source::Span;
use crate::units::Duration;

impl Schedule {
    /// The time between two backups without a change to or from summer time.
    #[must_use]
    pub fn nominal(&self) -> Duration {
        nominal(self.strategy)
    }
}

pub(super) fn check(
    schedule: &Schedule,
    provider: &Backup,
    span: impl Fn(&'static str) -> Span,
    out: &mut Vec<Diagnostic>,
) {
    let (service, most) = (provider.service, provider.longest_days);
    if schedule.start < provider.start.value {
        out.push(
            Diagnostic::new(codes::BAD_WINDOW, "the start window of a backup cannot be shorter than an hour")
                .at(span("windows"), format!("starts within {}", schedule.start.in_words()))
                .help(format!("{service} accepts a start window of `1h` or more")),
        );
    }
    let days = schedule.keep.as_seconds() / Duration::DAY.as_seconds();
    let whole = schedule.keep.as_seconds().is_multiple_of(Duration::DAY.as_seconds());
    if !whole || days == 0 || days > most || schedule.keep < schedule.nominal() {
        let help = if !whole || days == 0 {
            format!("{service} keeps backups for whole days, such as `35d`")
        } else if days > most {
            format!("{service} keeps backups for at most {most} days")
        } else {
            format!("keep them for {} or longer, so that there is always one", schedule.nominal().in_words())
        };
        out.push(
            Diagnostic::new(codes::BAD_RETENTION, "backups cannot be retained like this")
                .at(span("keep"), format!("kept for {}", schedule.keep.in_words()))
                .help(help),
        );
    }
    if schedule.complete > schedule.nominal() {
        out.push(
            Diagnostic::new(codes::BACKUPS_OVERLAP, "a backup may take longer than the time between two")
                .at(span("windows"), format!("takes up to {}", schedule.complete.in_words()))
                .at(schedule.span, format!("{} between two", schedule.nominal().in_words()))
                .help(format!(
                    "{service} makes one backup of a resource at a time; the next one would be skipped"
                )),
        );
    }
    match TimeZone::get(&schedule.zone) {
        Err(_) => out.push(
            Diagnostic::new(codes::UNKNOWN_ZONE, format!("there is no time zone `{}`", schedule.zone))
                .at(span("zone"), "unknown time zone")
                .help("a name of the IANA database such as `Europe/Berlin`, or `UTC`"),
        ),
        Ok(zone) if skipped(&zone, schedule.at.as_str()) => out.push(
            Diagnostic::new(codes::SKIPPED_HOUR, "one day of the year does not have this hour")
                .at(span("at"), format!("skipped in `{}` when summer time begins", schedule.zone))
                .help("choose another hour, or leave out `zone`: UTC has every hour every day"),
        ),
        Ok(_) => {}
    }
}

/// The year that is checked for skipped hours. Summer time rules repeat, so any year works, and a fixed one
/// keeps reports independent of the current date.
const YEAR: i16 = 2026;

fn nominal(strategy: Strategy) -> Duration {
    match strategy {
        Strategy::Weekly => Duration::hours(7 * 24),
        Strategy::Daily | Strategy::RealTime => Duration::DAY,
    }
}

/// The due times of a year in seconds. `None` for a day that does not have the hour, which the service may
/// skip.
fn due(zone: &TimeZone, at: &str) -> Vec<Option<i64>> {
    let mut parts = at.split(':').filter_map(|part| part.parse::<i8>().ok());
    let time = parts.next().zip(parts.next()).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    let (Some(time), Ok(first)) = (time, Date::new(YEAR, 1, 1)) else { return Vec::new() };
    let days = first.series(jiff::ToSpan::day(1)).take_while(|day| day.year() == YEAR);
    let moment = |day: Date| {
        let moment = zone.to_ambiguous_timestamp(day.to_datetime(time));
        let skipped = matches!(moment.offset(), AmbiguousOffset::Gap { .. });
        // If the hour occurs twice in autumn, use the first: the gap to the next backup is longer.
        (!skipped).then(|| moment.earlier().ok().map(|moment| moment.as_second())).flatten()
    };
    days.map(moment).collect()
}

fn skipped(zone: &TimeZone, at: &str) -> bool {
    due(zone, at).contains(&None)
}

/// The longest time between two backups. For a weekly schedule, every day of the week is checked, because
/// zones change to summer time on different days.
pub(super) fn longest_gap(zone: &str, at: &str, strategy: Strategy) -> Duration {
    let nominal = nominal(strategy);
    if zone == "UTC" {
        return nominal;
    }
    let Ok(zone) = TimeZone::get(zone) else { return nominal };
    let every = if strategy == Strategy::Weekly { 7 } else { 1 };
    let due = due(&zone, at);
    let gaps = (0..every).flat_map(|first| {
        let moments: Vec<i64> = due.iter().skip(first).step_by(every).copied().flatten().collect();
        let gaps = moments.iter().zip(moments.iter().skip(1)).map(|(one, next)| next - one);
        gaps.collect::<Vec<i64>>()
    });
    let longest = gaps.max().and_then(|gap| u64::try_from(gap).ok()).unwrap_or_default();
    Duration::seconds(longest).max(nominal)
}
