//! The user interface of a run on the terminal.

use std::io::{self, IsTerminal as _};

use futures::stream::BoxStream;
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan::{Listing, Plan, text};

use super::approved::announce;
use super::events::Events;
use super::output::{Stream, Terminal};
use super::remarks::mention;
use super::screen::RunScreen;
use super::signals;
use crate::apply::Outcome;
use crate::run::{Front, NotConfirmed, Notice, Screen};

/// The user interface of a run on the terminal.
pub(super) struct AtTerminal<'a> {
    pub(super) terminal: &'a Terminal,
    /// Whether standard output is used for events.
    pub(super) events: bool,
    /// Whether the user has confirmed with `--yes`.
    pub(super) yes: bool,
}

impl Front for AtTerminal<'_> {
    fn tell(&self, notice: Notice<'_>) {
        let terminal = self.terminal;
        match notice {
            Notice::Remark(remark) => mention(&remark, terminal),
            Notice::Died(died) => {
                let line =
                    format!("{died}; this run observes the cloud again and continues from its current state");
                terminal.note(&visible(&line));
            }
            Notice::Approved(approved) => announce(approved, terminal),
            Notice::Moved(shift) => {
                let line = format!("changed since the plan was made, but not used by the plan: {shift}\n");
                terminal.error(&visible(&line));
            }
            Notice::Resumed { left, steps } => terminal.note(&format!(
                "an earlier run of this plan was interrupted: {left} of {steps} steps remain"
            )),
            Notice::NothingToDo { plan, digest, calls } => {
                if plan.is_partial() {
                    let count = plan.unknown.len();
                    let noun = if count == 1 { "resource" } else { "resources" };
                    terminal.error(&match plan.is_only_taken() {
                        true => format!(
                            "the names of {count} {noun} are taken: choose other ones, and apply again\n"
                        ),
                        false => {
                            format!("{count} {noun} cannot be seen: apply again once the region answers\n")
                        }
                    });
                }

                if self.events {
                    Events::begin(digest, 0, terminal).end(&Outcome::default(), &calls);
                }
            }
        }
    }

    /// Prints the plan to stdout, or to stderr if stdout is used for events.
    fn show(&self, plan: &Plan) {
        // With `--yes` and `--quiet`, only the result is printed.
        if self.yes && self.terminal.is_quiet() && !plan.is_empty() {
            return;
        }
        // An apply that was agreed to does not depend on who reads along.
        let _ = match self.events {
            true if self.terminal.is_quiet() => Ok(()),
            true => self.terminal.stream(Stream::Beside, |out| {
                text(plan, None, Listing::Grouped, self.terminal.stderr(), out)
            }),
            false => self.terminal.stream(Stream::People, |out| {
                text(plan, None, Listing::Grouped, self.terminal.stdout(), out)
            }),
        };
    }

    fn confirm(&self) -> Result<(), NotConfirmed> {
        if self.yes { Ok(()) } else { confirm(self.terminal, "Apply this") }
    }

    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>> {
        signals::listen()
    }

    fn begin<'a>(&'a self, digest: &str, steps: usize) -> Box<dyn Screen + 'a> {
        Box::new(RunScreen::begin(digest, steps, self.events, self.terminal))
    }
}

/// Ask for confirmation, if there is a terminal.
pub(super) fn confirm(terminal: &Terminal, question: &str) -> Result<(), NotConfirmed> {
    if !io::stdin().is_terminal() {
        return Err(NotConfirmed::NoTerminal);
    }
    terminal.error(&format!("\n{question}? Only `yes` is accepted: "));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" { Ok(()) } else { Err(NotConfirmed::Declined) }
}
