//! `holdfast init`.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::document::schema::SCHEMA;

use super::exit;
use super::failure::Failure;
use super::output::{Terminal, one_line};
use crate::files::{self, FileError};

const ESTATE: &str = include_str!("init/estate.yaml");
const SERVICE: &str = include_str!("init/service.yaml");

/// Write a commented example policy, and the schema that editors load.
///
/// Existing files are never changed.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to write to. It is created if it does not exist.
    #[arg(default_value = "policies", value_name = "DIR")]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let schema = format!("{:#}\n", *SCHEMA);
        let files = [("estate.yaml", ESTATE), ("shop.yaml", SERVICE), ("holdfast.schema.json", &schema)];
        let paths = files.map(|(name, text)| (self.folder.join(name), text));
        files::make_folder(&self.folder).map_err(failed)?;
        if let Some((there, _)) = paths.iter().find(|(path, _)| files::exists(path)) {
            let message = format!("`{}` already exists; nothing was written", there.display());
            return Err(Failure::message(message));
        }
        for (path, text) in &paths {
            files::create(path, text.as_bytes()).map_err(failed)?;
            terminal.result(&format!("Wrote {}\n", one_line(&path.display().to_string())));
        }
        let folder = one_line(&self.folder.display().to_string());
        terminal.note(&format!("\nTry it without an account: holdfast apply {folder} --cloud local"));
        Ok(exit::DONE)
    }
}

fn failed(error: FileError) -> Failure {
    Failure::message(error.to_string())
}
