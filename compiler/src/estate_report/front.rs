//! The first page: what this is, what it rests on, and short answers to the questions that everybody asks.

use super::context::{Context, count};
use super::verdict::{self, Verdict};
use super::{Live, assumptions, backups, changed, data, drift, drills};
use crate::bcp::{self, History, changes};
use crate::document::Disruption;
use crate::report::{Block, Phrase, Report, Severity, Table, Tone};
use crate::status;

/// The most things that a short answer lists.
const MOST: usize = 8;

pub(super) fn blocks(context: &Context<'_>, report: &Report) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph { text: summary(context) }];
    if let Some(why) = context.unseen() {
        let text = format!("Nothing here says how it stands in the cloud: {why}.");
        blocks.push(Block::Note { severity: Severity::Warning, text: text.into() });
    }
    if context.status().is_some_and(|status| status.plan.context.is_embedded()) {
        let text =
            "What is said of the cloud is said of the embedded one, which is for tries, and of no real one.";
        blocks.push(Block::Note { severity: Severity::Warning, text: text.into() });
    }
    let evacuated: Vec<&str> =
        context.status().into_iter().flat_map(|status| status.plan.posture.left_alone()).collect();
    if !evacuated.is_empty() {
        let text = format!(
            "{} evacuated: other sites answer, and nothing there was looked at. The pages below say what the policies declare for \
             the time when all sites are in use.",
            match evacuated.as_slice() {
                [site] => format!("{site} is"),
                sites => format!("{} are", sites.join(" and ")),
            }
        );
        blocks.push(Block::Note { severity: Severity::Problem, text: text.into() });
    }
    let prepared: Vec<&str> =
        context.status().into_iter().flat_map(|status| status.plan.posture.prepared()).collect();
    if !prepared.is_empty() {
        let text = format!("Users are away from {}, and the return is prepared.", prepared.join(" and "));
        blocks.push(Block::Note { severity: Severity::Problem, text: text.into() });
    }
    blocks.push(Block::Table(answers(context, report)));
    blocks.push(Block::Paragraph { text: Phrase::new().strong("What this report rests on") });
    blocks.push(Block::Facts { facts: rests_on(context) });
    blocks.extend(bcp::front::listed(report));
    blocks
}

fn summary(context: &Context<'_>) -> Phrase {
    let policy = context.policy();
    let all = verdict::all(context);
    let of = |wanted: Verdict| all.iter().filter(|(.., verdict)| *verdict == wanted).count();
    let services = count(policy.services.len(), "service", "services");
    let sites = count(policy.sites.len(), "site", "sites");
    let (missed, now) = (of(Verdict::Missed), of(Verdict::MissedNow));
    Phrase::new()
        .text(format!("{services} at {sites}, with {}: ", count(all.len(), "objective", "objectives")))
        .strong(format!("{} hold now", of(Verdict::Holds)))
        .text(", ")
        .strong(format!("{} are unknown", of(Verdict::Unknown)))
        .text(", ")
        .strong(format!("{} are missed", missed + now))
        .text(format!(" ({missed} by the policies, {now} in the cloud)."))
}

fn rests_on(context: &Context<'_>) -> Vec<(String, Phrase)> {
    let plan = &context.inputs.plan;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Phrase| facts.push((name.to_owned(), value));
    fact("As of", format!("{}: what is due or overdue is so on this day (UTC)", plan.as_of).into());
    fact("Policies", Phrase::new().text("digest ").code(changes::of_policies(&context.plan)));
    match &context.inputs.live {
        Live::Seen { status, from, to } => {
            let of = &status.plan.context;
            let (from, to) = (changes::second(from), changes::second(to));
            let when = if from == to { format!("at {to}") } else { format!("from {from} to {to}") };
            fact("Cloud seen", format!("{when}. What is said of the cloud is as old as that").into());
            fact("Account", format!("{}, in {}", of.accounts, of.cloud).into());
        }
        Live::NotAsked | Live::Unseen(_) => {
            fact("Cloud seen", Phrase::new().verdict(Tone::Unknown, "not seen"));
            fact("Account", "unknown".into());
        }
    }
    let journal = match plan.runs {
        History::Read { place, newest, .. } => match newest.first() {
            Some(run) => {
                let ended = context.hidden(&run.ended);
                format!(
                    "{place}; its last run is {}, begun {}, {ended}",
                    run.number,
                    changes::minute(&run.started)
                )
            }
            None => format!("{place}; it has no run of this estate"),
        },
        History::Unread(why) => format!("not read: {}", context.hidden(why)),
    };
    fact("Journal", journal.into());
    if let Some(one) = context.inputs.rehearsals.first() {
        let text = format!("{} runs of each loss, from the seed {}: simulated, not done", one.runs, one.seed);
        fact("Rehearsals", text.into());
    }
    let contacts = if plan.with_contacts { "included: keep this copy private" } else { "left out" };
    fact("Ways to reach people", contacts.into());
    facts
}

/// The table of short answers, to which the controls add one.
pub(crate) const SHORT_ANSWERS: &str = "Short answers";

fn answers(context: &Context<'_>, report: &Report) -> Table {
    let mut table = Table::new(SHORT_ANSWERS, &["Question", "Answer", "More"]);
    let mut row = |question: &str, answer: Phrase, key: &'static str| {
        table.row(vec![question.into(), answer, Phrase::new().section(key)]);
    };
    row("What is missed, or in danger?", missed(context), "estate");
    row("What happens if a site is lost tonight?", losses(context), "sites");
    row("Who decides, and if they do not answer?", decides(context), "activation");
    row("What was tried last, and with what result?", tried(context), "drills");
    row("What is overdue, and what is due next?", due(context), "drills");
    row("Are the backups there?", backups(context), "live");
    row("Is the data encrypted?", encrypted(context), "services");
    row("Does the cloud differ from the policies?", differs(context), "drift");
    row("What was changed lately, by whom, approved by whom?", changed(context), "changes");
    row("What was accepted, although it is wrong?", accepted(context), "findings");
    row("What does the plan lack?", lacks(report), "services");
    row("What is only assumed?", assumed(context), "assumptions");
    table
}

fn missed(context: &Context<'_>) -> Phrase {
    let all = verdict::all(context);
    let bad = all.iter().filter(|(.., verdict)| *verdict >= Verdict::MissedNow);
    let mut bad: Vec<String> =
        bad.map(|(service, disruption, ..)| format!("{service} after {disruption}")).collect();
    bad.dedup();
    if !bad.is_empty() {
        let more = bad.len().saturating_sub(MOST);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        bad.truncate(MOST);
        return Phrase::new().verdict(Tone::Bad, "missed").text(format!(": {}{more}.", bad.join(", ")));
    }
    match all.iter().filter(|(.., verdict)| *verdict == Verdict::Unknown).count() {
        0 => "Nothing: every objective held when somebody looked.".into(),
        _ => Phrase::new()
            .text("The policies miss nothing. Whether the cloud does is ")
            .verdict(Tone::Unknown, "not fully known")
            .text("."),
    }
}

fn losses(context: &Context<'_>) -> Phrase {
    let one = |loss: &&crate::objectives::Loss<'_>| matches!(loss.fate, crate::objectives::Fate::Site(_));
    let each = context.losses.iter().filter(one).map(|loss| {
        let name = loss.sites.iter().map(|site| site.as_str()).collect::<Vec<_>>().join(" and ");
        let (back, _) = super::estate::worst(loss);
        let stops = count(loss.services.len(), "service stops", "services stop");
        Phrase::new()
            .link("site", name.as_str(), name.as_str())
            .text(format!(": {stops}, back within: {back}"))
    });
    let all = Phrase::joined(each, ". ");
    if all.0.is_empty() { "No service has a site that can be lost.".into() } else { all.text(".") }
}

fn decides(context: &Context<'_>) -> Phrase {
    match context.plan.level_of(Disruption::SiteLoss) {
        Some(level) => Phrase::new()
            .strong(level.declared_by.as_str())
            .text("; if there is no answer: ")
            .phrase(context.plan.if_no_answer(&level.declared_by))
            .text("."),
        None => Phrase::new().verdict(Tone::Bad, "nobody").text(" is named for the loss of a site."),
    }
}

fn tried(context: &Context<'_>) -> Phrase {
    let all = context.policy().drills.values();
    let held = all.filter_map(|drill| Some((drills::held(context, drill)?, drill)));
    // One that recovers something shows more than a later one that does not.
    let last = held.max_by_key(|(day, drill)| (!drill.form.0.recovers_nothing(), *day));
    last.map_or_else(
        || Phrase::new().verdict(Tone::Bad, "nothing").text(" was ever tried."),
        |(_, drill)| drills::in_words(context, drill),
    )
}

fn due(context: &Context<'_>) -> Phrase {
    let all = status::due(context.policy(), context.inputs.plan.held, context.as_of());
    let overdue: Vec<&str> = all.iter().filter(|due| due.overdue).map(|due| due.what.as_str()).collect();
    let next = all.iter().filter(|due| !due.overdue).find_map(|due| Some((due.on?, &due.what)));
    let next = next.map(|(on, what)| format!(" Next: {what}, on {on}.")).unwrap_or_default();
    match overdue.is_empty() {
        true => Phrase::new().text(format!("Nothing is overdue.{next}")),
        false => Phrase::new().verdict(Tone::Bad, "overdue").text(format!(": {}.{next}", overdue.join(", "))),
    }
}

fn backups(context: &Context<'_>) -> Phrase {
    context.status().map_or_else(unknown, |status| backups::in_short(context, status))
}

fn encrypted(context: &Context<'_>) -> Phrase {
    if context.status().is_none() {
        return Phrase::new().text("All of it is declared to be. In the cloud: ").phrase(unknown());
    }
    let sets = context.policy().services.values().flat_map(|service| service.data.values());
    let all: Vec<_> = sets.flat_map(|set| std::iter::once(&set.primary).chain(&set.copies)).collect();
    let seen = all.iter().filter(|bucket| data::encrypts(context, bucket).is_some()).count();
    let backups = context.status().map(|status| status.plan.backups.as_slice()).unwrap_or_default();
    let vaults = backups.iter().filter(|backup| data::vault_encrypts(context, backup).is_some()).count();
    let text = format!(
        "{seen} of {} buckets and {vaults} of {} places of backups were seen to encrypt what is written to them.",
        all.len(),
        backups.len()
    );
    let whole = seen == all.len() && vaults == backups.len();
    Phrase::new().verdict(if whole { Tone::Good } else { Tone::Unknown }, text)
}

fn differs(context: &Context<'_>) -> Phrase {
    let Some(status) = context.status() else { return unknown() };
    let drifted = status.drifted();
    let pending = count(status.plan.pending().count(), "change", "changes");
    let drift = count(drifted, "resource", "resources");
    let unseen = drift::not_compared(status);
    let tone = if drifted > 0 {
        Tone::Bad
    } else if status.plan.is_empty() && unseen.is_none() {
        Tone::Good
    } else {
        Tone::Unknown
    };
    let unseen =
        unseen.map(|unseen| format!("; {unseen}: nobody knows whether they differ")).unwrap_or_default();
    Phrase::new()
        .verdict(tone, format!("{drift} changed by somebody"))
        .text(format!(" since the last apply; {pending} not applied yet{unseen}."))
}

fn changed(context: &Context<'_>) -> Phrase {
    let Some(runs) = changed::lately(context) else {
        return Phrase::new().verdict(Tone::Unknown, "unknown").text(": the journal was not read.");
    };
    let each = runs.into_iter().map(|run| {
        let approvers: Vec<String> = run.approvers.iter().map(|name| context.person(name)).collect();
        let approved = match (&run.break_glass, approvers.is_empty()) {
            (Some(reason), _) => format!("without approval, because: {}", context.hidden(reason)),
            (None, true) => "approved by nobody".to_owned(),
            (None, false) => format!("approved by {}", approvers.join(", ")),
        };
        let (day, by) = (changes::minute(&run.started), context.person(&run.runner));
        let what = changed::in_words(run);
        Phrase::new().text(format!("Run {} on {day} by {by}, {approved}: {what}", run.number))
    });
    let all = Phrase::joined(each, ". ");
    match (all.0.is_empty(), changed::has_unlisted(context)) {
        (true, false) => "The journal has no run of the last 31 days.".into(),
        (true, true) => Phrase::new()
            .verdict(Tone::Unknown, "unknown")
            .text(": all listed runs are later than this day, and earlier runs are not listed here."),
        (false, false) => all.text("."),
        (false, true) => all.text(", and earlier runs that are not listed here."),
    }
}

fn accepted(context: &Context<'_>) -> Phrase {
    match context.inputs.waived.len() {
        0 => "Nothing.".into(),
        many => {
            format!("{}, each with an owner, a reason and an end.", count(many, "finding", "findings")).into()
        }
    }
}

fn lacks(report: &Report) -> Phrase {
    match report.gaps().len() {
        0 => "It has no gap that the check of Holdfast knows.".into(),
        many => Phrase::new()
            .verdict(Tone::Bad, count(many, "gap", "gaps"))
            .text(", marked where something is missing, and listed below."),
    }
}

fn assumed(context: &Context<'_>) -> Phrase {
    let all = assumptions::assumptions(context);
    let measured = all.iter().filter(|(_, one)| assumptions::is_measured(context, one)).count();
    let text = format!(
        "{} of {} were not measured in the last year.",
        all.len() - measured,
        count(all.len(), "assumption", "assumptions")
    );
    text.into()
}

fn unknown() -> Phrase {
    Phrase::new().verdict(Tone::Unknown, "unknown").text(": nobody has looked.")
}
