//! What an apply is doing: a line per running step on a terminal, a line per finished step elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan::{Step, StepId};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::output::Terminal;
use crate::apply::Watcher;
use crate::cloud::CloudError;

/// How often running lines are redrawn.
const TICK: Duration = Duration::from_millis(120);

/// The progress of one apply.
pub(super) struct Progress<'a> {
    terminal: &'a Terminal,
    steps: usize,
    bars: MultiProgress,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    ended: usize,
    since: BTreeMap<StepId, (Instant, ProgressBar)>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(steps: usize, terminal: &'a Terminal) -> Self {
        Self { terminal, steps, bars: MultiProgress::new(), running: Mutex::default() }
    }

    /// Leave a clean screen.
    pub(super) fn finish(&self) {
        if self.terminal.live {
            let _ = self.bars.clear();
        }
    }
}

impl Watcher for Progress<'_> {
    fn started(&self, step: &Step) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = if self.terminal.live {
            let bar = self.bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.set_message(visible(&format!("{} {}", step.action, step.id)));
            bar.enable_steady_tick(TICK);
            bar
        } else {
            ProgressBar::hidden()
        };
        running.since.insert(step.id.clone(), (Instant::now(), bar));
    }

    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.ended += 1;
        let (ended, steps) = (running.ended, self.steps);
        let took = running.since.remove(&step.id).map(|(since, bar)| {
            bar.finish_and_clear();
            since.elapsed()
        });
        let took = took.unwrap_or_default().as_secs_f64();
        let word = match result {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("FAILED: {error}"),
        };
        let line = visible(&format!("[{ended}/{steps}] {} {}: {word} ({took:.1} s)", step.action, step.id));
        if self.terminal.live {
            let _ = self.bars.println(line);
        } else {
            self.terminal.note(&line);
        }
    }
}

/// The progress of a run without steps.
pub(super) struct Silence;

impl Watcher for Silence {
    fn started(&self, _: &Step) {}
    fn ended(&self, _: &Step, _: Result<(), &CloudError>) {}
}
