//! `holdfast graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::graph;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use crate::estate::Policies;

/// Print what the policies compile to: resources, and what needs what.
///
/// Arrows point from what is needed to what needs it: the direction in which an apply runs.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = DrawingFormat::Dot)]
    format: DrawingFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DrawingFormat {
    /// Graphviz: pipe it into `dot -Tsvg`.
    Dot,
    /// Mermaid, as GitHub shows it in Markdown.
    Mermaid,
    /// Nodes and edges.
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
