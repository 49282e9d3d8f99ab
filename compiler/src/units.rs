//! Quantities with their units.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A span of time in whole seconds, written in policies as a number and a unit: `90s`, `15m`, `4h`, `35d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

impl Duration {
    /// The pattern of the text, for the schema.
    pub const PATTERN: &str = "^[0-9]{1,9}[smhd]$";

    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// Read `90s`, `15m`, `4h` or `35d`; nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = match text.bytes().last()? {
            b's' => 1,
            b'm' => 60,
            b'h' => 3_600,
            b'd' => 86_400,
            _ => return None,
        };
        let digits = text.get(..text.len() - 1)?;
        let plain = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let number: u64 = digits.parse().ok().filter(|_| plain)?;
        Some(Self(number * unit))
    }
}

impl fmt::Display for Duration {
    /// In the largest unit that leaves a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0s"),
            s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            s if s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl TryFrom<String> for Duration {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a duration"))
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn reads_and_writes() {
        for (text, seconds) in [("60s", 60), ("15m", 900), ("4h", 14_400), ("35d", 3_024_000)] {
            assert_eq!(Duration::parse(text), Some(Duration::seconds(seconds)));
        }
        assert_eq!(Duration::seconds(60).to_string(), "1m");
        assert_eq!(Duration::seconds(90).to_string(), "90s");
        for text in ["", "15", "15 m", "-5m", "1.5h", "1y", "m", "9999999999s", "１m"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
