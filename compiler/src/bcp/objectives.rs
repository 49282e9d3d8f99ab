//! Scope, objectives, data and assumptions: what the rest of the document rests on.

use super::context::{Context, heading, names};
use super::redact::redacted;
use crate::objectives::Bound;
use crate::policy::{Assumed, Origin, Service, Setting};
use crate::report::{Block, Phrase, Section, Severity, Table};
use crate::units::{Date, Duration};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("objectives", "Scope, objectives and data").answering(&[
        "NIST SP 800-34 A.3 §1.2, §1.3, App. F, App. L",
        "ISO 22301 8.4.4: purpose, scope and objectives",
    ]);
    section.say(
        "In scope are the services below. Every time is a bound under the assumptions at the end of this section, and as reliable \
         as the least reliable of them: proven, SLA (the provider pays if it fails), measured, attested (somebody says so), or \
         unbounded.",
    );
    objectives(context, &mut section);
    data(context, &mut section);
    assumptions(context, &mut section);
    section
}

fn objectives(context: &Context<'_>, section: &mut Section) {
    let mut table = Table::new(
        "Recovery objectives, and what the policies can keep",
        &["Service", "Disruption", "RTO", "Back within", "RPO", "Data lost at most"],
    );
    let asked = |asked: Option<&Setting<Duration>>| -> Phrase {
        asked.map_or_else(|| "none".to_owned(), |asked| asked.value.in_words()).into()
    };
    let bound = |bound: &Bound, asked: Option<&Setting<Duration>>| -> Phrase {
        let assurance = bound.value().map(|_| format!(" ({})", bound.assurance())).unwrap_or_default();
        let text = Phrase::new().text(format!("{}{assurance}", bound.in_words()));
        if bound.meets(asked) { text } else { text.text(", ").strong("missed") }
    };
    for service in context.services() {
        for derivation in context.derived.get(&service.name).into_iter().flatten() {
            let lost = match derivation.worst_rpo() {
                Some((_, worst)) => bound(worst, derivation.asked.rpo.as_ref()),
                None => "no data".into(),
            };
            table.row(vec![
                service.name.as_str().into(),
                heading(derivation.disruption).into(),
                asked(derivation.asked.rto.as_ref()),
                bound(&derivation.rto, derivation.asked.rto.as_ref()),
                asked(derivation.asked.rpo.as_ref()),
                lost,
            ]);
        }
    }
    section.table(table);
}

fn data(context: &Context<'_>, section: &mut Section) {
    let mut table =
        Table::new("Where the data is", &["Data set", "Primary", "Copied as it is written", "Backups"]);
    for service in context.services() {
        for (name, set) in &service.data {
            let backup = |schedule: &crate::policy::Schedule| {
                let to: Vec<&str> = schedule.to.iter().map(|(site, _)| site.name.as_str()).collect();
                let lock = if schedule.lock.is_some() { ", locked" } else { "" };
                let word = match schedule.strategy {
                    crate::document::Strategy::Weekly => "weekly",
                    _ => "daily",
                };
                format!("{word} to {}, kept {}{lock}", to.join(", "), schedule.keep.in_words())
            };
            let backups: Vec<String> = set.schedules.iter().map(backup).collect();
            let backups = if backups.is_empty() { "none".to_owned() } else { backups.join("; ") };
            table.row(vec![
                format!("{}: {name}", service.name).into(),
                set.primary.site.name.as_str().into(),
                names(set.copies.iter().map(|copy| &copy.site.name)),
                backups.into(),
            ]);
            if set.schedules.is_empty() {
                let text = format!(
                    "{}: {name} has no backup. A copy that is written at once has every mistake at once, so deleted data can be \
                     brought back only as long as versions of it are kept.",
                    service.name
                );
                section.note(Severity::Warning, text);
            }
        }
    }
    section.table(table);
}

fn assumptions(context: &Context<'_>, section: &mut Section) {
    let mut table = Table::new("Assumptions", &["Assumption", "Value", "Because", "Measured"]);
    for service in context.services() {
        for Assumption { what, value, because, measured, .. } in assumed(service) {
            let measured = measured.map_or_else(|| "no".to_owned(), |day| day.to_string());
            table.row(vec![
                format!("{}: {what}", service.name).into(),
                value.into(),
                redacted(context, &because).into(),
                measured.into(),
            ]);
        }
    }
    if !table.rows.is_empty() {
        section.blocks.push(Block::Details {
            summary: "All assumptions".to_owned(),
            blocks: vec![Block::Table(table)],
        });
    }
}

/// Something that objectives rest on and no configuration shows.
pub(crate) struct Assumption {
    /// What is assumed.
    pub(crate) what: &'static str,
    /// The value, in words.
    pub(crate) value: String,
    /// Why.
    pub(crate) because: String,
    /// The day on which it was measured.
    pub(crate) measured: Option<Date>,
    /// Whether it is Holdfast's own, because the policies say nothing.
    pub(crate) is_built_in: bool,
}

impl Assumption {
    fn of<T>(what: &'static str, value: String, setting: &Setting<Assumed<T>>) -> Self {
        let Assumed { because, measured, .. } = &setting.value;
        let is_built_in = matches!(setting.origin, Origin::BuiltIn(_));
        Self { what, value, because: because.clone(), measured: *measured, is_built_in }
    }
}

/// The assumptions of a service.
pub(crate) fn assumed(service: &Service) -> Vec<Assumption> {
    let given = &service.assumptions;
    let times = [
        ("the loss of a site is detected", given.detection.as_ref()),
        ("damage is noticed", given.noticed.as_ref()),
        ("clients keep old connections", Some(&given.keep_alive)),
        ("resolvers keep an answer longer than its TTL", Some(&given.resolver_slack)),
        ("DNS answers with the standby", Some(&given.health_propagation)),
        ("a backup is copied to another site", given.backup_copy.as_ref()),
    ];
    let times = times.into_iter().filter_map(|(what, setting)| {
        let setting = setting?;
        Some(Assumption::of(what, setting.value.value.in_words(), setting))
    });
    let rate = given.restore_throughput.as_ref();
    let rate = rate.map(|rate| Assumption::of("data is restored", rate.value.value.to_string(), rate));
    times.chain(rate).collect()
}
