//! The direction of every key of the language: what it means for the protection that a key is there, and which value
//! protects more.
//!
//! A path begins with the kind of the document; names that the user chooses stand in it as they are, an item of a list
//! is `[]`: `["service", "data", "ledger", "backups", "[]", "keep"]`.

mod table;
mod unsaid;

use crate::units::{Bytes, Date, Duration, Throughput};

pub use unsaid::unsaid;

/// The direction of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// What it means that it is there.
    pub said: Said,
    /// Which value protects more.
    pub order: Order,
}

/// What it means for the protection, and for the bounds of the objectives, that a statement is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It says nothing about either.
    Neutral,
    /// It protects. Without it no bound is lower, unless a built-in value ([`unsaid`]) that protects more takes its
    /// place.
    Protects,
    /// It takes protection away. Without it no bound is higher.
    Burdens,
    /// It admits a fact that costs time or data. Without it no bound is higher, but the fact may still be true: nobody
    /// can tell from the text whether there is less protection.
    Admits,
    /// It is something to protect. Without it its protection ends, and its part in the bounds too.
    Covers,
    /// It is work that protects and takes time. Without it nobody does it, and a bound can move either way.
    Works,
    /// It moves something, such as a time of day. Without it a bound can move either way.
    Shifts,
    /// It is judged by the statements that it holds or brings.
    Holds,
}

/// Which of two values protects more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// None does, or nobody can tell.
    None,
    /// The smaller one.
    Less,
    /// The larger one.
    More,
    /// The one that is later in this list.
    Ranked(&'static [&'static str]),
}

/// The direction of the key that a path ends in. `None` if the table lacks it; a test checks that it lacks no key of the
/// schema.
#[must_use]
pub fn direction(path: &[&str]) -> Option<Direction> {
    table::TABLE.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, direction)| *direction)
}

/// Whether a path ends in a pattern: keys with `.` between them, `*` for a name, `[]` after a key for an item.
fn matches(pattern: &str, path: &[&str]) -> bool {
    let mut keys = path.iter().rev();
    pattern.rsplit('.').all(|wanted| {
        let (wanted, item) = wanted.strip_suffix("[]").map_or((wanted, false), |wanted| (wanted, true));
        let item_is_there = !item || keys.next() == Some(&"[]");
        item_is_there && keys.next().is_some_and(|key| *key == wanted || (wanted == "*" && *key != "[]"))
    })
}

impl Direction {
    /// Whether there is more protection once the statement is added, or, otherwise, removed. `None` if it says nothing.
    #[must_use]
    pub fn of_presence(self, added: bool) -> Option<bool> {
        match self.said {
            Said::Neutral | Said::Admits | Said::Shifts | Said::Holds => None,
            Said::Burdens => Some(!added),
            Said::Protects | Said::Covers | Said::Works => Some(added),
        }
    }

    /// Whether the new value protects more than the old one. `None` if they protect alike, or if nobody can tell.
    #[must_use]
    pub fn of_values(self, old: &str, new: &str) -> Option<bool> {
        let smaller = || match (measure(old), measure(new)) {
            (Some(old), Some(new)) => (old != new).then_some(new < old),
            // A value that is no number, such as `undecided`, promises nothing.
            (Some(_), None) => Some(self.order == Order::More),
            (None, Some(_)) => Some(self.order == Order::Less),
            (None, None) => None,
        };
        match self.order {
            Order::None => None,
            Order::Less => smaller(),
            Order::More => smaller().map(|smaller| !smaller),
            Order::Ranked(order) => {
                let rank = |value: &str| order.iter().position(|known| *known == value);
                let (old, new) = (rank(old)?, rank(new)?);
                (old != new).then_some(new > old)
            }
        }
    }
}

/// A value as a number: a duration in seconds, a size in bytes, a rate in bytes per second, a date, or a number. Values of
/// different kinds never meet in one key.
fn measure(text: &str) -> Option<u128> {
    let duration = || Duration::parse(text).map(|value| u128::from(value.as_seconds()));
    let bytes = || Bytes::parse(text).map(|value| u128::from(value.count()));
    let rate = || Throughput::parse(text).map(|rate| u128::from(rate.per_second()));
    let date = || Date::parse(text).and_then(|_| text.replace('-', "").parse().ok());
    duration().or_else(bytes).or_else(rate).or_else(date).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests;
