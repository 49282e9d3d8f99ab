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

/// Import existing resources: adopt those that policies describe, and write YAML for those that no policy mentions.
///
/// Reads the whole account and changes nothing in it. The journal records what is adopted, and from then on Holdfast
/// owns it. If a resource differs from its policy, the next plan shows it. Without paths, the YAML starts with a new
/// estate.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Policy files and folders of the estate.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the YAML to this new file, and also adopt what it describes. Without it, the YAML goes to stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write and adopt without asking for confirmation.
    #[arg(long, short)]
    yes: bool,
    /// Check reviews, drills, measurements and waivers as of this date: 2026-11-23, or `today` (in UTC).
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
        let left = imported.is_partial || imported.taken > 0;
        if !imported.changed && !left {
            terminal.note(
                "Nothing to adopt: Holdfast already owns every existing resource that the policies describe.",
            );
        }
        match imported.pending {
            Some(0) if left => {}
            Some(pending) => tell(pending, &again, terminal),
            None => {}
        }
        terminal.detail(&screen::calls(&imported.calls));
        if imported.taken > 0 {
            let names = if imported.taken == 1 { "1 name" } else { "some names" };
            terminal.note(&format!(
                "\nOther accounts have {names} that the policies declare: `holdfast plan` shows them."
            ));
        }
        if imported.is_partial {
            terminal
                .note("\nNot everything answers, and what does not is unknown: import again once it does.");
        }
        Ok(if left { exit::FAILED } else { exit::DONE })
    }
}

/// The user interface of an import on the terminal.
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

/// Print whether the cloud matches the policies. `paths` are the paths of the policies, new file included.
fn tell(pending: usize, paths: &str, terminal: &Terminal) {
    let line = match pending {
        0 => format!("\nThe cloud matches the policies: `holdfast plan {paths}` shows no changes."),
        1 => format!("\n1 resource differs from the policies: `holdfast plan {paths}` shows it."),
        _ => format!("\n{pending} resources differ from the policies: `holdfast plan {paths}` shows them."),
    };
    terminal.note(&visible(&line));
}

/// Print what a person must check in the YAML, and what was left out of it.
fn report(proposal: &Proposal, terminal: &Terminal) {
    let mut lines = Vec::new();
    let names = |names: &[String]| names.join(", ");
    if !proposal.services.is_empty() {
        lines.push(format!("Found in the cloud, but in no policy: {}", names(&proposal.services)));
    }
    if !proposal.undecided.is_empty() {
        lines.push(format!(
            "\nThe existing setup does not meet the usual objectives (RTO 4 h, RPO 1 h) of {};\n\
             the YAML says `undecided`, and `holdfast objectives` explains why. To meet the RPO of a data set that is\n\
             replicated, remove `rules` and `policy` from the `leave` lists of its replication and its role: the next\n\
             plan turns on replication time control.",
            names(&proposal.undecided)
        ));
    }
    if !proposal.guessed.is_empty() {
        lines.push(format!(
            "\nThe cloud does not tell at which sites these services run, so the YAML uses the sites of their data.\n\
             Check their `endpoints`: {}",
            names(&proposal.guessed)
        ));
    }
    if !proposal.left_out.is_empty() {
        lines.push(format!("\nLeft out ({}):", proposal.left_out.len()));
        lines.extend(proposal.left_out.iter().map(|LeftOut { what, why }| {
            // A name from the cloud must not break the line.
            format!("  {what}: {why}").replace(['\n', '\r'], " ")
        }));
    }
    for line in lines {
        terminal.note(&visible(&line));
    }
}

/// Print what will be written and adopted.
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
