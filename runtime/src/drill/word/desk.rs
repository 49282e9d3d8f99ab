//! The runner's side: questions are laid out, and signed words are taken in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::digest::sha256;
use holdfast_compiler::drill::{Answer, Assurance, Question, Record};
use holdfast_compiler::printable::one_line;
use jiff::Timestamp;

use super::known::Known;
use super::statement::{Slip, Statement};
use super::{MAX_BYTES, Names, folder, refused};
use crate::drill::DrillError;
use crate::drill::order::{Front, Order};
use crate::drill::session::Session;
use crate::estate::load;
use crate::files::{self, FileError};

/// The most files of a folder of words that are looked through.
const MOST_FILES: usize = 10_000;

/// Where questions are laid out and words are taken in. The files are removed when it is dropped.
#[derive(Debug)]
pub(in crate::drill) struct Desk {
    folder: PathBuf,
    known: Known,
    estate: String,
    drill: String,
    occasion: String,
    /// The questions that are laid out, each with the digest of the word that was last refused.
    asked: BTreeMap<String, Option<String>>,
}

/// What there is about a question.
#[derive(Debug)]
pub(in crate::drill) enum Found {
    /// No word, or one that was refused before.
    Nothing,
    /// A word that counts.
    Word(Answer, Assurance),
    /// A word that does not count.
    Refused(Diagnostic),
}

impl Desk {
    /// A desk for a drill that begins to ask.
    ///
    /// # Errors
    /// There is no list of signers, or the folder cannot be used.
    pub(in crate::drill) fn open(
        session: &Session,
        order: &Order,
        record: &Record,
    ) -> Result<Self, DrillError> {
        let known = known(session)?;
        let folder = place(session, order);
        files::make_folder(&folder)?;
        Ok(Self {
            folder,
            known,
            estate: session.policy().estate.to_string(),
            drill: record.drill.clone(),
            occasion: record.occasion.clone(),
            asked: BTreeMap::new(),
        })
    }

    /// Check that somebody's word could count at all, and that there is a folder for it.
    ///
    /// # Errors
    /// There is no list of signers, or the folder cannot be used.
    pub(in crate::drill) fn check(session: &Session, order: &Order) -> Result<(), DrillError> {
        known(session)?;
        if order.dry_run {
            return Ok(());
        }
        files::make_folder(&place(session, order)).map_err(|error| {
            let cure = "name another folder with `--words`";
            DrillError::NotReady(vec![refused(format!("questions cannot be laid out: {error}"), cure)])
        })
    }

    fn names(&self, question: &str) -> Names {
        Names::of(&self.estate, &self.drill, question)
    }

    fn slip(&self, question: &Question) -> Slip {
        Slip {
            estate: self.estate.clone(),
            drill: self.drill.clone(),
            occasion: self.occasion.clone(),
            question: question.id.clone(),
            asks: one_line(&question.asks),
        }
    }

    /// Lay out a question.
    pub(in crate::drill) fn ask(&mut self, question: &Question) -> Result<(), DrillError> {
        let names = self.names(&question.id);
        files::write(&self.folder.join(&names.slip), self.slip(question).text().as_bytes())?;
        self.asked.insert(question.id.clone(), None);
        Ok(())
    }

    /// Look for a word about a question that is laid out.
    pub(in crate::drill) fn look(&mut self, question: &Question) -> Found {
        let names = self.names(&question.id);
        let read = |name: &str| files::read_inside(&self.folder, Path::new(name), MAX_BYTES);
        let text = match files::absent(read(&names.word)) {
            Ok(None) => return Found::Nothing,
            Ok(Some(text)) => Ok(text),
            Err(error) => Err(error),
        };
        let signature = read(&names.signature);
        let seen = sha256(format!("{text:?}\n{signature:?}"));
        let before = self.asked.get(&question.id).and_then(Option::as_ref);
        if before == Some(&seen) {
            return Found::Nothing;
        }
        match self.counts(question, text, signature) {
            Ok((answer, assurance)) => Found::Word(answer, assurance),
            Err(finding) => {
                self.asked.insert(question.id.clone(), Some(seen));
                Found::Refused(finding)
            }
        }
    }

    /// The answer of a word, if it counts.
    fn counts(
        &self,
        question: &Question,
        text: Result<String, FileError>,
        signature: Result<String, FileError>,
    ) -> Result<(Answer, Assurance), Diagnostic> {
        let again = "sign it again with `holdfast drill confirm`";
        let unread = |error: FileError| refused(format!("it cannot be read: {}", error.why), again);
        let text = text.map_err(unread)?;
        let signature = signature.map_err(unread)?;
        let said = Statement::parse(&text)
            .ok_or_else(|| refused("the statement is not in its exact form", again))?;
        let (slip, wanted) = (&said.slip, self.slip(question));
        let other = [
            (slip.estate != wanted.estate, "it is for another estate"),
            (slip.drill != wanted.drill, "it is for another drill"),
            (slip.occasion != wanted.occasion, "it is for another run of the drill"),
            (slip.question != wanted.question, "it is for another question"),
            (slip.asks != wanted.asks, "it is about another text than was asked"),
        ];
        if let Some((_, what)) = other.into_iter().find(|(differs, _)| *differs) {
            return Err(refused(what, "answer what is asked now with `holdfast drill confirm`"));
        }
        let key = self.known.verify(&said, &signature, Timestamp::now())?;
        let note = Some(said.note.clone()).filter(|note| !note.is_empty());
        let answer = Answer { yes: said.yes, note };
        let assurance =
            Assurance::Signed { signer: said.signer, key, list: self.known.list, statement: text, signature };
        Ok((answer, assurance))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for question in self.asked.keys() {
            // What stays is withdrawn by the next drill.
            let names = self.names(question);
            let _ = names.all().into_iter().try_for_each(|name| files::remove(&self.folder.join(name)));
        }
    }
}

fn known(session: &Session) -> Result<Known, DrillError> {
    Known::of(session.workspace.trust(), &session.policies)
        .map_err(|finding| DrillError::NotReady(vec![finding]))
}

/// The folder of this session.
fn place(session: &Session, order: &Order) -> PathBuf {
    let home = load::home(&session.policies.sources.place(session.policy().estate_span).file);
    folder(order.words.as_deref(), &home)
}

/// Withdraw what a drill asked that was killed, and say so: nobody waits for these words.
pub(in crate::drill) fn withdraw(session: &Session, order: &Order, drill: &str, front: &dyn Front) {
    match remove(&place(session, order), session.policy().estate.as_str(), drill) {
        Ok(0) => {}
        Ok(open) => {
            front.tell(&format!("an earlier drill did not end: its open questions are withdrawn ({open})"));
        }
        Err(error) => {
            front.tell(&format!("open questions of an earlier drill could not be withdrawn: {error}"));
        }
    }
}

/// Remove all files of a drill. Returns how many questions there were.
fn remove(folder: &Path, estate: &str, drill: &str) -> Result<usize, FileError> {
    if !files::is_folder(folder) {
        return Ok(0);
    }
    let mut open = 0;
    for name in files::list(folder, MOST_FILES)? {
        let Some(name) = name.to_str().filter(|name| Names::is_of(name, estate, drill)) else { continue };
        files::remove(&folder.join(name))?;
        open += usize::from(name.ends_with(".asked"));
    }
    Ok(open)
}
