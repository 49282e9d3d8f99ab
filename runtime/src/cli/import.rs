//! `holdfast import`.

use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::import::{Adoption, LeftOut, Proposal};
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::front::confirm;
use super::output::Terminal;
use super::{Global, exit, screen};
use crate::import::{self, Front};
use crate::run::NotConfirmed;

/// Take over what exists: adopt what policies describe, and write YAML for what no policy mentions.
///
/// Reads the whole account and changes nothing in it: what is adopted is written into the journal, so that from
/// then on Holdfast counts it as its own. Where the cloud differs from a policy, the next plan shows it.
/// Without paths, the YAML begins with a first estate.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Policy files and folders of the estate.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the YAML into this new file and adopt what it describes too. Without it the YAML goes to stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write and adopt without asking.
    #[arg(long, short)]
    yes: bool,
    /// The day for which reviews, drills, measurements and waivers are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
}

impl Import {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let front = AtTerminal { terminal, yes: self.yes, prints_text: self.out.is_none() };
        let paths = self.paths.iter().chain(&self.out).map(|path| path.display().to_string());
        let again = paths.collect::<Vec<_>>().join(" ");
        let import = import::Import { paths: self.paths, out: self.out, as_of: self.as_of };
        let imported = import.run(&global.selection(), &front).await?;
        if !imported.changed {
            terminal
                .note("Nothing to adopt: all that the policies describe and that is there is Holdfast's.");
        }
        if let Some(pending) = imported.pending {
            tell(pending, &again, terminal);
        }
        terminal.detail(&screen::calls(&imported.calls));
        Ok(exit::DONE)
    }
}

/// Whoever sits at the terminal.
struct AtTerminal<'a> {
    terminal: &'a Terminal,
    yes: bool,
    /// Whether the YAML goes to stdout.
    prints_text: bool,
}

impl Front for AtTerminal<'_> {
    fn proposal(&self, proposal: &Proposal) {
        report(proposal, self.terminal);
        if self.prints_text {
            self.terminal.result(&proposal.text);
        }
    }

    fn adopts(&self, adopted: &[Adoption], out: Option<&Path>) {
        show(adopted, out, self.terminal);
    }

    fn confirm(&self) -> Result<(), NotConfirmed> {
        if self.yes { Ok(()) } else { confirm(self.terminal, "Write and adopt this") }
    }
}

/// Say whether the cloud is what the policies say. `paths` make up the estate from now on.
fn tell(pending: usize, paths: &str, terminal: &Terminal) {
    let line = match pending {
        0 => format!("\nThe cloud is what the policies say: `holdfast plan {paths}` shows no changes."),
        1 => format!("\n1 thing differs from what the policies say: `holdfast plan {paths}` shows it."),
        _ => format!(
            "\n{pending} things differ from what the policies say: `holdfast plan {paths}` shows them."
        ),
    };
    terminal.note(&visible(&line));
}

/// What the YAML says that somebody has to look at, and what is not in it.
fn report(proposal: &Proposal, terminal: &Terminal) {
    let mut lines = Vec::new();
    let names = |names: &[String]| names.join(", ");
    if !proposal.services.is_empty() {
        lines.push(format!("Found, and in no policy: {}", names(&proposal.services)));
    }
    if !proposal.undecided.is_empty() {
        lines.push(format!(
            "\nWhat is there does not keep the usual objectives (RTO 4 h, RPO 1 h) of {};\n\
             the YAML says `undecided`, and `holdfast objectives` says why. For the RPO of a data set, take\n\
             `rules` and `policy` out of the `leave` lists of its replication and its role: the next plan turns\n\
             on replication time control.",
            names(&proposal.undecided)
        ));
    }
    if !proposal.guessed.is_empty() {
        lines.push(format!(
            "\nNothing in the cloud tells at which sites these answer, so they got those of their data.\n\
             Look at their `endpoints`: {}",
            names(&proposal.guessed)
        ));
    }
    if !proposal.left_out.is_empty() {
        lines.push(format!("\nLeft out ({}):", proposal.left_out.len()));
        lines.extend(proposal.left_out.iter().map(|LeftOut { what, why }| {
            // A name is one line, whoever chose it.
            format!("  {what}: {why}").replace(['\n', '\r'], " ")
        }));
    }
    for line in lines {
        terminal.note(&visible(&line));
    }
}

/// What will be written and adopted.
fn show(adopted: &[Adoption], out: Option<&Path>, terminal: &Terminal) {
    if let Some(path) = out {
        terminal.note(&visible(&format!("\nWrites {}", path.display())));
    }
    if !adopted.is_empty() {
        terminal.note(&format!("\nAdopts ({}):", adopted.len()));
        for one in adopted {
            let identity = one.identity.parts().collect::<Vec<_>>().join(" ").replace(['\n', '\r'], " ");
            terminal.note(&visible(&format!("  {}: {identity}", one.address)));
        }
    }
}
