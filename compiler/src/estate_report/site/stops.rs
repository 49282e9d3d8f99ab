//! What stops, when it is back, and what is lost.

use super::Lost;
use crate::document::Name;
use crate::estate_report::context::{self, links, seconds};
use crate::objectives::Bound;
use crate::policy::Setting;
use crate::rehearsals::{Comparison, Measure, Verdict};
use crate::report::{Phrase, Section, Table, Tone};
use crate::units::Duration;

pub(super) fn services(lost: &Lost<'_, '_>, section: &mut Section) {
    let Some(loss) = lost.loss else { return };
    let mut table = Table::new(
        "What stops, in the order of recovery",
        &["Service", "Asked (RTO)", "Back within", "Worst run", "Half of the runs", "Verdict", "Needs first"],
    );
    for service in lost.services() {
        let Some(derivation) = loss.services.get(&service.name) else { continue };
        let run = of(lost, &service.name, &Measure::Rto);
        let asked = derivation.asked.rto.as_ref();
        table.row(vec![
            Phrase::new().link("service", service.name.as_str(), service.name.as_str()),
            objective(asked),
            sure(&derivation.rto),
            run.map_or_else(|| "not rehearsed".to_owned(), |run| seconds(run.worst)).into(),
            run.map_or_else(|| "not rehearsed".to_owned(), |run| seconds(run.median)).into(),
            verdict(&derivation.rto, asked, run),
            links("service", service.depends_on.keys()),
        ]);
    }
    section.table(table);
}

pub(super) fn data(lost: &Lost<'_, '_>, section: &mut Section) {
    let Some(loss) = lost.loss else { return };
    let mut table = Table::new(
        "What is lost of the data",
        &["Data set", "Asked (RPO)", "Lost at most", "Worst run", "Verdict", "Comes back from"],
    );
    for service in lost.services() {
        let Some(derivation) = loss.services.get(&service.name) else { continue };
        for (data, bound) in &derivation.rpo {
            let run = of(lost, &service.name, &Measure::Rpo(data.clone()));
            let asked = derivation.asked.rpo.as_ref();
            table.row(vec![
                format!("{}: {data}", service.name).into(),
                objective(asked),
                sure(bound),
                run.map_or_else(|| "not rehearsed".to_owned(), |run| seconds(run.worst)).into(),
                verdict(bound, asked, run),
                left(lost, &service.name, data),
            ]);
        }
    }
    if table.rows.is_empty() {
        section.say("The services that stop have no data.");
    }
    section.table(table);
}

/// What the rehearsal says of a measure of a service.
fn of<'a>(lost: &Lost<'_, 'a>, service: &Name, measure: &Measure) -> Option<&'a Comparison> {
    lost.rehearsal?.services.get(service)?.iter().find(|one| one.measure == *measure)
}

fn objective(asked: Option<&Setting<Duration>>) -> Phrase {
    asked.map_or_else(|| "none".to_owned(), |asked| asked.value.in_words()).into()
}

/// `33 min (attested)`.
fn sure(bound: &Bound) -> Phrase {
    let sure = bound.value().map(|_| format!(" ({})", bound.assurance())).unwrap_or_default();
    format!("{}{sure}", context::bound(bound)).into()
}

/// Whether the bound and the runs are within an objective. Runs and bounds are on paper: nothing here holds because of them.
fn verdict(bound: &Bound, asked: Option<&Setting<Duration>>, run: Option<&Comparison>) -> Phrase {
    if asked.is_none() {
        return "no objective".into();
    }
    let missed = match run.map(|run| run.verdict) {
        Some(Verdict::Missed { missed, never }) => missed.saturating_add(never),
        Some(Verdict::Within | Verdict::NotAsked) | None => 0,
    };
    match (bound.meets(asked), missed) {
        (true, 0) => "within it on paper".into(),
        (true, runs) => Phrase::new()
            .verdict(Tone::Bad, format!("missed in {runs} runs"))
            .text(", although the bound is within it"),
        (false, 0) => Phrase::new().verdict(Tone::Bad, "missed").text(" by the bound"),
        (false, runs) => {
            Phrase::new().verdict(Tone::Bad, "missed").text(format!(" by the bound, and in {runs} runs"))
        }
    }
}

/// The copies and backups of a data set at sites that are left.
fn left(lost: &Lost<'_, '_>, service: &Name, data: &Name) -> Phrase {
    let set = lost.context.policy().services.get(service).and_then(|service| service.data.get(data));
    let Some(set) = set else { return "none".into() };
    let is_left = |site: &&Name| !lost.sites.contains(*site);
    let copies: Vec<&str> =
        set.copies.iter().map(|copy| &copy.site.name).filter(is_left).map(Name::as_str).collect();
    let backups = set.schedules.iter().flat_map(|rule| &rule.to).map(|(site, _)| &site.name);
    let backups: std::collections::BTreeSet<&str> = backups.filter(is_left).map(Name::as_str).collect();
    let backups: Vec<&str> = backups.into_iter().collect();
    let parts = [("copies at", copies), ("backups at", backups)];
    let parts = parts.into_iter().filter(|(_, sites)| !sites.is_empty());
    let parts: Vec<String> = parts.map(|(what, sites)| format!("{what} {}", sites.join(", "))).collect();
    match parts.is_empty() {
        true => Phrase::new().verdict(Tone::Bad, "nothing is left"),
        false => parts.join("; ").into(),
    }
}
