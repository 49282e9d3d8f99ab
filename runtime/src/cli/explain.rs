//! `holdfast explain`.

use clap::Args;
use holdfast_compiler::diagnostic::{codes, did_you_mean};

use super::exit;
use super::failure::Failure;
use super::output::Terminal;

/// Explain a code: what it means, why it matters, an example, the cure. Without a code, list all.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code such as E0201.
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let Some(code) = self.code else {
            let titles = codes::PAGES.iter().filter_map(|(_, page)| page.lines().next());
            let titles: Vec<&str> = titles.map(|title| title.trim_start_matches("# ")).collect();
            terminal.result(&format!("{}\n", titles.join("\n")));
            return Ok(exit::DONE);
        };
        let Some(page) = codes::page(&code) else {
            let known = codes::PAGES.iter().map(|(code, _)| code.as_str());
            let near = did_you_mean(&code.to_ascii_uppercase(), known);
            let hint = near.map_or_else(
                || "`holdfast explain` lists all".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Failure::usage(format!("there is no code `{code}`: {hint}")));
        };
        terminal.result(page);
        Ok(exit::DONE)
    }
}
