//! `holdfast validate`.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::resource::{Lifecycle, Resource};

use super::failure::Failure;
use super::output::Terminal;
use super::{exit, session};

/// Check policies without a cloud: syntax, schema, names, rules.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Validate {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let (compiled, graph) = session::compiled(&self.paths)?.offline_graph()?;
        let (files, services) = (compiled.sources.iter().count(), compiled.policy.services.len());
        let milestone = |r: &&Resource| r.address.kind().schema().lifecycle == Lifecycle::Milestone;
        let things = graph.iter().filter(|resource| !milestone(resource)).count();
        let estate = &compiled.policy.estate;
        let plural =
            |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        terminal.result(&format!(
            "Estate {estate} is valid: {}, {}, {}.\n",
            plural(files, "file"),
            plural(services, "service"),
            plural(things, "resource"),
        ));
        Ok(exit::DONE)
    }
}
