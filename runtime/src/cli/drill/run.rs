//! `holdfast drill run`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use holdfast_compiler::drill::{Answer, Outcome, Question};
use holdfast_compiler::plan::Consent;
use holdfast_compiler::units::{Date, Duration};

use super::super::failure::Failure;
use super::super::front::confirm;
use super::super::output::{Terminal, one_line};
use super::super::{Global, date, exit, remarks, signals};
use super::report::{RecordFormat, print};
use super::runs::Runs;
use crate::drill::{Ended, Front, Order, Recorded, Resolvers, hold};
use crate::estate::Policies;
use crate::files;
use crate::run::{self, NotConfirmed};

/// The most bytes of a file of answers.
const MAX_ANSWERS: u64 = 1 << 20;

/// Hold a drill, and record it in the journal.
///
/// A tabletop, a walk-through and a checklist ask the participants, step by step; a simulation rehearses the disruption on the policies;
/// a functional drill restores the data of its services into an isolated place, verifies every object, measures, and removes it again;
/// a full-scale drill evacuates its site for real, by the plan and apply of `--evacuate`, and returns.
/// Answers are read from `--answers FILE` or from the terminal, and the runner witnesses them; with `--wait` people sign them
/// (`holdfast drill confirm`). `--dry-run` prints what would be done
/// and touches nothing; of questions it prints a file to fill in. A criterion is a sentence, for which somebody answers, or a probe of a
/// page or of DNS, which the drill sends, or a command: one runs only if `--approved` names an approved plan of exactly these policies, and
/// the trust anchor lists exactly that command.
///
/// Exits with 0 if the drill passed, with 1 if it failed or was aborted, and with 4 if it does not begin: the message names the cause.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The name of the drill.
    #[arg(value_name = "NAME")]
    name: String,
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// The answers: lines like `payments.declare: yes` or `criterion.1: no, REASON`. `--dry-run` prints the file to fill in. After a
    /// functional or full-scale drill it is read again, and counts only if it was changed since the drill began.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// An approved plan of these policies, with its approvals beside it. Without it no command of a criterion is run.
    #[arg(long, value_name = "PLANFILE")]
    approved: Option<PathBuf>,
    /// Wait for so long, such as 30m, until people have signed their answers with `holdfast drill confirm`. Answers of `--answers` are
    /// not waited for.
    #[arg(long, value_name = "DURATION", value_parser = span)]
    wait: Option<Duration>,
    /// The folder in which questions are laid out and signed answers are looked for. Defaults to one in `.holdfast` beside the policies.
    #[arg(long, value_name = "FOLDER", requires = "wait")]
    words: Option<PathBuf>,
    /// The bucket that a functional drill restores into, and what is put before each key: `acme-drills/november/`. It must be empty there.
    #[arg(long, value_name = "BUCKET[/PREFIX]", value_parser = place)]
    into: Option<(String, String)>,
    /// Leave what a functional drill restored. Otherwise it is removed at the end, or by the next run if the drill is killed.
    #[arg(long)]
    keep: bool,
    /// Stay evacuated for so long in a full-scale drill, such as 10m.
    #[arg(long, value_name = "DURATION", value_parser = span, default_value = "0s")]
    hold: Duration,
    /// A resolver that a full-scale drill asks for the records that it moves, before, during and after: the RTO is when all of them answer
    /// with the standby. Can be repeated. Defaults to the resolvers of this machine; `none` asks nobody. The embedded cloud answers no DNS.
    #[arg(long, value_name = "HOST[:PORT]")]
    resolver: Vec<String>,
    /// Allow what the evacuation or the return of a full-scale drill needs, as `holdfast apply` does: `return:SERVICE.DATA`. Can be repeated.
    #[arg(long, value_name = "WHAT")]
    allow: Vec<Consent>,
    /// Hold a full-scale drill without asking for confirmation.
    #[arg(long, short)]
    yes: bool,
    /// Who takes part. Can be repeated.
    #[arg(long, value_name = "WHO")]
    with: Vec<String>,
    /// Check the policies as of this date: 2026-11-23, or `today` (in UTC).
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Take over the run with this number, which was abandoned in a shared journal.
    #[arg(long, value_name = "RUN")]
    take_over: Option<u64>,
    /// How the record is printed.
    #[arg(long, value_enum, default_value_t = RecordFormat::Text)]
    format: RecordFormat,
}

impl Run {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let read = |path: &PathBuf| files::read_text(path, MAX_ANSWERS);
        let answers = self.answers.as_ref().map(read).transpose();
        let answers = answers.map_err(|error| Failure::message(error.to_string()))?;
        let policies = Policies::load(&self.paths, self.as_of)?;
        remarks::mention_warnings(&policies, &self.paths, terminal);
        let order = Order {
            drill: self.name,
            dry_run: self.dry_run,
            with: self.with,
            answers,
            answers_file: self.answers,
            into: self.into,
            keep: self.keep,
            consents: self.allow.into_iter().collect(),
            hold: self.hold,
            resolvers: Resolvers::parse(&self.resolver).map_err(Failure::usage)?,
            approved: self.approved,
            wait: self.wait,
            words: self.words,
            take_over: self.take_over,
        };
        match hold(
            policies,
            &global.selection(),
            &order,
            &AtTerminal { terminal, runs: Runs { terminal }, yes: self.yes },
        )
        .await?
        {
            Ended::Planned(text) => {
                terminal.result(&text);
                Ok(exit::DONE)
            }
            Ended::Held { run, place, record } => {
                print(&Recorded { run, place, record: &record }, self.format, terminal)?;
                Ok(if record.outcome == Outcome::Passed { exit::DONE } else { exit::FAILED })
            }
        }
    }
}

/// Parses a duration, which may be 0s.
fn span(text: &str) -> Result<Duration, String> {
    let none = (text == "0s").then(Duration::default);
    none.or_else(|| Duration::parse(text))
        .ok_or_else(|| "not a duration: write it like 90s, 15m or 2h".to_owned())
}

/// Parses a bucket, and what is put before each key.
fn place(text: &str) -> Result<(String, String), String> {
    let plain = text.strip_prefix("s3://").unwrap_or(text);
    let (bucket, prefix) = plain.split_once('/').unwrap_or((plain, ""));
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    if bucket.len() < 3 || !bucket.chars().all(is_name) {
        return Err(
            "it does not begin with the name of a bucket: write it like acme-drills/november/".to_owned()
        );
    }
    Ok((bucket.to_owned(), prefix.to_owned()))
}

/// The user interface of a drill on the terminal.
struct AtTerminal<'a> {
    terminal: &'a Terminal,
    runs: Runs<'a>,
    yes: bool,
}

impl Front for AtTerminal<'_> {
    fn tell(&self, line: &str) {
        self.terminal.note(&one_line(line));
    }

    fn confirm(&self, question: &str) -> Result<(), NotConfirmed> {
        if self.yes { Ok(()) } else { confirm(self.terminal, &one_line(question)) }
    }

    fn runs(&self) -> &dyn run::Front {
        &self.runs
    }

    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>> {
        signals::listen()
    }

    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Answer>> {
        async move {
            if !io::stdin().is_terminal() {
                return None;
            }
            loop {
                let line = one_line(&question.asks);
                self.terminal.error(&format!("{line} [yes, or no, REASON; empty: no answer] "));
                let said = read_line().await.filter(|said| !said.trim().is_empty())?;
                match Answer::parse(&said) {
                    Ok(answer) => return Some(answer),
                    Err(why) => self.terminal.error(&format!("{}\n", one_line(&why))),
                }
            }
        }
        .boxed()
    }
}

/// Read a line, in a thread of its own: a signal is seen meanwhile, and nobody waits for that thread at the end.
async fn read_line() -> Option<String> {
    let (send, receive) = oneshot::channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        let read = io::stdin().read_line(&mut said);
        // Whoever asked may be gone.
        let _ = send.send(read.is_ok().then_some(said));
    });
    receive.await.ok().flatten()
}
