//! `holdfast man`.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, roman};
use holdfast_compiler::diagnostic::did_you_mean;

use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::{Cli, exit};
use crate::files::{self, FileError};

/// The manual section for user commands.
const SECTION: &str = "1";

/// Print the manual page of a command, or write the pages of all commands.
///
/// `holdfast man plan | man -l -` shows one page. `holdfast man --out ~/.cargo/share/man/man1` writes all of them
/// where `man holdfast-plan` finds them.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// A command, such as `plan` or `journal log`. Without one: `holdfast` itself.
    #[arg(conflicts_with = "out", value_name = "COMMAND")]
    command: Vec<String>,
    /// Write all pages into this folder. It is created if it does not exist; existing pages are replaced.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let pages = pages()?;
        let Some(folder) = self.out else {
            let name = std::iter::once("holdfast").chain(self.command.iter().map(String::as_str));
            terminal.verbatim(&page(&pages, &name.collect::<Vec<_>>().join("-"))?.text);
            return Ok(exit::DONE);
        };
        files::make_folder(&folder).map_err(failed)?;
        for ManPage { name, text } in &pages {
            let path = folder.join(format!("{name}.{SECTION}"));
            files::write(&path, text.as_bytes()).map_err(failed)?;
            terminal.result(&format!("Wrote {}\n", one_line(&path.display().to_string())));
        }
        Ok(exit::DONE)
    }
}

/// The page of one command.
struct ManPage {
    /// The command, with hyphens between its words: `holdfast-journal-log`.
    name: String,
    /// The page in roff.
    text: String,
}

fn page<'a>(pages: &'a [ManPage], name: &str) -> Result<&'a ManPage, Failure> {
    let words = |name: &str| name.split('-').skip(1).collect::<Vec<_>>().join(" ");
    pages.iter().find(|page| page.name == name).ok_or_else(|| {
        let near = did_you_mean(name, pages.iter().map(|page| page.name.as_str()));
        let cure = near.map(|near| format!(": did you mean `{}`?", words(near))).unwrap_or_default();
        Failure::usage(format!("there is no command `{}`{cure}", words(name)))
    })
}

/// A page for every command, from the same source as `--help`.
fn pages() -> Result<Vec<ManPage>, Failure> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    let mut rest = vec![(root, None)];
    while let Some((command, parent)) = rest.pop() {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let below = command.get_subcommands().filter(|below| !below.is_hide_set());
        rest.extend(below.map(|below| (below.clone(), Some(name.clone()))));
        let text = render(&command, parent.as_deref());
        let text = text.map_err(|error| Failure::message(format!("cannot write a manual page: {error}")))?;
        pages.push(ManPage { name, text });
    }
    pages.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(pages)
}

fn render(command: &Command, parent: Option<&str>) -> std::io::Result<String> {
    let page = Page::new(command.clone()).section(SECTION);
    let page = page.source(concat!("holdfast ", env!("CARGO_PKG_VERSION"))).manual("Holdfast manual");
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_options_section(&mut out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut out)?;
    }
    let mut rest = Roff::default();
    rest.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::MEANINGS {
        rest.control("TP", []);
        rest.text([bold(code.to_string())]);
        rest.text([roman(*meaning)]);
    }
    if let Some(parent) = parent {
        rest.control("SH", ["SEE ALSO"]);
        rest.text([bold(parent), roman(format!("({SECTION})"))]);
    }
    rest.to_writer(&mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn failed(error: FileError) -> Failure {
    Failure::message(error.to_string())
}
