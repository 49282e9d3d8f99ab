//! What people said in a drill: by a file of answers, by signed words, or at the terminal; and what follows from it.

use std::collections::BTreeSet;
use std::time::Duration as Time;

use holdfast_compiler::drill::{Answer, Answers, Assurance, Finding, Question, Record, Script, Word};
use holdfast_compiler::units::Duration;
use tokio::time::Instant;

use super::order::Front;
use super::session::now;
use super::word::{Desk, Found};
use crate::run::runner::{person, runner};

/// How often signed words are looked for.
const PAUSE: Time = Time::from_millis(250);
/// The most refused words that are noted: anybody who can write to the folder can leave some.
const MOST_REFUSED: usize = 20;

/// Ask all questions. Answers of the file are taken first, then signed words are waited for; without a file, whoever is at the terminal
/// is asked for the rest. The record has a word for each question, in their order, and each answer from the moment at which it is given, so
/// that a drill that is stopped keeps it.
pub(super) async fn ask(
    script: &Script,
    given: Option<Answers>,
    waited: Option<(Desk, Duration)>,
    front: &dyn Front,
    record: &mut Record,
) {
    let (has_file, has_waited) = (given.is_some(), waited.is_some());
    let given = given.unwrap_or_default();
    record.participants.extend(given.participants);
    for question in &script.questions {
        let mut word = unanswered(question);
        let answer = given.given.get(&question.id);
        // Beside a wait, the file was not asked for everything.
        if has_file && (answer.is_some() || !has_waited) {
            word.asked = Some(now());
        }
        if let Some(answer) = answer {
            fill(&mut word, answer.clone(), witnessed());
        }
        record.words.push(word);
    }
    if let Some((desk, limit)) = waited {
        wait(script, desk, limit, front, record).await;
    }
    if has_file {
        return;
    }
    for (question, word) in script.questions.iter().zip(&mut record.words) {
        if word.yes.is_some() {
            continue;
        }
        let (asked, began) = (now(), Instant::now());
        let answer = front.ask(question).await;
        // What waited for an earlier answer in vain was asked only if somebody is at the terminal.
        if answer.is_none() && !has_waited {
            word.asked = Some(asked);
        } else if let Some(answer) = answer {
            // Timed from the question that was answered, and not from one in vain before.
            word.asked = Some(asked);
            fill(word, answer, witnessed());
            word.seconds = Some(began.elapsed().as_secs());
        }
    }
}

/// Wait for signed words: a question is laid out once those that it comes after are answered, and timed from then on.
async fn wait(script: &Script, mut desk: Desk, limit: Duration, front: &dyn Front, record: &mut Record) {
    let mut refused = 0;
    let end = Instant::now() + Time::from_secs(limit.as_seconds());
    let ids: BTreeSet<&str> = script.questions.iter().map(|question| question.id.as_str()).collect();
    let mut laid: Vec<Option<Instant>> = vec![None; script.questions.len()];
    loop {
        let answered: BTreeSet<String> =
            record.words.iter().filter(|word| word.yes.is_some()).map(|word| word.question.clone()).collect();
        for ((question, word), laid) in script.questions.iter().zip(&mut record.words).zip(&mut laid) {
            if word.yes.is_some() {
                continue;
            }
            let is_next = |id: &String| answered.contains(id) || !ids.contains(id.as_str());
            let Some(since) = *laid else {
                if question.after.iter().all(is_next) {
                    *laid = Some(Instant::now());
                    // The other questions can be answered all the same.
                    if let Err(error) = desk.ask(question) {
                        let said = format!("{} could not be laid out: {error}", question.id);
                        front.tell(&said);
                        record.deviations.push(said);
                        continue;
                    }
                    word.asked = Some(now());
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
                    if let Assurance::Signed { signer, .. } = &assurance
                        && !record.participants.contains(signer)
                    {
                        record.participants.push(signer.clone());
                    }
                    fill(word, answer, assurance);
                    word.seconds = Some(since.elapsed().as_secs());
                }
                Found::Refused(finding) => {
                    let help = finding.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
                    let said = format!(
                        "a word on {} does not count ({}): {}",
                        question.id, finding.code, finding.message
                    );
                    refused += 1;
                    if refused <= MOST_REFUSED {
                        front.tell(&format!("{said}{help}"));
                        record.deviations.push(said);
                    }
                }
            }
        }
        let is_done = record.words.iter().all(|word| word.yes.is_some());
        let is_behind = record.words.iter().filter(|word| word.yes.is_some()).count() > answered.len();
        if is_done || Instant::now() >= end {
            return;
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
pub(super) fn note(script: &Script, record: &mut Record) {
    let mut silent = 0;
    let words = std::mem::take(&mut record.words);
    for (question, word) in script.questions.iter().zip(&words) {
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
    record.words = words;
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
