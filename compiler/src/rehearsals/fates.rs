//! How the unknown goes: at random, or as badly as it can.

use std::ops::Range;

use crate::document::Name;
use crate::rehearsal::{Choices, Question};

/// Even numbers from a seed (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

/// The increment of the generator.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The numbers of one run of one disaster. Runs are independent, so that they can be played in any order.
    pub(super) fn new(seed: u64, disaster: usize, run: u32) -> Self {
        let disaster = u64::try_from(disaster).unwrap_or_default();
        let mut state = 0;
        for part in [seed, disaster, u64::from(run)] {
            state = Self(state ^ part).next();
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `most`.
    fn below_or_at(&mut self, most: u64) -> u64 {
        let count = u128::from(most) + 1;
        // The high half of the product is even up to 1 in 2^64 / count.
        u64::try_from((u128::from(self.next()) * count) >> 64).unwrap_or(most)
    }

    /// A moment of a span.
    pub(super) fn moment(&mut self, span: Range<i64>) -> i64 {
        let length = u64::try_from(span.end.saturating_sub(span.start).saturating_sub(1)).unwrap_or_default();
        let after = i64::try_from(self.below_or_at(length)).unwrap_or_default();
        span.start.saturating_add(after)
    }
}

impl Choices for Random {
    fn up_to(&mut self, _: Question<'_>, most: u64) -> u64 {
        self.below_or_at(most)
    }
}

/// Which of several things somebody does first.
#[derive(Debug, Clone)]
pub(super) enum First<'p> {
    /// The one that has waited longest.
    Oldest,
    /// The one that has waited shortest.
    Newest,
    /// Any.
    Any(Random),
    /// Anything that is not for this service.
    Not(&'p Name),
}

impl First<'_> {
    fn of(&mut self, most: u64) -> u64 {
        match self {
            Self::Oldest | Self::Not(_) => 0,
            Self::Newest => most,
            Self::Any(random) => random.below_or_at(most),
        }
    }
}

/// Every delay at its limit.
#[derive(Debug, Clone)]
pub(super) struct Adversary<'p> {
    /// Which backups start at once, while the others start as late as they can, so that two are far apart: those that are due
    /// on days with an odd number, or the others.
    pub(super) odd: bool,
    /// The order of work.
    pub(super) first: First<'p>,
    /// People are as fast as they can, so that what they need may not be there yet.
    pub(super) quick: bool,
}

impl Choices for Adversary<'_> {
    fn up_to(&mut self, question: Question<'_>, most: u64) -> u64 {
        match question {
            Question::Lag(_, due) if (due.div_euclid(86_400) % 2 == 0) == self.odd => 0,
            Question::Order(_, services) => match &mut self.first {
                First::Not(service) => {
                    let other = services.iter().position(|one| one != service).unwrap_or_default();
                    u64::try_from(other).unwrap_or_default().min(most)
                }
                first => first.of(most),
            },
            Question::CopyOrder => self.first.of(most),
            Question::Folded => 0,
            Question::Noticed(_)
            | Question::Decided(_)
            | Question::Answers(_)
            | Question::Step(..)
            | Question::Moves(_)
                if self.quick =>
            {
                0
            }
            _ => most,
        }
    }
}
