//! Why nothing was taken over.

use std::path::PathBuf;

use holdfast_compiler::diagnostic::{Diagnostic, codes};

use crate::cloud::CloudError;
use crate::estate::{EstateError, Findings};
use crate::files::FileError;
use crate::journal::JournalError;
use crate::run::NotConfirmed;

/// Why nothing was taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The estate cannot be worked on.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// Nobody has said yes.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// There is a trust anchor and no estate that it could name.
    #[error("under a trust anchor, import needs the policies of an estate that the anchor names")]
    NoEstate,
    /// The new file is not new.
    #[error("`{}` already exists; nothing was written", .0.display())]
    AlreadyThere(PathBuf),
    /// The new file cannot be written.
    #[error(transparent)]
    Unwritten(#[from] FileError),
    /// What is adopted cannot be written down.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl ImportError {
    /// What is refused, with its code, the place and the cure.
    ///
    /// # Errors
    /// Itself, where it is no refusal: invalid policies, wrong usage, or something that failed.
    pub fn refusal(self) -> Result<Findings, Self> {
        let finding = match self {
            Self::Estate(error) => return error.refusal().map_err(Self::Estate),
            Self::NotConfirmed(error) => error.finding("add `--yes`"),
            Self::NoEstate => Diagnostic::new(codes::NOT_TRUSTED, Self::NoEstate.to_string())
                .help("write the document of the estate first (`holdfast init`), and name its path"),
            other @ (Self::AlreadyThere(_) | Self::Unwritten(_) | Self::Json(_)) => return Err(other),
        };
        Ok(Findings { findings: vec![finding], ..Findings::default() })
    }
}

impl From<Findings> for ImportError {
    fn from(error: Findings) -> Self {
        Self::Estate(error.into())
    }
}

impl From<CloudError> for ImportError {
    fn from(error: CloudError) -> Self {
        Self::Estate(error.into())
    }
}

impl From<JournalError> for ImportError {
    fn from(error: JournalError) -> Self {
        Self::Estate(error.into())
    }
}
