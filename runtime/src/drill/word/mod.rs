//! A person's word in a drill, signed with an SSH key.
//!
//! ```text
//! drill run --wait   ESTATE.DRILL.QUESTION.asked      what is asked, in which run of which drill   (Slip)
//! drill confirm      ESTATE.DRILL.QUESTION.word       that text with an answer                     (Statement)
//!                    ESTATE.DRILL.QUESTION.word.sig   its signature (`ssh-keygen -Y sign -n drill@holdfast`)
//! drill run --wait   verifies it, and notes it in the record
//! ```
//!
//! A statement names the occasion: a digest of what is known of the drill when it begins and of the head of the journal. So a word counts
//! in one run, for one question, with the text that was asked, and nowhere else. Several estates can share a folder. The files are removed once
//! the drill is over, or, if it was killed, by the next one; the record keeps statement and signature.
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
pub(super) use desk::{Desk, Found, withdraw};
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
    fn of(estate: &str, drill: &str, question: &str) -> Self {
        let name = format!("{}{question}", Self::before(estate, drill));
        Self {
            slip: format!("{name}.asked"),
            word: format!("{name}.word"),
            signature: format!("{name}.word.sig"),
        }
    }

    /// What the names of all files of a drill begin with. Neither name has a dot.
    fn before(estate: &str, drill: &str) -> String {
        format!("{estate}.{drill}.")
    }

    /// Whether a name is that of a file of this drill, whatever it asks.
    fn is_of(name: &str, estate: &str, drill: &str) -> bool {
        name.starts_with(&Self::before(estate, drill))
            && [".asked", ".word", ".word.sig"].iter().any(|end| name.ends_with(end))
    }

    fn all(&self) -> [&str; 3] {
        [&self.slip, &self.word, &self.signature]
    }
}

/// A word that does not count.
fn refused(message: impl Into<String>, cure: impl Into<String>) -> Diagnostic {
    Diagnostic::new(codes::WORD_REFUSED, message).help(cure)
}
