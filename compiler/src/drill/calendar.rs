//! The days on which drills are due, as an iCalendar object (RFC 5545).

use super::Standing;
use crate::policy::Policy;
use crate::printable::visible;
use crate::units::{Date, Duration};

/// The most bytes of a line without its line break (RFC 5545 §3.1).
const LINE: usize = 75;

/// A calendar with one event of a whole day for each drill. What is overdue or was never held is due today.
#[must_use]
pub fn calendar(policy: &Policy, standings: &[Standing<'_>], today: Date) -> String {
    let estate = policy.estate.as_str();
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Holdfast//drills//EN".to_owned(),
    ];
    for one in standings {
        let name = one.drill.name.as_str();
        let due = one.due.unwrap_or(today).max(today);
        lines.push("BEGIN:VEVENT".to_owned());
        lines.push(format!("UID:{name}.{estate}@drills.holdfast"));
        // The same calendar for the same day: no moment of the clock.
        lines.push(format!("DTSTAMP:{}T000000Z", compact(today)));
        lines.push(format!("DTSTART;VALUE=DATE:{}", compact(due)));
        lines.push(format!("DTEND;VALUE=DATE:{}", compact(due.after(Duration::hours(24)))));
        lines.push(format!("SUMMARY:{}", escaped(&format!("Drill {name} ({})", one.drill.form.0))));
        let services: Vec<&str> = one.drill.services.keys().map(|name| name.as_str()).collect();
        let said = format!("{}. Services: {}.", one.state.word(), services.join(", "));
        lines.push(format!("DESCRIPTION:{}", escaped(&said)));
        lines.push("TRANSP:TRANSPARENT".to_owned());
        lines.push("END:VEVENT".to_owned());
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line) + "\r\n").collect()
}

fn compact(date: Date) -> String {
    date.to_string().replace('-', "")
}

/// Text as a value (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in visible(text).chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
    }
    out
}

/// A long line is continued on the next one, after a blank.
fn folded(line: &str) -> String {
    let (mut out, mut length) = (String::new(), 0);
    for letter in line.chars() {
        if length + letter.len_utf8() > LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(letter);
        length += letter.len_utf8();
    }
    out
}
