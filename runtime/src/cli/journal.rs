//! `holdfast journal`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use holdfast_compiler::diagnostic::codes;

use super::failure::{Failure, tally};
use super::front::confirm;
use super::journal_view as view;
use super::output::{Terminal, one_line};
use super::remarks::mention;
use super::{Global, exit};
use crate::estate::{FoundJournal, Policies, Remark, Workspace, absolute_journal};
use crate::files;
use crate::journal::{self, History};
use crate::run::reconcile;
use crate::trust::Trust;

/// Show and verify the journal: what was changed, when and by whom.
///
/// Reads the journal that `--journal` or the policies name, also if the policies are not valid. Changes nothing, and
/// does not read the cloud. Every command first verifies the hash chain of the entries.
#[derive(Debug, Args)]
pub(super) struct Journal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the runs, newest first.
    Log {
        /// Policy files and folders; ignored with `--journal`.
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The output format.
        #[arg(long, value_enum, default_value_t = LogFormat::Text)]
        format: LogFormat,
    },
    /// Show the entries of one run.
    Show {
        /// The number of the run, as `holdfast journal log` shows it.
        #[arg(value_name = "RUN")]
        run: u64,
        /// Policy files and folders; ignored with `--journal`.
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The output format.
        #[arg(long, value_enum, default_value_t = LogFormat::Text)]
        format: LogFormat,
    },
    /// Write the signed statements of one run, for `ssh-keygen -Y verify -n run@holdfast`.
    Signatures {
        /// The number of the run, as `holdfast journal log` shows it.
        #[arg(value_name = "RUN")]
        run: u64,
        /// Policy files and folders; ignored with `--journal`.
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The folder to write to: statements as `1`, `2`, …, their signatures as `1.sig`, `2.sig`, ….
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Accept what an earlier epoch of a shared journal holds and the last one lacks.
    ///
    /// Two runners that each reach only one bucket of the journal both go on. Afterwards every command refuses, until
    /// somebody has looked at the entries that this command prints, and accepts them with `--yes`. What their runs made is
    /// adopted: the next plan compares it with the policies. Changes nothing in the cloud.
    Reconcile {
        /// Policy files and folders; ignored with `--journal`.
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Accept the entries.
        #[arg(long, short)]
        yes: bool,
    },
    /// Verify that no entry was changed, lost or moved.
    ///
    /// Also compares the stored policies with their digests. The chain alone does not show that the last entries were
    /// removed. Store the head that this command prints, and
    /// pass it to a later check with `--head`. Nothing can be known of a journal that is empty.
    Verify {
        /// Policy files and folders; ignored with `--journal`.
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// A head that was printed earlier. The check fails if the journal does not contain it.
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

/// Write the signed statements of a run and their signatures, numbered, into a folder. Nothing is overwritten.
fn write_signatures(history: &History, run: u64, out: &Path) -> Result<usize, Failure> {
    let statements = journal::statements(history, run);
    if statements.is_empty() {
        return Err(Failure::message(format!("run {run} is not in the journal, or is not signed")));
    }
    let failed = |error: files::FileError| Failure::message(error.to_string());
    files::make_folder(out).map_err(failed)?;
    for (nth, (statement, signature)) in statements.iter().enumerate() {
        for (end, text) in [("", statement), (".sig", signature)] {
            let path = out.join(format!("{}{end}", nth + 1));
            files::create(&path, text.as_bytes()).map_err(failed)?;
        }
    }
    Ok(statements.len())
}

/// How a journal is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
}

impl Journal {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        match self.command {
            Command::Log { paths, format } => {
                let history = open(global, &paths, terminal).await?.history(false, terminal).await?;
                match format {
                    LogFormat::Text => terminal.result(&view::log(&history)),
                    LogFormat::Json => terminal.json(&view::log_json(&history)),
                }
            }
            Command::Show { run, paths, format } => {
                let opened = open(global, &paths, terminal).await?;
                let history = opened.history(false, terminal).await?;
                let Some(run) = history.runs.iter().find(|known| known.number == run) else {
                    let there = history.runs.len();
                    let message = format!("there is no run {run} in {}: it has {there} runs", opened.place);
                    return Err(Failure::usage(message));
                };
                match format {
                    LogFormat::Text => terminal.result(&view::show(&history, run)),
                    LogFormat::Json => terminal.json(&view::show_json(&history, run)),
                }
            }
            Command::Signatures { run, paths, out } => {
                let history = open(global, &paths, terminal).await?.history(false, terminal).await?;
                let count = write_signatures(&history, run, &out)?;
                terminal.note(&one_line(&format!(
                    "Wrote {count} statements and signatures into {}",
                    out.display()
                )));
            }
            Command::Reconcile { paths, yes } => {
                let opened = open(global, &paths, terminal).await?;
                let diverged = opened.journal.diverged().await?;
                if diverged.is_empty() {
                    terminal.note(
                        "Nothing to reconcile: no epoch of the journal holds entries that a later one lacks",
                    );
                    return Ok(exit::DONE);
                }
                terminal.result(&view::diverged(&diverged));
                if !yes {
                    confirm(terminal, "Accept this").map_err(|error| {
                        Failure::refused_finding(
                            error.finding("these entries", "look at the entries, then run it with `--yes`"),
                        )
                    })?;
                }
                let workspace = match &opened.trusted {
                    Trusted::Estate(workspace) => Some(workspace),
                    Trusted::Anchor(_) | Trusted::Nothing => None,
                };
                reconcile(&opened.journal, workspace, global.selection().signer()?.as_ref(), &diverged)
                    .await?;
                terminal.note("Accepted. Plan again: what these runs made is compared with the policies");
            }
            Command::Verify { paths, head } => {
                let opened = open(global, &paths, terminal).await?;
                let history = opened.history(true, terminal).await?;
                if let Some(head) = &head {
                    find(head, &history)?;
                }
                let place = one_line(&opened.place.to_string());
                if history.entries.is_empty() {
                    // Neither whole nor damaged: there is nothing to know that from.
                    terminal.result(&format!("{place}: empty, nothing to verify\nhead none\n"));
                    return Ok(exit::DONE);
                }
                let runs = history.runs.len();
                let noun = if runs == 1 { "run" } else { "runs" };
                terminal.result(&format!(
                    "{place}: {} entries of {runs} {noun}, complete and in order\n",
                    history.entries.len()
                ));
                let (texts, wrong) = opened.journal.verify_policies(&history).await;
                if texts > 0 && wrong.is_empty() {
                    let noun = if texts == 1 { "text has its digest" } else { "texts have their digests" };
                    terminal.result(&format!("policies: {texts} stored {noun}\n"));
                }
                terminal.result(&format!("head {}\n", history.head()));
                if let Some(first) = wrong.first() {
                    let more = match wrong.len() - 1 {
                        0 => String::new(),
                        more => format!(", and {more} more"),
                    };
                    let message = one_line(&format!("{first}{more}"));
                    let help = "restore the folder `policies` of the journal from a backup; the runs are whole without it";
                    return Err(Failure::refused(codes::POLICY_TEXT, message, help));
                }
            }
        }
        Ok(exit::DONE)
    }
}

/// Check that the journal contains an earlier head. Otherwise its end was removed since.
fn find(head: &str, history: &History) -> Result<(), Failure> {
    if history.hashes.iter().any(|hash| hash == head) {
        return Ok(());
    }
    let message = format!(
        "the head `{head}` is not in the journal, which ends with entry {}: later entries were removed, or \
         this is a different journal",
        history.entries.len()
    );
    Err(Failure::refused(codes::JOURNAL_DAMAGED, message, "restore the journal from a backup"))
}

/// A journal, its place, and the part of the trust anchor that applies to it.
struct Opened {
    place: journal::Place,
    trusted: Trusted,
    journal: journal::Journal,
}

/// The part of the trust anchor that applies to a journal.
enum Trusted {
    /// The one for the estate of the policies.
    Estate(Workspace),
    /// The one for the estate whose journal is at this place.
    Anchor(Trust),
    /// None: there is no anchor.
    Nothing,
}

async fn open(global: &Global, paths: &[PathBuf], terminal: &Terminal) -> Result<Opened, Failure> {
    let selection = global.selection();
    let (place, trusted) = match &selection.journal {
        Some(place) => {
            let place = absolute_journal(place)?;
            (place, selection.trust()?.map_or(Trusted::Nothing, Trusted::Anchor))
        }
        None => match Policies::load(paths, None) {
            Ok(policies) => {
                let trusted = Workspace::of(&selection, &policies)?;
                (trusted.journal.clone(), Trusted::Estate(trusted))
            }
            Err(broken) => {
                let count = tally(&broken.findings);
                let found = FoundJournal::of(&selection, paths, broken)?;
                let line = format!(
                    "warning: the policies are not valid, and are not needed for this ({count}); the journal is {}: {}",
                    found.place, found.because
                );
                terminal.error(&format!("{}\n", one_line(&line)));
                let place = absolute_journal(&found.place)?;
                (place, selection.trust()?.map_or(Trusted::Nothing, Trusted::Anchor))
            }
        },
    };
    let journal = journal::Journal::open(&place).await?;
    Ok(Opened { place, trusted, journal })
}

impl Opened {
    async fn history(&self, thorough: bool, terminal: &Terminal) -> Result<History, Failure> {
        let history = if thorough { self.journal.verify().await } else { self.journal.read().await };
        let calls = self.journal.calls();
        if !calls.services.is_empty() {
            terminal.detail(&super::screen::calls(&calls));
        }
        Remark::silent(self.journal.silent()).for_each(|remark| mention(&remark, terminal));
        let history = history?;
        // `log` and `show` print any journal; `verify` also checks it against the trust anchor.
        match &self.trusted {
            Trusted::Estate(place) if thorough => place.require_trusted(&history)?,
            Trusted::Anchor(trust) if thorough => {
                let anchor = trust.anchor_of(&self.place).ok_or_else(|| {
                    let message =
                        format!("the trust anchor has no estate whose journal is at {}", self.place);
                    let help = "leave out `--journal`, or `--trust` and `HOLDFAST_TRUST`";
                    Failure::refused(codes::JOURNAL_NOT_TRUSTED, message, help)
                })?;
                anchor.trusts_history(&history).map_err(Failure::refused_finding)?;
            }
            Trusted::Estate(_) | Trusted::Anchor(_) | Trusted::Nothing => {}
        }
        Ok(history)
    }
}
