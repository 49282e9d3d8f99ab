//! Tests of the plan, its reviews, and what the check of the policies found.

use super::context::{Context, add, heading, names};
use super::redact::redacted;
use crate::document::Disruption;
use crate::policy::{Drill, REVIEW_EVERY};
use crate::report::{Block, Gap, ListStyle, Phrase, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("maintenance", "Tests and maintenance").answering(&[
        "NIST SP 800-34 A.3 App. E, App. J",
        "ISO 22301 8.5: exercises",
        "ISO 22301 8.6: evaluation",
    ]);
    review(context, &mut section);
    drills(context, &mut section);
    findings(context, &mut section);
    section
}

fn review(context: &Context<'_>, section: &mut Section) {
    let Some(body) = context.body() else {
        let why = "Nobody has looked whether the plan is right.";
        section.gap(context.plan_gap("There is no plan to review", why, add("reviewed"), &["name".into()]));
        return;
    };
    let every = body.review_every.unwrap_or(REVIEW_EVERY);
    let today = context.inputs.as_of;
    let why = "People, sites and contracts have changed since somebody last looked.";
    match body.reviewed {
        None => {
            section.gap(context.plan_gap(
                "The plan was never reviewed",
                why,
                add("reviewed"),
                &["name".into()],
            ));
        }
        Some(last) if last > today => {
            let what = format!("The review of the plan is dated {last}, after the day of this document");
            let cure = Phrase::new().text("Correct ").code("reviewed");
            section.gap(context.plan_gap(
                what,
                "A review that is still to come shows nothing.",
                cure,
                &["reviewed".into()],
            ));
        }
        Some(last) => {
            let due = last.after(every);
            section.say(format!("Reviewed on {last}; the next review is due on {due}."));
            if due < today {
                let what = format!("The review of the plan is overdue since {due}");
                let cure = Phrase::new().text("Review it, and write the day as ").code("reviewed");
                section.gap(context.plan_gap(what, why, cure, &["reviewed".into()]));
            }
        }
    }
}

fn drills(context: &Context<'_>, section: &mut Section) {
    let mut table =
        Table::new("Drills", &["Drill", "Kind", "Exercises", "Services", "Led by", "Last held", "Due"]);
    let mut criteria = Vec::new();
    for drill in context.policy.drills.values() {
        let every = drill.every.0;
        let (last, due) = context.inputs.held.last(drill).map_or_else(
            || ("never".to_owned(), "now".to_owned()),
            |last| match last > context.inputs.as_of {
                true => (format!("not yet (dated {last})"), "now".to_owned()),
                false => (last.to_string(), last.after(every).to_string()),
            },
        );
        let site = drill.site.as_ref().map(|site| format!(" ({site})")).unwrap_or_default();
        table.row(vec![
            drill.name.as_str().into(),
            format!("{}, every {}", drill.form.0, every.in_words()).into(),
            format!("{}{site}", heading(drill.disruption)).into(),
            names(drill.services.keys()),
            drill.lead.as_ref().map_or("nobody", |lead| lead.as_str()).into(),
            last.into(),
            due.into(),
        ]);
        let passed = [
            drill.rto.map(|(rto, _)| format!("back within {}", rto.in_words())),
            drill.rpo.map(|(rpo, _)| format!("no more than {} of data lost", rpo.in_words())),
        ];
        let criteria_of = drill.criteria.iter().map(|(one, _)| redacted(context, &one.text()));
        let passed = passed.into_iter().flatten().chain(criteria_of);
        criteria.extend(passed.map(|one| Phrase::new().strong(drill.name.as_str()).text(": ").text(one)));
        gaps(context, drill).into_iter().for_each(|gap| section.gap(gap));
    }
    section.table(table);
    if !criteria.is_empty() {
        section.say("A drill is passed when every service meets its objectives, or the times below, and:");
        section.list(ListStyle::Bullets, criteria);
    }
    for service in context.services() {
        let tested = |drill: &&Drill| drill.services.contains_key(&service.name);
        let why = "A recovery that was never done is a guess.";
        let cure = || {
            Phrase::new().text("Add it to ").code("services").text(" of a document of kind ").code("drill")
        };
        let mut drills = context.policy.drills.values().filter(tested);
        if drills.next().is_none() {
            let what = format!("No drill tests {}", service.name);
            section.gap(context.gap(what, why, cure(), Some(service.span)));
        } else if context.policy.drills.values().filter(tested).all(|drill| drill.form.0.recovers_nothing()) {
            let what = format!("No drill recovers {}", service.name);
            let why = "Its recovery is only discussed or simulated, and a discussion shows nothing of how long it takes.";
            let cure = cure().text(" of type ").code("functional").text(" or ").code("full-scale");
            section.gap(context.gap(what, why, cure, Some(service.span)));
        }
    }
}

fn gaps(context: &Context<'_>, drill: &Drill) -> Vec<Gap> {
    let today = context.inputs.as_of;
    let cure = || Phrase::new().text("Hold it, and write the day as ").code("last");
    let why = "What was not tried for so long may not work any more.";
    let mut gaps = Vec::new();
    match drill.last {
        None => {
            let what = format!("Drill {} was never held", drill.name);
            gaps.push(context.gap(
                what,
                "A recovery that was never done is a guess.",
                cure(),
                Some(drill.span),
            ));
        }
        Some((last, span)) if last > today => {
            let what = format!("Drill {} is dated {last}, after the day of this document", drill.name);
            let cure = Phrase::new().text("Correct ").code("last");
            gaps.push(context.gap(what, "A drill that is still to come shows nothing.", cure, Some(span)));
        }
        Some((last, span)) if last.after(drill.every.0) < today => {
            let what = format!("Drill {} is overdue since {}", drill.name, last.after(drill.every.0));
            gaps.push(context.gap(what, why, cure(), Some(span)));
        }
        Some(_) => {}
    }
    if drill.lead.is_none() {
        let what = format!("Nobody leads the drill {}", drill.name);
        gaps.push(context.gap(
            what,
            "A drill without somebody who leads it is not held.",
            add("lead"),
            Some(drill.span),
        ));
    }
    if drill.disruption == Disruption::SiteLoss && drill.site.is_none() {
        let what = format!("Drill {} does not say which site is lost", drill.name);
        gaps.push(context.gap(
            what,
            "It is decided on the day, and prepared for nothing.",
            add("site"),
            Some(drill.span),
        ));
    }
    gaps
}

/// What the check of the policies found, and what somebody has accepted.
fn findings(context: &Context<'_>, section: &mut Section) {
    let mut open = Table::new("Open findings about the policies", &["Code", "What", "Where"]);
    for finding in context.inputs.findings {
        let place =
            finding.labels.first().map(|label| context.place(label.span).to_string()).unwrap_or_default();
        open.row(vec![
            finding.code.as_str().into(),
            redacted(context, &finding.message).into(),
            Phrase::new().code(place),
        ]);
    }
    let mut waived =
        Table::new("Findings that somebody has accepted", &["Code", "Because", "Accepted by", "Until"]);
    for waiver in &context.policy.waivers {
        let ended = if waiver.until < context.inputs.as_of { " (ended)" } else { "" };
        waived.row(vec![
            waiver.code.as_str().into(),
            redacted(context, &waiver.because).into(),
            waiver.owner.as_str().into(),
            format!("{}{ended}", waiver.until).into(),
        ]);
    }
    if open.rows.is_empty() {
        section
            .blocks
            .push(Block::Paragraph { text: "The check of the policies has no open finding.".into() });
    }
    section.table(open);
    section.table(waived);
}
