//! Waiting for AWS to agree with itself. A change that one call has confirmed is not yet known to all that the
//! next call asks; such answers are repeated, and only such: which ones is a table, with its sources.
//!
//! The SDK repeats what failed on the way (throttling, 5xx, lost connections) by itself, up to a number of
//! attempts. This here comes on top: it outlasts throttling for as long as [`PATIENCE`], and every repetition
//! is counted as a call.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::class;
use crate::cloud::{Class, CloudError};

/// How long an answer may stay wrong, and throttling may go on: IAM and versioning usually take seconds. The
/// call that is under way when it ends is still waited for.
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// An answer that will change by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passing {
    /// Its code.
    code: &'static str,
    /// A part of its message, in lower case; empty for any message.
    message: &'static str,
}

const fn passing(code: &'static str, message: &'static str) -> Passing {
    Passing { code, message }
}

/// "A conflicting conditional operation is currently in progress against this resource. Try again."
/// Source: Amazon S3 API Reference, "Error responses", `OperationAborted`.
const CONFLICT: Passing = passing("OperationAborted", "");

/// Settings of a bucket that has been there for a while.
pub(super) const BUCKET: &[Passing] = &[CONFLICT];

/// Settings of a bucket just made. Source: Amazon S3 User Guide, "Amazon S3 data consistency model": bucket
/// configurations are eventually consistent.
pub(super) const NEW_BUCKET: &[Passing] = &[CONFLICT, passing("NoSuchBucket", "")];

/// Replication, whose buckets, versioning and role may all be seconds old.
///
/// Sources: Amazon S3 API Reference, `PutBucketVersioning` (it can take a while to be seen everywhere);
/// hashicorp/terraform-provider-aws `internal/service/s3/bucket_replication_configuration.go` repeats the first
/// two; terraform-aws-modules/terraform-aws-s3-bucket issue 172 shows the third. IAM User Guide,
/// "Troubleshoot IAM: changes that I make are not always immediately visible": for a role that S3 does not see
/// yet no code is documented, so any message about the role counts, but never a missing permission of ours.
pub(super) const REPLICATION: &[Passing] = &[
    CONFLICT,
    passing("NoSuchBucket", ""),
    passing("InvalidRequest", "versioning must be 'enabled'"),
    passing("InvalidRequest", "destination bucket must have versioning enabled"),
    passing("InvalidRequest", "destination bucket must exist"),
    passing("InvalidRequest", "role"),
    passing("InvalidArgument", "role"),
];

/// A role just made. Source: as above, and IAM API Reference, `ConcurrentModification`.
pub(super) const NEW_ROLE: &[Passing] = &[passing("NoSuchEntity", ""), passing("ConcurrentModification", "")];

/// A role that has been there for a while.
pub(super) const ROLE: &[Passing] = &[passing("ConcurrentModification", "")];

/// Route 53's own answers last, except for throttling, of which it does the most.
pub(super) const ROUTE53: &[Passing] = &[];

/// Tags of a health check just made.
pub(super) const NEW_HEALTH_CHECK: &[Passing] = &[passing("NoSuchHealthCheck", "")];

tokio::task_local! {
    /// The call that is made is a repetition, because AWS did not agree with itself yet. The task carries
    /// that from here to the counter, which is deep inside the SDK.
    static REPETITION: ();
}

/// Whether the running call repeats one that came too early.
pub(super) fn is_repetition() -> bool {
    REPETITION.try_with(|()| ()).is_ok()
}

/// Call until the answer is neither throttling nor one of the passing ones, or patience ends. The last answer counts.
pub(super) async fn retry<T, Call>(table: &[Passing], mut call: impl FnMut() -> Call) -> Result<T, CloudError>
where
    Call: Future<Output = Result<T, CloudError>>,
{
    let end = Instant::now() + PATIENCE;
    let mut pause = FIRST;
    let mut answer = call().await;
    loop {
        let early = match &answer {
            Err(error) if throttled(error) => false,
            Err(error) if passes(table, error) => true,
            _ => return answer,
        };
        if Instant::now() + pause >= end {
            return answer;
        }
        tracing::debug!(error = ?answer.as_ref().err(), ?pause, "asked again");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
        // What was throttled has been counted as such.
        answer = if early { REPETITION.scope((), call()).await } else { call().await };
    }
}

/// Whether an error only says that it was too much at once.
pub(super) fn throttled(error: &CloudError) -> bool {
    error.class == Class::Throttled
}

/// Whether a code only says that it was too much at once.
pub(super) fn is_throttling(code: &str) -> bool {
    class(code) == Class::Throttled
}

fn passes(table: &[Passing], error: &CloudError) -> bool {
    let message = error.message.to_lowercase();
    table.iter().any(|passing| error.code == passing.code && message.contains(passing.message))
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
        assert!(passes(REPLICATION, &error("InvalidRequest", yet)));
        assert!(passes(REPLICATION, &error("InvalidRequest", "Destination bucket must exist.")));
        assert!(!passes(REPLICATION, &error("InvalidRequest", "Found duplicate priority 1")));
        assert!(!passes(REPLICATION, &error("AccessDenied", "not authorized to pass this role")));
        assert!(!passes(BUCKET, &error("NoSuchBucket", "")));
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
