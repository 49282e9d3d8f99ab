//! The recovery, event by event: tasks begin when what they wait for is done and their person is there.

use std::collections::{BTreeMap, BTreeSet};

use super::choices::{Choices, Question};
use super::critical::Traces;
use super::people::People;
use super::tasks::{Task, Tasks, Work};
use super::transfers::Transfers;
use super::{Disaster, Event};
use crate::document::Name;
use crate::phase::Phase;
use crate::policy::Policy;
use crate::source::Span;

/// What happened.
#[derive(Debug, Default)]
pub(super) struct Ran<'p> {
    pub(super) timeline: Vec<Event>,
    /// When each service was back, in seconds. Missing: never.
    pub(super) back: BTreeMap<&'p Name, u64>,
    /// When the restore of a data set began.
    pub(super) restores: BTreeMap<(&'p Name, &'p Name), u64>,
    /// The seconds of each phase on the critical path of a service that is back.
    pub(super) spent: BTreeMap<&'p Name, BTreeMap<Phase, u64>>,
    /// The tasks, and when each was done.
    pub(super) tasks: Vec<Task<'p>>,
    pub(super) traces: Traces<'p>,
}

/// Runs the recovery until nothing happens any more.
pub(super) fn run<'p>(policy: &'p Policy, disaster: &Disaster<'p>, choices: &mut dyn Choices) -> Ran<'p> {
    let tasks = Tasks::new(policy, disaster, choices).all;
    let count = tasks.len();
    let mut run = Run {
        policy,
        away: disaster.away.clone(),
        choices,
        tasks,
        people: People::default(),
        ends: BTreeMap::new(),
        pools: BTreeMap::new(),
        at_least: BTreeMap::new(),
        traces: Traces::new(count),
        now: 0,
        ran: Ran::default(),
    };
    for task in 0..count {
        if run.tasks.get(task).is_some_and(|task| task.open == 0) {
            run.ready(task);
        }
    }
    run.go();
    Ran { tasks: run.tasks, traces: run.traces, ..run.ran }
}

struct Run<'a, 'p> {
    policy: &'p Policy,
    /// The people who never answer.
    away: BTreeSet<&'p Name>,
    choices: &'a mut dyn Choices,
    tasks: Vec<Task<'p>>,
    people: People<'p>,
    /// The tasks that end at a time.
    ends: BTreeMap<u64, Vec<usize>>,
    /// The restores that run, by the throughput that they share.
    pools: BTreeMap<Option<Span>, Transfers>,
    /// The earliest end of a restore.
    at_least: BTreeMap<usize, u64>,
    traces: Traces<'p>,
    now: u64,
    ran: Ran<'p>,
}

impl<'p> Run<'_, 'p> {
    fn go(&mut self) {
        loop {
            while let Some((person, waiting)) = self.people.ready() {
                let count = waiting.len();
                let nth = if count == 1 {
                    0
                } else {
                    let tasks = waiting.iter().filter_map(|nth| self.tasks.get(*nth));
                    let services: Vec<&Name> = tasks.map(|task| task.service).collect();
                    self.choices.one_of(Question::Order(person, &services), count)
                };
                match self.people.begin(person, nth) {
                    Some(task) => self.begin(task),
                    None => return,
                }
            }
            let transfers = self.pools.values().filter_map(Transfers::next).min();
            let next = [
                self.ends.keys().next().copied(),
                self.people.next(),
                transfers.map(|seconds| self.now.saturating_add(seconds)),
            ];
            let Some(next) = next.into_iter().flatten().min() else { return };
            let passed = next.saturating_sub(self.now);
            self.now = next;
            let mut ended: Vec<usize> = self.ends.remove(&next).unwrap_or_default();
            for pool in self.pools.values_mut() {
                pool.pass(passed);
                for task in pool.ended() {
                    match self.at_least.remove(&task).filter(|least| *least > next) {
                        Some(later) => self.ends.entry(later).or_default().push(task),
                        None => ended.push(task),
                    }
                }
            }
            for person in self.people.answer(next) {
                let began = self.traces.called(person).unwrap_or(self.now);
                let away = self.away.contains(person);
                let what = if away { "does not answer" } else { "answers" };
                self.say(None, format!("`{person}` {what}"), (began, Some(person), Phase::Notify));
                if away {
                    self.silent(person);
                }
            }
            ended.into_iter().for_each(|task| self.end(task));
        }
    }

    /// A task could begin: at once, or when its person is there.
    fn ready(&mut self, nth: usize) {
        let Some(task) = self.tasks.get(nth) else { return };
        let Some(person) = task.by else { return self.begin(nth) };
        self.ask(nth, person, self.now);
    }

    /// A task of a person could begin; somebody has been called for it since then. It never begins if nobody is left to do it.
    fn ask(&mut self, nth: usize, person: &'p Name, since: u64) {
        let contacts = self.policy.continuity.as_ref().map(|plan| &plan.contacts);
        let contact = |name: &Name| contacts.and_then(|contacts| contacts.get(name));
        let acting = self.people.acting(person, |name| contact(name)?.deputy.as_ref());
        let Some(acting) = acting else { return };
        if let Some(task) = self.tasks.get_mut(nth) {
            task.by = Some(acting);
        }
        if self.people.wants(acting, nth)
            && let Some(contact) = contact(acting)
        {
            let most = contact.answers_within.0.as_seconds();
            // Whoever calls somebody who does not answer waits for as long as they may take.
            let takes = match self.away.contains(acting) {
                true => most,
                false => self.choices.up_to(Question::Answers(acting), most),
            };
            let answers = self.now.saturating_add(takes);
            self.people.call(acting, answers);
            self.traces.call(acting, (since, self.now), answers);
        }
    }

    /// Somebody does not answer, so their deputy gets their tasks.
    fn silent(&mut self, person: &'p Name) {
        let since = self.traces.called(person).unwrap_or(self.now);
        for task in self.people.is_silent(person) {
            self.ask(task, person, since);
        }
    }

    fn begin(&mut self, nth: usize) {
        let Some(task) = self.tasks.get(nth) else { return };
        self.traces.begin(nth, self.now, task.by);
        if let Some(data) = task.restores {
            self.ran.restores.entry((task.service, data)).or_insert(self.now);
        }
        match task.work {
            Work::Fixed(takes) => {
                self.ends.entry(self.now.saturating_add(takes)).or_default().push(nth);
            }
            Work::Transfer { alone, at_least, pool } => {
                self.at_least.insert(nth, self.now.saturating_add(at_least));
                self.pools.entry(pool).or_default().begin(nth, alone);
            }
            Work::Never => {}
        }
    }

    fn end(&mut self, nth: usize) {
        let Some(task) = self.tasks.get(nth) else { return };
        let (service, what, back) = (task.service, task.what.clone(), task.is_back);
        let (by, awakes, next) = (task.by, task.awakes, task.next.clone());
        let silent = task.silent.clone();
        let did = (self.traces.began(nth), by, task.phase);
        self.traces.end(nth, self.now, by);
        self.say(Some(service), what, did);
        if back {
            self.ran.back.insert(service, self.now);
            self.ran.spent.insert(service, self.traces.spent(nth, &self.tasks));
        }
        if let Some(person) = by {
            self.people.done(person);
        }
        if let Some(person) = awakes {
            self.people.is_there(person);
        }
        silent.into_iter().for_each(|person| self.silent(person));
        for task in next {
            let Some(waiting) = self.tasks.get_mut(task) else { continue };
            waiting.open = waiting.open.saturating_sub(1);
            if waiting.open == 0 {
                self.traces.ready(task, self.now, nth);
                self.ready(task);
            }
        }
    }

    fn say(&mut self, service: Option<&Name>, what: String, (began, by, phase): (u64, Option<&Name>, Phase)) {
        let service = service.map(ToString::to_string).unwrap_or_default();
        self.ran.timeline.push(Event { after: self.now, began, service, by: by.cloned(), phase, what });
    }
}
