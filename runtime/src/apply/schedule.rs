//! What can start now.
//!
//! A unit is what starts together: the steps of one batch, or one step. A step is settled once everything it
//! needs outside its batch has ended, well or badly; a unit starts when all its steps are settled, with those
//! whose needs were all met.

use std::collections::{BTreeMap, VecDeque};

use holdfast_compiler::plan::{Action, Plan, StepId};

/// What is known about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Done,
    /// Failed, or not started: whoever needs it is not started either.
    Out,
}

/// The steps of a plan and how far they are.
pub(super) struct Schedule<'a> {
    plan: &'a Plan,
    states: Vec<State>,
    /// Steps it waits for, per step.
    needs: Vec<Vec<usize>>,
    /// Steps that wait for it, per step.
    users: Vec<Vec<usize>>,
    /// How many needs outside of its own unit have not ended, per step.
    open: Vec<usize>,
    unit_of: Vec<usize>,
    units: Vec<Vec<usize>>,
    /// How many steps have to follow each other from this one on, itself included.
    ways: Vec<usize>,
    /// How many steps of it are not settled, per unit.
    unsettled: Vec<usize>,
    ready: VecDeque<Vec<usize>>,
    /// Why a step was not started.
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
            .map(|step| step.needs.iter().filter_map(|need| index.get(need).copied()).collect())
            .collect();
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
        for (at, needs) in needs.iter().enumerate() {
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
        let ways = ways(plan, &needs, &unit_of);
        let unsettled = units.iter().map(Vec::len).collect();
        let states = vec![State::Waiting; count];
        let (ready, because) = (VecDeque::new(), BTreeMap::new());
        let mut schedule =
            Self { plan, states, needs, users, open, unit_of, units, ways, unsettled, ready, because };
        let free: Vec<usize> = (0..count).filter(|at| schedule.open.get(*at) == Some(&0)).collect();
        free.into_iter().for_each(|at| schedule.settled(at));
        schedule
    }

    /// A unit that can start: indices of steps, in the plan's order.
    pub(super) fn next(&mut self) -> Option<Vec<usize>> {
        self.ready.pop_front()
    }

    /// How many steps have to follow each other from a unit on.
    pub(super) fn way(&self, unit: &[usize]) -> usize {
        unit.iter().filter_map(|at| self.ways.get(*at)).copied().max().unwrap_or(0)
    }

    /// A step has ended.
    pub(super) fn settle(&mut self, at: usize, well: bool) {
        self.end(at, if well { State::Done } else { State::Out });
    }

    /// The steps that were not started, each with the nearest reason: a step it needs that failed or was not
    /// started. Without one, its turn had not come when the run was stopped.
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

    /// Ends a step, and whatever ends with it. Iterative: a chain of ten thousand steps is no recursion.
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

    /// A step's outside needs have all ended. If that holds for its whole unit, the unit starts; steps that
    /// end without starting are returned.
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
            // What exists and is kept is there, whatever becomes of what it was once built on.
            let kept =
                self.plan.steps.get(step).is_some_and(|s| s.action == Action::Keep && s.object.is_some());
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

/// How many steps have to follow each other from each step on. Steps come after what they need, so one pass
/// from the end is enough; a plan in another order would only run in a worse one. What is kept takes no time,
/// and steps of one unit run together.
fn ways(plan: &Plan, needs: &[Vec<usize>], unit_of: &[usize]) -> Vec<usize> {
    let mut ways = vec![0; needs.len()];
    for (at, step) in plan.steps.iter().enumerate().rev() {
        let behind: usize = ways.get(at).copied().unwrap_or(0);
        let way = behind.max(usize::from(step.action != Action::Keep));
        if let Some(slot) = ways.get_mut(at) {
            *slot = way;
        }
        for need in needs.get(at).into_iter().flatten() {
            let own = usize::from(plan.steps.get(*need).is_some_and(|step| step.action != Action::Keep));
            let together = unit_of.get(*need) == unit_of.get(at);
            if let Some(slot) = ways.get_mut(*need) {
                *slot = (*slot).max(if together { way } else { way + own });
            }
        }
    }
    ways
}
