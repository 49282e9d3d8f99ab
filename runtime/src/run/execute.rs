//! Executes the steps of a run until all are done, a signal stops it, or its time is up.

use futures::stream::{self, StreamExt as _};
use holdfast_compiler::plan::Plan;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::front::{Ending, Front, Notice, Screen};
use super::start::Start;
use super::{Ended, RunError, RunOptions};
use crate::apply::{Stopped, apply};
use crate::cloud::Cloud;
use crate::estate::Remark;
use crate::journal::{Run, Writer};

/// Execute a plan as a run, and show the result.
pub(super) async fn carry_out(
    plan: &Plan,
    run: Run,
    cloud: &dyn Cloud,
    start: &Start<'_>,
    options: &RunOptions,
    front: &dyn Front,
) -> Result<Ended, RunError> {
    let (digest, steps) = (run.plan.clone(), run.steps);
    let silent = start.claim.silent();
    // Listen before the first entry, so that a run that was begun always records that it was stopped.
    let mut requests = front.requests_to_end().map_err(RunError::Signals)?.chain(stream::pending());
    let journal = Writer::begin(start.claim, run, start.signer).await?;
    cloud.run_begins(journal.run()).await;
    let screen = front.begin(&digest, steps);
    let (tell, told) = oneshot::channel();
    let twice = async {
        requests.next().await;
        screen.stopping(Stopped::Asked);
        // This fails if the run has already ended; then there is nothing to stop.
        let _ = tell.send(());
        requests.next().await;
    };
    let stop = stop(told, options, screen.as_ref());
    let ended = tokio::select! {
        biased;
        () = twice => None,
        outcome = apply(plan, cloud, &journal, &options.settings, screen.as_ref(), stop) => Some(outcome),
    };
    // Wait until all entries are durable before showing the end.
    drop(journal);
    let since = start.claim.silent().into_iter().filter(|(place, _)| !silent.contains_key(place));
    Remark::silent(since.collect()).for_each(|remark| front.tell(Notice::Remark(remark)));
    let Some(outcome) = ended else {
        screen.over(Ending::Aborted);
        return Ok(Ended::Aborted);
    };
    screen.over(Ending::Outcome { plan, outcome: &outcome, calls: cloud.calls() });
    if let Some(error) = outcome.journal {
        return Err(error.into());
    }
    let whole = outcome.failed.is_empty() && outcome.not_started.is_empty() && !plan.is_partial();
    Ok(if whole { Ended::Complete } else { Ended::Partial })
}

/// Resolves when the run should stop early, with the reason.
async fn stop(told: oneshot::Receiver<()>, options: &RunOptions, screen: &dyn Screen) -> Stopped {
    let Some(longest) = options.timeout else {
        let _ = told.await;
        return Stopped::Asked;
    };
    tokio::select! {
        _ = told => Stopped::Asked,
        () = sleep(std::time::Duration::from_secs(longest.as_seconds())) => {
            screen.stopping(Stopped::Late);
            Stopped::Late
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::source::Sources;

    use super::*;
    use crate::journal::{End, Journal, Memory};
    use crate::local::{Local, Weather};
    use crate::run::Approved;
    use crate::run::sample::{Folder, Listener, options};

    /// Execute a plan of four steps in memory; returns the journal too.
    async fn run(front: &Listener) -> (Ended, Memory) {
        let (plan, memory) = (Folder::new().await.saved.plan, Memory::default());
        let cloud = Local::in_memory(Weather::default());
        let callers = cloud.callers().await.unwrap();
        let claim = Journal::in_memory(&memory).claim("dora@host", None).await.unwrap();
        let policies = &Sources::default();
        let (author, commit) = (None, None);
        let start = Start { claim: &claim, callers: &callers, signer: None, policies, author, commit };
        let run = start.run(&plan, "d".to_owned(), Approved::default()).await.unwrap();
        (carry_out(&plan, run, &cloud, &start, &options(), front).await.unwrap(), memory)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn all_steps_run_in_order_and_are_counted() {
        let front = Listener::new();
        assert_eq!(run(&front).await.0, Ended::Complete);
        assert_eq!(
            front.said(),
            [
                "begins with 6 steps",
                "create aws.bucket.files.docs.oregon",
                "create aws.bucket.files.docs.virginia",
                "create aws.bucket-policy.files.docs.oregon",
                "create aws.role.files.docs",
                "create aws.bucket-policy.files.docs.virginia",
                "create aws.replication.files.docs",
                "6 done, 0 not started",
            ]
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn first_stop_request_starts_no_further_step_and_is_recorded() {
        let front = Listener { requests: 1, ..Listener::new() };
        let (ended, memory) = run(&front).await;
        assert_eq!(ended, Ended::Partial);
        let said = front.said();
        assert_eq!(said[..2], ["begins with 6 steps", "stopping: Asked"]);
        assert!(said.last().unwrap().ends_with("not started"), "{said:?}");
        let history = Journal::in_memory(&memory).read().await.unwrap();
        assert!(matches!(history.runs[0].end, End::Finished { interrupted: true, .. }), "{:?}", history.runs);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn second_stop_request_ends_the_run_immediately_and_leaves_it_open() {
        let front = Listener { requests: 2, ..Listener::new() };
        let (ended, memory) = run(&front).await;
        assert_eq!(ended, Ended::Aborted);
        assert_eq!(front.said(), ["begins with 6 steps", "stopping: Asked", "ended at once"]);
        assert!(Journal::in_memory(&memory).read().await.unwrap().open().is_some());
    }
}
