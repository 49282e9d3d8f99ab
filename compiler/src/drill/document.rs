//! A drill that was held, as a document.

use super::{Achieved, Outcome, Phase, Record};
use crate::report::{ListStyle, Phrase, Report, Section, Severity, Table, Tone};
use crate::units::Duration;

/// The document. `run` is the number of the run that recorded it; `place` names cloud and account.
#[must_use]
pub fn report(record: &Record, run: u64, place: &str) -> Report {
    let mut blocks = Section::new("drill", "");
    let tone = match record.outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed => Tone::Bad,
        Outcome::Aborted => Tone::Unknown,
    };
    let mut facts: Vec<(String, Phrase)> = vec![
        ("Outcome".to_owned(), Phrase::new().verdict(tone, record.outcome.to_string())),
        ("Type".to_owned(), record.form.to_string().into()),
        ("Exercised".to_owned(), exercised(record).into()),
        ("Services".to_owned(), record.services.join(", ").into()),
        ("Cloud".to_owned(), place.into()),
        ("Began".to_owned(), record.began.as_str().into()),
        ("Ended".to_owned(), record.ended.as_str().into()),
        ("Led by".to_owned(), record.lead.as_deref().unwrap_or("nobody").into()),
        ("Took part".to_owned(), some(&record.participants).into()),
        ("Policies".to_owned(), Phrase::new().code(format!("sha256:{}", record.policies))),
        ("Recorded".to_owned(), format!("run {run} of the journal").into()),
    ];
    if let Some(plan) = &record.plan {
        let of = format!(", approved by {}", plan.approvers.join(", "));
        facts.push(("Plan".to_owned(), Phrase::new().code(format!("sha256:{}", plan.digest)).text(of)));
    }
    if record.form.recovers_nothing() {
        facts.push((
            "What it shows".to_owned(),
            "Nothing was recovered in it: a discussion or a simulation does not show that a recovery works."
                .into(),
        ));
    }
    blocks.facts(facts);
    let sections = vec![
        findings(record),
        achieved(record),
        asked(record),
        restored(record),
        phases(record),
        words_of_people(record),
        criteria(record),
    ];
    let sections = sections.into_iter().filter(|section| !section.blocks.is_empty()).collect();
    Report { kind: "drill", title: format!("Drill {}", record.drill), blocks: blocks.blocks, sections }
}

fn exercised(record: &Record) -> String {
    let site = record.site.as_ref().map(|site| format!(" ({site})")).unwrap_or_default();
    format!("{}{site}", record.disruption)
}

fn some(names: &[String]) -> String {
    if names.is_empty() { "nobody is named".to_owned() } else { names.join(", ") }
}

fn findings(record: &Record) -> Section {
    let mut section = Section::new("findings", "Findings");
    if record.findings.is_empty() && record.outcome == Outcome::Passed {
        section.say("Nothing was found.");
    }
    let mut table = Table::new("Findings", &["Cause", "Owner", "Due"]);
    for finding in &record.findings {
        table.row(vec![
            finding.cause.as_str().into(),
            finding.owner.as_deref().unwrap_or("nobody").into(),
            finding.due.as_deref().unwrap_or("no day").into(),
        ]);
    }
    section.table(table);
    if !record.deviations.is_empty() {
        section.say("What went otherwise than the policies say, and did not make it fail:");
        section.list(ListStyle::Bullets, record.deviations.iter().map(|one| one.as_str().into()).collect());
    }
    section
}

fn achieved(record: &Record) -> Section {
    let mut section = Section::new("achieved", "What was achieved");
    let mut table = Table::new(
        "Achieved",
        &["Service", "Measure", "Achieved", "Allowed", "Bound of the policies", "What it is"],
    );
    for one in &record.achieved {
        let of =
            one.data.as_ref().map_or_else(|| one.service.clone(), |data| format!("{}.{data}", one.service));
        table.row(vec![
            of.as_str().into(),
            one.measure.to_string().into(),
            number(one),
            one.objective.map_or_else(|| "no objective".to_owned(), words).into(),
            one.bound.map_or_else(|| "no limit is known".to_owned(), words).into(),
            one.how.as_str().into(),
        ]);
        if let Some((seconds, bound)) = one.seconds.zip(one.bound).filter(|(seconds, bound)| seconds > bound)
        {
            section.note(
                Severity::Problem,
                format!(
                    "The {} of {} was {}, above the bound of {}: an assumption of the policies does not hold.",
                    one.measure,
                    of,
                    words(seconds),
                    words(bound)
                ),
            );
        }
    }
    section.table(table);
    section
}

fn number(one: &Achieved) -> Phrase {
    match (one.seconds, one.objective) {
        (None, _) => Phrase::new().verdict(Tone::Unknown, "unknown"),
        (Some(seconds), Some(limit)) if seconds > limit => Phrase::new().verdict(Tone::Bad, words(seconds)),
        (Some(seconds), _) => words(seconds).into(),
    }
}

fn asked(record: &Record) -> Section {
    let mut section = Section::new("asked", "What resolvers answered");
    let mut table = Table::new("Answers", &["Service", "Record", "Resolver", "From", "Answer"]);
    for one in &record.asked {
        for heard in &one.heard {
            table.row(vec![
                one.service.as_str().into(),
                one.record.as_str().into(),
                one.resolver.as_str().into(),
                heard.at.as_str().into(),
                heard.said().into(),
            ]);
        }
        if one.more > 0 {
            section.say(format!(
                "The answers of {} for {} changed {} more times.",
                one.resolver, one.record, one.more
            ));
        }
    }
    section.table(table);
    section
}

fn restored(record: &Record) -> Section {
    let mut section = Section::new("restored", "What was restored");
    let mut table = Table::new(
        "Restored and verified",
        &["Data", "From", "Into", "Objects", "Bytes", "Verified by", "Took"],
    );
    for one in &record.restored {
        let verified: Vec<String> =
            one.verified.iter().map(|(how, count)| format!("{how}: {count}")).collect();
        table.row(vec![
            one.entry.as_str().into(),
            one.from.as_str().into(),
            one.into.as_str().into(),
            one.objects.to_string().into(),
            one.bytes.to_string().into(),
            verified.join(", ").into(),
            format!("{} ms", one.milliseconds).into(),
        ]);
    }
    section.table(table);
    section
}

fn phases(record: &Record) -> Section {
    let mut section = Section::new("timeline", "Timeline");
    let mut table = Table::new("Phases", &["Phase", "Began", "Ended"]);
    for Phase { name, began, ended } in &record.phases {
        table.row(vec![name.as_str().into(), began.as_str().into(), ended.as_str().into()]);
    }
    section.table(table);
    section
}

fn words_of_people(record: &Record) -> Section {
    let mut section = Section::new("words", "What people said");
    let mut table = Table::new("Words", &["Asked", "Of", "Answer", "How it is known", "Took"]);
    for one in &record.words {
        let answer = match one.yes {
            Some(true) => Phrase::new().verdict(Tone::Good, "yes"),
            Some(false) => Phrase::new().verdict(Tone::Bad, "no"),
            None => Phrase::new().verdict(Tone::Unknown, "unknown"),
        };
        let known = match one.asked {
            None => "it was not asked: what it comes after was not answered".to_owned(),
            Some(_) => one.assurance.to_string(),
        };
        table.row(vec![
            one.asks.as_str().into(),
            one.who.as_deref().unwrap_or("whoever leads").into(),
            answer,
            known.into(),
            one.seconds.map_or_else(|| "not timed".to_owned(), words).into(),
        ]);
    }
    section.table(table);
    section
}

fn criteria(record: &Record) -> Section {
    let mut section = Section::new("criteria", "Criteria");
    let mut table = Table::new("Criteria of the policy", &["Criterion", "Met", "What was said"]);
    for one in &record.criteria {
        let met = match one.met {
            Some(true) => Phrase::new().verdict(Tone::Good, "yes"),
            Some(false) => Phrase::new().verdict(Tone::Bad, "no"),
            None if one.probed => Phrase::new().verdict(Tone::Unknown, "unknown"),
            None => Phrase::new().verdict(Tone::Unknown, "nobody said"),
        };
        table.row(vec![one.text.as_str().into(), met, one.output.as_deref().unwrap_or_default().into()]);
    }
    section.table(table);
    section
}

fn words(seconds: u64) -> String {
    Duration::seconds(seconds).in_words()
}
