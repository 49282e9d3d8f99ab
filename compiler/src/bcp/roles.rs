//! Roles, deputies and emergency access.

use super::context::{Context, add, names};
use super::redact::redacted;
use crate::document::{Contact, Name};
use crate::report::{Phrase, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("roles", "Roles, deputies and access")
        .answering(&["NIST SP 800-34 A.3 §2.3", "ISO 22301 8.4.4: roles and responsibilities"]);
    let Some(body) = context.body() else {
        let why = "Nobody knows who does what.";
        section.gap(context.plan_gap("There are no roles", why, add("contacts"), &["name".into()]));
        return section;
    };
    let mut table = Table::new("Roles", &["Role", "Who", "Deputy", "Answers within", "Does"]);
    for (name, contact) in &body.contacts {
        let Contact { name: who, answers_within, deputy, .. } = contact;
        let deputy = deputy.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        let does = duties(context, name);
        let does = if does.is_empty() { "deputy only".to_owned() } else { does.join("; ") };
        table.row(vec![
            name.as_str().into(),
            redacted(context, who).into(),
            deputy.into(),
            answers_within.in_words().into(),
            does.into(),
        ]);
    }
    section.table(table);
    match &body.access {
        Some(access) => {
            let site = access.identity_provider.as_ref();
            let site = site.map_or_else(|| "at no single site".to_owned(), ToString::to_string);
            let text = Phrase::new()
                .text("People sign in through an identity provider that runs ")
                .text(if access.identity_provider.is_some() { format!("at {site}") } else { site });
            section.say(
                text.text(". Without it, these can sign in: ").phrase(names(&access.break_glass)).text("."),
            );
            if access.break_glass.is_empty() {
                let why = "If the identity provider is lost, nobody can do any step of this plan.";
                section.gap(context.plan_gap(
                    "Nobody holds break-glass credentials",
                    why,
                    add("access.break-glass"),
                    &["access".into()],
                ));
            }
        }
        None => {
            let why = "If the identity provider is lost, nobody can do any step of this plan.";
            section.gap(context.plan_gap(
                "Nothing says how people sign in during an emergency",
                why,
                add("access"),
                &["name".into()],
            ));
        }
    }
    section
}

/// What somebody does, in a few words each.
fn duties(context: &Context<'_>, name: &Name) -> Vec<String> {
    let Some(body) = context.body() else { return Vec::new() };
    let mut all = Vec::new();
    let levels: Vec<String> = context
        .levels()
        .into_iter()
        .filter(|(_, level)| level.declared_by == *name)
        .map(|(_, level)| level.level.to_string())
        .collect();
    if !levels.is_empty() {
        all.push(format!("declares level {}", levels.join(", ")));
    }
    let services = context.policy.services.values();
    let owned: Vec<&str> = services
        .clone()
        .filter(|service| service.owner.as_ref().is_some_and(|(owner, _)| owner == name))
        .map(|service| service.name.as_str())
        .collect();
    if !owned.is_empty() {
        all.push(format!("owns {}", owned.join(", ")));
    }
    let helps = |service: &&crate::policy::Service| {
        service.recovery.values().flatten().any(|step| step.by.as_ref().is_some_and(|(by, _)| by == name))
    };
    let recovered: Vec<&str> = services.filter(helps).map(|service| service.name.as_str()).collect();
    if !recovered.is_empty() {
        all.push(format!("recovers {}", recovered.join(", ")));
    }
    let led = context.policy.drills.values().filter(|drill| drill.lead.as_ref() == Some(name));
    let led: Vec<&str> = led.map(|drill| drill.name.as_str()).collect();
    if !led.is_empty() {
        all.push(format!("leads the drill {}", led.join(", ")));
    }
    if body.levels.iter().flat_map(|level| &level.deadlines).any(|deadline| deadline.by == *name) {
        all.push("reports to authorities".to_owned());
    }
    if let Some(budget) = &body.budget {
        if budget.authority == *name {
            all.push("may spend the emergency budget".to_owned());
        } else if budget.deputy.as_ref() == Some(name) {
            all.push("may spend the emergency budget as deputy".to_owned());
        }
    }
    if body.access.as_ref().is_some_and(|access| access.break_glass.contains(name)) {
        all.push("can break glass".to_owned());
    }
    all
}
