//! A drill from beginning to end.

use holdfast_compiler::document::Form;
use holdfast_compiler::drill::{Answers, Outcome, Record, judge, script};
use holdfast_compiler::policy::Drill;

use super::DrillError;
use super::error::{not_ready, not_served};
use super::order::{Front, Order};
use super::session::{Session, now};
use super::simulate::simulate;
use super::talk::{answers, talk};
use crate::estate::{Policies, Selection};
use crate::journal;

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
    let session = Session::open(policies, selection, order).await?;
    serves(session.drill()?)?;
    let mut faults = Vec::new();
    let drill = session.drill()?;
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
    // A bad file of answers is said before anything is recorded.
    let asked = script(session.policy(), drill);
    answers(&asked, order)?;
    if !faults.is_empty() {
        return Err(DrillError::NotReady(faults));
    }
    if order.dry_run {
        return Ok(Ended::Planned(planned(&session, drill)));
    }
    let mut record = session.blank(order)?;
    front.tell(&format!("{}: {}", drill.name, asked.scenario));
    if drill.form.0 == Form::Simulation {
        simulate(&session, &mut record).await?;
    }
    talk(&session, order, front, &mut record).await?;
    // It was held to its end; the judge looks for what is wrong.
    record.outcome = Outcome::Passed;
    record.ended = now();
    let record = judge(session.policy(), record);
    let log = session.log(&record).await?;
    log.begin(&record).await?;
    let run = log.end(&record).await?;
    let place = format!("{}, account {}", session.context.cloud, session.context.accounts);
    Ok(Ended::Held { run, place, record: Box::new(record) })
}

/// Refuse what Holdfast cannot exercise.
fn serves(drill: &Drill) -> Result<(), DrillError> {
    match drill.form.0 {
        Form::Checklist | Form::WalkThrough | Form::Tabletop | Form::Simulation => Ok(()),
        Form::Functional | Form::FullScale => Err(not_served(
            format!("a {} drill cannot be held by Holdfast yet", drill.form.0),
            "rehearse it with `holdfast rehearse`, and hold it by hand",
        )),
    }
}

/// What would be done, for `--dry-run`.
fn planned(session: &Session, drill: &Drill) -> String {
    let script = script(session.policy(), drill);
    let mut text = format!("# {} ({}): {}\n", drill.name, drill.form.0, script.scenario);
    if drill.form.0 == Form::Simulation {
        text.push_str("# Rehearses the disruption on the policies, and records the worst run.\n");
    }
    text.push_str("# Touches nothing in the cloud. The answers to fill in, for --answers FILE:\n");
    text.push_str(&Answers::template(&script));
    text
}
