//! Values as a change shows them.

use crate::printable::one_line;

/// The most characters of a value that is shown.
const LONGEST: usize = 60;
/// The characters that are shown before the first difference of two long values.
const BEFORE: usize = 16;

/// The old and the new value in one line each. How people can be reached is not shown: plans are printed in logs that many
/// can read.
pub(super) fn shown(keys: &[&str], values: &[Option<String>; 2]) -> [Option<String>; 2] {
    let private = keys.contains(&"reach") || matches!(keys, ["continuity", "contacts", _]);
    let from = match values {
        [Some(old), Some(new)] if old.chars().count().max(new.chars().count()) > LONGEST => {
            let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
            same.saturating_sub(BEFORE)
        }
        _ => 0,
    };
    let show = |value: &String| match keys {
        _ if private => "(not shown)".to_owned(),
        [_] => "declared".to_owned(),
        _ => short(value, from),
    };
    [0, 1].map(|nth: usize| values.get(nth).and_then(Option::as_ref).map(show))
}

/// The characters from `from` on, at most [`LONGEST`].
fn short(value: &str, from: usize) -> String {
    let head = if from > 0 { "…" } else { "" };
    let mut rest = value.chars().skip(from);
    let text: String = rest.by_ref().take(LONGEST).collect();
    let tail = if rest.next().is_some() { "…" } else { "" };
    one_line(&format!("{head}{text}{tail}"))
}
