//! What somebody saw in the cloud: objectives now, copies, backups, health checks, and what nobody could see.

use super::context::{Context, count, seconds, sentence};
use super::data;
use crate::backups::KeptBackups;
use crate::copies::CopyState;
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
    backups(context, status, &mut section);
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

fn backups(context: &Context<'_>, status: &Status<'_>, section: &mut Section) {
    let mut table = Table::new(
        "Scheduled backups",
        &[
            "Data set",
            "At",
            "How often",
            "The newest whole one",
            "May be at most",
            "Stands",
            "Encrypted with, as seen",
        ],
    );
    for backup in &status.plan.backups {
        let stands = match backup.any_fault() {
            Some(fault) if !backup.is_seen() => {
                Phrase::new().verdict(Tone::Unknown, "unknown").text(format!(": {}", context.hidden(&fault)))
            }
            Some(fault) => {
                Phrase::new().verdict(Tone::Bad, "not in time").text(format!(": {}", context.hidden(&fault)))
            }
            None => Phrase::new().verdict(Tone::Good, "in time"),
        };
        let newest = backup.newest().map_or_else(|| "none seen".to_owned(), |newest| newest.in_words());
        table.row(vec![
            format!("{}: {}", backup.service, backup.data).into(),
            backup.site.as_str().into(),
            often(backup).into(),
            newest.into(),
            backup
                .allowed
                .map_or_else(
                    || "no limit is known".to_owned(),
                    |allowed| format!("{} old", allowed.in_words()),
                )
                .into(),
            stands,
            data::vault_encrypts(context, backup)
                .map_or_else(|| Phrase::new().verdict(Tone::Unknown, "not seen"), Phrase::from),
        ]);
    }
    section.table(table);
    for backup in &status.plan.backups {
        let Some(fault) = backup.job_fault() else { continue };
        let ago = fault.age.in_minutes_down().in_words();
        let text = format!(
            "The last backup job of {}: {} at {}, {ago} ago, {}.",
            backup.service,
            backup.data,
            backup.site,
            context.hidden(&fault.said)
        );
        section.note(Severity::Warning, text);
    }
}

fn often(backup: &KeptBackups) -> &'static str {
    match (backup.strategy, backup.continuous) {
        (_, true) => "continuous",
        (crate::document::Strategy::Weekly, _) => "weekly",
        _ => "daily",
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
    items.extend(status.plan.awaited.iter().map(|one| Phrase::new().text(context.hidden(&one.in_words()))));
    if !items.is_empty() {
        section.say(Phrase::new().strong("Not seen, and unknown"));
        section.list(ListStyle::Bullets, items);
    }
}
