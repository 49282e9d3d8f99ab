//! What people said in a drill: by a file of answers, by signed words, or at the terminal; and what follows from it.

use std::collections::BTreeSet;
use std::time::Duration as Time;

use holdfast_compiler::drill::{Answer, Answers, Assurance, Finding, Question, Record, Script, Word};
use holdfast_compiler::units::Duration;
use tokio::time::Instant;

use super::DrillError;
use super::order::Front;
use super::session::now;
use super::word::{Desk, Found};
use crate::run::runner::{person, runner};

/// How often signed words are looked for.
const PAUSE: Time = Time::from_millis(250);
/// The most refused words that are noted: anybody who can write to the folder can leave some.
const MOST_REFUSED: usize = 20;

/// What was said.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Who took part, as the file of answers says.
    pub(super) participants: Vec<String>,
    /// One for each question, in their order.
    pub(super) words: Vec<Word>,
    /// Words that do not count, each as a sentence without a capital.
    pub(super) refused: Vec<String>,
}

/// Ask all questions. Answers of the file are taken first, then signed words are waited for; without a file, whoever is at the terminal
/// is asked for the rest.
///
/// # Errors
/// The files of the questions cannot be written.
pub(super) async fn ask(
    script: &Script,
    given: Option<Answers>,
    waited: Option<(Desk, Duration)>,
    front: &dyn Front,
) -> Result<Heard, DrillError> {
    let mut heard = Heard::default();
    let has_file = given.is_some();
    let given = given.unwrap_or_default();
    heard.participants = given.participants;
    for question in &script.questions {
        let mut word = unanswered(question);
        if has_file {
            word.asked = Some(now());
        }
        if let Some(answer) = given.given.get(&question.id) {
            fill(&mut word, answer.clone(), witnessed());
        }
        heard.words.push(word);
    }
    let has_waited = waited.is_some();
    if let Some((desk, limit)) = waited {
        wait(script, desk, limit, front, &mut heard).await?;
    }
    if has_file {
        return Ok(heard);
    }
    for (question, word) in script.questions.iter().zip(&mut heard.words) {
        if word.yes.is_some() {
            continue;
        }
        let (asked, began) = (now(), Instant::now());
        let answer = front.ask(question).await;
        // What waited for an earlier answer in vain was asked only if somebody is at the terminal.
        if answer.is_some() || !has_waited {
            word.asked.get_or_insert(asked);
        }
        if let Some(answer) = answer {
            fill(word, answer, witnessed());
            word.seconds = Some(began.elapsed().as_secs());
        }
    }
    Ok(heard)
}

/// Wait for signed words: a question is laid out once those that it comes after are answered, and timed from then on.
async fn wait(
    script: &Script,
    mut desk: Desk,
    limit: Duration,
    front: &dyn Front,
    heard: &mut Heard,
) -> Result<(), DrillError> {
    let end = Instant::now() + Time::from_secs(limit.as_seconds());
    let ids: BTreeSet<&str> = script.questions.iter().map(|question| question.id.as_str()).collect();
    let mut laid: Vec<Option<Instant>> = vec![None; script.questions.len()];
    loop {
        let answered: BTreeSet<String> =
            heard.words.iter().filter(|word| word.yes.is_some()).map(|word| word.question.clone()).collect();
        for ((question, word), laid) in script.questions.iter().zip(&mut heard.words).zip(&mut laid) {
            if word.yes.is_some() {
                continue;
            }
            let is_next = |id: &String| answered.contains(id) || !ids.contains(id.as_str());
            let Some(since) = *laid else {
                if question.after.iter().all(is_next) {
                    desk.ask(question)?;
                    word.asked = Some(now());
                    *laid = Some(Instant::now());
                    front.tell(&format!(
                        "waiting for the word of {} on {}: {}",
                        question.who.as_deref().unwrap_or("whoever leads"),
                        question.id,
                        question.asks
                    ));
                }
                continue;
            };
            match desk.look(question) {
                Found::Nothing => {}
                Found::Word(answer, assurance) => {
                    front.tell(&format!(
                        "{}: {}, {assurance}",
                        question.id,
                        if answer.yes { "yes" } else { "no" }
                    ));
                    fill(word, answer, assurance);
                    word.seconds = Some(since.elapsed().as_secs());
                }
                Found::Refused(finding) => {
                    let help = finding.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
                    let said = format!(
                        "a word on {} does not count ({}): {}",
                        question.id, finding.code, finding.message
                    );
                    front.tell(&format!("{said}{help}"));
                    if heard.refused.len() < MOST_REFUSED {
                        heard.refused.push(said);
                    }
                }
            }
        }
        let is_done = heard.words.iter().all(|word| word.yes.is_some());
        let is_behind = heard.words.iter().filter(|word| word.yes.is_some()).count() > answered.len();
        if is_done || Instant::now() >= end {
            return Ok(());
        }
        // An answer can lead to the next question at once.
        if !is_behind {
            tokio::time::sleep_until(end.min(Instant::now() + PAUSE)).await;
        }
    }
}

fn unanswered(question: &Question) -> Word {
    Word {
        question: question.id.clone(),
        asks: question.asks.clone(),
        who: question.who.clone(),
        asked: None,
        yes: None,
        note: None,
        seconds: None,
        assurance: Assurance::Nobody,
    }
}

fn fill(word: &mut Word, answer: Answer, assurance: Assurance) {
    (word.yes, word.note, word.assurance) = (Some(answer.yes), answer.note, assurance);
}

/// Whoever holds the drill writes the answer down.
fn witnessed() -> Assurance {
    let runner = runner();
    Assurance::Witnessed { by: person(&runner).unwrap_or("somebody").to_owned() }
}

/// Note in the record what follows from the answers: a no is a finding, and so is a question that nobody answered.
pub(super) fn note(script: &Script, words: &[Word], record: &mut Record) {
    let mut silent = 0;
    for (question, word) in script.questions.iter().zip(words) {
        let number = question.id.strip_prefix("criterion.").and_then(|number| number.parse::<usize>().ok());
        let criterion = number.and_then(|number| record.criteria.get_mut(number.checked_sub(1)?));
        match (criterion, word.yes) {
            (Some(criterion), Some(yes)) => {
                criterion.met = Some(yes);
                criterion.output.clone_from(&word.note);
            }
            (Some(_), None) => {}
            (None, Some(true)) => {
                record.deviations.extend(word.note.as_ref().map(|note| format!("{}: {note}", question.id)));
            }
            (None, Some(false)) => {
                let why = word.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                let cause = format!("{}{why}", question.fault);
                record.findings.push(Finding { cause, owner: question.who.clone(), due: None });
            }
            (None, None) => silent += 1,
        }
        record.deviations.extend(late(question, word));
    }
    if silent > 0 {
        let noun = if silent == 1 { "question was" } else { "questions were" };
        record.findings.push(Finding {
            cause: format!("{silent} {noun} not answered"),
            owner: None,
            due: None,
        });
    }
}

/// A signed word that took longer than the policy gives, as a clause. What is said at a terminal or written to a file is said in the order
/// of the talk, so its time says nothing.
fn late(question: &Question, word: &Word) -> Option<String> {
    let within = question.within?;
    let seconds = word.seconds.filter(|_| matches!(word.assurance, Assurance::Signed { .. }))?;
    (seconds > within.as_seconds()).then(|| {
        format!(
            "the word on {} was there after {}, and the policy gives {}",
            question.id,
            Duration::seconds(seconds).in_words(),
            within.in_words()
        )
    })
}
