//! What earlier runs say about approvals: pure functions over the entries.

use holdfast_compiler::plan::Context;

use super::{Entry, Event, Run};
use crate::approval::Rule;

/// A run of the journal.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// When it began (RFC 3339, UTC).
    pub at: &'a str,
    /// What it was about.
    pub run: &'a Run,
    /// Whether all of it was done.
    pub whole: bool,
}

/// The runs of a journal, in their order.
#[must_use]
pub fn runs(entries: &[Entry]) -> Vec<Past<'_>> {
    let mut runs: Vec<Past<'_>> = Vec::new();
    for entry in entries {
        match &entry.event {
            Event::RunStarted(run) => {
                runs.push(Past { number: runs.len() + 1, at: &entry.at, run, whole: false });
            }
            Event::RunFinished { failed, not_started, .. } => {
                if let Some(last) = runs.last_mut() {
                    last.whole = *failed == 0 && *not_started == 0;
                }
            }
            _ => {}
        }
    }
    runs
}

/// The run that has applied all of a plan.
#[must_use]
pub fn applied<'a>(runs: &[Past<'a>], plan: &str) -> Option<Past<'a>> {
    runs.iter().find(|past| past.whole && past.run.plan == plan).copied()
}

/// The run that has used up an approval. One that was killed or failed has not, for the plan it was about: a crash
/// costs nothing but time.
#[must_use]
pub fn used<'a>(runs: &[Past<'a>], statement: &str, plan: &str) -> Option<Past<'a>> {
    let uses = |past: &&Past<'_>| past.run.approvals.iter().any(|used| used.statement == statement);
    runs.iter().filter(uses).find(|past| past.whole || past.run.plan != plan).copied()
}

/// The rule of the last run of an estate on a cloud and an account. An estate that has had no run is asked for the rule
/// of the last one there: a new name is no way around it.
#[must_use]
pub fn rule<'a>(runs: &[Past<'a>], context: &Context) -> Option<&'a Rule> {
    let near = |other: &Context| (&other.cloud, &other.account) == (&context.cloud, &context.account);
    let same = runs.iter().rev().find(|past| past.run.context == *context);
    same.or_else(|| runs.iter().rev().find(|past| near(&past.run.context)))?.run.rule.as_ref()
}

/// Whether a journal has the entry of a hash; `last` is the hash of its last one. No hash is the beginning.
#[must_use]
pub fn contains(entries: &[Entry], last: &str, head: &str) -> bool {
    head.is_empty() || head == last || entries.iter().any(|entry| entry.previous == head)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::journal::UsedApproval;

    fn context(estate: &str) -> Context {
        Context { estate: estate.to_owned(), cloud: "aws".to_owned(), account: "000000000000".to_owned() }
    }

    fn journal(events: Vec<Event>) -> Vec<Entry> {
        let entry = |(nth, event): (usize, Event)| Entry {
            number: nth as u64 + 1,
            previous: if nth == 0 { String::new() } else { format!("h{nth}") },
            at: format!("t{}", nth + 1),
            event,
        };
        events.into_iter().enumerate().map(entry).collect()
    }

    fn started(estate: &str, plan: &str, statement: &str, required: Option<u8>) -> Event {
        let approval = UsedApproval { approver: "alice".to_owned(), statement: statement.to_owned() };
        let rule = required.map(|required| Rule { required, hold_seconds: 60, signers: String::new() });
        let run = Run::new(context(estate), plan.to_owned(), 1, String::new());
        Event::RunStarted(Run { approvals: vec![approval], rule, ..run })
    }

    fn finished(failed: usize) -> Event {
        Event::RunFinished { done: 1, failed, not_started: 0, interrupted: false }
    }

    #[test]
    fn only_a_run_that_ended_well_uses_up_what_it_had() {
        let killed = vec![started("acme", "p", "s", None)];
        let failed = vec![started("acme", "p", "s", None), finished(1)];
        let done = vec![started("acme", "p", "s", None), finished(0)];
        let used = |events: &[Event], plan: &str| {
            let entries = journal(events.to_vec());
            super::used(&runs(&entries), "s", plan).map(|past| (past.number, past.at.to_owned()))
        };
        assert_eq!(used(&killed, "p"), None);
        assert_eq!(used(&failed, "p"), None);
        assert_eq!(used(&done, "p"), Some((1, "t1".to_owned())));
        assert_eq!(used(&killed, "q"), Some((1, "t1".to_owned())), "of another plan");
        let again = [killed, done.clone()].concat();
        assert_eq!(used(&again, "p"), Some((2, "t2".to_owned())));
        let entries = journal(done);
        assert!(super::used(&runs(&entries), "other", "p").is_none());
        assert!(applied(&runs(&entries), "p").is_some() && applied(&runs(&entries), "q").is_none());
    }

    #[test]
    fn the_rule_is_that_of_the_last_run_of_the_estate() {
        let of = |events: Vec<Event>| {
            let entries = journal(events);
            rule(&runs(&entries), &context("acme")).map(|rule| rule.required)
        };
        assert_eq!(of(vec![]), None);
        let two = || started("acme", "p", "s", Some(2));
        assert_eq!(of(vec![two(), started("other", "q", "s", Some(5))]), Some(2));
        assert_eq!(of(vec![two(), started("acme", "q", "s", None)]), None);
    }

    #[test]
    fn a_journal_has_the_hashes_of_its_entries() {
        let entries = journal(vec![started("acme", "p", "s", None), finished(0)]);
        for (head, there) in [("", true), ("h1", true), ("last", true), ("h2", false)] {
            assert_eq!(contains(&entries, "last", head), there, "{head}");
        }
        assert!(!contains(&[], "", "h1"));
    }
}
