//! What the operator asks for, and who shows it.

use std::io;
use std::path::PathBuf;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use holdfast_compiler::drill::{Answer, Question};
use holdfast_compiler::plan::Consents;
use holdfast_compiler::units::Duration;

use super::outside::Resolvers;
use crate::run::{self, NotConfirmed};

/// A drill to hold.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The name of the drill.
    pub drill: String,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Who takes part.
    pub with: Vec<String>,
    /// The text of a file of answers, as it was before the drill.
    pub answers: Option<String>,
    /// That file: of a drill that recovers something, it is read again after the work.
    pub answers_file: Option<PathBuf>,
    /// The bucket and the prefix that a functional drill restores into.
    pub into: Option<(String, String)>,
    /// Whether what was restored stays.
    pub keep: bool,
    /// The consents given with `--allow`, for the evacuation and the return of a full-scale drill.
    pub consents: Consents,
    /// How long a full-scale drill stays evacuated.
    pub hold: Duration,
    /// Whom a full-scale drill asks for the records that it moves.
    pub resolvers: Resolvers,
    /// The file of an approved plan of these policies, without which no command of a criterion runs.
    pub approved: Option<PathBuf>,
    /// How long signed words are waited for. `None`: nobody is waited for.
    pub wait: Option<Duration>,
    /// The folder with the questions and the words. `None`: the one beside the policies.
    pub words: Option<PathBuf>,
    /// The number of an abandoned run to close first.
    pub take_over: Option<u64>,
}

/// The user interface of a drill.
pub trait Front: Sync {
    /// Says what is being done.
    fn tell(&self, line: &str);

    /// Asks a question. `None`: nobody is there to answer.
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Answer>>;

    /// Asks whether users are really sent elsewhere.
    ///
    /// # Errors
    /// Nobody confirms.
    fn confirm(&self, question: &str) -> Result<(), NotConfirmed>;

    /// The user interface of the runs that a full-scale drill makes.
    fn runs(&self) -> &dyn run::Front;

    /// The requests to stop the drill from now on: after the first, it goes back to where it began.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>>;
}
