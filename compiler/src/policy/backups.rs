//! Backups: copies in real time, and those made on a schedule.
//!
//! Sources: AWS Backup API Reference, `BackupRuleInput` and `Lifecycle`; AWS Backup Developer Guide, "Quotas"
//! (one backup job at a time per resource) and "AWS Backup Vault Lock".

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::binder::Binder;
use super::{Bucket, DataSet, Schedule, Setting, buckets, settings};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Encryption, Name, Step, Strategy, Target};
use crate::source::Span;
use crate::units::Duration;

/// `StartWindowMinutes`: 60 at least, and what Holdfast asks for.
const START: Duration = Duration::hours(1);
/// How long a backup may take where the policy says nothing: AWS's own limit of 7 days would make a daily backup
/// overlap with six others.
const COMPLETE: Duration = Duration::hours(8);
/// `DeleteAfterDays`: the longest, in days.
const LONGEST_DAYS: u64 = 36_500;

impl Binder<'_> {
    pub(super) fn data(
        &self,
        name: &Name,
        body: &document::Data,
        out: &mut Vec<Diagnostic>,
    ) -> Option<DataSet> {
        let at: [Step<'_>; 2] = ["data".into(), name.as_str().into()];
        let span = |key: &'static str| self.document.span(&[at[0], at[1], key.into()]);
        let site = self.sites.get(&self.service.primary)?.clone();
        let primary = Bucket { name: body.bucket.clone(), site, span: span("bucket") };
        dotted(&primary, out);
        let mut copies: Vec<Bucket> = Vec::new();
        let mut schedules = Vec::new();
        for (nth, backup) in body.backups.iter().enumerate() {
            let path = [at[0], at[1], "backups".into(), nth.into()];
            match backup.strategy {
                Strategy::RealTime => self.copies(name, backup, path, &primary, &mut copies, out),
                Strategy::Daily | Strategy::Weekly => schedules.extend(self.schedule(backup, path, out)),
            }
        }
        let encryption = self
            .first(&[at[0], at[1], "encrypt".into()], [body.encrypt, None, None])
            .or_else(|| {
                let tier = self.tier.and_then(|(_, tier)| tier.encrypt);
                self.first(&["encrypt".into()], [None, tier, self.defaults.encrypt])
            })
            .unwrap_or(Setting {
                value: Encryption::Aes256,
                origin: settings::Origin::BuiltIn("as S3 does itself"),
            });
        let own = |key: &'static str| settings::Origin::Service(span(key));
        let size =
            body.size.as_ref().map(|size| Setting { value: settings::assumed(size), origin: own("size") });
        let backfilled = body.backfilled.as_ref();
        let backfilled =
            backfilled.map(|day| Setting { value: settings::assumed(day), origin: own("backfilled") });
        let backups = self.document.key_span(&[at[0], at[1], "backups".into()]);
        Some(DataSet { primary, copies, schedules, encryption, size, backfilled, backups })
    }

    fn copies(
        &self,
        name: &Name,
        backup: &document::Backup,
        path: [Step<'_>; 4],
        primary: &Bucket,
        copies: &mut Vec<Bucket>,
        out: &mut Vec<Diagnostic>,
    ) {
        for (item, target) in backup.to.iter().enumerate() {
            let span = self.to(path, item);
            let (site, bucket) = match target {
                Target::Site(site) => (site, None),
                Target::Bucket(both) => (&both.site, Some(both.bucket.clone())),
            };
            let Some(site) = self.sites.find(site, span, out) else { continue };
            let taken = std::iter::once(primary).chain(copies.iter()).find(|b| b.site.name == site.name);
            if let Some(other) = taken {
                out.push(
                    Diagnostic::new(codes::REPEATED_SITE, format!("`{name}` is at `{}` already", site.name))
                        .at(span, "a second time")
                        .at(other.span, "this is already there")
                        .help("a copy beside another is lost with it; name another site"),
                );
                continue;
            }
            let own = bucket.is_some();
            let bucket = bucket.or_else(|| buckets::name_at(&primary.name, site, span, out));
            let copy = bucket.map(|name| Bucket { name, site: site.clone(), span });
            copy.iter().filter(|_| own).for_each(|copy| dotted(copy, out));
            copies.extend(copy);
        }
    }

    fn to(&self, path: [Step<'_>; 4], item: usize) -> Span {
        let [data, name, backups, nth] = path;
        self.document.span(&[data, name, backups, nth, "to".into(), item.into()])
    }

    fn schedule(
        &self,
        backup: &document::Backup,
        path: [Step<'_>; 4],
        out: &mut Vec<Diagnostic>,
    ) -> Option<Schedule> {
        let [data, name, backups, nth] = path;
        let span = |key: &'static str| self.document.span(&[data, name, backups, nth, key.into()]);
        let mut to = Vec::new();
        for (item, target) in backup.to.iter().enumerate() {
            let place = self.to(path, item);
            let site = match target {
                Target::Site(site) => site,
                Target::Bucket(both) => {
                    out.push(
                        Diagnostic::new(
                            codes::NO_BUCKET_IN_VAULT,
                            "a backup is kept in a vault, not in a bucket",
                        )
                        .at(place, "a bucket of its own")
                        .at(span("strategy"), "only copies in real time are buckets")
                        .help(format!("name the site alone: `{}`", both.site)),
                    );
                    &both.site
                }
            };
            let Some(site) = self.sites.find(site, place, out) else { continue };
            if to.iter().any(|(other, _): &(super::Site, Span)| other.name == site.name) {
                let message = format!("the backup is at `{}` already", site.name);
                out.push(
                    Diagnostic::new(codes::REPEATED_SITE, message)
                        .at(place, "a second time")
                        .help("name each site once"),
                );
            } else {
                to.push((site.clone(), place));
            }
        }
        let windows = backup.windows.unwrap_or(document::Windows { start: None, complete: None });
        // The schema has seen to it that these are there.
        let (at, keep) = (backup.at.clone()?, backup.keep?);
        let zone = backup.zone.as_ref().map_or("UTC", |zone| zone.as_str()).to_owned();
        let schedule = Schedule {
            strategy: backup.strategy,
            on: backup.on,
            interval: longest_gap(&zone, at.as_str(), backup.strategy),
            at,
            zone,
            start: windows.start.unwrap_or(START),
            complete: windows.complete.unwrap_or(COMPLETE),
            keep,
            lock: backup.lock,
            to,
            span: span("strategy"),
        };
        check(&schedule, span, out);
        Some(schedule)
    }
}

impl Schedule {
    /// The time between two backups on an ordinary day.
    #[must_use]
    pub fn nominal(&self) -> Duration {
        nominal(self.strategy)
    }
}

fn check(schedule: &Schedule, span: impl Fn(&'static str) -> Span, out: &mut Vec<Diagnostic>) {
    if schedule.start < START {
        out.push(
            Diagnostic::new(codes::BAD_WINDOW, "a backup cannot be made to start within less than an hour")
                .at(span("windows"), format!("starts within {}", schedule.start.in_words()))
                .help("AWS Backup accepts a start window of `1h` or more"),
        );
    }
    let days = schedule.keep.as_seconds() / Duration::DAY.as_seconds();
    let whole = schedule.keep.as_seconds().is_multiple_of(Duration::DAY.as_seconds());
    if !whole || days == 0 || days > LONGEST_DAYS || schedule.keep < schedule.nominal() {
        let help = if !whole || days == 0 {
            "AWS Backup keeps backups for whole days, such as `35d`".to_owned()
        } else if days > LONGEST_DAYS {
            format!("AWS Backup keeps backups for {LONGEST_DAYS} days at the most")
        } else {
            format!(
                "keep them for {} or longer, so that there is one at any time",
                schedule.nominal().in_words()
            )
        };
        out.push(
            Diagnostic::new(codes::BAD_RETENTION, "backups cannot be kept like this")
                .at(span("keep"), format!("kept for {}", schedule.keep.in_words()))
                .help(help),
        );
    }
    if schedule.complete > schedule.nominal() {
        out.push(
            Diagnostic::new(codes::BACKUPS_OVERLAP, "a backup may take longer than the time between two")
                .at(span("windows"), format!("takes up to {}", schedule.complete.in_words()))
                .at(schedule.span, format!("{} between two", schedule.nominal().in_words()))
                .help("AWS Backup makes one backup of a resource at a time; the next one would be skipped"),
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

/// The year that is looked at for skipped hours. Any year does: rules of summer time repeat, and a report may not
/// depend on the day it is made.
const YEAR: i16 = 2026;

fn nominal(strategy: Strategy) -> Duration {
    match strategy {
        Strategy::Weekly => Duration::hours(7 * 24),
        Strategy::Daily | Strategy::RealTime => Duration::DAY,
    }
}

/// The moments of a year at which a backup is due, in seconds; none for a day that does not have the hour, which AWS
/// Backup may skip (AWS Backup Developer Guide, "Backup plan options and configuration").
fn due(zone: &TimeZone, at: &str) -> Vec<Option<i64>> {
    let mut parts = at.split(':').filter_map(|part| part.parse::<i8>().ok());
    let time = parts.next().zip(parts.next()).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    let (Some(time), Ok(first)) = (time, Date::new(YEAR, 1, 1)) else { return Vec::new() };
    let days = first.series(jiff::ToSpan::day(1)).take_while(|day| day.year() == YEAR);
    let moment = |day: Date| {
        let moment = zone.to_ambiguous_timestamp(day.to_datetime(time));
        let skipped = matches!(moment.offset(), AmbiguousOffset::Gap { .. });
        // Of two such hours in autumn the first: the gap before the next backup is the longer one.
        (!skipped).then(|| moment.earlier().ok().map(|moment| moment.as_second())).flatten()
    };
    days.map(moment).collect()
}

fn skipped(zone: &TimeZone, at: &str) -> bool {
    due(zone, at).contains(&None)
}

/// The longest time between two backups. A weekly one is looked at on every day of the week: which of them summer time
/// begins on differs from zone to zone.
fn longest_gap(zone: &str, at: &str, strategy: Strategy) -> Duration {
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

/// A dot in the name keeps virtual-hosted requests over TLS from working with S3's certificate (Amazon S3 User
/// Guide, "General purpose bucket naming rules").
fn dotted(bucket: &Bucket, out: &mut Vec<Diagnostic>) {
    if bucket.name.as_str().contains('.') {
        out.push(
            Diagnostic::new(codes::DOTTED_BUCKET, "dots in a bucket's name keep TLS from working")
                .at(bucket.span, "S3's certificate does not match such a host name")
                .help("use hyphens, unless the bucket exists already"),
        );
    }
}
