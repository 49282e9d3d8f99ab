//! Whether a drill passed.

use super::{Finding, Outcome, Record, ended_on};
use crate::policy::Policy;
use crate::units::{Date, Duration};

/// How long the owner of a finding has: Holdfast's choice.
const SETTLED_WITHIN: Duration = Duration::hours(30 * 24);

/// Judge a drill that was held: add a finding for each limit that was missed, each number that nobody knows, each service of which
/// nothing was recovered although the drill recovers something, and each criterion that is not met; then say how it ended. What was
/// aborted stays aborted. Each finding without an owner gets that of the service it names first, or whoever leads the drill,
/// and each has a day until which it has to be settled.
#[must_use]
pub fn judge(policy: &Policy, mut record: Record) -> Record {
    let mut found = Vec::new();
    for one in &record.achieved {
        let of = match &one.data {
            Some(data) => format!("{}.{data}", one.service),
            None => one.service.clone(),
        };
        let owner = owner(policy, &one.service);
        let cause = match (one.seconds, one.objective) {
            (None, _) => format!("the {} of `{of}` is not known: {}", one.measure, one.how),
            (Some(seconds), Some(limit)) if seconds > limit => format!(
                "the {} of `{of}` was {}, and at most {} is allowed",
                one.measure,
                words(seconds),
                words(limit)
            ),
            _ => continue,
        };
        found.push(Finding { cause, owner, due: None });
    }
    if !record.form.recovers_nothing() {
        found.extend(unmeasured(policy, &record));
    }
    for criterion in &record.criteria {
        let said = criterion.output.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
        let cause = match criterion.met {
            Some(true) => continue,
            Some(false) => format!("a criterion is not met: {}{said}", criterion.text),
            None if criterion.probed => {
                format!("nobody can tell whether a criterion is met: {}{said}", criterion.text)
            }
            None => format!("nobody said whether a criterion is met: {}", criterion.text),
        };
        found.push(Finding { cause, owner: None, due: None });
    }
    // What is known of a drill that was broken off is no judgement of it.
    if record.outcome != Outcome::Aborted {
        record.findings.append(&mut found);
    }
    for finding in record.findings.iter_mut().filter(|finding| finding.owner.is_none()) {
        finding.owner.clone_from(&record.lead);
    }
    let due = due_on(policy, &record).map(|due| due.to_string());
    for finding in record.findings.iter_mut().filter(|finding| finding.due.is_none()) {
        finding.due.clone_from(&due);
    }
    record.outcome = match (record.outcome, record.findings.is_empty()) {
        (Outcome::Aborted, _) => Outcome::Aborted,
        (_, true) => Outcome::Passed,
        (_, false) => Outcome::Failed,
    };
    record
}

/// The day until which findings have to be settled: after 30 days, or when the drill is held again if that is sooner.
fn due_on(policy: &Policy, record: &Record) -> Option<Date> {
    let drill = policy.drills.values().find(|drill| drill.name.as_str() == record.drill);
    let within = drill.map_or(SETTLED_WITHIN, |drill| drill.every.0.min(SETTLED_WITHIN));
    Some(ended_on(record)?.after(within))
}

/// A finding for each service of which nothing was measured, or a single one if nothing was.
fn unmeasured(policy: &Policy, record: &Record) -> Vec<Finding> {
    if record.achieved.is_empty() {
        let cause = "nothing was recovered, so nothing was measured".to_owned();
        return vec![Finding { cause, owner: None, due: None }];
    }
    let finding = |service: &String| Finding {
        cause: format!("nothing of `{service}` was recovered, so nothing of it was measured"),
        owner: owner(policy, service),
        due: None,
    };
    let is_unmeasured = |service: &&String| record.achieved.iter().all(|one| one.service != **service);
    record.services.iter().filter(is_unmeasured).map(finding).collect()
}

/// Who is responsible for a service, as the policies say.
pub(super) fn owner(policy: &Policy, service: &str) -> Option<String> {
    let service = policy.services.values().find(|one| one.name.as_str() == service)?;
    service.owner.as_ref().map(|(owner, _)| owner.to_string())
}

fn words(seconds: u64) -> String {
    Duration::seconds(seconds).in_words()
}
