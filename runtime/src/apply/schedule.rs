//! Tracks which steps are ready to start.
//!
//! The steps of a unit start together: it is one batch, or one step. A step is settled once everything it needs
//! outside its batch has ended, successfully or not; a unit starts when all its steps are settled, with those whose
//! needs all succeeded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast_compiler::plan::{Action, Plan, Step, StepId};

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Done,
    /// Failed, or not started: steps that need it are not started either.
    Out,
}

/// The steps of a plan and their states.
pub(super) struct Schedule<'a> {
    plan: &'a Plan,
    states: Vec<State>,
    /// For each step, the steps that it needs: it is not started if one of them failed.
    needs: Vec<Vec<usize>>,
    /// For each step, the steps that wait for it.
    users: Vec<Vec<usize>>,
    /// For each step, how many needs outside its own unit have not ended.
    open: Vec<usize>,
    unit_of: Vec<usize>,
    units: Vec<Vec<usize>>,
    /// For each step, the length of the longest chain of steps that starts with it.
    chains: Vec<usize>,
    /// For each unit, how many of its steps are not settled.
    unsettled: Vec<usize>,
    ready: VecDeque<Vec<usize>>,
    /// For each step that was not started, the needed step that failed or was not started.
    because: BTreeMap<usize, usize>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let count = plan.steps.len();
        let index: BTreeMap<&StepId, usize> =
            plan.steps.iter().enumerate().map(|(at, s)| (&s.id, at)).collect();
        let needs: Vec<Vec<usize>> = plan
            .steps
            .iter()
            .map(|step| step.waits_for().filter_map(|need| index.get(need).copied()).collect())
            .collect();
        let waits = waits(plan, &needs);
        let mut batches: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut units, mut unit_of): (Vec<Vec<usize>>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, step) in plan.steps.iter().enumerate() {
            let unit = match &step.batch {
                Some(batch) => *batches.entry(batch).or_insert(units.len()),
                None => units.len(),
            };
            match units.get_mut(unit) {
                Some(steps) => steps.push(at),
                None => units.push(vec![at]),
            }
            unit_of.push(unit);
        }
        let mut users = vec![Vec::new(); count];
        let mut open = vec![0; count];
        for (at, needs) in waits.iter().enumerate() {
            for need in needs {
                if let Some(users) = users.get_mut(*need) {
                    users.push(at);
                }
                if unit_of.get(*need) != unit_of.get(at)
                    && let Some(open) = open.get_mut(at)
                {
                    *open += 1;
                }
            }
        }
        let chains = chains(plan, &needs, &unit_of);
        let unsettled = units.iter().map(Vec::len).collect();
        let states = vec![State::Waiting; count];
        let (ready, because) = (VecDeque::new(), BTreeMap::new());
        let mut schedule =
            Self { plan, states, needs, users, open, unit_of, units, chains, unsettled, ready, because };
        let free: Vec<usize> = (0..count).filter(|at| schedule.open.get(*at) == Some(&0)).collect();
        free.into_iter().for_each(|at| schedule.settled(at));
        schedule
    }

    /// The next unit that can start: indices of steps, in the plan's order.
    pub(super) fn next(&mut self) -> Option<Vec<usize>> {
        self.ready.pop_front()
    }

    /// The length of the longest chain of steps that starts with a unit.
    pub(super) fn chain(&self, unit: &[usize]) -> usize {
        unit.iter().filter_map(|at| self.chains.get(*at)).copied().max().unwrap_or(0)
    }

    /// Records that a step has ended.
    pub(super) fn settle(&mut self, at: usize, well: bool) {
        self.end(at, if well { State::Done } else { State::Out });
    }

    /// The steps that were not started, each with the nearest reason: a step it needs that failed or was not
    /// started. `None` if the run was stopped before the step could start.
    pub(super) fn not_started(&self) -> Vec<(StepId, Option<StepId>)> {
        let id = |at: usize| self.plan.steps.get(at).map(|step| step.id.clone());
        let because = |at: usize| self.because.get(&at).and_then(|because| id(*because));
        let undone = |at: &usize| self.because.contains_key(at) || self.state(*at) == State::Waiting;
        let pending = |at: &usize| self.plan.steps.get(*at).is_some_and(|step| step.action != Action::Keep);
        let steps = (0..self.plan.steps.len()).filter(|at| undone(at) && pending(at));
        steps.filter_map(|at| Some((id(at)?, because(at)))).collect()
    }

    fn state(&self, at: usize) -> State {
        self.states.get(at).copied().unwrap_or(State::Out)
    }

    /// Ends a step, and every step that ends as a consequence. Iterative, so that a chain of ten thousand steps does
    /// not overflow the stack.
    fn end(&mut self, at: usize, state: State) {
        let mut ended = vec![(at, state)];
        while let Some((at, state)) = ended.pop() {
            if self.state(at) != State::Waiting {
                continue;
            }
            if let Some(slot) = self.states.get_mut(at) {
                *slot = state;
            }
            for user in self.users.get(at).cloned().unwrap_or_default() {
                if self.unit_of.get(user) == self.unit_of.get(at) {
                    continue;
                }
                let Some(open) = self.open.get_mut(user) else { continue };
                *open -= 1;
                if *open == 0 {
                    ended.extend(self.settle_unit(user));
                }
            }
        }
    }

    fn settled(&mut self, at: usize) {
        for (at, state) in self.settle_unit(at) {
            self.end(at, state);
        }
    }

    /// Settles a step: its needs outside the unit have all ended. If the whole unit is settled, the unit starts.
    /// Returns the steps that end without starting.
    fn settle_unit(&mut self, at: usize) -> Vec<(usize, State)> {
        let Some(unit) = self.unit_of.get(at).copied() else { return Vec::new() };
        let Some(unsettled) = self.unsettled.get_mut(unit) else { return Vec::new() };
        *unsettled -= 1;
        if *unsettled > 0 {
            return Vec::new();
        }
        let (mut start, mut ended) = (Vec::new(), Vec::new());
        let mut out: Vec<usize> = Vec::new();
        for step in self.units.get(unit).cloned().unwrap_or_default() {
            let needs = self.needs.get(step).cloned().unwrap_or_default();
            let missing =
                needs.into_iter().find(|need| self.state(*need) == State::Out || out.contains(need));
            // An existing resource that is kept counts as done, even if a step it needs failed.
            let kept = self.plan.steps.get(step).is_some_and(Step::is_kept_object);
            match missing {
                Some(missing) if !kept => {
                    self.because.insert(step, missing);
                    out.push(step);
                    ended.push((step, State::Out));
                }
                _ => start.push(step),
            }
        }
        let nothing_to_do = |at: &usize| self.plan.steps.get(*at).is_some_and(|s| s.action == Action::Keep);
        if start.iter().all(nothing_to_do) {
            ended.extend(start.into_iter().map(|at| (at, State::Done)));
        } else {
            self.ready.push_back(start);
        }
        ended
    }
}

/// For each step, the steps it waits for: those it needs, and instead of an existing object that is kept, what that object
/// needs. So a step and what a kept object between them needs can be in one batch.
fn waits(plan: &Plan, needs: &[Vec<usize>]) -> Vec<BTreeSet<usize>> {
    let mut waits: Vec<BTreeSet<usize>> = Vec::with_capacity(needs.len());
    for direct in needs {
        let mut all = BTreeSet::new();
        for need in direct {
            match waits.get(*need) {
                Some(behind) if plan.steps.get(*need).is_some_and(Step::is_kept_object) => all.extend(behind),
                _ => all.extend([*need]),
            }
        }
        waits.push(all);
    }
    waits
}

/// For each step, the length of the longest chain of steps that starts with it. Steps come after what they need, so
/// one pass from the end is enough; in a plan of another order, only the priorities would be worse. Kept resources
/// take no time, and steps of one unit run together.
fn chains(plan: &Plan, needs: &[Vec<usize>], unit_of: &[usize]) -> Vec<usize> {
    let mut chains = vec![0; needs.len()];
    for (at, step) in plan.steps.iter().enumerate().rev() {
        let behind: usize = chains.get(at).copied().unwrap_or(0);
        let chain = behind.max(usize::from(step.action != Action::Keep));
        if let Some(slot) = chains.get_mut(at) {
            *slot = chain;
        }
        for need in needs.get(at).into_iter().flatten() {
            let own = usize::from(plan.steps.get(*need).is_some_and(|step| step.action != Action::Keep));
            let together = unit_of.get(*need) == unit_of.get(at);
            if let Some(slot) = chains.get_mut(*need) {
                *slot = (*slot).max(if together { chain } else { chain + own });
            }
        }
    }
    chains
}
