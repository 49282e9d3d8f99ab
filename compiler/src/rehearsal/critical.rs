//! The critical path: what a service waited for, from its return back to the disaster.

use std::collections::BTreeMap;

use super::tasks::Task;
use crate::document::Name;
use crate::phase::Phase;

/// When a task could begin, began and ended, in seconds, and the task that it waited for last.
#[derive(Debug, Clone, Copy, Default)]
struct Trace {
    ready: u64,
    began: u64,
    /// 0 as long as it has not ended.
    ended: u64,
    done: bool,
    last: Option<usize>,
    /// Seconds until its person answered.
    notified: u64,
}

/// The traces of all tasks.
#[derive(Debug, Default)]
pub(super) struct Traces<'p> {
    all: Vec<Trace>,
    /// Since when somebody was called for the tasks of each person, when they were called themselves, and when they answer.
    calls: BTreeMap<&'p Name, (u64, u64, u64)>,
    /// The last task of each person, and when it ended.
    freed: BTreeMap<&'p Name, (usize, u64)>,
}

impl<'p> Traces<'p> {
    pub(super) fn new(count: usize) -> Self {
        Self { all: vec![Trace::default(); count], calls: BTreeMap::new(), freed: BTreeMap::new() }
    }

    pub(super) fn call(&mut self, person: &'p Name, (since, now): (u64, u64), answers: u64) {
        self.calls.insert(person, (since, now, answers));
    }

    /// When a person was called.
    pub(super) fn called(&self, person: &Name) -> Option<u64> {
        self.calls.get(person).map(|(_, called, _)| *called)
    }

    /// A task could begin, because another one ended.
    pub(super) fn ready(&mut self, nth: usize, now: u64, last: usize) {
        if let Some(trace) = self.all.get_mut(nth) {
            (trace.ready, trace.last) = (now, Some(last));
        }
    }

    /// A task begins. If its person was busy until now, it waited for what they did.
    pub(super) fn begin(&mut self, nth: usize, now: u64, by: Option<&'p Name>) {
        let freed = by.and_then(|person| self.freed.get(person)).filter(|(_, ended)| *ended == now);
        let call = by.and_then(|person| self.calls.get(person));
        let Some(trace) = self.all.get_mut(nth) else { return };
        trace.began = now;
        if trace.ready < now {
            match (freed, call) {
                (Some((task, _)), _) => (trace.last, trace.ready) = (Some(*task), now),
                (None, Some((since, _, answers))) => {
                    trace.notified = now.min(*answers).saturating_sub(trace.ready.max(*since));
                }
                (None, None) => {}
            }
        }
    }

    /// When a task began and ended, if it ever did, and the task that it waited for last.
    pub(super) fn times(&self, nth: usize) -> (Option<(u64, u64)>, Option<usize>) {
        let Some(trace) = self.all.get(nth) else { return (None, None) };
        (trace.done.then_some((trace.began, trace.ended)), trace.last)
    }

    /// When a task began.
    pub(super) fn began(&self, nth: usize) -> u64 {
        self.all.get(nth).map(|trace| trace.began).unwrap_or_default()
    }

    pub(super) fn end(&mut self, nth: usize, now: u64, by: Option<&'p Name>) {
        if let Some(trace) = self.all.get_mut(nth) {
            (trace.ended, trace.done) = (now, true);
        }
        if let Some(person) = by {
            self.freed.insert(person, (nth, now));
        }
    }

    /// The seconds of each phase on the path to a task. What another service did until it was back is waiting.
    pub(super) fn spent(&self, nth: usize, tasks: &[Task<'_>]) -> BTreeMap<Phase, u64> {
        let mut spent: BTreeMap<Phase, u64> = BTreeMap::new();
        let mut add = |phase, seconds: u64| {
            if seconds > 0 {
                let sum = spent.entry(phase).or_default();
                *sum = sum.saturating_add(seconds);
            }
        };
        let service = tasks.get(nth).map(|task| task.service);
        let mut next = Some(nth);
        while let Some((task, trace)) = next.and_then(|nth| tasks.get(nth).zip(self.all.get(nth))) {
            if task.is_back && next != Some(nth) {
                add(Phase::Wait, trace.ended);
                break;
            }
            let own = service == Some(task.service);
            let of = |phase| if own { phase } else { Phase::Wait };
            add(of(task.phase), trace.ended.saturating_sub(trace.began));
            add(of(Phase::Notify), trace.notified);
            add(Phase::Wait, trace.began.saturating_sub(trace.ready).saturating_sub(trace.notified));
            next = trace.last;
        }
        spent
    }
}
