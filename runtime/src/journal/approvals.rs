//! Approvals and rules of earlier runs: pure functions over the runs of a journal.

use holdfast_compiler::plan::Context;

use super::RunState;
use crate::approval::Rule;

/// The run that has applied the whole plan with this digest.
#[must_use]
pub fn applied<'a>(runs: &'a [RunState], plan: &str) -> Option<&'a RunState> {
    runs.iter().find(|past| past.is_complete() && past.run.plan == plan)
}

/// The run that has used up an approval. A run that was killed or failed does not use it up for the same plan, so
/// that the plan can be applied again after a crash.
#[must_use]
pub fn used<'a>(runs: &'a [RunState], statement: &str, plan: &str) -> Option<&'a RunState> {
    let uses = |past: &&RunState| past.run.approvals.iter().any(|used| used.statement == statement);
    runs.iter().filter(uses).find(|past| past.is_complete() || past.run.plan != plan)
}

/// The rule of the last run of an estate on a cloud and an account. If this estate has had no run there, the rule of
/// the last run of any estate applies, so that renaming an estate does not evade it.
#[must_use]
pub fn rule<'a>(runs: &'a [RunState], context: &Context) -> Option<&'a Rule> {
    let there = || runs.iter().rev().filter(|past| past.run.context.is_beside(context));
    let same = there().find(|past| past.run.context.estate == context.estate);
    same.or_else(|| there().next())?.run.rule.as_ref()
}

/// The rule that a run records: that of its policies. If they dropped the rule of the last run, the run records a
/// rule that requires no approvals. So a run without a rule after a run with one is always a forgery.
#[must_use]
pub fn recorded(rule: Option<&Rule>, last: Option<&Rule>) -> Option<Rule> {
    let dropped = |last: &Rule| Rule { required: 0, signers: String::new(), ..last.clone() };
    rule.cloned().or_else(|| last.map(dropped))
}

/// The rule that a run records if it was applied without the approvals it needs: the rule of the last run, because
/// nobody has approved a different one.
#[must_use]
pub fn unchanged(rule: Option<&Rule>, last: Option<&Rule>) -> Option<Rule> {
    last.filter(|last| last.required > 0).or(rule).or(last).cloned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use holdfast_compiler::plan::Accounts;

    use holdfast_compiler::posture::Posture;

    use super::*;
    use crate::journal::{Entry, Event, Run, UsedApproval, state};

    fn context(estate: &str) -> Context {
        Context {
            estate: estate.to_owned(),
            cloud: "aws".to_owned(),
            accounts: Accounts::one("aws", "000000000000", "aws"),
        }
    }

    fn runs(events: Vec<Event>) -> Vec<RunState> {
        let mut runs = Vec::new();
        for (at, event) in events.into_iter().enumerate() {
            let (number, at_) = (at as u64 + 1, format!("t{}", at + 1));
            state::next(&mut runs, at, &Entry { number, previous: String::new(), at: at_, event }).unwrap();
        }
        runs
    }

    fn started(estate: &str, plan: &str, statement: &str, required: Option<u8>) -> Event {
        let approval = UsedApproval { approver: "alice".to_owned(), statement: statement.to_owned() };
        let rule = required.map(|required| Rule {
            required,
            hold_seconds: 60,
            evacuation_seconds: None,
            signers: String::new(),
        });
        let run = Run::new(context(estate), Posture::default(), plan.to_owned(), 1, String::new());
        Event::RunStarted(Box::new(Run { approvals: vec![approval], rule, ..run }))
    }

    fn finished(failed: usize) -> Event {
        Event::RunFinished {
            done: 1 - failed,
            failed,
            not_started: failed,
            interrupted: false,
            signature: None,
        }
    }

    #[test]
    fn only_a_successful_run_uses_up_its_approvals() {
        let killed = vec![started("acme", "p", "s", None)];
        let failed = vec![started("acme", "p", "s", None), finished(1)];
        let done = vec![started("acme", "p", "s", None), finished(0)];
        let used = |events: &[Event], plan: &str| {
            let runs = runs(events.to_vec());
            super::used(&runs, "s", plan).map(|past| (past.number, past.started.clone()))
        };
        assert_eq!(used(&killed, "p"), None);
        assert_eq!(used(&failed, "p"), None);
        assert_eq!(used(&done, "p"), Some((1, "t1".to_owned())));
        assert_eq!(used(&killed, "q"), Some((1, "t1".to_owned())), "of another plan");
        let again = [killed, done.clone()].concat();
        assert_eq!(used(&again, "p"), Some((2, "t2".to_owned())));
        let runs = runs(done);
        assert!(super::used(&runs, "other", "p").is_none());
        assert!(applied(&runs, "p").is_some() && applied(&runs, "q").is_none());
    }

    #[test]
    fn rule_comes_from_the_last_run_of_the_estate() {
        let of = |events: Vec<Event>| rule(&runs(events), &context("acme")).map(|rule| rule.required);
        assert_eq!(of(vec![]), None);
        let two = || started("acme", "p", "s", Some(2));
        assert_eq!(of(vec![two(), started("other", "q", "s", Some(5))]), Some(2));
        assert_eq!(of(vec![two(), started("acme", "q", "s", Some(0))]), Some(0), "recorded as dropped");
        assert_eq!(of(vec![started("other", "q", "s", Some(5))]), Some(5), "a new name does not evade it");
    }
}
