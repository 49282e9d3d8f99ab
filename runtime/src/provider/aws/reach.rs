//! Who answers: a circuit breaker per service and region.
//!
//! A lost region answers nothing, or refuses everything with 5xx. It costs a command [`SILENCE`] once, however many calls
//! go there: from then on they fail at once. The breaker stays open until the command ends; the next command asks again.
//! A change gets more time than a question. One that is given up may have taken effect, as with any lost answer: the next
//! run looks.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use holdfast_compiler::resource::Call;
use tokio::time::{Instant, sleep, sleep_until};

use super::error::fault;
use crate::cloud::CloudError;

/// How long a service of a region may be silent while it is asked, since the first question or its last answer. The SDK
/// gives up connecting after five seconds, so this is three attempts; twice this and the pauses of
/// [`first_answer`](Reach::first_answer) are less than the 30 seconds that a dead region may cost a plan.
const SILENCE: Duration = Duration::from_secs(12);

/// How long it may be silent while something is changed there.
const SILENCE_OF_A_CHANGE: Duration = Duration::from_secs(20);

/// How long a question that any region can answer waits for one before it goes to the next as well.
const HEDGE: Duration = Duration::from_secs(2);

/// What is known of every service and region. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach(Arc<Mutex<BTreeMap<(String, String), Part>>>);

/// One service in one region.
#[derive(Debug, Default)]
struct Part {
    /// Questions without an answer yet.
    asking: usize,
    /// When it was last heard of, or first asked.
    since: Option<Instant>,
    /// Why nothing more is asked of it.
    open: Option<CloudError>,
}

/// The error if a service answers in no region: more likely the way to it is cut than all of them are lost.
fn nowhere(error: CloudError, regions: &[String]) -> CloudError {
    let all = regions.join(", ");
    let message = format!(
        "{}. No region answers (asked: {all}): look at the network of this machine, and at HTTPS_PROXY and AWS_ENDPOINT_URL, \
         which say where AWS is asked",
        error.message
    );
    CloudError { message, ..error }
}

impl Reach {
    /// Ask a service of a region, unless it is known to be silent.
    ///
    /// # Errors
    /// The answer was an error, or there is none.
    pub(crate) async fn ask<T>(
        &self,
        call: &Call,
        region: &str,
        question: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let answer = self.watch(call, region, SILENCE, question).await.and_then(|answer| answer);
        match &answer {
            Err(error) if error.is_silence() => self.open(call, region, error),
            _ => self.heard(call.service(), region),
        }
        answer
    }

    /// Change something, unless its region is known to be silent.
    ///
    /// # Errors
    /// There is no answer: whether it took effect is unknown.
    pub(crate) async fn change<T>(
        &self,
        call: &Call,
        region: &str,
        change: impl Future<Output = T>,
    ) -> Result<T, CloudError> {
        let answer = self.watch(call, region, SILENCE_OF_A_CHANGE, change).await;
        if let Err(error) = &answer {
            self.open(call, region, error);
        }
        answer
    }

    /// Wait for an answer for as long as the service of the region is not silent.
    async fn watch<T>(
        &self,
        call: &Call,
        region: &str,
        patience: Duration,
        answer: impl Future<Output = T>,
    ) -> Result<T, CloudError> {
        let key = (call.service().to_owned(), region.to_owned());
        let _asking = self.begin(&key)?;
        let mut answer = pin!(answer);
        loop {
            let end = self.end(&key, patience);
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                () = sleep_until(end) => if self.end(&key, patience) <= Instant::now() {
                    let (service, region) = &key;
                    let message = format!("{service} in {region} has not answered for {} s", patience.as_secs());
                    return Err(fault(call, "NoAnswer", message));
                },
            }
        }
    }

    /// Ask nothing more of a service of a region, because of this error.
    pub(crate) fn open(&self, call: &Call, region: &str, error: &CloudError) {
        let key = (call.service().to_owned(), region.to_owned());
        self.parts().entry(key).or_default().open.get_or_insert_with(|| error.clone());
    }

    /// Ask a service that gives the same answer in every region: one region after the other, until one answers.
    ///
    /// # Errors
    /// The first answer is an error, or none of the regions answers.
    pub(crate) async fn first_answer<T, Question>(
        &self,
        call: &Call,
        regions: &[String],
        question: impl Fn(String) -> Question,
    ) -> Result<T, CloudError>
    where
        Question: Future<Output = Result<T, CloudError>>,
    {
        let mut rest = regions.iter();
        let mut asked = FuturesUnordered::new();
        let mut last = None;
        let mut next = true;
        loop {
            if next && let Some(region) = rest.next() {
                asked.push(self.ask(call, region, question(region.clone())));
            }
            tokio::select! {
                biased;
                answer = asked.next() => match answer {
                    Some(Err(error)) if error.is_silence() => (last, next) = (Some(error), true),
                    Some(answer) => return answer,
                    None if rest.len() == 0 => {
                        let error = last.unwrap_or_else(|| fault(call, "NoConnection", "no region to ask"));
                        return Err(nowhere(error, regions));
                    }
                    None => next = true,
                },
                () = sleep(HEDGE), if rest.len() > 0 => next = true,
            }
            next &= rest.len() > 0;
        }
    }

    /// A service of a region has answered, whatever it said.
    pub(crate) fn heard(&self, service: &str, region: &str) {
        self.parts().entry((service.to_owned(), region.to_owned())).or_default().since = Some(Instant::now());
    }

    fn begin(&self, key: &(String, String)) -> Result<Asking, CloudError> {
        let mut parts = self.parts();
        let part = parts.entry(key.clone()).or_default();
        if let Some(error) = &part.open {
            return Err(error.clone());
        }
        if part.asking == 0 {
            part.since = Some(Instant::now());
        }
        part.asking += 1;
        Ok(Asking { reach: self.clone(), key: key.clone() })
    }

    /// When a service of a region counts as silent.
    fn end(&self, key: &(String, String), patience: Duration) -> Instant {
        let parts = self.parts();
        let part = parts.get(key);
        // Where another question found it silent, this one ends too.
        if part.is_some_and(|part| part.open.is_some()) {
            return Instant::now();
        }
        part.and_then(|part| part.since).unwrap_or_else(Instant::now) + patience
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<(String, String), Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is under way.
struct Asking {
    reach: Reach,
    key: (String, String),
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(part) = self.reach.parts().get_mut(&self.key) {
            part.asking = part.asking.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use holdfast_compiler::provider::aws::IDENTITY;
    use holdfast_compiler::provider::aws::s3::bucket::{GET_TAGS, LIST};

    use super::*;
    use crate::cloud::Class;

    async fn never() -> Result<(), CloudError> {
        std::future::pending().await
    }

    #[tokio::test(start_paused = true)]
    async fn silent_region_costs_its_time_once_for_all_calls() {
        let (reach, began) = (Reach::default(), Instant::now());
        let asks = (0..50).map(|_| reach.ask(&GET_TAGS, "us-east-1", never()));
        let answers = futures::future::join_all(asks).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().class == Class::Unanswered));
        assert_eq!(began.elapsed(), SILENCE);
        let error = reach.ask(&GET_TAGS, "us-east-1", never()).await.unwrap_err();
        assert_eq!(error.message, "s3 in us-east-1 has not answered for 12 s");
        assert_eq!(began.elapsed(), SILENCE, "a later call costs nothing");
        assert_eq!(reach.ask(&GET_TAGS, "us-west-2", async { Ok(1) }).await, Ok(1), "others are asked");
        assert_eq!(reach.ask(&IDENTITY, "us-east-1", async { Ok(1) }).await, Ok(1), "of any service");
    }

    #[tokio::test(start_paused = true)]
    async fn change_in_a_silent_region_is_given_up_and_the_next_one_is_not_begun() {
        let (reach, began) = (Reach::default(), Instant::now());
        let changes = (0..5).map(|_| reach.change(&GET_TAGS, "us-east-1", std::future::pending::<()>()));
        let answers = futures::future::join_all(changes).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().code == "NoAnswer"));
        assert_eq!(began.elapsed(), SILENCE_OF_A_CHANGE);
        assert!(reach.change(&GET_TAGS, "us-east-1", async {}).await.is_err());
        assert_eq!(reach.change(&GET_TAGS, "us-west-2", async { 1 }).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn region_that_answers_slowly_is_not_silent() {
        let reach = Reach::default();
        let slow = reach.ask(&GET_TAGS, "us-east-1", async {
            sleep(SILENCE * 3).await;
            Ok(7)
        });
        let others = async {
            for _ in 0..6 {
                sleep(SILENCE / 2).await;
                reach.heard("s3", "us-east-1");
            }
        };
        assert_eq!(tokio::join!(slow, others).0, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn refused_call_opens_the_breaker_and_denied_call_does_not() {
        let reach = Reach::default();
        let refused = |code: &'static str| async move { Err::<(), _>(fault(&GET_TAGS, code, "")) };
        assert!(reach.ask(&GET_TAGS, "us-east-1", refused("AccessDenied")).await.is_err());
        assert_eq!(reach.ask(&GET_TAGS, "us-east-1", async { Ok(1) }).await, Ok(1));
        assert!(reach.ask(&GET_TAGS, "us-east-1", refused("ServiceUnavailable")).await.is_err());
        assert_eq!(
            reach.ask(&GET_TAGS, "us-east-1", async { Ok(1) }).await.unwrap_err().code,
            "ServiceUnavailable"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn question_for_any_region_goes_to_the_next_one_that_answers() {
        let regions = ["us-east-1", "us-west-2", "eu-west-1"].map(str::to_owned);
        let (reach, began, asked) = (Reach::default(), Instant::now(), AtomicU64::new(0));
        let ask = |region: String| {
            asked.fetch_add(1, Ordering::SeqCst);
            async move { if region == "us-east-1" { never().await.map(|()| region) } else { Ok(region) } }
        };
        assert_eq!(reach.first_answer(&LIST, &regions, ask).await, Ok("us-west-2".to_owned()));
        assert_eq!((began.elapsed(), asked.load(Ordering::SeqCst)), (HEDGE, 2), "no third one");
        let denied = |_| async { Err::<(), _>(fault(&LIST, "AccessDenied", "")) };
        assert_eq!(reach.first_answer(&LIST, &regions, denied).await.unwrap_err().code, "AccessDenied");
        let nobody = |_| never();
        assert_eq!(reach.first_answer(&LIST, &regions, nobody).await.unwrap_err().code, "NoAnswer");
        assert!(began.elapsed() <= HEDGE * 4 + SILENCE, "{:?}", began.elapsed());
    }
}
