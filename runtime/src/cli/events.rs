//! `holdfast apply --events json`: progress for programs. Format 2.
//!
//! Standard output holds only JSON objects, one per line; each has a field `event`. Fields may be added within a
//! format; readers must ignore unknown fields and events.
//!
//! - `run-started`: `format` (2), `plan` (the digest of the plan), `steps` (the number of pending steps).
//! - `step-started`: `step` (its id), `address`, `action` (`create`, `update`, `replace` or `delete`).
//! - `step-ended`: `step`, `address`, `action`, `result` (`done` or `failed`), `seconds` it took, and if it failed
//!   `error` with `operation`, `code` and `message`.
//! - `run-ended`: how many steps are `done`, `failed` and `not_started`, whether it was `interrupted` by a
//!   signal or `--timeout`, `calls` to each service so far, including those for observing, and how many of them
//!   were `wasted`.
//!
//! A run that was killed, or stopped immediately by a second signal, has no `run-ended`: steps that have started and
//! not ended may have taken effect. A run that is refused before it starts has no events at all; the exit code and
//! standard error say why. All characters except ASCII are escaped, in addition to what the printing layer escapes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use holdfast_compiler::plan::{Action, Step, StepId};
use holdfast_compiler::resource::Address;
use serde::Serialize;

use super::output::Terminal;
use crate::apply::{Outcome, Watcher};
use crate::cloud::{Calls, CloudError};

/// The version of the events.
const FORMAT: u32 = 2;

/// The event of one line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event<'a> {
    RunStarted {
        format: u32,
        plan: &'a str,
        steps: usize,
    },
    StepStarted {
        step: &'a StepId,
        address: &'a Address,
        action: Action,
    },
    StepEnded {
        step: &'a StepId,
        address: &'a Address,
        action: Action,
        result: &'static str,
        seconds: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Refusal<'a>>,
    },
    RunEnded {
        done: usize,
        failed: usize,
        not_started: usize,
        interrupted: bool,
        calls: &'a BTreeMap<String, u64>,
        wasted: u64,
    },
}

/// The error of a cloud.
#[derive(Debug, Serialize)]
struct Refusal<'a> {
    operation: &'a str,
    code: &'a str,
    message: &'a str,
}

impl<'a> Refusal<'a> {
    fn of(error: &'a CloudError) -> Self {
        Self { operation: &error.operation, code: &error.code, message: &error.message }
    }
}

/// The events of one run.
pub(super) struct Events<'a> {
    terminal: &'a Terminal,
    since: Mutex<BTreeMap<StepId, Instant>>,
}

impl<'a> Events<'a> {
    /// Print `run-started`.
    pub(super) fn begin(plan: &str, steps: usize, terminal: &'a Terminal) -> Self {
        let events = Self { terminal, since: Mutex::default() };
        events.tell(&Event::RunStarted { format: FORMAT, plan, steps });
        events
    }

    /// Print `run-ended`.
    pub(super) fn end(&self, outcome: &Outcome, calls: &Calls) {
        self.tell(&Event::RunEnded {
            done: outcome.done.len(),
            failed: outcome.failed.len(),
            not_started: outcome.not_started.len(),
            interrupted: outcome.stopped.is_some(),
            calls: &calls.services,
            wasted: calls.wasted.values().sum(),
        });
    }

    fn tell(&self, event: &Event<'_>) {
        // An event always serialises.
        if let Ok(json) = serde_json::to_string(event) {
            self.terminal.json(&format!("{}\n", ascii(&json)));
        }
    }
}

impl Watcher for Events<'_> {
    fn started(&self, step: &Step) {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).insert(step.id.clone(), Instant::now());
        self.tell(&Event::StepStarted { step: &step.id, address: &step.address, action: step.action });
    }

    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner).remove(&step.id);
        let seconds = since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        self.tell(&Event::StepEnded {
            step: &step.id,
            address: &step.address,
            action: step.action,
            result: if result.is_ok() { "done" } else { "failed" },
            // Milliseconds are precise enough.
            seconds: (seconds * 1_000.0).round() / 1_000.0,
            error: result.err().map(Refusal::of),
        });
    }
}

/// JSON in ASCII: other characters occur only in strings, where they can be escaped.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn hostile_names_are_escaped_in_json_events() {
        let message = "a\"b\\\n\u{1b}[2J\u{202e}\u{9b}\u{7f}\u{2028}\u{1f600}";
        let line = ascii(&json!({"message": message}).to_string());
        assert!(line.chars().all(|c| (' '..='~').contains(&c)), "{line:?}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["message"], message);
    }
}
