//! How a plan is printed: live or saved.

use clap::{Args, ValueEnum};
use holdfast_compiler::plan::{self, Around, Extent, Listing};

use super::failure::Failure;
use super::output::{Stream, Terminal};

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// Text for people.
    Text,
    /// Markdown for a comment on a pull request: never more than 65,536 characters, with a hidden marker.
    Markdown,
    /// JSON for programs.
    Json,
}

/// The flags for how a plan is printed.
#[derive(Debug, Args)]
pub(super) struct PlanView {
    /// The output format.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    /// Print one screen: the verdict, what is dangerous, and the same change of many resources in one line.
    #[arg(long)]
    pub(super) summary: bool,
    /// Print each change in full. By default, text has the same update of more than ten resources in full once, with the list
    /// of the resources.
    #[arg(long, conflicts_with = "summary")]
    pub(super) details: bool,
    /// What the hidden marker of `--format markdown` names besides the estate, if a job writes several comments about
    /// one estate: for two clouds, or two folders of policies.
    #[arg(long, value_name = "NAME", default_value = "plan")]
    pub(super) comment: String,
}

impl PlanView {
    /// Refuse what cannot be combined.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let is_json = self.format == PlanFormat::Json;
        if self.summary && is_json {
            return Err(Failure::usage("`--summary` is for people: use it with `text` or `markdown`"));
        }
        if self.details && self.format != PlanFormat::Text {
            return Err(Failure::usage(
                "`--details` is for `text`: `markdown` has what fits a comment, and `json` has everything",
            ));
        }
        Ok(())
    }

    /// Print the plan. `around` is only asked for what a document says.
    pub(super) fn print(
        &self,
        plan: &plan::Plan,
        around: impl FnOnce() -> Result<Around, Failure>,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let around = || around().map(|around| Around { name: self.comment.clone(), ..around });
        let written = match self.format {
            PlanFormat::Text if self.summary => {
                terminal.result(&plan::summary(plan, &around()?, terminal.stdout()));
                Ok(())
            }
            PlanFormat::Text => {
                let (around, style) = (around()?, terminal.stdout());
                let listing = if self.details { Listing::Each } else { Listing::Grouped };
                terminal.stream(Stream::People, |out| plan::text(plan, Some(&around), listing, style, out))
            }
            PlanFormat::Markdown => {
                let extent = if self.summary { Extent::Summary } else { Extent::Comment };
                terminal.result(&plan::comment(plan, &around()?, extent));
                Ok(())
            }
            PlanFormat::Json => terminal.stream(Stream::Programs, |out| Ok(plan::json(plan, out)?)),
        };
        written.map_err(|error| Failure::message(format!("cannot write the plan to stdout: {error}")))
    }
}
