//! `holdfast validate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{machine, render};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::resource::{Lifecycle, Resource};
use holdfast_compiler::units::Date;

use super::failure::{Failure, tally};
use super::judge::{FailOn, Judged};
use super::output::{Terminal, one_line};
use super::{exit, judge};
use crate::estate::Policies;

/// Check policies without a cloud: syntax, schema, names, rules, objectives.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The output format of the findings. All formats except `human` go to stdout, and print a document even without
    /// findings.
    #[arg(long, value_enum, default_value_t = FindingsFormat::Human)]
    format: FindingsFormat,
    /// Check reviews, drills, measurements and waivers as of this date: 2026-11-23, or `today` (in UTC). Without it they are not
    /// checked, so that the result does not change from one day to the next.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// Exit with 3 if there is a warning, or an objective that is missed and waived. Can be repeated.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<FailOn>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FindingsFormat {
    /// Reports with the marked source lines, on stderr.
    Human,
    /// JSON for programs.
    Json,
    /// SARIF 2.1.0, for code scanning: GitHub keeps 5,000 findings.
    Sarif,
    /// Annotations in the log of a GitHub Actions job: GitHub shows ten errors and ten warnings per step.
    Github,
}

impl Validate {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let checked = Policies::load(&self.paths, self.as_of).and_then(Policies::offline_graph);
        let format = match self.format {
            FindingsFormat::Human => {
                let checked = checked?;
                let (warnings, waived) = (&checked.0.compiled.warnings, &checked.0.compiled.waived);
                if !warnings.is_empty() {
                    terminal.error(&render(warnings, &checked.0.sources, terminal.stderr()));
                    terminal.note(&tally(warnings));
                }
                terminal.result(&summary(&checked));
                for waived in waived {
                    terminal.result(&format!("Waived: {}\n", one_line(&waived.in_words())));
                }
                return Ok(self.judge(&checked.0, terminal).unwrap_or(exit::DONE));
            }
            FindingsFormat::Json => machine::ReportFormat::Json,
            FindingsFormat::Sarif => machine::ReportFormat::Sarif,
            FindingsFormat::Github => machine::ReportFormat::Github,
        };
        let (code, findings, sources) = match checked {
            Ok((policies, _)) => {
                let code = self.judge(&policies, terminal).unwrap_or(exit::DONE);
                (code, policies.compiled.warnings, policies.sources)
            }
            Err(found) => Failure::from(found).findings()?,
        };
        let written = machine::write(&findings, &sources, format);
        match format {
            machine::ReportFormat::Json | machine::ReportFormat::Sarif => terminal.json(&written),
            machine::ReportFormat::Github => terminal.annotations(&written),
        }
        if !findings.is_empty() {
            terminal.note(&tally(&findings));
        }
        Ok(code)
    }

    /// The exit code if a condition of `--fail-on` holds.
    fn judge(&self, policies: &Policies, terminal: &Terminal) -> Option<u8> {
        let missed = judge::waived_misses(&policies.compiled.waived);
        let judged = Judged { warnings: policies.compiled.warnings.len(), missed, ..Judged::default() };
        judged.fails(&self.fail_on, terminal).then_some(exit::INVALID)
    }
}

/// The summary of valid policies.
fn summary((compiled, graph): &(Policies, Graph)) -> String {
    let (files, services) = (compiled.sources.iter().count(), compiled.compiled.policy.services.len());
    let milestone = |r: &&Resource| r.address.kind().schema().lifecycle == Lifecycle::Milestone;
    let things = graph.iter().filter(|resource| !milestone(resource)).count();
    let estate = &compiled.compiled.policy.estate;
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    format!(
        "Estate {estate} is valid: {}, {}, {}.\n",
        plural(files, "file"),
        plural(services, "service"),
        plural(things, "resource"),
    )
}
