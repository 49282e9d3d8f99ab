//! Backup schedules: the limits of the provider's service, and the longest time between two backups.

use jiff::civil::Time;
use jiff::tz::TimeZone;

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

    /// The longest time from one complete backup to the next one. `None` if nothing limits it.
    #[must_use]
    pub fn until_made(&self) -> Option<Duration> {
        Some(self.interval?.plus(self.delay).plus(self.start).plus(self.complete))
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
    for window in [schedule.start, schedule.complete] {
        if !window.as_seconds().is_multiple_of(60) {
            out.push(
                Diagnostic::new(codes::BAD_WINDOW, "the windows of a backup are whole minutes")
                    .at(span("windows"), format!("{} is not", window.in_words()))
                    .help(format!("write `{}`", window.in_minutes_up())),
            );
        }
    }
    let days = schedule.keep.as_seconds() / Duration::DAY.as_seconds();
    let whole = schedule.keep.as_seconds().is_multiple_of(Duration::DAY.as_seconds());
    if !whole || days == 0 || days > most || schedule.keep < schedule.nominal() {
        let help = if !whole || days == 0 {
            format!("{service} keeps backups for whole days, such as `35d`")
        } else if days > most {
            format!("{service} keeps backups for at most {most} days")
        } else {
            format!("keep them for `{}` or longer, so that there is always one", schedule.nominal())
        };
        out.push(
            Diagnostic::new(codes::BAD_RETENTION, "backups cannot be retained like this")
                .at(span("keep"), format!("kept for {}", schedule.keep.in_words()))
                .help(help),
        );
    }
    let continuous = provider.longest_continuous_days;
    if schedule.continuous && days > continuous {
        out.push(
            Diagnostic::new(codes::BAD_RETENTION, "a continuous backup cannot be kept that long")
                .at(span("keep"), format!("kept for {}", schedule.keep.in_words()))
                .at(span("continuous"), "continuous")
                .help(format!(
                    "{service} keeps a continuous backup for at most {continuous} days: keep it for that long, and add a schedule \
                     without `continuous` for older states"
                )),
        );
    }
    if schedule.complete > schedule.nominal() {
        out.push(
            Diagnostic::new(codes::BACKUPS_OVERLAP, "a backup may take longer than the time between two")
                .at(span("windows"), format!("takes up to {}", schedule.complete.in_words()))
                .at(schedule.span, format!("{} between two", schedule.nominal().in_words()))
                .help(format!(
                    "let it complete within `{}`: {service} makes one backup of a resource at a time, and would skip \
                     the next one",
                    schedule.nominal()
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

fn nominal(strategy: Strategy) -> Duration {
    match strategy {
        Strategy::Weekly => Duration::hours(7 * 24),
        Strategy::Daily | Strategy::RealTime => Duration::DAY,
    }
}

fn skipped(zone: &TimeZone, at: &str) -> bool {
    let Some(time) = time_of(at) else { return false };
    let days = super::calendar::days_of_change(zone);
    days.into_iter().any(|day| super::calendar::due_on(zone, time, day).is_none())
}

/// A time of day as the language writes it, `HH:MM`.
pub(super) fn time_of(at: &str) -> Option<Time> {
    let mut parts = at.split(':').filter_map(|part| part.parse::<i8>().ok());
    parts.next().zip(parts.next()).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
}
