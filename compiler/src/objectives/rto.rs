//! How long recovery takes: the critical path through detection, notification, decision, action, propagation,
//! draining, restore and verification.
//!
//! Numbers come from the provider, with their sources. The interval of a health check counts from a response
//! to the next request. Source of the phases: AWS whitepaper "Disaster Recovery of Workloads on AWS",
//! "Detection".

use std::collections::BTreeMap;

use super::facts::{Copy, Data, Facts};
use super::procedure::{Procedure, Recovered, Work};
use super::terms::{assumed, detect};
use super::{Assurance, Bound, Deriver, Phase, Term};
use crate::document::{Disruption, Name};
use crate::policy::{Service, Site, StepAction};
use crate::source::Span;
use crate::units::Duration;

/// The longest path through everything that must happen.
pub(super) fn recovered<'p>(
    deriver: &Deriver<'p>,
    service: &'p Service,
    facts: &Facts<'p>,
    disruption: Disruption,
) -> Recovered {
    let detection = detection(deriver, facts, disruption);
    if disruption == Disruption::KeyLoss && !facts.data.values().any(uses_key) {
        return nothing_lost();
    }
    let silent = disruption != Disruption::SiteLoss;
    let mut procedure = Procedure::new(deriver, facts, detection, silent);
    let steps = facts.steps(disruption);
    // Corruption or a lost key in one service does not make others wait.
    let shared = matches!(disruption, Disruption::SiteLoss | Disruption::AccountCompromise);
    for (other, span) in service.depends_on.iter().filter(|_| shared && facts.waits) {
        if let Some(theirs) = deriver.known.get(&(other, disruption)) {
            procedure.wait(other, theirs, *span);
        }
    }
    // People begin when somebody has decided. What no monitoring sees does not begin by itself either.
    let starts = if silent { !steps.is_empty() } else { steps.iter().any(|step| step.by.is_some()) };
    if let Some((who, within, span)) = decider(deriver, disruption)
        && starts
        && !steps.iter().any(|step| step.action == StepAction::Declare)
    {
        procedure.decide(who, within, span);
    }
    steps.iter().for_each(|step| procedure.step(step));
    if disruption == Disruption::SiteLoss {
        // Traffic without a step fails over once the health checks fail.
        for (name, traffic) in &facts.traffic {
            procedure.failover_unless_done(name, traffic);
        }
        for (name, data) in &facts.data {
            // An incomplete copy is still used, unless a backup has the missing objects.
            let away = |site: &Site| site.name != data.primary.site.name;
            let backed_up =
                data.schedules.iter().any(|schedule| schedule.to.iter().any(|(site, _)| away(site)));
            let whole = |copy: &Copy<'_>| copy.is_whole(deriver.as_of) || copy.timed && !backed_up;
            if !data.copies.iter().any(|copy| whole(copy) && away(&copy.bucket.site)) {
                restore_unless_done(&mut procedure, name, data);
            }
        }
        if facts.traffic.is_empty() && steps.is_empty() {
            let why = "no traffic with automatic failover, and no `recovery`";
            procedure.never(Phase::Act, NOTHING, why, facts.span);
        }
    } else if steps.is_empty() {
        let why = format!("no steps in `recovery-from.{}`", disruption.key());
        procedure.never(Phase::Act, NOTHING, &why, facts.span);
    } else if disruption != Disruption::KeyLoss {
        // Corrupted data must be restored by somebody.
        for (name, data) in &facts.data {
            restore_unless_done(&mut procedure, name, data);
        }
    }
    procedure.recovered(&Work::new())
}

/// Whether the loss of a key can hurt a data set: it has one, or nobody says whether it has.
fn uses_key(data: &Data<'_>) -> bool {
    data.any_key || data.key(&data.primary.site).is_some()
}

/// A disruption that does not touch the service.
fn nothing_lost() -> Recovered {
    let term = Term {
        phase: Phase::Act,
        what: "nothing of the service depends on a key that can be lost".to_owned(),
        value: Some(Duration::default()),
        assurance: Assurance::Proven,
        source: "no data set is encrypted with a key that the account can delete".to_owned(),
        span: None,
    };
    Recovered { rto: Bound::of(vec![term]), begins: BTreeMap::new(), work: Work::new() }
}

const NOTHING: &str = "nothing recovers the service";

/// Data that is nowhere else must be restored in a step.
fn restore_unless_done(procedure: &mut Procedure<'_, '_>, name: &Name, data: &Data<'_>) {
    if !procedure.restores(name) {
        let what = format!("restoring `{name}`");
        let why = format!("no step does `restore data.{name}`");
        procedure.never(Phase::Restore, &what, &why, data.span);
    }
}

/// Who declares an incident of this kind, the deadline, and the place that says so.
fn decider<'p>(deriver: &Deriver<'p>, disruption: Disruption) -> Option<(&'p Name, Option<Duration>, Span)> {
    let plan = deriver.policy.continuity.as_ref()?;
    let mut levels = plan.body.levels.iter().enumerate();
    let (nth, level) = levels.find(|(_, level)| level.disruptions.contains(&disruption))?;
    let key = if level.within.is_some() { "within" } else { "declared-by" };
    Some((&level.declared_by, level.within, plan.span(&["levels".into(), nth.into(), key.into()])))
}

/// How long detection takes.
fn detection(deriver: &Deriver<'_>, facts: &Facts<'_>, disruption: Disruption) -> Bound {
    let term = if disruption == Disruption::SiteLoss {
        let probes = facts.traffic.values().map(|traffic| detect(traffic, facts, deriver.as_of));
        let slowest = probes.max_by_key(|term| (term.value.is_none(), term.value));
        slowest.unwrap_or_else(|| {
            let what = "until the loss is noticed";
            let why = "nothing monitors the service: state `assumptions.detection`";
            assumed(Phase::Detect, what, facts.assumptions.detection.as_ref(), why, facts.span, deriver.as_of)
        })
    } else {
        let what = format!("until {disruption} is noticed");
        let why = "no time is stated: state `assumptions.noticed`";
        assumed(Phase::Detect, &what, facts.assumptions.noticed.as_ref(), why, facts.span, deriver.as_of)
    };
    Bound::of(vec![term])
}
