//! One step as somebody does it: when, what, with which command, in which time, and what if it fails.

use std::collections::BTreeSet;

use super::Chapter;
use super::words::{Told, is_told};
use crate::bcp::steps;
use crate::document::{Disruption, Level, Name};
use crate::policy::{RecoveryStep, Service, StepAction, Traffic};
use crate::rehearsal::Part;
use crate::report::{Block, ListStyle, Phrase, Section, Severity};
use crate::text::shell_word;

/// The declaration of the incident, for whoever makes it.
pub(super) fn declaration(chapter: &Chapter<'_, '_>, level: &Level, section: &mut Section) {
    let mut items: Vec<Phrase> = Vec::new();
    let within = level.within.map(|within| format!(" within {}", within.in_words())).unwrap_or_default();
    items.push(format!("Declare level {} ({}){within} after it is noticed.", level.level, level.name).into());
    items.extend(level.tell.iter().map(|name| {
        let call = Phrase::new().text("Tell ").strong(name.as_str());
        let deputies = chapter.context.if_no_answer_to(Some(&level.declared_by), name);
        call.text("; if there is no answer: ").phrase(deputies).text(".")
    }));
    let people: BTreeSet<&Name> = chapter.all().filter_map(|told| told.node.by.as_ref()).collect();
    let called = people.into_iter().filter(|name| **name != level.declared_by && !level.tell.contains(name));
    items.extend(called.map(|name| {
        let call = Phrase::new().text("Call ").strong(name.as_str()).text(", who has a page of this chapter");
        let deputies = chapter.context.if_no_answer_to(Some(&level.declared_by), name);
        call.text("; if there is no answer: ").phrase(deputies).text(".")
    }));
    section.list(ListStyle::Boxes, items);
}

/// A step, or what happens without anybody.
pub(super) fn section(chapter: &Chapter<'_, '_>, told: &Told<'_>) -> Section {
    let title = format!("Step {}. {}", told.number, chapter.name(told));
    let mut section = Section::new("step", title);
    let mut facts = vec![
        ("Begin".to_owned(), chapter.after(told)),
        ("It takes at most".to_owned(), chapter.most(told).into()),
    ];
    let step = chapter.recovery.step(told.node);
    if let Some((service, step)) = step {
        let what = steps::what(chapter.context, step, service, Disruption::SiteLoss);
        if !what.0.is_empty() && what != Phrase::from("") {
            facts.push(("What to do".to_owned(), what));
        }
        if !step.calls.is_empty() {
            let calls: Vec<&str> = step.calls.iter().map(|(call, _)| call.as_str()).collect();
            facts.push(("Cloud APIs that it calls".to_owned(), calls.join(", ").into()));
        }
    }
    facts.push(("If it fails or takes longer".to_owned(), failed(chapter, told)));
    section.facts(facts);
    match (&told.node.part, step) {
        (Part::Step(_), Some((service, step))) => commands(chapter, service, step, &mut section),
        (Part::ChecksFail(name), _) => {
            let service = chapter.inputs.policy.services.get(&told.node.service);
            if let Some(traffic) = service.and_then(|service| service.traffic.get(name)) {
                moves(chapter, name, traffic, &mut section);
            }
        }
        (Part::Decided(_), _) => {
            if let Some(level) = chapter.context.level_of(Disruption::SiteLoss) {
                declaration(chapter, level, &mut section);
            }
        }
        (Part::Nobody, _) => {
            let text = "The policies have no step for it: somebody has to think of it during the incident.";
            section.note(Severity::Problem, text);
        }
        _ => {}
    }
    section
}

/// Whom to tell, and who waits.
fn failed(chapter: &Chapter<'_, '_>, told: &Told<'_>) -> Phrase {
    let decider = chapter.context.level_of(Disruption::SiteLoss).map(|level| &level.declared_by);
    let tell = match decider {
        _ if chapter.doer(told.node).is_none() => Phrase::new(),
        Some(name) if chapter.doer(told.node) != Some(name) => {
            Phrase::new().text("Tell ").strong(name.as_str()).text(" at once. ")
        }
        Some(_) => Phrase::new().text("Decide whether a deputy takes it, and tell those who wait. "),
        None => Phrase::new().text("No one is named who decides then: tell everybody who waits. "),
    };
    let behind: BTreeSet<usize> = chapter.recovery.behind(told.nth).into_iter().collect();
    let waiting = chapter.all().filter(|other| behind.contains(&other.nth) && is_told(other.node));
    let waiting: Vec<String> = waiting.map(|other| other.number.to_string()).collect();
    match waiting.as_slice() {
        [] => tell.text("No other step waits for it."),
        [only] => tell.text(format!("Step {only} waits for it.")),
        several => tell.text(format!("Steps {} wait for it.", several.join(", "))),
    }
}

fn commands(chapter: &Chapter<'_, '_>, service: &Service, step: &RecoveryStep, section: &mut Section) {
    match &step.action {
        StepAction::Failover(name) => {
            if let Some(traffic) = service.traffic.get(name) {
                moves(chapter, name, traffic, section);
            }
        }
        StepAction::Restore(name) => restore(chapter, service, name, section),
        StepAction::Act if step.how.is_none() => {
            section.note(
                Severity::Warning,
                Phrase::new()
                    .text("The policies do not say how it is done: add ")
                    .code("how")
                    .text(" to the step."),
            );
        }
        StepAction::Act | StepAction::Declare | StepAction::Verify => {}
    }
}

/// How to see whether traffic has moved, and how to move it.
fn moves(chapter: &Chapter<'_, '_>, name: &Name, traffic: &Traffic, section: &mut Section) {
    let lost = &chapter.recovery.lost;
    let next = traffic.endpoints.iter().find(|endpoint| !lost.contains(&endpoint.site.name));
    let Some(next) = next else {
        section.note(Severity::Problem, "Every endpoint is at a lost site: nothing can take over.");
        return;
    };
    let text = match traffic.probe {
        Some(_) => format!(
            "Health checks move it to {} without any command. Ask a resolver whether they have:",
            next.site.name
        ),
        None => format!(
            "It moves to {} when its target counts as down. Ask a resolver whether it has:",
            next.site.name
        ),
    };
    section.say(text);
    verbatim(section, "See the answer", format!("dig +short {}", shell_word(traffic.record.as_str())));
    section.say(format!(
        "If a resolver still shows the lost site when the step `clients of {name} arrive` should be over, evacuate it. This needs the \
         control plane of the DNS service, so it can fail while that is down."
    ));
    let flags: String =
        lost.iter().map(|site| format!(" --evacuate {}", shell_word(site.as_str()))).collect();
    let required = chapter.inputs.policy.approvals.as_ref().map_or(0, |approvals| approvals.required);
    let approve = match required {
        0 => String::new(),
        1 => "holdfast approve evacuate.plan    # another person runs this with their key\n".to_owned(),
        several => {
            format!("holdfast approve evacuate.plan    # {several} other people run this with their key\n")
        }
    };
    let text = format!(
        "holdfast plan {}{flags} --out evacuate.plan\n{approve}holdfast apply evacuate.plan",
        chapter.paths()
    );
    verbatim(section, "Evacuate", text);
}

/// How to restore a data set from a copy that is left.
fn restore(chapter: &Chapter<'_, '_>, service: &Service, data: &Name, section: &mut Section) {
    let Some(set) = service.data.get(data) else { return };
    let lost = &chapter.recovery.lost;
    let Some(copy) = set.copies.iter().find(|copy| !lost.contains(&copy.site.name)) else {
        let mut vaults = set.schedules.iter().flat_map(|schedule| &schedule.to);
        let Some((vault, _)) = vaults.find(|(site, _)| !lost.contains(&site.name)) else {
            section
                .note(Severity::Warning, "No real-time copy is left, and no backup at a site that is left.");
            return;
        };
        section.say(
            "No real-time copy is left: take the newest recovery point of the backups. Fill in the moment before the loss, an empty \
             bucket with versions, and the role that writes to it. Run the same command again to continue.",
        );
        let text = format!(
            "holdfast restore {} --service {} --data {} --from {} --to-time TIME --into EMPTY-BUCKET --role ROLE",
            chapter.paths(),
            shell_word(service.name.as_str()),
            shell_word(data.as_str()),
            shell_word(&format!("backup:{}", vault.name)),
        );
        verbatim(section, "Restore", text);
        return;
    };
    section.say("Fill in the moment before the loss and the bucket that the service reads. Run the same command again to continue.");
    let text = format!(
        "holdfast restore {} --service {} --data {} --from {} --to-time TIME --into BUCKET",
        chapter.paths(),
        shell_word(service.name.as_str()),
        shell_word(data.as_str()),
        shell_word(copy.site.name.as_str())
    );
    verbatim(section, "Restore", text);
}

impl Chapter<'_, '_> {
    /// The paths of the policies, as words of a command.
    fn paths(&self) -> String {
        let words: Vec<String> = self.inputs.paths.iter().map(|path| shell_word(path)).collect();
        words.join(" ")
    }
}

fn verbatim(section: &mut Section, label: &str, text: String) {
    section.blocks.push(Block::Verbatim { label: label.to_owned(), text });
}
