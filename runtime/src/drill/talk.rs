//! Drills that consist of what people say: tabletop, walk-through, checklist; and the criteria of every other type.

use holdfast_compiler::drill::{Answers, Finding, Record, Script, script};

use super::DrillError;
use super::order::{Front, Order};
use super::probe::probe;
use super::session::{Session, timed};
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
            record.findings.push(Finding { cause: error.to_string(), owner: None });
            None
        }),
    };
    let answers = timed(record, "questions", ask(&script, given, front)).await;
    note(&script, &answers, record);
    Ok(())
}

/// The answers of the file, or of whoever is at the terminal.
async fn ask(script: &Script, given: Option<Answers>, front: &dyn Front) -> Answers {
    if let Some(given) = given {
        return given;
    }
    let mut answers = Answers::default();
    for question in &script.questions {
        if let Some(answer) = front.ask(question).await {
            answers.given.insert(question.id.clone(), answer);
        }
    }
    answers
}

/// Note the answers in the record: a no is a finding, and so is a question that nobody answered.
fn note(script: &Script, answers: &Answers, record: &mut Record) {
    record.participants.extend(answers.participants.iter().cloned());
    let mut silent = 0;
    for question in &script.questions {
        let answer = answers.given.get(&question.id);
        let number = question.id.strip_prefix("criterion.").and_then(|number| number.parse::<usize>().ok());
        let criterion = number.and_then(|number| record.criteria.get_mut(number.checked_sub(1)?));
        match (criterion, answer) {
            (Some(criterion), Some(answer)) => {
                criterion.met = Some(answer.yes);
                criterion.output.clone_from(&answer.note);
            }
            (Some(_), None) => {}
            (None, Some(answer)) if answer.yes => {
                record.deviations.extend(answer.note.as_ref().map(|note| format!("{}: {note}", question.id)));
            }
            (None, Some(answer)) => {
                let why = answer.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                let cause = format!("{}{why}", question.fault);
                record.findings.push(Finding { cause, owner: question.who.clone() });
            }
            (None, None) => silent += 1,
        }
    }
    if silent > 0 {
        let noun = if silent == 1 { "question was" } else { "questions were" };
        record.findings.push(Finding { cause: format!("{silent} {noun} not answered"), owner: None });
    }
}
