//! From paths on the command line to a plan: load, compile, observe, compare.

use std::path::{Component, Path, PathBuf};

use holdfast_compiler::compile::{self, Options, compile};
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::lower::{Target, lower};
use holdfast_compiler::observation::scope;
use holdfast_compiler::plan::{Context, Inputs, Plan, diff};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;

use super::Global;
use super::failure::Failure;
use super::output::Terminal;
use super::words::Words;
use crate::aws::Aws;
use crate::cloud::Cloud;
use crate::journal::Entry;
use crate::local::Local;
use crate::{journal, load};

/// Policies that compile.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) sources: Sources,
    pub(super) compiled: compile::Compiled,
}

/// A day on the command line.
pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "not a day of the calendar: write it like 2026-11-23".to_owned())
}

/// Load.
pub(super) fn loaded(paths: &[PathBuf]) -> Result<Sources, Failure> {
    load::load(paths).map_err(|findings| Failure::invalid(findings, Sources::default()))
}

/// Load and compile.
pub(super) fn compiled(paths: &[PathBuf], as_of: Option<Date>) -> Result<Compiled, Failure> {
    let sources = loaded(paths)?;
    match compile(&sources, Options { as_of }) {
        Ok(compiled) => Ok(Compiled { sources, compiled }),
        Err(findings) => Err(Failure::invalid(findings, sources)),
    }
}

impl Compiled {
    /// The graph as it is in an account.
    pub(super) fn graph(self, account: String) -> Result<(Self, Graph), Failure> {
        match lower(&self.compiled.policy, &Target { account }) {
            Ok(graph) => Ok((self, graph)),
            Err(findings) => Err(Failure::invalid(findings, self.sources)),
        }
    }

    /// The graph without a cloud: in the account the estate names, or in none in particular.
    pub(super) fn offline_graph(self) -> Result<(Self, Graph), Failure> {
        let account = self.compiled.policy.account.as_ref().map(|(account, _)| account.to_string());
        self.graph(account.unwrap_or_else(|| "000000000000".to_owned()))
    }
}

/// The cloud that was selected, with the file of an embedded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selected {
    /// AWS.
    Aws,
    /// The embedded cloud of a file.
    Local(PathBuf),
}

impl Selected {
    /// What `--cloud` says. `home` is the folder of what is kept beside the policies.
    pub(super) fn parse(text: &str, home: &Path) -> Result<Self, Failure> {
        match text.split_once(':') {
            None if text == "aws" => Ok(Self::Aws),
            None if text == "local" => Ok(Self::Local(home.join("cloud.json"))),
            Some(("local", file)) if !file.is_empty() => Ok(Self::Local(plain(Path::new(file)))),
            _ => Err(Failure::usage(format!(
                "there is no cloud `{text}`: it can be `aws`, `local` or `local:FILE`"
            ))),
        }
    }

    /// Open it.
    pub(super) async fn open(&self) -> Result<Box<dyn Cloud>, Failure> {
        Ok(match self {
            Self::Aws => Box::new(Aws::connect().await),
            Self::Local(file) => Box::new(Local::open(file)?),
        })
    }
}

/// A path without its `.` parts: `./a` and `a` are one cloud.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// Who runs this and where, for those who find it in a journal: `alice@host, process 7`.
pub(super) fn runner() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    let host = std::env::var("HOSTNAME").ok().or_else(|| std::fs::read_to_string("/etc/hostname").ok());
    let host = host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty());
    let host = host.unwrap_or_else(|| "an unknown host".to_owned());
    format!("{user}@{host}, process {}", std::process::id())
}

/// A path that means the same in any folder.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path);
    path.map_err(|error| Failure::message(format!("the current folder: {error}")))
}

/// Where an estate's things are kept and which cloud it is in.
#[derive(Debug)]
pub(super) struct Place {
    /// The cloud.
    pub(super) cloud: Selected,
    /// Where the journal is.
    pub(super) journal: journal::Place,
}

impl Compiled {
    /// After the flags, and beside the policies.
    pub(super) fn place(&self, global: &Global) -> Result<Place, Failure> {
        let home = load::home(&self.sources.place(self.compiled.policy.estate_span).file);
        let place = Place::beside(&home, global)?;
        Ok(Place { journal: self.journal(global, place.journal), ..place })
    }

    /// After the flag, the estate, and beside the policies.
    fn journal(&self, global: &Global, beside: journal::Place) -> journal::Place {
        let said = self.compiled.policy.journal.as_ref();
        let shared = said.and_then(|journal| {
            let (s3, region) = journal.s3.as_ref()?;
            let (region, lease) = (Some(region.to_string()), journal.lease.as_seconds());
            Some((s3, journal::Place::S3 { s3: s3.clone(), region, lease }))
        });
        match (&global.journal, shared) {
            // The same place, and the estate knows more about it.
            (Some(journal::Place::S3 { s3, .. }), Some((same, shared))) if s3 == same => shared,
            (None, Some((_, shared))) => shared,
            (Some(_), _) | (None, None) => beside,
        }
    }
}

impl Place {
    /// After the flags, and in the folder of what is kept beside the policies.
    pub(super) fn beside(home: &Path, global: &Global) -> Result<Self, Failure> {
        let cloud = Selected::parse(global.cloud.as_deref().unwrap_or("aws"), home)?;
        let journal = global.journal.clone();
        Ok(Self { cloud, journal: journal.unwrap_or_else(|| journal::Place::Folder(home.join("journal"))) })
    }
}

/// Say in a line that there is something worth a look.
pub(super) fn mention_warnings(compiled: &Compiled, paths: &[PathBuf], terminal: &Terminal) {
    let warnings = &compiled.compiled.warnings;
    if !warnings.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let noun = if warnings.len() == 1 { "warning" } else { "warnings" };
        let line = format!("{} {noun}; `holdfast validate {}` shows them", warnings.len(), paths.join(" "));
        terminal.note(&holdfast_compiler::diagnostic::visible(&line));
    }
}

/// Observe, and plan.
pub(super) async fn plan(
    compiled: Compiled,
    cloud: &dyn Cloud,
    entries: &[Entry],
    words: &Words,
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    let account = cloud.account().await?;
    let compiled = right_account(compiled, cloud, &account)?;
    let (compiled, graph) = compiled.graph(account.clone())?;
    let context =
        Context { estate: compiled.compiled.policy.estate.to_string(), cloud: cloud.name(), account };
    let owned = journal::owned(entries, &context);
    for other in journal::other_estates(entries, &context) {
        let theirs = journal::owned(entries, &other).len();
        if theirs > 0 {
            terminal.note(&format!(
                "warning: this journal also knows {theirs} things of an estate `{}` here; if this one was \
                 renamed, name it back and remove its services first, or they stay behind",
                other.estate
            ));
        }
    }
    let observation = cloud.observe(&scope(&graph, &owned)).await?;
    let inputs = Inputs {
        context,
        sources: &compiled.sources,
        compiled: &compiled.compiled,
        graph: &graph,
        owned: &owned,
        observation: &observation,
        words: words.said(),
    };
    let plan = diff(inputs).map_err(|findings| Failure::invalid(findings, compiled.sources))?;
    words.narrow(plan, terminal)
}

/// An estate that names its account is planned nowhere else. The embedded cloud is in no account at all.
pub(super) fn right_account(
    compiled: Compiled,
    cloud: &dyn Cloud,
    account: &str,
) -> Result<Compiled, Failure> {
    match &compiled.compiled.policy.account {
        Some((wanted, span)) if cloud.name() == "aws" && wanted.as_str() != account => {
            let message = format!("these credentials belong to account {account}");
            let finding = Diagnostic::new(codes::WRONG_ACCOUNT, message)
                .at(*span, "the estate lives in this one")
                .help("use credentials of the estate's account (`AWS_PROFILE`), or mend the estate");
            Err(Failure::refused_at(finding, compiled.sources))
        }
        _ => Ok(compiled),
    }
}
