//! Why a plan file cannot be used.

use holdfast_compiler::diagnostic::{Diagnostic, codes};

use crate::estate::Findings;

/// Why a plan file cannot be used.
#[derive(Debug)]
pub enum Refusal {
    /// It cannot be read or written.
    Io(String),
    /// It is not a plan file that this version accepts: what is wrong, and the cure.
    File(String, String),
    /// Its author's signature is not valid.
    Signature(String),
    /// No plan can be derived from it.
    Invalid(Findings),
}

impl Refusal {
    /// It was changed after it was made, or another version made it.
    pub(super) fn changed(how: &str) -> Self {
        Self::File(
            format!("it was changed after it was made: {how}"),
            "plan again, and review the new plan".to_owned(),
        )
    }

    /// What is wrong, as a clause.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Io(what) | Self::File(what, _) | Self::Signature(what) => what.clone(),
            Self::Invalid(_) => "no plan can be derived from it".to_owned(),
        }
    }

    /// Converts it into findings about the file `name`.
    ///
    /// # Errors
    /// The message of an I/O error.
    pub fn findings(self, name: &str) -> Result<Findings, String> {
        let one = |code, message: String, help: String| Findings {
            findings: vec![Diagnostic::new(code, format!("{name}: {message}")).help(help)],
            ..Findings::default()
        };
        match self {
            Self::Io(error) => Err(format!("{name}: {error}")),
            Self::File(what, help) => Ok(one(codes::BAD_PLAN_FILE, what, help)),
            Self::Signature(what) => {
                let help = "plan again with your key, and keep the signature beside the plan".to_owned();
                Ok(one(codes::PLAN_NOT_SIGNED, what, help))
            }
            Self::Invalid(Findings { findings, sources }) => {
                let message = format!("{name}: this version can no longer derive a plan from this file");
                let first = Diagnostic::new(codes::BAD_PLAN_FILE, message).help("plan again");
                Ok(Findings { findings: std::iter::once(first).chain(findings).collect(), sources })
            }
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Io(error.to_string())
    }
}
