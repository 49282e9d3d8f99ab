//! The first bytes of a plan file: its type and format come before anything that a later format may change.

use serde::{Deserialize, Serialize};

/// The format of plan files. A reader refuses every other format without parsing the rest.
pub(super) const FORMAT: u32 = 12;
/// The first bytes of every plan file.
pub(super) const MARK: &str = "{\n  \"holdfast\": \"plan\",\n";
/// The bytes that follow, before the format's number.
const NUMBER: &str = "  \"format\": ";

/// The value of the first field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Marker {
    /// The file holds a plan.
    Plan,
}

/// What the first lines of a file identify it as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// A plan of this format.
    Plan(u32),
    /// A truncated plan file.
    CutShort,
    /// Not a plan file.
    Other,
}

impl Head {
    pub(super) fn of(text: &[u8]) -> Self {
        let Some(rest) = text.strip_prefix(MARK.as_bytes()) else {
            let cut = !text.is_empty() && MARK.as_bytes().starts_with(text);
            return if cut { Self::CutShort } else { Self::Other };
        };
        let Some(rest) = rest.strip_prefix(NUMBER.as_bytes()) else {
            // Format 1 had its number elsewhere.
            return if NUMBER.as_bytes().starts_with(rest) { Self::CutShort } else { Self::Plan(1) };
        };
        let digits: Vec<u8> = rest.iter().copied().take_while(u8::is_ascii_digit).take(9).collect();
        let number = String::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        number.map_or(Self::CutShort, Self::Plan)
    }
}
