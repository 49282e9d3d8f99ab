//! The flags `--evacuate`, `--prepare-return` and `--return` of `plan` and `apply`.

use clap::Args;

use super::failure::Failure;
use crate::estate::PostureChange;

/// What `--return` or `--prepare-return` alone stands for. No site can have this name.
const ALL: &str = "*";

/// The flags that change which sites are evacuated.
#[derive(Debug, Args)]
pub(super) struct PostureFlags {
    /// Evacuate this site, or all that share what has this name: other sites answer for its traffic, and nothing there is read or changed. Later plans know it from
    /// the journal, until `--return`. Can be repeated.
    #[arg(long, value_name = "SITE", value_parser = site, conflicts_with_all = ["target", "return_to", "prepare"])]
    evacuate: Vec<String>,
    /// Prepare the return to the evacuated sites, or with `--prepare-return=SITE` to one of them: what is there is read and changed again, so
    /// that data can come home, and users stay elsewhere. Later plans know it from the journal, until `--return`. Can be repeated.
    #[arg(long = "prepare-return", value_name = "SITE", num_args = 0..=1, require_equals = true, default_missing_value = ALL,
        value_parser = site, conflicts_with_all = ["target", "return_to"])]
    prepare: Vec<String>,
    /// Return to the evacuated sites, or with `--return=SITE` to one of them. Can be repeated.
    #[arg(long = "return", value_name = "SITE", num_args = 0..=1, require_equals = true, default_missing_value = ALL,
        value_parser = site, conflicts_with = "target")]
    return_to: Vec<String>,
}

/// Parses the name of a site. An empty variable of a script is not one.
fn site(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("name a site".to_owned()) } else { Ok(text.to_owned()) }
}

impl PostureFlags {
    /// What they ask for.
    pub(super) fn change(&self) -> PostureChange {
        let some = |sites: &[String]| match sites.iter().any(|site| site == ALL) {
            true => Vec::new(),
            false => sites.to_vec(),
        };
        match (self.evacuate.as_slice(), self.prepare.as_slice(), self.return_to.as_slice()) {
            ([], [], []) => PostureChange::Stay,
            ([], [], sites) => PostureChange::Return(some(sites)),
            ([], sites, _) => PostureChange::Prepare(some(sites)),
            (sites, ..) => PostureChange::Evacuate(sites.to_vec()),
        }
    }

    /// Refuse these flags with a saved plan, because they would change what was approved.
    pub(super) fn refuse_with_saved_plan(&self) -> Result<(), Failure> {
        match self.change() {
            PostureChange::Stay => Ok(()),
            _ => Err(Failure::usage(
                "`--evacuate`, `--prepare-return` and `--return` cannot change a saved plan: pass them to `holdfast plan --out`",
            )),
        }
    }
}
