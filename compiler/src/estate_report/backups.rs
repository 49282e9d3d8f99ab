//! Scheduled backups: whether one that is young enough is in each place, as somebody saw.

use super::context::Context;
use super::data;
use crate::backups::KeptBackups;
use crate::document::Strategy;
use crate::report::{Phrase, Section, Severity, Table, Tone};
use crate::status::Status;

/// Where the backups of a place stand.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// There is one that is young enough, and its lock keeps it.
    AsDeclared,
    /// There is none, or its lock does not keep it, for this reason.
    Faulty(String),
    /// Nobody can tell, for this reason.
    Unknown(String),
}

fn standing(backup: &KeptBackups) -> Standing {
    let Some(fault) = backup.any_fault() else { return Standing::AsDeclared };
    if backup.is_seen() { Standing::Faulty(fault) } else { Standing::Unknown(fault) }
}

/// The answer of the first page. `status` is what somebody saw.
pub(super) fn in_short(context: &Context<'_>, status: &Status<'_>) -> Phrase {
    let declared = context.policy().services.values().flat_map(|service| service.data.values());
    let declared: usize = declared.flat_map(|set| &set.schedules).map(|schedule| schedule.to.len()).sum();
    if declared == 0 {
        return Phrase::new().verdict(Tone::Bad, "no backup is declared").text(".");
    }
    let all = &status.plan.backups;
    let standings: Vec<Standing> = all.iter().map(standing).collect();
    let good = standings.iter().filter(|one| **one == Standing::AsDeclared).count();
    let bad = standings.iter().filter(|one| matches!(one, Standing::Faulty(_))).count();
    let unknown = declared.saturating_sub(good + bad);
    let tone = match (bad, unknown) {
        (0, 0) => Tone::Good,
        (0, _) => Tone::Unknown,
        _ => Tone::Bad,
    };
    let oldest = all.iter().filter_map(KeptBackups::newest).max_by_key(|newest| newest.age);
    let oldest = oldest.map(|newest| format!(" The oldest of the newest ones: {}.", newest.in_words()));
    Phrase::new()
        .verdict(tone, format!("{good} of {declared} places"))
        .text(" have one that is young enough and locked as declared; ")
        .text(format!("{bad} do not, and of {unknown} nobody can tell.{}", oldest.unwrap_or_default()))
}

pub(super) fn table(context: &Context<'_>, status: &Status<'_>, section: &mut Section) {
    let columns = [
        "Data set",
        "At",
        "How often",
        "The newest whole one",
        "May be at most",
        "Stands",
        "Encrypted with, as seen",
    ];
    let mut table = Table::new("Scheduled backups", &columns);
    for backup in &status.plan.backups {
        let why = |why: &str| format!(": {}", context.hidden(why));
        let stands = match standing(backup) {
            Standing::AsDeclared => Phrase::new().verdict(Tone::Good, "as declared"),
            Standing::Faulty(fault) => Phrase::new().verdict(Tone::Bad, "not as declared").text(why(&fault)),
            Standing::Unknown(reason) => Phrase::new().verdict(Tone::Unknown, "unknown").text(why(&reason)),
        };
        let newest = backup.newest().map_or_else(|| "none seen".to_owned(), |newest| newest.in_words());
        let allowed = backup.allowed.map(|allowed| format!("{} old", allowed.in_words()));
        table.row(vec![
            format!("{}: {}", backup.service, backup.data).into(),
            backup.site.as_str().into(),
            often(backup).into(),
            newest.into(),
            allowed.unwrap_or_else(|| "no limit is known".to_owned()).into(),
            stands,
            data::vault_encrypts(context, backup)
                .map_or_else(|| Phrase::new().verdict(Tone::Unknown, "not seen"), Phrase::from),
        ]);
    }
    section.table(table);
    for backup in &status.plan.backups {
        let Some(fault) = backup.job_fault() else { continue };
        let ago = fault.age.in_minutes_down().in_words();
        let (place, said) = (&backup.site, context.hidden(&fault.said));
        let text = format!(
            "The last backup job of {}: {} at {place}, {ago} ago, {said}.",
            backup.service, backup.data
        );
        section.note(Severity::Warning, text);
    }
}

fn often(backup: &KeptBackups) -> &'static str {
    match (backup.strategy, backup.continuous) {
        (_, true) => "continuous",
        (Strategy::Weekly, _) => "weekly",
        (Strategy::Daily | Strategy::RealTime, _) => "daily",
    }
}
