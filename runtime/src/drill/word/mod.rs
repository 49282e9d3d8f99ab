//! A person's word in a drill, signed with an SSH key.
//!
//! ```text
//! drill run --wait   DRILL.QUESTION.asked      what is asked, in which run of which drill   (Slip)
//! drill confirm      DRILL.QUESTION.word       that text with an answer                     (Statement)
//!                    DRILL.QUESTION.word.sig   its signature (`ssh-keygen -Y sign -n drill@holdfast`)
//! drill run --wait   verifies it, and notes it in the record
//! ```
//!
//! A statement names the occasion: a digest of what is known of the drill when it begins and of the head of the journal. So a word counts
//! in one run, for one question, with the text that was asked, and nowhere else. The files are removed once the drill is over; the record
//! keeps statement and signature.
//!
//! What a signature shows: whoever has this key said this in this run. Any key of the list can answer any question, as for `bcp
//! acknowledge`; the record says whose key it was.

mod confirm;
mod desk;
mod known;
mod statement;

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};

pub use confirm::{Confirmation, Signed, confirm};
pub(super) use desk::{Desk, Found};
pub use statement::{Slip, Statement};

/// The folder for questions and words beside the policies, in `.holdfast`.
const FOLDER: &str = "drill-words";
/// The largest of these files that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// The folder: the one that was named, or that of the policies, whose `.holdfast` folder is `home`.
fn folder(named: Option<&Path>, home: &Path) -> PathBuf {
    named.map_or_else(|| home.join(FOLDER), Path::to_owned)
}

/// The names of the files of a question.
struct Names {
    slip: String,
    word: String,
    signature: String,
}

impl Names {
    fn of(drill: &str, question: &str) -> Self {
        let name = format!("{drill}.{question}");
        Self {
            slip: format!("{name}.asked"),
            word: format!("{name}.word"),
            signature: format!("{name}.word.sig"),
        }
    }

    fn all(&self) -> [&str; 3] {
        [&self.slip, &self.word, &self.signature]
    }
}

/// A word that does not count.
fn refused(message: impl Into<String>, cure: impl Into<String>) -> Diagnostic {
    Diagnostic::new(codes::WORD_REFUSED, message).help(cure)
}
