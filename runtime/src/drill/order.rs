//! What the operator asks for, and who shows it.

use holdfast_compiler::drill::{Answer, Question};

/// A drill to hold.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The name of the drill.
    pub drill: String,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Who takes part.
    pub with: Vec<String>,
    /// The text of a file of answers.
    pub answers: Option<String>,
    /// The number of an abandoned run to close first.
    pub take_over: Option<u64>,
}

/// The user interface of a drill.
pub trait Front: Sync {
    /// Says what is being done.
    fn tell(&self, line: &str);

    /// Asks a question. `None`: nobody is there to answer.
    fn ask(&self, question: &Question) -> Option<Answer>;
}
