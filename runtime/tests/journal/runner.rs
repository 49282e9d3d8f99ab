//! A child process that a test pauses, kills and reads from.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::support::Ran;

/// A child whose progress lines are counted; the rest of its output is kept.
pub(crate) struct Runner {
    pub(crate) child: Child,
    lines: mpsc::Receiver<String>,
    said: String,
}

impl Runner {
    pub(crate) fn start(mut command: Command) -> Self {
        // `--verbose` prints one line per ended step.
        let mut child = command.arg("-v").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self { child, lines, said: String::new() }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }

    /// Wait until it has reported a step; `false` if it ended before.
    pub(crate) fn reports_a_step(&mut self) -> bool {
        while let Ok(line) = self.lines.recv() {
            let _ = writeln!(self.said, "{line}");
            if line.starts_with('[') {
                return true;
            }
        }
        false
    }

    /// The same, with a short timeout.
    pub(crate) fn has_reported_a_step(&mut self) -> bool {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(2)) {
            let _ = writeln!(self.said, "{line}");
            if line.starts_with('[') {
                return true;
            }
        }
        false
    }

    pub(crate) fn end(mut self) -> Ran {
        while let Ok(line) = self.lines.recv() {
            let _ = writeln!(self.said, "{line}");
        }
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, stdout: String::new(), stderr: self.said }
    }
}

/// Poll until a condition holds, for at most a minute.
pub(crate) fn until(what: &str, mut ask: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !ask() {
        assert!(Instant::now() < end, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
