//! How long recovery takes: the critical path through detection, notification, decision, action, propagation,
//! draining, restore and verification.
//!
//! Numbers come from the provider, with their sources. The interval of a health check counts from a response
//! to the next request. Source of the phases: AWS whitepaper "Disaster Recovery of Workloads on AWS",
//! "Detection".

use super::facts::{Copy, Facts};
use super::procedure::Procedure;
use super::terms::{assumed, detect};
use super::{Bound, Deriver, Phase};
use crate::document::{Disruption, Name};
use crate::policy::{Service, Site, StepAction};
use crate::source::Span;
use crate::units::Duration;

/// The longest path through everything that must happen.
pub(super) fn bound<'p>(
    deriver: &Deriver<'p>,
    service: &'p Service,
    facts: &Facts<'p>,
    disruption: Disruption,
) -> Bound {
    let detection = detection(deriver, facts, disruption);
    let mut procedure = Procedure::new(deriver, facts, detection);
    let steps = facts.steps(disruption);
    // Corruption or a lost key in one service does not make others wait.
    let shared = matches!(disruption, Disruption::SiteLoss | Disruption::AccountCompromise);
    for (other, span) in service.depends_on.iter().filter(|_| shared && facts.waits) {
        if let Some(theirs) = deriver.known.get(&(other, disruption)) {
            procedure.wait(other, theirs, *span);
        }
    }
    let manual = steps.iter().any(|step| step.by.is_some());
    if let Some((who, within, span)) = decider(deriver, disruption)
        && manual
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
            let elsewhere = data.copies.iter().any(|copy| whole(copy) && away(&copy.bucket.site));
            procedure.restore_unless_done(name, data, elsewhere);
        }
        if facts.traffic.is_empty() && steps.is_empty() {
            procedure.no_recovery(facts.span, "no traffic with automatic failover, and no `recovery`");
        }
    } else if steps.is_empty() {
        procedure.no_recovery(facts.span, &format!("no steps in `recovery-from.{}`", disruption.key()));
    } else if disruption != Disruption::KeyLoss {
        // Corrupted data must be restored by somebody.
        for (name, data) in &facts.data {
            procedure.restore_unless_done(name, data, false);
        }
    }
    procedure.longest()
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
