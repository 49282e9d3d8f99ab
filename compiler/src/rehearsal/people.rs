//! People: each is called when the first of their steps could begin, and then does one step at a time. For who does not answer, their
//! deputy is called.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Name;

/// What a person is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nobody has called them.
    #[default]
    Away,
    /// They answer at this time.
    Called(u64),
    /// They can begin a step.
    Free,
    /// They do a step until it is done.
    Busy,
    /// They did not answer, and nobody calls them again.
    Silent,
}

/// The people of a recovery.
#[derive(Debug, Default)]
pub(super) struct People<'p> {
    states: BTreeMap<&'p Name, State>,
    /// The tasks that could begin, in the order in which they became ready.
    waiting: BTreeMap<&'p Name, Vec<usize>>,
}

impl<'p> People<'p> {
    /// A task that somebody has to do could begin. Returns whether they have to be called.
    pub(super) fn wants(&mut self, person: &'p Name, task: usize) -> bool {
        self.waiting.entry(person).or_default().push(task);
        self.states.get(person).copied().unwrap_or_default() == State::Away
    }

    pub(super) fn call(&mut self, person: &'p Name, answers: u64) {
        self.states.insert(person, State::Called(answers));
    }

    /// Somebody is there, for example because they have just decided.
    pub(super) fn is_there(&mut self, person: &'p Name) {
        let state = self.states.entry(person).or_default();
        if *state != State::Busy {
            *state = State::Free;
        }
    }

    /// Somebody does not answer. Returns the tasks that waited for them.
    pub(super) fn is_silent(&mut self, person: &'p Name) -> Vec<usize> {
        self.states.insert(person, State::Silent);
        self.waiting.remove(person).unwrap_or_default()
    }

    /// Who does a person's tasks: they themselves, or else the first of their deputies who is not known not to answer. `deputy` gives the
    /// deputy of somebody. `None`: nobody.
    pub(super) fn acting(
        &self,
        person: &'p Name,
        deputy: impl Fn(&Name) -> Option<&'p Name>,
    ) -> Option<&'p Name> {
        let silent = |name: &Name| self.states.get(name) == Some(&State::Silent);
        let (mut tried, mut next) = (BTreeSet::new(), Some(person));
        while let Some(one) = next.filter(|one| silent(one) && tried.insert(*one)) {
            next = deputy(one);
        }
        next.filter(|one| !silent(one))
    }

    /// When the next one answers.
    pub(super) fn next(&self) -> Option<u64> {
        let answers = self.states.values().filter_map(|state| match state {
            State::Called(at) => Some(*at),
            _ => None,
        });
        answers.min()
    }

    /// Those who have answered by now.
    pub(super) fn answer(&mut self, now: u64) -> Vec<&'p Name> {
        let called = |state: &State| matches!(state, State::Called(at) if *at <= now);
        let there: Vec<&Name> =
            self.states.iter().filter(|(_, state)| called(state)).map(|(name, _)| *name).collect();
        there.iter().for_each(|name| {
            self.states.insert(name, State::Free);
        });
        there
    }

    /// Somebody who can begin a task, with the tasks.
    pub(super) fn ready(&self) -> Option<(&'p Name, &[usize])> {
        let free = |name: &Name| self.states.get(name) == Some(&State::Free);
        let ready = self.waiting.iter().find(|(name, tasks)| free(name) && !tasks.is_empty());
        ready.map(|(name, tasks)| (*name, tasks.as_slice()))
    }

    /// Somebody begins one of the tasks they could begin. Returns it.
    pub(super) fn begin(&mut self, person: &'p Name, nth: usize) -> Option<usize> {
        let tasks = self.waiting.get_mut(person)?;
        (nth < tasks.len()).then(|| {
            self.states.insert(person, State::Busy);
            tasks.remove(nth)
        })
    }

    /// Somebody has done a task.
    pub(super) fn done(&mut self, person: &'p Name) {
        self.states.insert(person, State::Free);
    }
}
