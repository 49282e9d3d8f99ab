//! `holdfast graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::graph;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use crate::estate::Policies;

/// Print the resources that the policies compile to, and their dependencies.
///
/// Arrows point from a dependency to the resource that needs it: the order in which an apply runs.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = DrawingFormat::Dot)]
    format: DrawingFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DrawingFormat {
    /// Graphviz: pipe it into `dot -Tsvg`.
    Dot,
    /// Mermaid, as GitHub shows it in Markdown.
    Mermaid,
    /// Nodes and edges, as JSON.
    Json,
}

impl Graph {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let (_, resources) = Policies::load(&self.paths, None)?.offline_graph()?;
        let format = match self.format {
            DrawingFormat::Dot => graph::GraphFormat::Dot,
            DrawingFormat::Mermaid => graph::GraphFormat::Mermaid,
            DrawingFormat::Json => graph::GraphFormat::Json,
        };
        let drawn = graph::draw(&resources, format);
        match self.format {
            DrawingFormat::Dot | DrawingFormat::Mermaid => terminal.result(&drawn),
            DrawingFormat::Json => terminal.json(&drawn),
        }
        Ok(exit::DONE)
    }
}
