//! Errors of an import.

use std::path::PathBuf;

use holdfast_compiler::diagnostic::{Diagnostic, codes};

use crate::cloud::CloudError;
use crate::estate::{EstateError, Findings};
use crate::files::FileError;
use crate::journal::JournalError;
use crate::run::NotConfirmed;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The estate cannot be planned.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// Nobody has confirmed.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// There is a trust anchor, but no policies that name an estate.
    #[error("under a trust anchor, import needs the policies of an estate that the anchor names")]
    NoEstate,
    /// The output file already exists.
    #[error("`{}` already exists; nothing was written", .0.display())]
    AlreadyThere(PathBuf),
    /// The output file cannot be written.
    #[error(transparent)]
    Unwritten(#[from] FileError),
    /// The adopted resources cannot be recorded.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl ImportError {
    /// Converts a refusal into findings with code, place and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: invalid policies, wrong usage, or a failed operation.
    pub fn refusal(self) -> Result<Findings, Self> {
        let finding = match self {
            Self::Estate(error) => return error.refusal().map_err(Self::Estate),
            Self::NotConfirmed(error) => error.finding("this import", "add `--yes`"),
            Self::NoEstate => Diagnostic::new(codes::NOT_TRUSTED, Self::NoEstate.to_string())
                .help("write the estate's document first (`holdfast init`), and pass its path"),
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
