//! `holdfast explain`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use holdfast_compiler::diagnostic::{codes, did_you_mean, one_of};
use holdfast_compiler::policy::effective;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use crate::estate::Policies;

/// Explain an error or a warning: what it means, why it matters, an example and the cure. Without a code, list all
/// codes.
///
/// With `--effective SERVICE`, explain a service: the settings in effect, and where each one comes from.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code such as E0201.
    #[arg(value_parser = known(), ignore_case = true, hide_possible_values = true, conflicts_with = "effective")]
    code: Option<String>,
    /// A service, and the policy files and folders that define it. Prints the objectives, encryption and assumptions
    /// in effect, each with its origin: the service, the tier or the default.
    #[arg(long, num_args = 2.., value_names = ["SERVICE", "PATH"])]
    effective: Option<Vec<String>>,
}

impl Explain {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        if let Some((service, paths)) = self.effective.as_deref().and_then(<[String]>::split_first) {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            return service_of(service, &paths, terminal);
        }
        let Some(code) = self.code else {
            let titles = codes::PAGES.iter().filter_map(|(_, page)| page.lines().next());
            let titles: Vec<&str> = titles.map(|title| title.trim_start_matches("# ")).collect();
            terminal.result(&format!("{}\n", titles.join("\n")));
            return Ok(exit::DONE);
        };
        let page = codes::page(&code);
        let page = page.ok_or_else(|| Failure::usage(format!("there is no code `{code}`")))?;
        terminal.result(page);
        Ok(exit::DONE)
    }
}

fn service_of(service: &str, paths: &[PathBuf], terminal: &Terminal) -> Result<u8, Failure> {
    let compiled = Policies::load(paths, None)?;
    let policy = &compiled.compiled.policy;
    if let Some(text) = effective(policy, service, &compiled.sources, terminal.stdout()) {
        terminal.result(&text);
        return Ok(exit::DONE);
    }
    let names = || policy.services.keys().map(|name| name.as_str());
    let cure = match (did_you_mean(service, names()), names().next()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(_)) => format!("use {}", one_of(names())),
        (None, None) => "these policies have no services".to_owned(),
    };
    Err(Failure::usage(format!("there is no service `{service}`: {cure}")))
}

/// All codes, for shell completion and suggestions.
fn known() -> PossibleValuesParser {
    PossibleValuesParser::new(codes::PAGES.iter().map(|(code, _)| code.as_str()))
}
