//! What is shown of the runs of a full-scale drill: on stderr, because stdout is for the record.

use std::io;

use futures::stream::BoxStream;
use holdfast_compiler::plan::{Listing, Plan, Step, text};

use super::super::output::{Stream, Terminal, one_line};
use super::super::remarks::mention;
use super::super::signals;
use crate::apply::{Stopped, Watcher};
use crate::cloud::CloudError;
use crate::run::{Ending, Front, NotConfirmed, Notice, Screen};

/// The user interface of these runs. The drill was confirmed as a whole.
pub(super) struct Runs<'a> {
    pub(super) terminal: &'a Terminal,
}

impl Front for Runs<'_> {
    fn tell(&self, notice: Notice<'_>) {
        if let Notice::Remark(remark) = notice {
            mention(&remark, self.terminal);
        }
    }

    fn show(&self, plan: &Plan) {
        if !self.terminal.is_quiet() {
            // A drill that was confirmed does not depend on who reads along.
            let _ = self.terminal.stream(Stream::Beside, |out| {
                text(plan, None, Listing::Grouped, self.terminal.stderr(), out)
            });
        }
    }

    fn confirm(&self) -> Result<(), NotConfirmed> {
        Ok(())
    }

    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>> {
        signals::listen()
    }

    fn begin<'a>(&'a self, _: &str, steps: usize) -> Box<dyn Screen + 'a> {
        self.terminal.note(&format!("{steps} steps"));
        Box::new(Steps { terminal: self.terminal })
    }
}

/// Shows each step once it has ended.
struct Steps<'a> {
    terminal: &'a Terminal,
}

impl Watcher for Steps<'_> {
    fn started(&self, _: &Step) {}

    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        let how = match result {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("FAILED: {error}"),
        };
        self.terminal.note(&one_line(&format!("{} {}: {how}", step.action, step.address)));
    }
}

impl Screen for Steps<'_> {
    fn stopping(&self, _: Stopped) {
        self.terminal.note("stopping: the steps in progress are awaited");
    }

    fn over(&self, _: Ending<'_>) {}
}
