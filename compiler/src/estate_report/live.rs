//! What somebody saw in the cloud: objectives now, copies, backups, health checks, and what nobody could see.

use super::backups;
use super::context::{Context, count, seconds, sentence};
use crate::copies::CopyState;
use crate::plan::awaited_in_words;
use crate::report::{ListStyle, Phrase, Section, Severity, Table, Tone};
use crate::status::{State, Status};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("live", "How it stands in the cloud");
    let Some(status) = context.status() else {
        let why = context.unseen().unwrap_or_default();
        section.note(
            Severity::Warning,
            format!("Unknown: {why}. Nothing in this report says that copies, backups or failover work."),
        );
        return section;
    };
    if status.plan.context.is_embedded() {
        let text = "This is the embedded cloud, which is for tries. It says nothing about the real one.";
        section.note(Severity::Warning, text);
    }
    let [missed, unknown, holds] = State::ALL.map(|state| status.count(state));
    let all = count(status.objectives.len(), "objective", "objectives");
    section.say(format!("Of {all}, {holds} hold, {missed} are missed, and of {unknown} nobody can tell."));
    for lost in &status.plan.lost {
        section.note(Severity::Problem, format!("Data is gone: the bucket {} no longer exists.", lost.name));
    }
    objectives(context, status, &mut section);
    copies(context, status, &mut section);
    backups::table(context, status, &mut section);
    checks(context, status, &mut section);
    unseen(context, status, &mut section);
    section
}

fn objectives(context: &Context<'_>, status: &Status<'_>, section: &mut Section) {
    let mut table = Table::new(
        "Objectives that do not hold, or of which nobody can tell",
        &["Service", "Disruption", "Objective", "Now", "Stands", "Because"],
    );
    for one in status.objectives.iter().filter(|one| one.state != State::Holds) {
        let measure = match one.measure {
            crate::plan::Measure::Rto => "RTO",
            crate::plan::Measure::Rpo => "RPO",
        };
        let tone = if one.state == State::Missed { Tone::Bad } else { Tone::Unknown };
        table.row(vec![
            Phrase::new().link("service", one.service.as_str(), one.service.as_str()),
            sentence(&one.disruption.to_string()).trim_end_matches('.').into(),
            format!("{measure} {}", seconds(Some(one.objective))).into(),
            seconds(one.seconds).into(),
            Phrase::new().verdict(tone, one.state.word()),
            context.hidden(one.because.as_deref().unwrap_or_default()).into(),
        ]);
    }
    section.table(table);
}

fn copies(context: &Context<'_>, status: &Status<'_>, section: &mut Section) {
    let mut table = Table::new("Copies that are written at once", &["Copy", "From", "State"]);
    for copy in &status.plan.copies {
        let (tone, state, why) = match &copy.state {
            CopyState::Works => (Tone::Good, "works", String::new()),
            CopyState::New => (Tone::Bad, "not made yet", String::new()),
            CopyState::Broken(why) => (Tone::Bad, "broken", format!(": {}", context.hidden(why))),
        };
        let job = copy.job.as_ref().map(|job| format!("; older objects: {}", job.in_words()));
        table.row(vec![
            copy.to.as_str().into(),
            copy.from.as_str().into(),
            Phrase::new().verdict(tone, state).text(why).text(context.hidden(&job.unwrap_or_default())),
        ]);
    }
    section.table(table);
    let mut table = Table::new("How far copies are behind", &["Data set", "Copy at", "Behind"]);
    for lag in &status.plan.lags {
        let seen = match &lag.seen {
            Ok(lag) if lag.is_measured() => lag.in_words().into(),
            Ok(_) => Phrase::new().verdict(Tone::Unknown, "unknown").text(": the provider has no figure yet"),
            Err(why) => {
                Phrase::new().verdict(Tone::Unknown, "unknown").text(format!(": {}", context.hidden(why)))
            }
        };
        table.row(vec![format!("{}: {}", lag.service, lag.data).into(), lag.site.as_str().into(), seen]);
    }
    section.table(table);
    if status.unseen_copies > 0 {
        let text = format!("{} cannot be seen.", count(status.unseen_copies, "copy", "copies"));
        section.note(Severity::Warning, text);
    }
}

fn checks(context: &Context<'_>, status: &Status<'_>, section: &mut Section) {
    let mut table = Table::new("Health checks that move traffic", &["Traffic", "Site", "Now"]);
    for check in &status.plan.checks {
        let now = match &check.passes {
            Ok(Some(true)) => Phrase::new().verdict(Tone::Good, "passes"),
            Ok(Some(false)) => Phrase::new().verdict(Tone::Bad, "fails"),
            Ok(None) => Phrase::new().verdict(Tone::Unknown, "unknown").text(": the provider has no figure"),
            Err(why) => {
                Phrase::new().verdict(Tone::Unknown, "unknown").text(format!(": {}", context.hidden(why)))
            }
        };
        table.row(vec![
            format!("{}: {}", check.service, check.traffic).into(),
            check.site.as_str().into(),
            now,
        ]);
    }
    section.table(table);
}

fn unseen(context: &Context<'_>, status: &Status<'_>, section: &mut Section) {
    let mut items: Vec<Phrase> = Vec::new();
    items.extend(status.unread.iter().map(|one| Phrase::new().text(format!("Nobody has looked {one}."))));
    items.extend(status.unknown().map(|one| {
        Phrase::new()
            .code(one.address.to_string())
            .text(format!(" could not be seen: {}.", context.hidden(&one.reason)))
    }));
    items.extend(status.taken().map(|one| {
        Phrase::new()
            .code(one.address.to_string())
            .text(format!(" belongs to somebody else: {}.", context.hidden(&one.reason)))
    }));
    let awaited = awaited_in_words(&status.plan.awaited);
    items.extend(awaited.map(|sentence| Phrase::new().text(context.hidden(&sentence))));
    if !items.is_empty() {
        section.say(Phrase::new().strong("Not seen, and unknown"));
        section.list(ListStyle::Bullets, items);
    }
}
