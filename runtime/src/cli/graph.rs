//! `holdfast graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::compile::{Options, check};
use holdfast_compiler::diagnostic::Severity;
use holdfast_compiler::rehearsals::{Rehearsals, Runs};
use holdfast_compiler::{graph, recovery_graph};

use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use super::rehearse::lost;
use crate::estate::{Policies, load};
use crate::rehearse::play;

/// Print the resources that the policies compile to, and their dependencies; or the recovery from the loss of sites, as a picture.
///
/// Arrows point from a dependency to what needs it: the order in which an apply runs, or in which the recovery goes on.
/// `--format svg --lose SITE` is the recovery if every delay is at its limit, with the critical path drawn thick. It needs no script,
/// fits into 1,200 pixels, and follows the reader's choice of light or dark.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = DrawingFormat::Dot)]
    format: DrawingFormat,
    /// A site that is lost, or what several share: all of those, for `--format svg`. Can be repeated: the sites are lost together.
    #[arg(long, value_name = "SITE")]
    lose: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DrawingFormat {
    /// Graphviz: pipe it into `dot -Tsvg`.
    Dot,
    /// Mermaid, as GitHub shows it in Markdown.
    Mermaid,
    /// Nodes and edges, as JSON.
    Json,
    /// The recovery from the loss of sites as a picture. Needs `--lose`.
    Svg,
}

impl Graph {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let format = match self.format {
            DrawingFormat::Svg => return self.recovery(terminal),
            _ if !self.lose.is_empty() => {
                return Err(Failure::usage("`--lose` is for the picture of a recovery: add `--format svg`"));
            }
            DrawingFormat::Dot => graph::GraphFormat::Dot,
            DrawingFormat::Mermaid => graph::GraphFormat::Mermaid,
            DrawingFormat::Json => graph::GraphFormat::Json,
        };
        let (_, resources) = Policies::load(&self.paths, None)?.offline_graph()?;
        let drawn = graph::draw(&resources, format);
        match format {
            graph::GraphFormat::Dot | graph::GraphFormat::Mermaid => terminal.result(&drawn),
            graph::GraphFormat::Json => terminal.json(&drawn),
        }
        Ok(exit::DONE)
    }

    fn recovery(&self, terminal: &Terminal) -> Result<u8, Failure> {
        if self.lose.is_empty() {
            return Err(Failure::usage("the picture is of a recovery: name what is lost with `--lose SITE`"));
        }
        let sources = load::load(&self.paths)?;
        let checked = check(&sources, Options::default());
        let Some(policy) = checked.policy else { return Err(Failure::invalid(checked.findings, sources)) };
        let lost = lost(&policy, &self.lose)?;
        let rehearsals = Rehearsals::of_sites(&policy, lost, Runs { count: 1, seed: 1, at: None });
        match recovery_graph::svg(&policy, &rehearsals.report(&play(&rehearsals))) {
            Some(drawn) => terminal.result(&drawn),
            None => {
                return Err(Failure::usage(
                    "no service has its primary site there, so there is nothing to recover",
                ));
            }
        }
        // As `rehearse`: the picture shows the recovery; the findings show what is missed, and the cure.
        let errors: Vec<_> =
            checked.findings.into_iter().filter(|finding| finding.severity() == Severity::Error).collect();
        if errors.is_empty() { Ok(exit::DONE) } else { Err(Failure::invalid(errors, sources)) }
    }
}
