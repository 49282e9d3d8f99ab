//! The call tree: who is called at each level, and what to do when somebody cannot be reached (NIST SP 800-34 rev. 1
//! §4.2.2).

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, add, names};
use crate::document::Name;
use crate::report::{Phrase, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("call-tree", "Call tree")
        .answering(&["NIST SP 800-34 A.3 §3.2, §4.2.2", "ISO 22301 8.4.3: warning and communication"]);
    let levels = context.levels();
    let mut called: BTreeSet<&Name> = BTreeSet::new();
    let mut table = Table::new(
        "Who calls whom; if somebody else has declared the level, they call",
        &["Level", "Caller", "Calls", "Answers within", "If there is no answer"],
    );
    for (nth, level) in &levels {
        called.insert(&level.declared_by);
        for name in &level.tell {
            called.insert(name);
            if *name == level.declared_by {
                continue;
            }
            table.row(vec![
                format!("{} {}", level.level, level.name).into(),
                level.declared_by.as_str().into(),
                Phrase::new().strong(name.as_str()),
                context.answers(name).map(|within| within.in_words()).unwrap_or_default().into(),
                context.if_no_answer_to(Some(&level.declared_by), name),
            ]);
            let mut others =
                context.successors(name).into_iter().filter(|other| **other != level.declared_by);
            // Without any deputy there is a gap below.
            if others.next().is_none() && !context.successors(name).is_empty() {
                let what = format!(
                    "Level {}: nobody else is named if {name} does not answer {}",
                    level.level, level.declared_by
                );
                let why = "The only deputies are those who call.";
                let at = ["contacts".into(), name.as_str().into()];
                section.gap(context.plan_gap(what, why, add("deputy").text(": somebody else"), &at));
            }
        }
        if level.tell.is_empty() && level.level <= 3 {
            let what = format!("Nobody is told of an incident of level {}", level.level);
            let why = "From level 3 on people besides the one who decides have work to do.";
            section.gap(context.plan_gap(what, why, add("tell"), &["levels".into(), (*nth).into()]));
        }
    }
    if levels.is_empty() {
        let why = "Nobody knows whom to call first, and who calls the others.";
        let cure = add("levels").text(" with ").code("tell");
        section.gap(context.plan_gap("There is no call tree", why, cure, &["name".into()]));
    } else {
        section.say(
            "The caller goes down the rows of the level. The times hold at any hour, also at night. Nobody is waited for longer \
             than their time: the caller goes on with the next name in the row, after the last name with the next row, and notes who \
             was not reached.",
        );
        section.table(table);
    }
    let mut people: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for service in context.policy.services.values() {
        let steps = service.recovery.values().flatten().filter_map(|step| step.by.as_ref());
        let all = people.entry(&service.name).or_default();
        all.extend(service.owner.iter().chain(steps).map(|(name, _)| name));
    }
    let mut needed =
        Table::new("Who is called for a service", &["Service", "Owner", "Everybody its recovery needs"]);
    for service in context.services() {
        let all = people.get(&service.name).cloned().unwrap_or_default();
        called.extend(all.iter().copied());
        let owner = service.owner.as_ref().map_or("not stated".into(), |(name, _)| name.as_str().into());
        needed.row(vec![service.name.as_str().into(), owner, names(all)]);
        if service.owner.is_none() {
            let what = format!("{} has no owner", service.name);
            let why = "Nobody is called for the service, and nobody answers for its part of this plan.";
            section.gap(context.gap(what, why, add("owner").text(" to the service"), Some(service.span)));
        }
    }
    section.table(needed);
    for name in called {
        let at = ["contacts".into(), name.as_str().into()];
        if context.successors(name).is_empty() {
            let why = "If this person does not answer, the call tree ends here.";
            section.gap(context.plan_gap(format!("{name} has no deputy"), why, add("deputy"), &at));
        }
        let ways =
            context.body().and_then(|body| body.contacts.get(name)).map_or(0, |contact| contact.reach.len());
        if ways == 1 {
            let what = format!("{name} can be reached in one way only");
            let why = "What takes down a site can take down this way too.";
            section.gap(context.plan_gap(what, why, add("reach").text(": another way"), &at));
        }
    }
    section
}
