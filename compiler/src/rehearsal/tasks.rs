//! What has to happen until the services are back, as tasks that wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use super::Disaster;
use super::choices::{Choices, Question};
use super::nodes::Part;
use crate::document::{Disruption, Encryption, Name};
use crate::phase::Phase;
use crate::policy::{DataSet, EndpointTarget, Policy, RecoveryStep, Service, Site, StepAction, Traffic};
use crate::source::Span;

/// What a task takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// This many seconds.
    Fixed(u64),
    /// A restore: the seconds that its data takes alone, the least seconds in all, and the statement of the throughput that
    /// it shares with others.
    Transfer { alone: u64, at_least: u64, pool: Option<Span> },
    /// It never ends.
    Never,
}

/// One task.
#[derive(Debug)]
pub(super) struct Task<'p> {
    pub(super) service: &'p Name,
    pub(super) what: String,
    pub(super) part: Part,
    pub(super) phase: Phase,
    pub(super) by: Option<&'p Name>,
    pub(super) work: Work,
    /// The data set that it restores.
    pub(super) restores: Option<&'p Name>,
    /// Somebody who is there once it is done: whoever has decided.
    pub(super) awakes: Option<&'p Name>,
    /// Those who are known not to answer once it is done.
    pub(super) silent: Vec<&'p Name>,
    /// Whether the service is back with it.
    pub(super) is_back: bool,
    /// How many tasks it still waits for.
    pub(super) open: usize,
    /// The tasks that wait for it.
    pub(super) next: Vec<usize>,
}

impl Task<'_> {
    /// The seconds that it takes alone. `None`: it never ends.
    pub(super) fn alone(&self) -> Option<u64> {
        match self.work {
            Work::Fixed(seconds) => Some(seconds),
            Work::Transfer { alone, at_least, .. } => Some(alone.max(at_least)),
            Work::Never => None,
        }
    }
}

/// All tasks of a disaster.
pub(super) struct Tasks<'a, 'p> {
    policy: &'p Policy,
    disaster: &'a Disaster<'p>,
    choices: &'a mut dyn Choices,
    pub(super) all: Vec<Task<'p>>,
}

impl<'a, 'p> Tasks<'a, 'p> {
    pub(super) fn new(policy: &'p Policy, disaster: &'a Disaster<'p>, choices: &'a mut dyn Choices) -> Self {
        let mut tasks = Self { policy, disaster, choices, all: Vec::new() };
        let services: Vec<&'p Service> =
            disaster.services.iter().filter_map(|name| policy.services.get(*name)).collect();
        // First the ends, so that dependents can wait for them.
        let ends: BTreeMap<&'p Name, usize> = services
            .iter()
            .map(|service| {
                let back = (Phase::Verify, Work::Fixed(0), Part::Back);
                (&service.name, tasks.add(&service.name, "is back", back, &[]))
            })
            .collect();
        for service in services {
            let Some(end) = ends.get(&service.name) else { continue };
            if let Some(task) = tasks.all.get_mut(*end) {
                task.is_back = true;
            }
            tasks.service(service, *end, &ends);
        }
        tasks
    }

    fn add(
        &mut self,
        service: &'p Name,
        what: impl Into<String>,
        (phase, work, part): (Phase, Work, Part),
        after: &[usize],
    ) -> usize {
        let nth = self.all.len();
        self.all.push(Task {
            service,
            what: what.into(),
            part,
            phase,
            by: None,
            work,
            restores: None,
            awakes: None,
            silent: Vec::new(),
            is_back: false,
            open: 0,
            next: Vec::new(),
        });
        after.iter().for_each(|before| self.wait(nth, *before));
        nth
    }

    fn wait(&mut self, task: usize, before: usize) {
        if let Some(before) = self.all.get_mut(before) {
            before.next.push(task);
            if let Some(task) = self.all.get_mut(task) {
                task.open += 1;
            }
        }
    }

    fn service(&mut self, service: &'p Service, end: usize, ends: &BTreeMap<&'p Name, usize>) {
        let disruption = self.disaster.disruption;
        match disruption {
            Disruption::KeyLoss if !service.data.iter().any(|(name, set)| uses_key(service, name, set)) => {
                return;
            }
            // There is nothing that could be corrupted.
            Disruption::Corruption if service.data.is_empty() => return,
            _ => {}
        }
        let name = &service.name;
        let steps: &'p [RecoveryStep] = service.recovery.get(&disruption).map_or(&[], Vec::as_slice);
        let detection = self.detection(service);
        let noticed =
            self.add(name, "the disaster is noticed", (Phase::Detect, detection, Part::Noticed), &[]);
        self.wait(end, noticed);
        let decided = self.decision(service, steps, noticed);
        let others: Vec<usize> =
            service.depends_on.keys().filter_map(|other| ends.get(other).copied()).collect();
        others.iter().for_each(|other| self.wait(end, *other));
        let mut done: BTreeMap<&Name, usize> = BTreeMap::new();
        for step in steps {
            let mut after: Vec<usize> =
                step.after.iter().filter_map(|name| done.get(name).copied()).collect();
            after.push(noticed);
            if step.by.is_some() || disruption != Disruption::SiteLoss {
                after.extend(decided);
            }
            if step.action == StepAction::Verify {
                after.extend(&others);
            }
            let last = self.step(service, step, &after);
            done.insert(&step.name, last);
            self.wait(end, last);
        }
        for (_, last) in self.nobody_does(service, steps, noticed) {
            self.wait(end, last);
        }
    }

    /// Somebody has to decide before people begin, or before anything begins that no monitoring starts.
    fn decision(&mut self, service: &'p Service, steps: &[RecoveryStep], noticed: usize) -> Option<usize> {
        let silent = self.disaster.disruption != Disruption::SiteLoss;
        let wanted = !steps.is_empty() && (silent || steps.iter().any(|step| step.by.is_some()));
        if !wanted || steps.iter().any(|step| step.action == StepAction::Declare) {
            return None;
        }
        let plan = self.policy.continuity.as_ref();
        let mut levels = plan.into_iter().flat_map(|plan| &plan.body.levels);
        let level = levels.find(|level| level.disruptions.contains(&self.disaster.disruption));
        let within = level.and_then(|level| level.within);
        let (who, after) = match level.map(|level| &level.declared_by) {
            Some(person) => self.who_decides(service, person, noticed),
            None => (None, noticed),
        };
        let work = within.filter(|_| who.is_some()).map_or(Work::Never, |within| {
            Work::Fixed(self.choices.up_to(Question::Decided(&service.name), within.as_seconds()))
        });
        let decided = (Phase::Decide, work, Part::Decided(who.cloned()));
        let task = self.add(&service.name, "somebody has decided", decided, &[after]);
        if let Some(task) = self.all.get_mut(task) {
            task.awakes = who;
        }
        Some(task)
    }

    /// Who decides in place of a person who may not answer, and the task after which they begin. The time within which somebody decides
    /// has room for their answer, as that of the person has. `None`: nobody answers.
    fn who_decides(
        &mut self,
        service: &'p Service,
        person: &'p Name,
        noticed: usize,
    ) -> (Option<&'p Name>, usize) {
        let contacts = self.policy.continuity.as_ref().map(|plan| &plan.contacts);
        let (mut silent, mut waits, mut next) = (Vec::new(), 0_u64, Some(person));
        while let Some(one) = next.filter(|one| self.disaster.away.contains(one) && !silent.contains(one)) {
            silent.push(one);
            let contact = contacts.and_then(|contacts| contacts.get(one));
            waits = waits.saturating_add(contact.map_or(0, |one| one.answers_within.0.as_seconds()));
            next = contact.and_then(|contact| contact.deputy.as_ref());
        }
        if silent.is_empty() {
            return (Some(person), noticed);
        }
        let names: Vec<String> = silent.iter().map(|name| format!("`{name}`")).collect();
        let verb = if names.len() == 1 { "does" } else { "do" };
        let what = format!("{} {verb} not answer", names.join(", "));
        let called = (Phase::Notify, Work::Fixed(waits), Part::Decided(Some(person.clone())));
        let called = self.add(&service.name, what, called, &[noticed]);
        let who = next.filter(|one| !silent.contains(one));
        if let Some(task) = self.all.get_mut(called) {
            task.silent = silent;
        }
        (who, called)
    }

    fn step(&mut self, service: &'p Service, step: &'p RecoveryStep, after: &[usize]) -> usize {
        let question = Question::Step(&service.name, &step.name);
        let takes = step.takes.map(|(takes, _)| self.choices.up_to(question, takes.as_seconds()));
        let by = step.by.as_ref().map(|(person, _)| person);
        let work = match (&step.action, takes) {
            (StepAction::Restore(data), takes) => self.restore(service, data, takes),
            (_, Some(takes)) => Work::Fixed(takes),
            (StepAction::Failover(_), None) if by.is_none() => Work::Fixed(0),
            (_, None) => Work::Never,
        };
        let phase = match &step.action {
            StepAction::Declare => Phase::Decide,
            StepAction::Verify => Phase::Verify,
            StepAction::Restore(_) => Phase::Restore,
            StepAction::Act | StepAction::Failover(_) => Phase::Act,
        };
        let part = Part::Step(step.name.clone());
        let task = self.add(&service.name, format!("step `{}`", step.name), (phase, work, part), after);
        if let Some(added) = self.all.get_mut(task) {
            added.by = by;
            if let StepAction::Restore(data) = &step.action {
                added.restores = Some(data);
            }
        }
        match &step.action {
            StepAction::Failover(name) => match service.traffic.get(name) {
                Some(traffic) => self.moves(service, name, traffic, task),
                None => task,
            },
            _ => task,
        }
    }

    fn restore(&mut self, service: &'p Service, data: &'p Name, takes: Option<u64>) -> Work {
        let size = service.data.get(data).and_then(|set| set.size.as_ref());
        let rate = service.assumptions.restore_throughput.as_ref();
        match (size.zip(rate), takes) {
            (Some((size, rate)), takes) => {
                let most = rate.value.value.time_for(size.value.value).as_seconds();
                let alone = self.choices.up_to(Question::Step(&service.name, data), most);
                Work::Transfer { alone, at_least: takes.unwrap_or_default(), pool: rate.origin.span() }
            }
            (None, Some(takes)) => Work::Fixed(takes),
            (None, None) => Work::Never,
        }
    }

    /// Clients reach the standby: the DNS service changes its answers, caches run out, old connections end.
    fn moves(&mut self, service: &'p Service, name: &Name, traffic: &'p Traffic, after: usize) -> usize {
        let given = &service.assumptions;
        let alias =
            matches!(traffic.endpoints.first().map(|one| &one.target), Some(EndpointTarget::Alias { .. }));
        let ttl = if alias { traffic.provider.dns.alias_ttl.value } else { traffic.ttl.value };
        let parts = [given.health_propagation.value.value, ttl, given.resolver_slack.value.value];
        let question = Question::Moves(&service.name);
        let known = parts
            .into_iter()
            .map(|part| self.choices.up_to(question, part.as_seconds()))
            .fold(0, u64::saturating_add);
        let drained = self.choices.up_to(question, given.keep_alive.value.value.as_seconds());
        let known = if self.takes_over(traffic).is_some() { Work::Fixed(known) } else { Work::Never };
        let what = format!("no resolver answers with the lost site for `{name}` any more");
        let known =
            self.add(&service.name, what, (Phase::Propagate, known, Part::Answers(name.clone())), &[after]);
        let what = format!("clients of `{name}` reach the standby");
        let clients = (Phase::Drain, Work::Fixed(drained), Part::Clients(name.clone()));
        self.add(&service.name, what, clients, &[known])
    }

    /// The first endpoint that is not lost.
    fn takes_over(&self, traffic: &'p Traffic) -> Option<&'p Site> {
        let mut sites = traffic.endpoints.iter().map(|endpoint| &endpoint.site);
        sites.find(|site| !self.disaster.lost.contains(&site.name))
    }

    /// What no step does: traffic that fails over by itself, and what then never happens.
    fn nobody_does(
        &mut self,
        service: &'p Service,
        steps: &[RecoveryStep],
        noticed: usize,
    ) -> Vec<(&'static str, usize)> {
        let moved: BTreeSet<&Name> = steps
            .iter()
            .filter_map(|step| match &step.action {
                StepAction::Failover(name) => Some(name),
                _ => None,
            })
            .collect();
        let restored: BTreeSet<&Name> = steps
            .iter()
            .filter_map(|step| match &step.action {
                StepAction::Restore(name) => Some(name),
                _ => None,
            })
            .collect();
        let mut ends = Vec::new();
        let site_loss = self.disaster.disruption == Disruption::SiteLoss;
        if steps.is_empty() && (!site_loss || service.traffic.is_empty()) {
            let never = (Phase::Act, Work::Never, Part::Nobody);
            let task = self.add(&service.name, "nobody recovers it", never, &[noticed]);
            return vec![("nobody", task)];
        }
        if site_loss {
            for (name, traffic) in service.traffic.iter().filter(|(name, _)| !moved.contains(name)) {
                let work = self.probed(service, traffic);
                let what = format!("the checks of `{name}` fail");
                let fail = (Phase::Detect, work, Part::ChecksFail(name.clone()));
                let down = self.add(&service.name, what, fail, &[]);
                ends.push(("moves", self.moves(service, name, traffic, down)));
            }
        }
        for name in service.data.keys().filter(|name| !restored.contains(name)) {
            if !self.is_there(service, name) {
                let what = format!("data `{name}` never comes back");
                let never = (Phase::Restore, Work::Never, Part::Nobody);
                ends.push(("data", self.add(&service.name, what, never, &[noticed])));
            }
        }
        ends
    }

    /// Whether a data set needs no restore. After the loss of a site: a live copy of it is where its users go, the endpoint that
    /// takes over or the first standby that is not lost. After the loss of a key: it has none, or a live copy has another one.
    fn is_there(&self, service: &'p Service, data: &Name) -> bool {
        let Some(set) = service.data.get(data) else { return false };
        if self.disaster.disruption == Disruption::KeyLoss && !uses_key(service, data, set) {
            return true;
        }
        // A backup that has what a copy lacks has to be restored.
        let home = &set.primary.site;
        let away = |site: &Site| site.name != home.name;
        let backed_up = set.schedules.iter().any(|rule| rule.to.iter().any(|(site, _)| away(site)));
        if is_left(service, data) || lacks_old_objects(service, data, set) && backed_up {
            return false;
        }
        let holds = |site: &Site| set.copies.iter().any(|copy| copy.timed && copy.site.name == site.name);
        match self.disaster.disruption {
            Disruption::SiteLoss if service.traffic.is_empty() => {
                let mut standbys = service.sites.iter().skip(1);
                standbys.find(|site| !self.disaster.lost.contains(&site.name)).is_some_and(holds)
            }
            Disruption::SiteLoss => {
                service.traffic.values().all(|traffic| self.takes_over(traffic).is_some_and(holds))
            }
            Disruption::KeyLoss => set.copies.iter().any(|copy| {
                let keys = (copy.site.kms_key.as_ref(), home.kms_key.as_ref());
                copy.timed && away(&copy.site) && !home.region.provider.one_key(keys.0, keys.1)
            }),
            Disruption::Corruption | Disruption::AccountCompromise => false,
        }
    }

    fn detection(&mut self, service: &'p Service) -> Work {
        let given = &service.assumptions;
        if self.disaster.disruption == Disruption::SiteLoss && !service.traffic.is_empty() {
            let mut slowest = Work::Fixed(0);
            for traffic in service.traffic.values() {
                slowest = match (slowest, self.probed(service, traffic)) {
                    (Work::Fixed(one), Work::Fixed(other)) => Work::Fixed(one.max(other)),
                    _ => Work::Never,
                };
            }
            return slowest;
        }
        let assumed = match self.disaster.disruption {
            Disruption::SiteLoss => given.detection.as_ref(),
            _ => given.noticed.as_ref(),
        };
        assumed.map_or(Work::Never, |assumed| {
            let most = assumed.value.value.as_seconds();
            Work::Fixed(self.choices.up_to(Question::Noticed(&service.name), most))
        })
    }

    /// The time until the checks of an endpoint have failed often enough: each waits for its turn, and then for an answer.
    fn probed(&mut self, service: &'p Service, traffic: &Traffic) -> Work {
        let question = Question::Noticed(&service.name);
        let Some(probe) = &traffic.probe else {
            let assumed = service.assumptions.detection.as_ref();
            return assumed.map_or(Work::Never, |assumed| {
                Work::Fixed(self.choices.up_to(question, assumed.value.value.as_seconds()))
            });
        };
        // The site is lost at any moment between two requests.
        let mut all = self.choices.up_to(question, probe.interval);
        for _ in 1..probe.failures {
            let answered = self.choices.up_to(question, probe.request);
            all = all.saturating_add(self.choices.up_to(question, probe.interval)).saturating_add(answered);
        }
        Work::Fixed(all.saturating_add(self.choices.up_to(question, probe.request)))
    }
}

/// Whether the loss of a key can hurt a data set: it is encrypted with a key of the account, or nobody says with which.
fn uses_key(service: &Service, name: &Name, set: &DataSet) -> bool {
    let own = set.encryption.value == Encryption::Kms && set.primary.site.kms_key.is_some();
    own || is_left(service, name)
}

/// Whether some setting of a data set is left to somebody else.
pub(super) fn is_left(service: &Service, data: &Name) -> bool {
    let of_data = |address: &str| address.split('.').nth(1) == Some(data.as_str());
    service.existing.iter().any(|(address, entry)| of_data(address) && !entry.leave.is_empty())
}

/// Whether the bucket of a data set existed before, and nobody says that its objects were copied.
pub(super) fn lacks_old_objects(service: &Service, data: &Name, set: &DataSet) -> bool {
    let address = format!("bucket.{data}.{}", set.primary.site.name);
    service.existing.contains_key(&address) && set.backfilled.is_none()
}
