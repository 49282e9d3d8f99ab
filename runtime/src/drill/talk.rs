//! Drills that consist of what people say: tabletop, walk-through, checklist; and the criteria of every other type.

use holdfast_compiler::drill::{Answers, Finding, Phase, Record, Script, script};

use super::DrillError;
use super::heard::{ask, note};
use super::order::{Front, Order};
use super::probe::probe;
use super::session::{Session, now};
use super::word::Desk;
use crate::files;

/// The most bytes of a file of answers.
const MAX_ANSWERS: u64 = 1 << 20;

/// Read the text of a file of answers, if there is one. The runner witnesses what is in it.
pub(super) fn answers(script: &Script, text: Option<&str>) -> Result<Option<Answers>, DrillError> {
    let Some(text) = text else { return Ok(None) };
    let answers = Answers::parse(text, script)
        .map_err(|bad| DrillError::Usage(format!("the answers, line {}: {}", bad.line, bad.what)))?;
    Ok(Some(answers))
}

/// The answers that were written during the drill. What the file had before is no answer to what happened since.
fn answers_since(script: &Script, order: &Order) -> Result<Option<Answers>, DrillError> {
    let Some(path) = &order.answers_file else { return Ok(None) };
    let text = files::read_text(path, MAX_ANSWERS)?;
    let is_new = order.answers.as_ref() != Some(&text);
    answers(script, Some(text.as_str()).filter(|_| is_new))
}

/// Look at the criteria that are probes, ask all questions, and note what was seen and answered.
pub(super) async fn talk(
    session: &Session,
    order: &Order,
    front: &dyn Front,
    record: &mut Record,
) -> Result<(), DrillError> {
    let drill = session.drill()?;
    probe(session, order, record).await?;
    let script = script(session.policy(), drill);
    let given = match drill.form.0.recovers_nothing() {
        true => answers(&script, order.answers.as_deref())?,
        false => answers_since(&script, order).unwrap_or_else(|error| {
            record.findings.push(Finding { cause: error.to_string(), owner: None, due: None });
            None
        }),
    };
    let waited = match order.wait {
        Some(limit) => Some((Desk::open(session, order, record)?, limit)),
        None => None,
    };
    let began = now();
    ask(&script, given, waited, front, record).await;
    record.phases.push(Phase { name: "questions".to_owned(), began, ended: now() });
    note(&script, record);
    Ok(())
}
