//! `holdfast explain`.

use clap::Args;
use clap::builder::PossibleValuesParser;
use holdfast_compiler::diagnostic::codes;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;

/// Explain a code: what it means, why it matters, an example, the cure. Without a code, list all.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code such as E0201.
    #[arg(value_parser = known(), ignore_case = true, hide_possible_values = true)]
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
        let page = codes::page(&code);
        let page = page.ok_or_else(|| Failure::usage(format!("there is no code `{code}`")))?;
        terminal.result(page);
        Ok(exit::DONE)
    }
}

/// All codes, for the shell's completion and for what was probably meant.
fn known() -> PossibleValuesParser {
    PossibleValuesParser::new(codes::PAGES.iter().map(|(code, _)| code.as_str()))
}
