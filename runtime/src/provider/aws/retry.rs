//! Retries for eventual consistency. A change that AWS has confirmed may not be visible to the next call yet. Only
//! calls that fail for that reason are repeated; tables list the errors, with sources.
//!
//! The SDK already retries throttling, 5xx and lost connections, up to a number of attempts. This module adds to
//! that: it repeats throttled calls for up to [`PATIENCE`], and every repetition is counted as a call.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::class;
use crate::cloud::{Class, CloudError};

/// How long a transient error or throttling may last: IAM and versioning usually take seconds. A call that is in
/// progress at the end is still awaited.
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// A transient error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transient {
    /// Its code.
    code: &'static str,
    /// A part of its message, in lower case; empty for any message.
    message: &'static str,
}

const fn transient(code: &'static str, message: &'static str) -> Transient {
    Transient { code, message }
}

/// "A conflicting conditional operation is currently in progress against this resource. Try again."
/// Source: Amazon S3 API Reference, "Error responses", `OperationAborted`.
const CONFLICT: Transient = transient("OperationAborted", "");

/// For settings of an existing bucket.
pub(super) const BUCKET: &[Transient] = &[CONFLICT];

/// For settings of a new bucket. Source: Amazon S3 User Guide, "Amazon S3 data consistency model": bucket
/// configurations are eventually consistent.
pub(super) const NEW_BUCKET: &[Transient] = &[CONFLICT, transient("NoSuchBucket", "")];

/// For the receivers of a bucket's events, whose topic and its policy may be seconds old: S3 sends each a message first. Source:
/// hashicorp/terraform-provider-aws `internal/service/s3/bucket_notification.go` retries the last one.
pub(super) const DESTINATION: &[Transient] = &[
    CONFLICT,
    transient("NoSuchBucket", ""),
    transient("InvalidArgument", "Unable to validate the following destination configurations"),
];

/// For Object Lock of a new bucket, whose versioning may be seconds old. Source: Amazon S3 API Reference, "Error responses",
/// `InvalidBucketState`.
pub(super) const NEW_LOCK: &[Transient] =
    &[CONFLICT, transient("NoSuchBucket", ""), transient("InvalidBucketState", "versioning")];

/// For the policy of a bucket, which may let in a role that is seconds old. Source: hashicorp/terraform-provider-aws
/// `internal/service/s3/bucket_policy.go` retries the last one.
pub(super) const BUCKET_POLICY: &[Transient] =
    &[CONFLICT, transient("NoSuchBucket", ""), transient("MalformedPolicy", "invalid principal")];

/// For replication, whose buckets, versioning and role may all be seconds old.
///
/// Sources: Amazon S3 API Reference, `PutBucketVersioning` (it may take time to propagate);
/// hashicorp/terraform-provider-aws `internal/service/s3/bucket_replication_configuration.go` retries the first two;
/// terraform-aws-modules/terraform-aws-s3-bucket issue 172 shows the third. IAM User Guide, "Troubleshoot IAM:
/// changes that I make are not always immediately visible": no code is documented for a role that S3 does not see
/// yet, so any message about the role counts, but never a missing permission of the caller.
pub(super) const REPLICATION: &[Transient] = &[
    CONFLICT,
    transient("NoSuchBucket", ""),
    transient("InvalidRequest", "versioning must be 'enabled'"),
    transient("InvalidRequest", "destination bucket must have versioning enabled"),
    transient("InvalidRequest", "destination bucket must exist"),
    transient("InvalidRequest", "role"),
    transient("InvalidArgument", "role"),
];

/// For a new role. Sources: as above, and IAM API Reference, `ConcurrentModification`.
pub(super) const NEW_ROLE: &[Transient] =
    &[transient("NoSuchEntity", ""), transient("ConcurrentModification", "")];

/// For an existing role.
pub(super) const ROLE: &[Transient] = &[transient("ConcurrentModification", "")];

/// For a KMS key: no transient errors.
pub(super) const KEY: &[Transient] = &[];

/// For a new KMS key, which may not be known everywhere yet, or whose state is still `Creating` (AWS KMS Developer Guide, "Key states of
/// AWS KMS keys"; API Reference, `CreateKey`: "eventual consistency").
pub(super) const NEW_KEY: &[Transient] =
    &[transient("NotFoundException", ""), transient("KMSInvalidStateException", "")];

/// For AWS Backup: no transient errors.
pub(super) const VAULT: &[Transient] = &[];

/// For a new vault. Of a vault that it does not know, AWS Backup says that it is not found, or that the caller lacks privileges;
/// hashicorp/terraform-provider-aws `internal/service/backup/vault.go` takes both for absence. A missing permission has another
/// message.
pub(super) const NEW_VAULT: &[Transient] = &[
    transient("ResourceNotFoundException", ""),
    transient("AccessDeniedException", "insufficient privileges to perform this action"),
];

/// For the removal of a plan whose selection was removed seconds ago. Source: the same, `plan.go`.
pub(super) const EMPTY_PLAN: &[Transient] =
    &[transient("InvalidRequestException", "related backup plan selections must be deleted")];

/// For a selection, whose plan and role may be seconds old. Source: hashicorp/terraform-provider-aws
/// `internal/service/backup/selection.go` retries the last two.
pub(super) const SELECTION: &[Transient] = &[
    transient("ResourceNotFoundException", ""),
    transient("InvalidParameterValueException", "cannot be assumed"),
    transient("InvalidParameterValueException", "is not authorized to call"),
];

/// For a topic of SNS, and for alarms of CloudWatch: no transient errors.
pub(super) const TOPIC: &[Transient] = &[];
pub(super) const ALARM: &[Transient] = &[];

/// For a rule of EventBridge: no transient errors.
pub(super) const RULE: &[Transient] = &[];

/// For a rule, or the role of its targets, that may be seconds old. Source: hashicorp/terraform-provider-aws
/// `internal/service/events/target.go` retries the last one.
pub(super) const NEW_RULE: &[Transient] = &[
    transient("ResourceNotFoundException", ""),
    transient("ValidationException", "cannot be assumed by principal"),
];

/// For a topic that may be seconds old.
pub(super) const NEW_TOPIC: &[Transient] = &[transient("NotFound", "")];

/// For Route 53: no transient errors. Throttling, which is frequent there, is always retried.
pub(super) const ROUTE53: &[Transient] = &[];

/// For tags of a new health check.
pub(super) const NEW_HEALTH_CHECK: &[Transient] = &[transient("NoSuchHealthCheck", "")];

tokio::task_local! {
    /// Set while a call is repeated because of eventual consistency. A task-local passes this to the counter, which
    /// is deep inside the SDK.
    static REPETITION: ();
}

/// Whether the current call repeats one that came too early.
pub(super) fn is_repetition() -> bool {
    REPETITION.try_with(|()| ()).is_ok()
}

/// Call until the result is neither throttling nor a transient error of the table, or [`PATIENCE`] ends. Returns the
/// last result.
pub(super) async fn retry<T, Call>(
    table: &[Transient],
    mut call: impl FnMut() -> Call,
) -> Result<T, CloudError>
where
    Call: Future<Output = Result<T, CloudError>>,
{
    let end = Instant::now() + PATIENCE;
    let mut pause = FIRST;
    let mut answer = call().await;
    loop {
        let early = match &answer {
            Err(error) if throttled(error) => false,
            Err(error) if is_transient(table, error) => true,
            _ => return answer,
        };
        if Instant::now() + pause >= end {
            return answer;
        }
        tracing::debug!(error = ?answer.as_ref().err(), ?pause, "retrying");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
        // Throttled calls are already counted as such.
        answer = if early { REPETITION.scope((), call()).await } else { call().await };
    }
}

/// Whether an error is throttling.
pub(super) fn throttled(error: &CloudError) -> bool {
    error.class == Class::Throttled
}

/// Whether a code means throttling.
pub(super) fn is_throttling(code: &str) -> bool {
    class(code) == Class::Throttled
}

fn is_transient(table: &[Transient], error: &CloudError) -> bool {
    let message = error.message.to_lowercase();
    table.iter().any(|transient| error.code == transient.code && message.contains(transient.message))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn error(code: &str, message: &str) -> CloudError {
        super::super::error::fault(&holdfast_compiler::provider::aws::s3::replication::PUT, code, message)
    }

    #[test]
    fn only_transient_answers_are_retried() {
        let yet = "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
        assert!(is_transient(REPLICATION, &error("InvalidRequest", yet)));
        assert!(is_transient(REPLICATION, &error("InvalidRequest", "Destination bucket must exist.")));
        assert!(!is_transient(REPLICATION, &error("InvalidRequest", "Found duplicate priority 1")));
        assert!(!is_transient(REPLICATION, &error("AccessDenied", "not authorized to pass this role")));
        assert!(!is_transient(BUCKET, &error("NoSuchBucket", "")));
    }

    #[tokio::test]
    async fn transient_answer_is_retried() {
        let asked = Cell::new(0);
        let answer = retry(BUCKET, || {
            asked.set(asked.get() + 1);
            let answer = if asked.get() < 2 { Err(error("OperationAborted", "")) } else { Ok(7) };
            std::future::ready(answer)
        });
        assert_eq!(answer.await, Ok(7));
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test]
    async fn only_a_call_that_came_too_early_counts_as_a_repetition() {
        for (code, repetition) in [("NoSuchBucket", true), ("SlowDown", false)] {
            let seen = std::cell::RefCell::new(Vec::new());
            let answer = retry(NEW_BUCKET, || async {
                seen.borrow_mut().push(is_repetition());
                if seen.borrow().len() < 2 { Err(error(code, "")) } else { Ok(()) }
            });
            assert_eq!(answer.await, Ok(()));
            assert_eq!(seen.into_inner(), [false, repetition], "{code}");
        }
    }

    #[tokio::test]
    async fn other_answers_are_not_retried() {
        let answer = retry(ROUTE53, || std::future::ready(Err::<(), _>(error("AccessDenied", ""))));
        assert_eq!(answer.await, Err(error("AccessDenied", "")));
    }
}
