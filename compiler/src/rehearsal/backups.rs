//! The backup and copy jobs of one data set.
//!
//! A resource has one backup or copy job at a time (AWS Backup Developer Guide, "AWS Backup quotas"). A backup that cannot
//! start tries again at least every 10 minutes until its start window ends, and then expires (AWS Backup API Reference,
//! `BackupRuleInput`). A backup of objects is no picture of one moment: it surely has what was written before it began,
//! and may have anything that was written while it ran.

use super::calendar;
use super::choices::{Choices, Question};
use crate::document::Name;
use crate::policy::{DataSet, Service, Site};

/// How often a backup that cannot start tries again, in seconds.
const RETRY: i64 = 600;
/// What a copy is assumed to take if nobody states it: for ever.
const NEVER: i64 = i64::MAX / 4;

/// One backup in one place.
#[derive(Debug, Clone)]
pub(super) struct Kept<'p> {
    /// The number of its rule.
    pub(super) rule: usize,
    /// The site that holds it.
    pub(super) site: &'p Site,
    /// It has everything that was written before this moment.
    pub(super) content: i64,
    /// It has nothing that was written after this moment.
    pub(super) ended: i64,
    /// Since when it can be used.
    pub(super) arrived: i64,
    /// When it expires. The service deletes it within eight hours after that; the first moment counts.
    pub(super) expires: i64,
}

struct Pending {
    rule: usize,
    due: i64,
    tries: i64,
    until: i64,
}

struct Copying<'p> {
    rule: usize,
    due: i64,
    kept: Kept<'p>,
}

/// Everything that is kept of the jobs that are due from `from` to `to`.
pub(super) fn made<'p>(
    service: &'p Service,
    _name: &Name,
    set: &'p DataSet,
    from: i64,
    to: i64,
    choices: &mut dyn Choices,
) -> Vec<Kept<'p>> {
    let copy_takes = service.assumptions.backup_copy.as_ref().map(|copy| copy.value.value.as_seconds());
    let mut pending: Vec<Pending> = Vec::new();
    for (rule, schedule) in set.schedules.iter().enumerate() {
        for due in calendar::due(schedule, from, to, choices) {
            let lag = signed(choices.up_to(Question::Lag(rule, due), schedule.start.as_seconds()));
            pending.push(Pending {
                rule,
                due,
                tries: due.saturating_add(lag),
                until: due.saturating_add(signed(schedule.start.as_seconds())),
            });
        }
    }
    let mut copies: Vec<Copying<'p>> = Vec::new();
    let mut kept = Vec::new();
    let mut now = from;
    loop {
        // A copy that waits starts as soon as the resource is free; a backup only when it tries.
        let next = pending.iter().map(|one| one.tries).min();
        let next = if copies.is_empty() { next } else { Some(now) };
        let Some(next) = next else { break };
        now = now.max(next);
        pending.retain_mut(|one| {
            // All tries at once: a copy may take so long that counting them one by one never ends.
            if one.tries < now {
                let late = now.saturating_sub(one.tries);
                let steps = late.saturating_add(RETRY - 1) / RETRY;
                one.tries = one.tries.saturating_add(steps.saturating_mul(RETRY));
            }
            one.tries <= one.until
        });
        let ready: Vec<usize> =
            pending.iter().enumerate().filter(|(_, one)| one.tries == now).map(|(nth, _)| nth).collect();
        let count = ready.len() + copies.len();
        if count == 0 {
            continue;
        }
        let chosen = if count == 1 { 0 } else { choices.one_of(Question::CopyOrder, count) };
        if let Some(nth) = ready.get(chosen) {
            let job = pending.remove(*nth);
            let Some(schedule) = set.schedules.get(job.rule) else { continue };
            let takes =
                signed(choices.up_to(Question::Takes(job.rule, job.due), schedule.complete.as_seconds()));
            let ended = now.saturating_add(takes);
            for (site, _) in &schedule.to {
                let expires = now.saturating_add(signed(schedule.keep.as_seconds()));
                let one = Kept { rule: job.rule, site, content: now, ended, arrived: ended, expires };
                if site.name == set.primary.site.name {
                    kept.push(one);
                } else {
                    copies.push(Copying { rule: job.rule, due: job.due, kept: one });
                }
            }
            now = ended;
        } else if chosen - ready.len() < copies.len() {
            let copy = copies.remove(chosen - ready.len());
            match copy_takes {
                Some(most) => {
                    let takes = signed(choices.up_to(Question::Copies(copy.rule, copy.due), most));
                    now = now.saturating_add(takes);
                    kept.push(Kept { arrived: now, ..copy.kept });
                }
                None => kept.push(Kept { arrived: NEVER, ..copy.kept }),
            }
        }
    }
    kept
}

/// Seconds as a signed number.
pub(super) fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(NEVER)
}
