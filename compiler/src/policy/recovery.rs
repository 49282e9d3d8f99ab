//! Recovery procedures: steps with bound names, in an order in which they can be done.

use std::collections::{BTreeMap, BTreeSet};

use super::binder::Binder;
use crate::diagnostic::{Diagnostic, choices, codes, guess, one_of};
use crate::document::{self, Disruption, Name, Step};
use crate::graph::cycles;
use crate::source::Span;
use crate::units::Duration;

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepAction {
    /// Somebody declares the incident.
    Declare,
    /// Traffic fails over to the next site.
    Failover(Name),
    /// A data set is restored from a backup.
    Restore(Name),
    /// Somebody verifies that the service works.
    Verify,
    /// Anything else.
    Act,
}

/// One step of a recovery.
#[derive(Debug, Clone)]
pub struct RecoveryStep {
    /// Its name.
    pub name: Name,
    /// The place of the name.
    pub span: Span,
    /// What it does.
    pub action: StepAction,
    /// Who does it, with the place that says so. `None` for an automatic step.
    pub by: Option<(Name, Span)>,
    /// How long it takes, with the place that says so.
    pub takes: Option<(Duration, Span)>,
    /// The steps that must be done first.
    pub after: BTreeSet<Name>,
    /// How to do it.
    pub how: Option<String>,
    /// The cloud APIs it calls, with the places that say so.
    pub calls: Vec<(String, Span)>,
}

impl Binder<'_> {
    pub(super) fn recovery(&self, out: &mut Vec<Diagnostic>) -> BTreeMap<Disruption, Vec<RecoveryStep>> {
        let from = &self.service.recovery_from;
        let procedures: [(Disruption, &[document::RecoveryStep], &[Step<'static>]); 4] = [
            (Disruption::SiteLoss, &self.service.recovery, &[Step::Key("recovery")]),
            (
                Disruption::Corruption,
                &from.corruption,
                &[Step::Key("recovery-from"), Step::Key("corruption")],
            ),
            (
                Disruption::AccountCompromise,
                &from.account_compromise,
                &[Step::Key("recovery-from"), Step::Key("account-compromise")],
            ),
            (Disruption::KeyLoss, &from.key_loss, &[Step::Key("recovery-from"), Step::Key("key-loss")]),
        ];
        let bound = procedures.map(|(disruption, steps, at)| (disruption, self.procedure(steps, at, out)));
        bound.into_iter().collect()
    }

    fn procedure(
        &self,
        steps: &[document::RecoveryStep],
        at: &[Step<'static>],
        out: &mut Vec<Diagnostic>,
    ) -> Vec<RecoveryStep> {
        let mut names: BTreeMap<&Name, Span> = BTreeMap::new();
        for (nth, step) in steps.iter().enumerate() {
            let span = self.place(at, nth, &["step".into()]);
            if let Some(first) = names.get(&step.step) {
                out.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, format!("there are two steps `{}`", step.step))
                        .at(span, "again")
                        .at(*first, "first here")
                        .help("rename one: other steps could wait for either"),
                );
            }
            names.entry(&step.step).or_insert(span);
        }
        let bound =
            steps.iter().enumerate().map(|(nth, step)| self.step(step, at, nth, &names, out)).collect();
        // With two steps of one name, the order is undefined.
        if names.len() == steps.len() { in_order(bound, out) } else { bound }
    }

    fn place(&self, at: &[Step<'static>], nth: usize, rest: &[Step<'_>]) -> Span {
        let path: Vec<Step<'_>> =
            at.iter().copied().chain([nth.into()]).chain(rest.iter().copied()).collect();
        self.document.span(&path)
    }

    fn step(
        &self,
        step: &document::RecoveryStep,
        at: &[Step<'static>],
        nth: usize,
        names: &BTreeMap<&Name, Span>,
        out: &mut Vec<Diagnostic>,
    ) -> RecoveryStep {
        let by = step.by.as_ref().map(|name| (name, self.place(at, nth, &["by".into()])));
        if let Some((name, span)) = by {
            self.contacts.check(name, span, out);
        }
        let mut after = BTreeSet::new();
        for (item, name) in step.after.iter().enumerate() {
            if names.contains_key(name) {
                after.insert(name.clone());
                continue;
            }
            let known = || names.keys().map(|name| name.as_str());
            let help = choices(out, name.as_str(), known);
            out.push(
                Diagnostic::new(codes::UNKNOWN_STEP, format!("the procedure has no step `{name}`"))
                    .at(self.place(at, nth, &["after".into(), item.into()]), "unknown step")
                    .maybe_help(help),
            );
        }
        let action = step.does.as_ref().map_or(StepAction::Act, |does| {
            self.step_action(does.as_str(), self.place(at, nth, &["does".into()]), out)
        });
        let takes = step.takes.map(|takes| (takes, self.place(at, nth, &["takes".into()])));
        let call = |(item, call): (usize, &document::ApiCall)| {
            (call.as_str().to_owned(), self.place(at, nth, &["calls".into(), item.into()]))
        };
        RecoveryStep {
            name: step.step.clone(),
            span: self.place(at, nth, &["step".into()]),
            action,
            by: by.map(|(name, span)| (name.clone(), span)),
            takes,
            after,
            how: step.how.clone(),
            calls: step.calls.iter().enumerate().map(call).collect(),
        }
    }

    fn step_action(&self, does: &str, span: Span, out: &mut Vec<Diagnostic>) -> StepAction {
        let service = self.service;
        let (name, known, noun): (&str, Vec<&Name>, &str) = match does {
            "declare" => return StepAction::Declare,
            "verify" => return StepAction::Verify,
            _ => match does.split_once('.') {
                Some(("failover traffic", name)) => {
                    (name, service.traffic.keys().collect(), "entry of traffic")
                }
                Some((_, name)) => (name, service.data.keys().collect(), "data set"),
                None => return StepAction::Act,
            },
        };
        let Some(found) = known.iter().find(|known| known.as_str() == name) else {
            let (action, key) = match noun {
                "data set" => ("restore data", "data"),
                _ => ("failover traffic", "traffic"),
            };
            let whole: Vec<String> = known.iter().map(|name| format!("{action}.{name}")).collect();
            let help = match guess(out, name, known.iter().map(|name| name.as_str())) {
                Some(near) => format!("did you mean `{action}.{near}`?"),
                None if whole.is_empty() => {
                    format!("remove the step, or declare `{name}` in `{key}` of the service")
                }
                None => format!("it can be {}", one_of(whole.iter().map(String::as_str))),
            };
            out.push(
                Diagnostic::new(codes::UNKNOWN_PART, format!("the service has no {noun} `{name}`"))
                    .at(span, format!("unknown {noun}"))
                    .help(help),
            );
            return StepAction::Act;
        };
        let name = (*found).clone();
        if does.starts_with("failover") { StepAction::Failover(name) } else { StepAction::Restore(name) }
    }
}

/// The steps, each after those it waits for, otherwise in the order of the text. Steps that wait for each
/// other are reported.
fn in_order(steps: Vec<RecoveryStep>, out: &mut Vec<Diagnostic>) -> Vec<RecoveryStep> {
    let edges = steps.iter().flat_map(|step| step.after.iter().map(|other| (&step.name, other)));
    let found = cycles(steps.iter().map(|step| &step.name), edges);
    for members in &found {
        let names: Vec<String> = members.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("these steps wait for each other: {}", names.join(", "));
        let mut error = Diagnostic::new(codes::CYCLE, message);
        for step in steps.iter().filter(|step| members.contains(&&step.name)) {
            error = error.at(step.span, format!("`{}`", step.name));
        }
        out.push(error.help("remove one of their entries of `after`"));
    }
    if !found.is_empty() {
        return Vec::new();
    }
    let mut ordered: Vec<RecoveryStep> = Vec::new();
    let mut done: BTreeSet<Name> = BTreeSet::new();
    let mut waiting = steps;
    // The schema limits a procedure to a hundred steps.
    while let Some(next) = waiting.iter().position(|step| step.after.is_subset(&done)) {
        let step = waiting.remove(next);
        done.insert(step.name.clone());
        ordered.push(step);
    }
    ordered
}
