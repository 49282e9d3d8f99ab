//! What nobody can know before it happens.

use crate::document::Name;

/// A question about what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'q> {
    /// How long after its due time a backup first tries to start. The number of its rule, and its due time.
    Lag(usize, i64),
    /// How long a backup takes. The number of its rule, and its due time.
    Takes(usize, i64),
    /// How long a copy of a backup takes. The number of its rule, and its due time.
    Copies(usize, i64),
    /// Which copy starts first.
    CopyOrder,
    /// Whether a backup in an hour that occurs twice runs in the second one.
    Folded,
    /// How long it takes until something is noticed.
    Noticed(&'q Name),
    /// How long somebody takes to decide.
    Decided(&'q Name),
    /// How long a person takes to answer.
    Answers(&'q Name),
    /// How long a step takes.
    Step(&'q Name, &'q Name),
    /// How long it takes until clients are at the standby.
    Moves(&'q Name),
    /// Which of the steps that could begin a person begins: the person, and the service of each step, the oldest first.
    Order(&'q Name, &'q [&'q Name]),
    /// How much a real-time copy lags behind.
    Behind,
}

/// Decides what happens.
pub trait Choices {
    /// A number from 0 to `most`.
    fn up_to(&mut self, question: Question<'_>, most: u64) -> u64;

    /// One of `count` possibilities, from 0. `count` is at least 1.
    fn one_of(&mut self, question: Question<'_>, count: usize) -> usize {
        let most = u64::try_from(count.saturating_sub(1)).unwrap_or(u64::MAX);
        usize::try_from(self.up_to(question, most)).unwrap_or_default()
    }
}
