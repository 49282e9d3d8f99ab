//! Quantities with their units.

use std::fmt;

use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};

/// A span of time in whole seconds. Policies write a number and a unit: `90s`, `15m`, `4h`, `35d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Duration(u64);

/// A calendar date, written `2026-11-23` (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(jiff::civil::Date);

/// An amount of data in bytes. Policies write a number and a binary unit: `750GiB`, `2TiB` (IEC 80000-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

/// A data rate in bytes per second. Policies write it as `200MiB/s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Throughput(u64);

impl Duration {
    /// The pattern of its text, for the schema.
    pub const PATTERN: &str = "^[0-9]{1,9}[smhd]$";
    /// A day.
    pub const DAY: Self = Self(86_400);

    /// From seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// From minutes.
    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// From hours.
    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self(hours * 3_600)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// In whole minutes, rounded down.
    #[must_use]
    pub const fn as_minutes(self) -> u64 {
        self.0 / 60
    }

    /// In whole days, rounded down.
    #[must_use]
    pub const fn as_days(self) -> u64 {
        self.0 / Self::DAY.0
    }

    /// Rounded up to whole minutes, for text that a person writes.
    #[must_use]
    pub const fn in_minutes_up(self) -> Self {
        Self::minutes(self.0.div_ceil(60))
    }

    /// Rounded up to whole days, for text that a person writes.
    #[must_use]
    pub const fn in_days_up(self) -> Self {
        Self(self.0.div_ceil(Self::DAY.0) * Self::DAY.0)
    }

    /// Rounded down to whole minutes; unchanged if it is shorter than a minute.
    #[must_use]
    pub const fn in_minutes_down(self) -> Self {
        if self.0 < 60 { self } else { Self::minutes(self.0 / 60) }
    }

    /// The sum, at most the largest value.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; zero if `other` is longer.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// For people: `1 h 2 min 30 s`. Up to three days are written in hours, as objectives are.
    #[must_use]
    pub fn in_words(self) -> String {
        let days = if self.0 < 3 * 86_400 { 0 } else { self.0 / 86_400 };
        let units =
            [(days, "d"), (self.0 / 3_600 - days * 24, "h"), (self.0 / 60 % 60, "min"), (self.0 % 60, "s")];
        let parts: Vec<String> = units
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
    }

    /// Parse `90s`, `15m`, `4h` or `35d`. Any other form gives `None`.
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

impl Date {
    /// The pattern of its text, for the schema.
    pub const PATTERN: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

    /// Parse `2026-11-23`. Any other form, or a date that does not exist, gives `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !plain(year, 4) || !plain(month, 2) || !plain(day, 2) {
            return None;
        }
        let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        date.ok().map(Self)
    }

    /// The date this many whole days later; at most the last date of the calendar.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let days = i64::try_from(span.as_seconds() / 86_400).unwrap_or(i64::MAX).min(7_000_000);
        Self(self.0.checked_add(days.days()).unwrap_or(jiff::civil::Date::MAX))
    }

    /// The number of days from this date to a later one; 0 if that one is earlier.
    #[must_use]
    pub fn days_until(self, later: Self) -> u64 {
        let days = self.0.until(later.0).map_or(0, |span| span.get_days());
        u64::try_from(days).unwrap_or(0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The binary units by name, with their size in bytes.
const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

fn parse_bytes(text: &str) -> Option<u64> {
    let (unit, size) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let digits = text.strip_suffix(unit)?;
    let plain = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| plain)?;
    number.checked_mul(*size)
}

fn write_bytes(bytes: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match UNITS.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((unit, size)) => write!(f, "{}{unit}", bytes / size),
        None => write!(f, "{bytes}B"),
    }
}

impl Bytes {
    /// The pattern of its text, for the schema.
    pub const PATTERN: &str = "^[0-9]{1,6}(KiB|MiB|GiB|TiB)$";

    /// Parse `750GiB` or `2TiB`. Any other form gives `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_bytes(text).map(Self)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bytes(self.0, f)
    }
}

impl Throughput {
    /// The pattern of its text, for the schema. It excludes zero, because a transfer at that rate never ends.
    pub const PATTERN: &str = "^[1-9][0-9]{0,5}(KiB|MiB|GiB|TiB)/s$";

    /// Parse `200MiB/s`. Any other form gives `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_suffix("/s").and_then(parse_bytes).filter(|rate| *rate > 0).map(Self)
    }

    /// The rate at which this much data came in this time, rounded down to one that a policy can state. `None` if it is below 1 KiB/s.
    #[must_use]
    pub fn measured(bytes: u64, milliseconds: u64) -> Option<Self> {
        let rate = u128::from(bytes) * 1000 / u128::from(milliseconds.max(1));
        // The most digits that a policy can state are six.
        let fits = |size: &u128| rate / size <= 999_999;
        let size = [1_u128 << 10, 1 << 20, 1 << 30, 1 << 40].into_iter().find(fits)?;
        let rate = u64::try_from(rate / size * size).ok()?;
        (rate > 0).then_some(Self(rate))
    }

    /// The bytes per second.
    #[must_use]
    pub const fn per_second(self) -> u64 {
        self.0
    }

    /// The time that this much data takes, rounded up to a second.
    #[must_use]
    pub fn time_for(self, data: Bytes) -> Duration {
        Duration(data.0.div_ceil(self.0.max(1)))
    }
}

impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bytes(self.0, f)?;
        f.write_str("/s")
    }
}

/// An amount of data for people: `1.2 GiB`, with one digit behind the point, without floating point numbers.
#[must_use]
pub fn bytes_in_words(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB")];
    let (unit, name) = units.into_iter().find(|(unit, _)| bytes >= *unit).unwrap_or((1 << 20, "MiB"));
    let tenths = u128::from(bytes) * 10 / u128::from(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

macro_rules! as_text {
    ($($name:ident is $what:literal;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let parsed = Self::parse(&text);
                parsed.ok_or_else(|| serde::de::Error::custom(format!(concat!("`{}` is not ", $what), text)))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text! {
    Duration is "a duration";
    Date is "a calendar date";
    Bytes is "an amount of data";
    Throughput is "data per second";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse_what_they_print() {
        for (text, seconds) in [("60s", 60), ("15m", 900), ("4h", 14_400), ("35d", 3_024_000)] {
            assert_eq!(Duration::parse(text), Some(Duration::seconds(seconds)));
        }
        assert_eq!(Duration::seconds(60).to_string(), "1m");
        assert_eq!(Duration::seconds(90).to_string(), "90s");
        assert_eq!(Duration::seconds(93_784).in_words(), "26 h 3 min 4 s");
        assert_eq!(Duration::seconds(35 * 86_400 + 7_200).in_words(), "35 d 2 h");
        for text in ["", "15", "15 m", "-5m", "1.5h", "1y", "m", "9999999999s", "１m"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn impossible_dates_are_refused() {
        let date = Date::parse("2026-02-28").unwrap();
        assert_eq!(date.after(Duration::DAY).to_string(), "2026-03-01");
        assert_eq!(date.days_until(Date::parse("2027-02-28").unwrap()), 365);
        assert_eq!(date.days_until(Date::parse("2026-02-01").unwrap()), 0);
        assert_eq!(date.after(Duration::seconds(u64::MAX)).to_string(), "9999-12-31");
        for text in ["2026-02-29", "2026-2-01", "20260201", "2026-13-01", "2026-01-01T00:00", ""] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn data_sizes_use_binary_units() {
        let rate = Throughput::parse("200MiB/s").unwrap();
        assert_eq!(rate.time_for(Bytes::parse("2TiB").unwrap()).in_words(), "2 h 54 min 46 s");
        assert_eq!(Bytes::parse("1024GiB").unwrap().to_string(), "1TiB");
        for (bytes, milliseconds, said) in [
            (3 << 20, 2000, "1536KiB/s"),
            ((1 << 20) + 1, 1000, "1MiB/s"),
            (u64::MAX, 1_000_000_000, "17179GiB/s"),
        ] {
            let rate = Throughput::measured(bytes, milliseconds).unwrap();
            assert_eq!(rate.to_string(), said);
            assert_eq!(Throughput::parse(said), Some(rate), "a policy can state it");
        }
        assert_eq!(Throughput::measured(1023, 1000), None);
        for text in ["2TB", "2", "TiB", "1.5GiB", "0MiB/s"] {
            assert_eq!((Bytes::parse(text), Throughput::parse(text)), (None, None), "{text}");
        }
    }
}
