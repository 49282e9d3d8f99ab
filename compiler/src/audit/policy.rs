//! Evidence from the policies alone.

use super::context::{Context, plain};
use super::item::{Item, Standing};
use crate::document::{Disruption, Evidence};
use crate::policy::REVIEW_EVERY;
use crate::report::{Block, Gap, Section};

/// The sections of the continuity plan that are evidence of a kind.
fn sections(kind: Evidence) -> &'static [&'static str] {
    match kind {
        Evidence::PlanActivation => &["activation", "levels", "escalation"],
        Evidence::PlanRoles => &["roles", "call-tree"],
        Evidence::PlanCommunication => &["communication"],
        Evidence::PlanProcedures => &["instructions", "recovery", "people"],
        Evidence::PlanResources => &["resources", "budget"],
        Evidence::PlanStandDown => &["stand-down"],
        _ => &[],
    }
}

/// Whether parts of the continuity plan have no gap.
pub(super) fn plan(context: &Context<'_>, kind: Evidence) -> Vec<Item> {
    let wanted = sections(kind);
    let parts = context.document.sections.iter().filter(|section| wanted.contains(&section.key));
    let mut items = Vec::new();
    for section in parts {
        let mut gaps = Vec::new();
        find(section, &mut gaps);
        for gap in &gaps {
            let about = format!("{}: {}", section.title, plain(&gap.what));
            items.push(Item::new(kind, about, Standing::Fails, "a gap in the plan").at(gap.place.clone()));
        }
        if gaps.is_empty() {
            let clause = context.plan.plan().and_then(|plan| context.place(plan.text.range()));
            let item = Item::new(kind, section.title.clone(), Standing::Holds, "no gap is known");
            items.push(item.at(clause));
        }
    }
    items
}

fn find<'s>(section: &'s Section, out: &mut Vec<&'s Gap>) {
    fn of_blocks<'s>(blocks: &'s [Block], out: &mut Vec<&'s Gap>) {
        for block in blocks {
            match block {
                Block::Gap(gap) => out.push(gap),
                Block::Details { blocks, .. } => of_blocks(blocks, out),
                _ => {}
            }
        }
    }
    of_blocks(&section.blocks, out);
    section.sections.iter().for_each(|inner| find(inner, out));
}

/// Whether the continuity plan is reviewed in time.
pub(super) fn reviewed(context: &Context<'_>) -> Vec<Item> {
    let about = "continuity plan";
    let item = |standing, says: String| Item::new(Evidence::PlanReviewed, about, standing, says);
    let Some(plan) = context.plan.plan() else {
        let clause = context.place(context.policy().estate_span);
        return vec![item(Standing::Fails, "there is no continuity plan".to_owned()).at(clause)];
    };
    let (every, today) = (plan.body.review_every.unwrap_or(REVIEW_EVERY), context.as_of());
    let found = match plan.body.reviewed {
        None => item(Standing::Fails, "it was never reviewed".to_owned()),
        Some(day) if day > today => item(Standing::Fails, format!("its review is dated {day}, a later day")),
        Some(day) if day.after(every) < today => {
            item(Standing::Fails, format!("its review is overdue since {}", day.after(every)))
        }
        Some(day) => {
            let due = day.after(every);
            item(Standing::Stated, format!("the policies state a review on {day}; the next is due on {due}"))
        }
    };
    vec![found.at(context.place(plan.span(&["reviewed".into()])))]
}

/// Whether each service has objectives for the loss of its primary site.
pub(super) fn objectives(context: &Context<'_>) -> Vec<Item> {
    let one = |service: &&crate::policy::Service| {
        let asked = service.objectives.get(&Disruption::SiteLoss);
        let mut lacks = Vec::new();
        if asked.and_then(|asked| asked.rto.as_ref()).is_none() {
            lacks.push("RTO");
        }
        if !service.data.is_empty() && asked.and_then(|asked| asked.rpo.as_ref()).is_none() {
            lacks.push("RPO");
        }
        let (standing, says) = match lacks.as_slice() {
            [] => (Standing::Holds, "objectives for the loss of the primary site are declared".to_owned()),
            lacks => {
                (Standing::Fails, format!("no {} for the loss of the primary site", lacks.join(" and ")))
            }
        };
        let span = asked.and_then(|asked| asked.rto.as_ref()).and_then(|rto| rto.origin.span());
        let item = Item::new(Evidence::ObjectivesDeclared, service.name.as_str(), standing, says);
        item.at(context.place(span.unwrap_or(service.span)))
    };
    context.policy().services.values().collect::<Vec<_>>().iter().map(one).collect()
}

/// Whether each service has a standby that shares nothing with its primary.
pub(super) fn standby(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for service in context.policy().services.values() {
        let Some((primary, standbys)) = service.sites.split_first() else { continue };
        let shares = |site: &&crate::policy::Site| site.shares.iter().any(|one| primary.shares.contains(one));
        let apart: Vec<&str> =
            standbys.iter().filter(|site| !shares(site)).map(|site| site.name.as_str()).collect();
        let (standing, says) = if standbys.is_empty() {
            (Standing::Fails, "there is no standby site".to_owned())
        } else if apart.is_empty() {
            (Standing::Fails, "each standby shares a point of failure with the primary".to_owned())
        } else {
            (Standing::Holds, format!("standby at {}", apart.join(", ")))
        };
        let item = Item::new(Evidence::StandbySite, service.name.as_str(), standing, says);
        items.push(item.at(context.place(service.standby_span)));
    }
    items
}

/// Whether a finding says that a recovery depends on what can be lost.
pub(super) fn independent(context: &Context<'_>) -> Vec<Item> {
    let kind = Evidence::RecoveryIndependent;
    let of_family = |code: &str| code.get(1..3) == Some("09");
    let mut items = Vec::new();
    let plan = &context.inputs.plan;
    for finding in plan.findings.iter().filter(|finding| of_family(finding.code.as_str())) {
        let place = finding.labels.first().and_then(|label| context.place(label.span));
        let about =
            place.as_ref().map_or_else(|| finding.code.to_string(), |at| format!("{}, {at}", finding.code));
        items.push(Item::new(kind, about, Standing::Fails, finding.message.clone()).at(place));
    }
    for one in context.inputs.waived.iter().filter(|one| of_family(one.finding.code.as_str())) {
        let place = one.finding.labels.first().and_then(|label| context.place(label.span));
        let about = place
            .as_ref()
            .map_or_else(|| one.finding.code.to_string(), |at| format!("{}, {at}", one.finding.code));
        // The code is what it is about.
        let code = one.finding.code.to_string();
        let says = one.in_words();
        let says = says.strip_prefix(&code).unwrap_or(&says).trim_start();
        items.push(Item::new(kind, about, Standing::Stated, says).at(place));
    }
    if items.is_empty() && !context.policy().services.is_empty() {
        let says = "the check of the policies has no such finding";
        let clause = context.place(context.policy().estate_span);
        items.push(Item::new(kind, "recovery procedures", Standing::Holds, says).at(clause));
    }
    items
}

/// Whether plans need approvals.
pub(super) fn approvals(context: &Context<'_>) -> Vec<Item> {
    let (standing, says, span) = match &context.policy().approvals {
        Some(rule) if rule.required > 0 => {
            let text = format!("{} must approve, with keys of {}", rule.required, rule.signers);
            (Standing::Holds, text, rule.span)
        }
        _ => (Standing::Fails, "the policies require no approval".to_owned(), context.policy().estate_span),
    };
    let item = Item::new(Evidence::ApprovalsRequired, "plans of the estate", standing, says);
    vec![item.at(context.place(span))]
}

/// Whether somebody is told of failures.
pub(super) fn alarms(context: &Context<'_>) -> Vec<Item> {
    let (standing, says) = match &context.policy().alarms {
        Some(_) => (Standing::Holds, "the policies say who is told"),
        None => (Standing::Fails, "the policies do not say who is told"),
    };
    let item = Item::new(Evidence::AlarmsDeclared, "failures", standing, says);
    vec![item.at(context.place(context.policy().estate_span))]
}
