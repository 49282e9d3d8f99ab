//! A drill from beginning to end.

use futures::StreamExt as _;
use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::document::Form;
use holdfast_compiler::drill::{Answers, Finding, Outcome, Record, judge, script};
use holdfast_compiler::plan::Consents;
use holdfast_compiler::policy::{Criterion, Drill};
use holdfast_compiler::printable::one_line;
use holdfast_compiler::units::Date;

use super::DrillError;
use super::command::{approved, missing};
use super::error::not_ready;
use super::exercise::Exercise;
use super::full_scale::{Evacuation, full_scale};
use super::functional::functional;
use super::left::take_back;
use super::order::{Front, Order};
use super::ready;
use super::session::{Log, Session, now};
use super::simulate::simulate;
use super::talk::{answers, talk};
use super::word::{Desk, withdraw};
use crate::estate::{Policies, PostureChange, Selection};
use crate::journal::{self, Event};

/// How a drill ended.
#[derive(Debug)]
pub enum Ended {
    /// Nothing was done: this is what would be.
    Planned(String),
    /// It was held, and is in the journal.
    Held {
        /// The number of the run that recorded it.
        run: u64,
        /// `local:cloud.json, account 000000000000`.
        place: String,
        /// The record.
        record: Box<Record>,
    },
}

/// Hold a drill, and record it.
///
/// # Errors
/// It does not begin, or cannot be recorded.
pub async fn hold(
    policies: Policies,
    selection: &Selection,
    order: &Order,
    front: &dyn Front,
) -> Result<Ended, DrillError> {
    let mut session = Session::open(policies, selection, order).await?;
    if order.dry_run {
        if let Some(open) = journal::open_drill(&session.history.entries, &session.context) {
            front.tell(&format!(
                "the drill {}, begun at {}, did not end: it would be rolled back",
                open.began.drill, open.at
            ));
        }
    } else {
        Box::pin(take_back(&mut session, selection, order, front)).await?;
        // A talk is not in the journal before it ends.
        withdraw(&session, order, &order.drill, front);
    }
    // A bad file of answers is said before anything is recorded.
    let drill = session.drill()?;
    let asked = script(session.policy(), drill);
    answers(&asked, order.answers.as_deref())?;
    if order.wait.is_some() {
        // Also that words can be laid out, before anything is done.
        Desk::check(&session, order)?;
    }
    let plan = order.approved.as_deref().map(|path| approved(&session, path)).transpose()?;
    let mut faults = faults_of_people(&session, drill);
    if !drill.form.0.recovers_nothing() {
        faults.extend(faults_of_estate(&session, selection, front).await?);
    }
    // What is missing in the estate says more than what follows from it.
    if !faults.is_empty() {
        return Err(DrillError::NotReady(faults));
    }
    let (exercise, evacuation) = match drill.form.0 {
        Form::Functional => {
            let cloud = session.cloud().await?;
            (Some(Exercise::prepare(&session, order, cloud.as_ref()).await?), None)
        }
        Form::FullScale => (None, Some(Evacuation::prepare(&session, selection, order).await?)),
        _ => (None, None),
    };
    let mut record = Record { plan, ..session.blank(order)? };
    if order.dry_run {
        let text = planned(&session, drill, exercise.as_ref(), evacuation.as_ref(), order, &record);
        return Ok(Ended::Planned(text));
    }
    front.tell(&format!("{}: {}", drill.name, asked.scenario));
    let (run, record) = match (exercise, evacuation) {
        (_, Some(mut evacuation)) => {
            let site = &evacuation.site;
            front
                .confirm(&format!("Send users away from {site} for real, and back"))
                .map_err(|why| DrillError::NotConfirmed { why, what: format!("the evacuation of {site}") })?;
            // On the heap: a run in a run in a drill is too much for a stack.
            let events =
                Box::pin(full_scale(&session, selection, order, &mut evacuation, front, &mut record)).await?;
            let record = judge(session.policy(), Record { ended: now(), ..record });
            match note(&session, events, &record, front).await {
                Ok(run) => (run, record),
                Err(error) => {
                    let users = where_users_are(&session, &evacuation.site).await;
                    return Err(not_recorded(&record, &error, &users));
                }
            }
        }
        (Some(exercise), None) => {
            let log = session.log_first(&record).await?;
            log.begin(&record).await?;
            functional(&session, order, &exercise, &log, front, &mut record).await?;
            end(&session, log, record).await?
        }
        (None, None) => {
            in_words(&session, order, front, &mut record).await?;
            let logged = async {
                let log = session.log_last(&record, front).await?;
                log.begin(&record).await?;
                end(&session, log, record.clone()).await
            };
            match logged.await {
                Ok(ended) => ended,
                // People's answers are in it.
                Err(error) => return Err(not_recorded(&record, &error, "")),
            }
        }
    };
    let place = format!("{}, account {}", session.context.cloud, session.context.accounts);
    Ok(Ended::Held { run, place, record: Box::new(record) })
}

/// Judge a drill, and record how it ended.
async fn end(session: &Session, log: Log, record: Record) -> Result<(u64, Record), DrillError> {
    let record = judge(session.policy(), Record { ended: now(), ..record });
    Ok((log.end(&record).await?, record))
}

/// Record how a full-scale drill ended, and what of it is gone.
async fn note(
    session: &Session,
    events: Vec<Event>,
    record: &Record,
    front: &dyn Front,
) -> Result<u64, DrillError> {
    let log = session.log_last(record, front).await?;
    for event in events {
        log.add(event).await?;
    }
    log.end(record).await
}

/// A drill that touches nothing: it is played on paper, or told. If somebody stops it, it is aborted, and what was answered until then stays.
async fn in_words(
    session: &Session,
    order: &Order,
    front: &dyn Front,
    record: &mut Record,
) -> Result<(), DrillError> {
    let mut requests = front.requests_to_end().map_err(|error| DrillError::Usage(error.to_string()))?;
    let work = async {
        if session.drill()?.form.0 == Form::Simulation {
            simulate(session, record).await?;
        }
        talk(session, order, front, record).await
    };
    let ended = tokio::select! {
        biased;
        _ = requests.next() => None,
        done = work => Some(done),
    };
    let cause = match ended {
        // It was held to its end; the judge looks for what is wrong.
        Some(Ok(())) => {
            record.outcome = Outcome::Passed;
            return Ok(());
        }
        Some(Err(error)) => format!("the drill broke off: {error}"),
        None => "the drill was stopped".to_owned(),
    };
    record.findings.push(Finding { cause, owner: None, due: None });
    record.outcome = Outcome::Aborted;
    Ok(())
}

/// The error for a drill that was held and cannot be recorded: with its record, so that it is not lost. `users`: where users are.
fn not_recorded(record: &Record, error: &DrillError, users: &str) -> DrillError {
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    DrillError::NotRecorded(format!(
        "the drill `{}` was held ({}) and cannot be recorded: {error}{users}; its record:\n{text}",
        record.drill, record.outcome
    ))
}

/// Whether users are still sent away from a site, as the end of a sentence.
async fn where_users_are(session: &Session, site: &str) -> String {
    match session.evacuated(&[site.to_owned()]).await {
        Ok(still) if still.is_empty() => format!("; {site} is not evacuated any more"),
        Ok(_) => format!("; {site} is still evacuated: `holdfast plan --return`"),
        Err(_) => format!("; {site} may still be evacuated: look at `holdfast status`"),
    }
}

/// What must be so of the people: somebody leads, and nobody is in an incident.
fn faults_of_people(session: &Session, drill: &Drill) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if drill.lead.is_none() {
        faults.push(not_ready(
            format!("nobody leads the drill `{}`", drill.name),
            "name a contact as its `lead`: somebody has to be able to stop it",
        ));
    }
    let posture = journal::posture(&session.history.entries, &session.context);
    if !posture.is_normal() {
        let sites: Vec<&str> = posture.sites().collect();
        faults.push(not_ready(
            format!(
                "{} is evacuated: people are in an incident, or on the way back from one",
                sites.join(", ")
            ),
            "hold the drill after `holdfast plan --return`",
        ));
    }
    faults
}

/// What must be so of the estate before its cloud is touched.
async fn faults_of_estate(
    session: &Session,
    selection: &Selection,
    front: &dyn Front,
) -> Result<Vec<Diagnostic>, DrillError> {
    let live = session.live(selection, PostureChange::Stay, Consents::new()).await?;
    front.tell("looked at the estate, its backups and its copies");
    let today = Date::parse(now().get(..10).unwrap_or_default());
    let today =
        today.ok_or_else(|| DrillError::Usage("the clock of this machine shows no date".to_owned()))?;
    Ok(ready::faults(session.drill()?, &live.status(today)))
}

/// What would be done, for `--dry-run`.
fn planned(
    session: &Session,
    drill: &Drill,
    exercise: Option<&Exercise>,
    evacuation: Option<&Evacuation>,
    order: &Order,
    record: &Record,
) -> String {
    let script = script(session.policy(), drill);
    let mut text = format!("# {} ({}): {}\n", drill.name, drill.form.0, script.scenario);
    let mut say = |line: &str| text.push_str(&format!("# {line}\n"));
    if drill.form.0 == Form::Simulation {
        say("Rehearses the disruption on the policies, and records the worst run.");
    }
    if let Some(evacuation) = evacuation {
        let site = &evacuation.site;
        say(&format!("Evacuates {site} for real, as `holdfast apply --evacuate {site}` does:"));
        for step in evacuation.plan.pending() {
            say(&format!("  {} {}", step.action, step.address));
        }
        let watch = &evacuation.watch;
        let records = watch.records().collect::<Vec<_>>().join(", ");
        match watch.is_blind() {
            true => say("Asks no resolver."),
            false => say(&format!(
                "Asks {} for {records} all the time, and measures by their answers.",
                watch.names()
            )),
        }
        say(&format!(
            "Looks at the cloud, holds for {}, asks the questions, and returns to {site}.",
            order.hold.in_words()
        ));
    }
    match exercise {
        None if evacuation.is_some() => {}
        None => say("Touches nothing in the cloud."),
        Some(exercise) => {
            for part in &exercise.parts {
                let request = &part.request;
                say(&format!(
                    "Restores {}.{} from s3://{} (at {}) into s3://{}/{}, and verifies each object.",
                    part.service,
                    part.data,
                    request.source.bucket,
                    request.site,
                    request.into.bucket,
                    request.into_prefix
                ));
                if part.primary.is_some() {
                    say("Compares that copy with the primary bucket.");
                }
            }
            let (bucket, prefix) = (&exercise.into.bucket, &exercise.prefix);
            match order.keep {
                true => say(&format!("Leaves what it restored in s3://{bucket}/{prefix}.")),
                false => say(&format!("Removes everything in s3://{bucket}/{prefix} at the end.")),
            }
        }
    }
    for (criterion, _) in drill.criteria.iter().filter(|(criterion, _)| criterion.is_probe()) {
        let Criterion::Command { argv, .. } = criterion else {
            say(&format!("Looks whether {}.", one_line(&criterion.text())));
            continue;
        };
        let text = one_line(&criterion.text());
        match missing(session, record, argv) {
            None => say(&format!("Runs a command: {text}.")),
            Some(why) => say(&format!("Does not run a command ({text}): {}.", one_line(&why))),
        }
    }
    if let Some(limit) = order.wait {
        let limit = limit.in_words();
        say(&format!(
            "Waits up to {limit} for signed answers: `holdfast drill confirm {} QUESTION PATH`.",
            drill.name
        ));
    }
    say("The answers to fill in, for --answers FILE:");
    text.push_str(&Answers::template(&script));
    text
}
