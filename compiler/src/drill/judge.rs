//! Whether a drill passed.

use super::{Finding, Outcome, Record};
use crate::policy::Policy;
use crate::units::Duration;

/// Judge a drill that was held: add a finding for each limit that was missed, each number that nobody knows, and each criterion that
/// is not met; then say how it ended. What was aborted stays aborted. Each finding without an owner gets that of the service it names
/// first, or whoever leads the drill.
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
        found.push(Finding { cause, owner });
    }
    if record.achieved.is_empty() && !record.form.recovers_nothing() {
        found.push(Finding {
            cause: "nothing was recovered, so nothing was measured".to_owned(),
            owner: None,
        });
    }
    for criterion in &record.criteria {
        let said = criterion.output.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
        let cause = match criterion.met {
            Some(true) => continue,
            Some(false) => format!("a criterion is not met: {}{said}", criterion.text),
            None => format!("nobody said whether a criterion is met: {}", criterion.text),
        };
        found.push(Finding { cause, owner: None });
    }
    // What is known of a drill that was broken off is no judgement of it.
    if record.outcome != Outcome::Aborted {
        record.findings.append(&mut found);
    }
    for finding in record.findings.iter_mut().filter(|finding| finding.owner.is_none()) {
        finding.owner.clone_from(&record.lead);
    }
    record.outcome = match (record.outcome, record.findings.is_empty()) {
        (Outcome::Aborted, _) => Outcome::Aborted,
        (_, true) => Outcome::Passed,
        (_, false) => Outcome::Failed,
    };
    record
}

/// Who is responsible for a service, as the policies say.
pub(super) fn owner(policy: &Policy, service: &str) -> Option<String> {
    let service = policy.services.values().find(|one| one.name.as_str() == service)?;
    service.owner.as_ref().map(|(owner, _)| owner.to_string())
}

fn words(seconds: u64) -> String {
    Duration::seconds(seconds).in_words()
}
