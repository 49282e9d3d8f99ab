//! The progress of an apply. On a terminal, a board that is redrawn: how far the run is, and as many steps in
//! progress as fit on the screen. Elsewhere nothing, or with `--verbose` one line per ended step; the summary at the
//! end shows all results.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use holdfast_compiler::plan::{Step, StepId};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::output::{Terminal, line};
use crate::apply::Watcher;
use crate::cloud::CloudError;

/// The time between redraws.
const TICK: Duration = Duration::from_millis(120);
/// How many running steps are shown if the height of the screen is unknown.
const ROWS: usize = 12;
/// How many steps must have ended, and how much time passed, before the time left is estimated.
const EVIDENCE: (usize, Duration) = (5, Duration::from_secs(5));

/// The progress of one apply.
pub(super) struct Progress<'a> {
    terminal: &'a Terminal,
    board: Arc<Mutex<Board>>,
    bar: Option<ProgressBar>,
}

/// The state that is shown.
struct Board {
    began: Instant,
    steps: usize,
    ended: usize,
    /// The running steps in the order in which they began: their action, and when they began.
    running: Vec<(StepId, String, Instant)>,
    /// Why no further steps start.
    stopping: Option<&'static str>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(steps: usize, terminal: &'a Terminal) -> Self {
        let board = Board { began: Instant::now(), steps, ended: 0, running: Vec::new(), stopping: None };
        let board = Arc::new(Mutex::new(board));
        let bar = terminal.live.then(|| draw(board.clone(), terminal.rows())).flatten();
        Self { terminal, board, bar }
    }

    /// Print that no further steps start: why, how many steps are awaited, and a hint.
    pub(super) fn stopping(&self, why: &'static str, hint: &str) {
        let mut board = self.board();
        board.stopping = Some(why);
        let waits = match board.running.len() {
            0 => "no step is running".to_owned(),
            1 => "waiting for 1 running step".to_owned(),
            running => format!("waiting for {running} running steps"),
        };
        drop(board);
        self.say(&format!("{why}: no further step starts, {waits}{hint}"));
    }

    /// The steps in progress: `create aws.bucket.s.d.one`.
    pub(super) fn in_progress(&self) -> Vec<String> {
        self.board().running.iter().map(|(_, what, _)| what.clone()).collect()
    }

    /// Remove the board from the screen.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Print a permanent line, above the board if there is one.
    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(line(text)),
            None => self.terminal.note(&line(text)),
        }
    }
}

impl Watcher for Progress<'_> {
    fn started(&self, step: &Step) {
        let what = format!("{} {}", step.action, step.id);
        self.board().running.push((step.id.clone(), what, Instant::now()));
    }

    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        let mut board = self.board();
        board.ended += 1;
        let (ended, steps) = (board.ended, board.steps);
        let at = board.running.iter().position(|(id, ..)| *id == step.id);
        let took = at.map(|at| board.running.remove(at).2.elapsed()).unwrap_or_default().as_secs_f64();
        drop(board);
        // On a terminal, show failures at once; elsewhere they are in the summary.
        if self.terminal.is_verbose() || self.bar.is_some() && result.is_err() {
            let word = result.map_or_else(|error| format!("FAILED: {error}"), |()| "done".to_owned());
            let what = format!("{} {}: {word} ({took:.1} s)", step.action, step.id);
            self.say(&format!("[{ended}/{steps}] {what}"));
        }
    }
}

/// Draw a board until its bar is finished.
fn draw(board: Arc<Mutex<Board>>, rows: Option<usize>) -> Option<ProgressBar> {
    // Reserve one line for the total, one for the steps that are not shown, and two for earlier output.
    let rows = rows.map_or(ROWS, |rows| rows.saturating_sub(4).max(1));
    let lines = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let board = board.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_str(&board.lines(Instant::now(), rows).join("\n"));
    };
    let style = ProgressStyle::with_template("{board}").ok()?.with_key("board", lines);
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(TICK);
    Some(bar)
}

impl Board {
    /// The lines of the board at a time, with at most `rows` running steps.
    fn lines(&self, now: Instant, rows: usize) -> Vec<String> {
        let took = now.saturating_duration_since(self.began);
        let mut whole = format!("{} of {} done, {}", self.ended, self.steps, span(took));
        match (self.stopping, self.left(took)) {
            (Some(why), _) => whole.push_str(&format!(", {why}")),
            (None, Some(left)) => whole.push_str(&format!(", {left}")),
            (None, None) => {}
        }
        let shown = self.running.iter().take(rows).map(|(_, what, since)| {
            line(&format!("  {what} ({})", span(now.saturating_duration_since(*since))))
        });
        let hidden = self.running.len().saturating_sub(rows);
        let more = (hidden > 0).then(|| format!("  and {hidden} more"));
        std::iter::once(whole).chain(shown).chain(more).collect()
    }

    /// The time left, if the remaining steps take as long as those that have ended. `None` until enough has happened
    /// for an estimate: a few steps, a tenth of all steps, some time. Rounded, because it is only an estimate.
    fn left(&self, took: Duration) -> Option<String> {
        let (steps, time) = EVIDENCE;
        if self.ended < steps.max(self.steps / 10) || took < time || self.ended >= self.steps {
            return None;
        }
        let rest = u32::try_from(self.steps - self.ended).ok()?;
        let seconds = (took / u32::try_from(self.ended).ok()? * rest).as_secs();
        Some(match seconds {
            0..10 => "a few seconds left".to_owned(),
            10..60 => format!("about {} s left", seconds.div_ceil(10) * 10),
            60..5_400 => format!("about {} min left", seconds.div_ceil(60)),
            _ => format!("about {} h left", seconds.div_ceil(3_600)),
        })
    }
}

/// `8 s`, `3 min 20 s`.
fn span(span: Duration) -> String {
    holdfast_compiler::units::Duration::seconds(span.as_secs()).in_words()
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::resource::Address;

    use super::*;

    fn board(steps: usize, ended: usize, running: usize) -> Board {
        let began = Instant::now();
        let step = |n: usize| {
            let address = Address::try_from(format!("aws.bucket.s.d.site{n}")).unwrap();
            (StepId::of(&address), format!("create {address}"), began)
        };
        Board { began, steps, ended, running: (0..running).map(step).collect(), stopping: None }
    }

    fn at(board: &Board, seconds: u64) -> Vec<String> {
        board.lines(board.began + Duration::from_secs(seconds), 2)
    }

    #[test]
    fn board_fits_the_screen() {
        assert_eq!(
            at(&board(34, 3, 4), 8),
            [
                "3 of 34 done, 8 s",
                "  create aws.bucket.s.d.site0 (8 s)",
                "  create aws.bucket.s.d.site1 (8 s)",
                "  and 2 more"
            ]
        );
        assert_eq!(
            at(&board(34, 3, 1), 70),
            ["3 of 34 done, 1 min 10 s", "  create aws.bucket.s.d.site0 (1 min 10 s)"]
        );
    }

    #[test]
    fn time_left_is_shown_only_after_enough_steps_have_ended() {
        let whole = |steps, ended, seconds| at(&board(steps, ended, 0), seconds).remove(0);
        assert_eq!(whole(20, 4, 60), "4 of 20 done, 1 min");
        assert_eq!(whole(20, 10, 4), "10 of 20 done, 4 s");
        assert_eq!(whole(1_000, 99, 60), "99 of 1000 done, 1 min");
        assert_eq!(whole(20, 10, 33), "10 of 20 done, 33 s, about 40 s left");
        assert_eq!(whole(1_000, 100, 60), "100 of 1000 done, 1 min, about 9 min left");
        assert_eq!(whole(20, 19, 60), "19 of 20 done, 1 min, a few seconds left");
        assert_eq!(whole(20, 20, 60), "20 of 20 done, 1 min");
    }
}
