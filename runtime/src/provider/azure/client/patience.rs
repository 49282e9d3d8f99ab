//! Whether a call is sent again, and when.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::arm::Again;
use crate::cloud::{Class, CloudError};

/// The most attempts of a call, as for AWS: a disaster is a bad time to give up early.
const ATTEMPTS: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that Azure may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// How long, and how often, a call is sent again.
pub(super) struct Patience {
    end: Instant,
    pause: Duration,
    attempts: u32,
    signed_in: bool,
}

impl Patience {
    pub(super) fn new(longest: Duration) -> Self {
        Self { end: Instant::now() + longest, pause: FIRST_PAUSE, attempts: 0, signed_in: false }
    }

    /// Whether no attempt has failed.
    pub(super) fn is_fresh(&self) -> bool {
        self.attempts == 0
    }

    /// Wait for the next attempt after one that failed.
    ///
    /// # Errors
    /// There is none: it makes no sense, or there were enough.
    pub(super) async fn again(
        &mut self,
        error: CloudError,
        asked: Option<Duration>,
        again: Again,
    ) -> Result<(), CloudError> {
        self.attempts += 1;
        let again = match error.class {
            Class::Throttled | Class::Early => true,
            // The endpoint was never reached.
            Class::Unanswered if error.code == "NoConnection" => true,
            Class::Unanswered | Class::Unavailable => again == Again::Yes,
            // A token can be revoked before it expires; it is forgotten now, and another one is asked for once.
            Class::Credentials if error.code != "NoCredentials" => {
                !std::mem::replace(&mut self.signed_in, true)
            }
            _ => false,
        };
        let wait = wait(asked, self.pause);
        if !again || self.attempts >= ATTEMPTS || Instant::now() + wait > self.end {
            return Err(error);
        }
        sleep(wait).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// How long to wait before the next attempt: as long as Azure asks, which may be not at all, and at least the pause of Holdfast's own.
fn wait(asked: Option<Duration>, pause: Duration) -> Duration {
    asked.unwrap_or(pause).clamp(pause, LONGEST_ASKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempt_waits_whatever_azure_asks() {
        let seconds = Duration::from_secs;
        for (asked, wanted) in [
            (None, FIRST_PAUSE),
            (Some(Duration::ZERO), FIRST_PAUSE),
            (Some(seconds(17)), seconds(17)),
            (Some(seconds(86_400)), LONGEST_ASKED),
        ] {
            assert_eq!(wait(asked, FIRST_PAUSE), wanted, "{asked:?}");
        }
        assert_eq!(wait(Some(Duration::ZERO), LONGEST_PAUSE), LONGEST_PAUSE);
    }
}
