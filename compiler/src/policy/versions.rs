//! How long versions of objects are kept, and how long nobody deletes them.

use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Lock, VersionLock};
use crate::provider::facts::Facts;
use crate::source::Span;
use crate::units::Duration;

/// `keep-versions` of a data set.
pub(super) fn check_kept(kept: Duration, span: Span, provider: &Facts, out: &mut Vec<Diagnostic>) {
    let longest = provider.backup.longest_days;
    if whole_days(kept) && kept.as_days() <= longest {
        return;
    }
    out.push(
        Diagnostic::new(codes::BAD_RETENTION, "versions cannot be retained like this")
            .at(span, format!("kept for {}", kept.in_words()))
            .help(match kept.as_days() > longest {
                true => "remove it: without it, versions are kept for ever".to_owned(),
                false => format!("write whole days, such as `{}`", kept.in_days_up()),
            }),
    );
}

/// `lock` of a data set, beside what else is said of it.
///
/// Source of the limit: Amazon S3 API Reference, `DefaultRetention`, and Amazon S3 User Guide, "Object Lock considerations" (100 years).
pub(super) fn check_lock(
    body: &document::Data,
    span: impl Fn(&'static str) -> Span,
    keep: Span,
    provider: &Facts,
    out: &mut Vec<Diagnostic>,
) {
    let Some(VersionLock { mode, keep: locked }) = body.lock else { return };
    let longest = provider.backup.longest_days;
    if !whole_days(locked) || locked.as_days() > longest {
        out.push(
            Diagnostic::new(codes::BAD_RETENTION, "versions cannot be locked like this")
                .at(keep, format!("locked for {}", locked.in_words()))
                .help(match locked.as_days() > longest {
                    true => format!("lock them for at most {longest} days"),
                    false => format!("write whole days, such as `{}`", locked.in_days_up()),
                }),
        );
    }
    if let Some(kept) = body.keep_versions.filter(|kept| *kept < locked) {
        out.push(
            Diagnostic::new(codes::LOCK_CONTRADICTED, "versions cannot be deleted before their lock ends")
                .at(span("keep-versions"), format!("deleted after {}", kept.in_words()))
                .at(keep, format!("locked for {}", locked.in_words()))
                .help(format!("set `keep-versions: {}` or longer", locked.in_days_up())),
        );
    }
    if body.backfill.is_some() {
        let lock = match mode {
            Lock::Governance => "a governance lock",
            Lock::Compliance => "a compliance lock",
        };
        out.push(
            Diagnostic::new(codes::LOCK_CONTRADICTED, "jobs cannot report to a bucket that locks what is written")
                .at(span("backfill"), "its jobs write their list and their report to the bucket")
                .at(span("lock"), lock)
                .help("copy what is older by hand, with a report to another bucket, and state `backfilled`; or remove `lock`"),
        );
    }
}

fn whole_days(time: Duration) -> bool {
    time >= Duration::DAY && time.as_seconds().is_multiple_of(Duration::DAY.as_seconds())
}
