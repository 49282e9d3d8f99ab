//! When backups are due.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use super::choices::{Choices, Question};
use crate::document::Weekday;
use crate::policy::{Schedule, Service};

/// The due times of a rule from `from` to `to`, in seconds since 1970. A day that does not have the hour has no backup: a
/// schedule in a zone with summer time may skip it (AWS Backup Developer Guide, "Backup plan options and configuration").
pub(super) fn due(rule: &Schedule, from: i64, to: i64, choices: &mut dyn Choices) -> Vec<i64> {
    let mut parts = rule.at.as_str().split(':').filter_map(|part| part.parse::<i8>().ok());
    let time = parts.next().zip(parts.next()).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    let (Some(time), Ok(zone), Some(first)) = (time, TimeZone::get(&rule.zone), day(from)) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for day in first.series(1.day()) {
        if rule.on.is_some_and(|on| weekday(on) != day.weekday()) {
            continue;
        }
        let moment = zone.to_ambiguous_timestamp(day.to_datetime(time));
        let due = match moment.offset() {
            AmbiguousOffset::Unambiguous { .. } => moment.unambiguous(),
            AmbiguousOffset::Gap { .. } => continue,
            AmbiguousOffset::Fold { .. } if choices.one_of(Question::Folded, 2) == 1 => moment.later(),
            AmbiguousOffset::Fold { .. } => moment.earlier(),
        };
        let Ok(due) = due else { break };
        if due.as_second() > to {
            break;
        }
        if due.as_second() >= from {
            all.push(due.as_second());
        }
    }
    all
}

/// When the zone of a rule of a service changes its clocks, from `from` to `to`, in seconds since 1970.
#[must_use]
pub fn clock_changes(service: &Service, from: i64, to: i64) -> BTreeSet<i64> {
    let rules = service.data.values().flat_map(|set| &set.schedules);
    let zones: BTreeSet<&str> = rules.map(|rule| rule.zone.as_str()).collect();
    let mut all = BTreeSet::new();
    for zone in zones {
        let (Ok(zone), Ok(first)) = (TimeZone::get(zone), Timestamp::from_second(from)) else { continue };
        let changes = zone.following(first).map(|change| change.timestamp().as_second());
        all.extend(changes.take_while(|change| *change < to));
    }
    all
}

/// The day before a moment, in UTC: no zone is further away.
fn day(at: i64) -> Option<Date> {
    let moment = Timestamp::from_second(at).ok()?;
    moment.to_zoned(TimeZone::UTC).date().yesterday().ok()
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
