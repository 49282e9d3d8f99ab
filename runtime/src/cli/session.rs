//! From flags and paths on the command line to policies, a cloud and a journal.

use std::path::{Component, Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::observation::{Observation, Owned, scope};
use holdfast_compiler::plan::{Context, Plan};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;
use jiff::Timestamp;

use super::Global;
use super::consents::ConsentFlags;
use super::failure::Failure;
use super::output::Terminal;
use crate::cloud::{Caller, Cloud};
use crate::estate::load;
use crate::estate::{Findings, PlanError, Policies, Request};
use crate::journal::{Entry, History, Journal, Signer};
use crate::local::Local;
use crate::provider::aws::Aws;
use crate::trust::Trust;
use crate::{files, journal};

/// How long the file with the name of a machine is at most, in bytes; a name has 255 (hostname(7)).
const MAX_HOST_BYTES: u64 = 4096;

/// A day on the command line.
pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "not a day of the calendar: write it like 2026-11-23".to_owned())
}

/// Load.
pub(super) fn loaded(paths: &[PathBuf]) -> Result<Sources, Failure> {
    Ok(load::load(paths)?)
}

/// Load and compile.
pub(super) fn policies(paths: &[PathBuf], as_of: Option<Date>) -> Result<Policies, Failure> {
    checked(loaded(paths)?, as_of)
}

/// Compile what is loaded.
pub(super) fn checked(sources: Sources, as_of: Option<Date>) -> Result<Policies, Failure> {
    Ok(Policies::read(sources, as_of)?)
}

/// The graph without a cloud: in the account the estate names, or in none in particular.
pub(super) fn offline_graph(policies: Policies) -> Result<(Policies, Graph), Failure> {
    let account = policies.compiled.policy.account.as_ref().map(|(account, _)| account.to_string());
    Ok(policies.graph(account.as_deref().unwrap_or("000000000000"))?)
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

    /// The file of an embedded cloud, in full.
    pub(super) fn local(&self) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Aws => Ok(None),
            Self::Local(file) => absolute(file).map(Some),
        }
    }

    /// As the user selects it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Aws => "aws".to_owned(),
            Self::Local(file) => format!("local:{}", file.display()),
        }
    }
}

/// A path without its `.` parts: `./a` and `a` are one cloud.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// Who runs this and where, for those who find it in a journal: `alice@host, process 7`.
pub(super) fn runner() -> String {
    let (user, host) = user_and_host();
    let host = host.unwrap_or_else(|| "an unknown host".to_owned());
    format!("{user}@{host}, process {}", std::process::id())
}

/// The user of this process and the name of the machine.
pub(super) fn user_and_host() -> (String, Option<String>) {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    let named = || files::read_text(Path::new("/etc/hostname"), MAX_HOST_BYTES).ok();
    let host = std::env::var("HOSTNAME").ok().or_else(named);
    (user, host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()))
}

/// A path that means the same in any folder.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path);
    path.map_err(|error| Failure::message(format!("the current folder: {error}")))
}

/// A journal's place that means the same in any folder.
pub(super) fn whole(place: &journal::Place) -> Result<journal::Place, Failure> {
    Ok(match place {
        journal::Place::Folder(folder) => journal::Place::Folder(absolute(folder)?),
        shared @ journal::Place::S3 { .. } => shared.clone(),
    })
}

/// Where an estate's things are kept, which cloud it is in, and what the runner's owner says about it.
#[derive(Debug)]
pub(super) struct Place {
    /// The cloud.
    pub(super) cloud: Selected,
    /// Where the journal is.
    pub(super) journal: journal::Place,
    /// The trust anchor, and the estate that is meant.
    trust: Option<(Trust, String)>,
}

impl Place {
    /// Of an estate: after the flags and what the policies say, as far as the trust anchor allows it. Nothing is asked
    /// of any cloud before that.
    pub(super) fn of(global: &Global, policies: &Policies) -> Result<Self, Failure> {
        let policy = &policies.compiled.policy;
        let home = load::home(&policies.sources.place(policy.estate_span).file);
        let cloud = Selected::parse(global.cloud.as_deref().unwrap_or("aws"), &home)?;
        let said = said(global, policies);
        let beside = journal::Place::Folder(home.join("journal"));
        Self::trusted(global, policy.estate.as_str(), cloud, said, beside)
    }

    /// Of an estate that is still to be written, in the folder of what is kept beside its policies: no trust anchor can
    /// name it.
    pub(super) fn beside(home: &Path, global: &Global) -> Result<Self, Failure> {
        let cloud = Selected::parse(global.cloud.as_deref().unwrap_or("aws"), home)?;
        let beside = journal::Place::Folder(home.join("journal"));
        Ok(Self { cloud, journal: global.journal.clone().unwrap_or(beside), trust: None })
    }

    /// As far as the trust anchor allows it. `said` is where somebody says that the journal is, `beside` where it is if
    /// nobody says anything.
    pub(super) fn trusted(
        global: &Global,
        estate: &str,
        cloud: Selected,
        said: Option<journal::Place>,
        beside: journal::Place,
    ) -> Result<Self, Failure> {
        let Some(trust) = global.trust()? else {
            return Ok(Self { cloud, journal: said.unwrap_or(beside), trust: None });
        };
        let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
        anchor.allows_cloud(&cloud.name(), cloud.local()?.as_deref()).map_err(Failure::refused_finding)?;
        let said = said.as_ref().map(whole).transpose()?;
        let journal = anchor.journal(said.as_ref()).map_err(Failure::refused_finding)?;
        Ok(Self { cloud, journal, trust: Some((trust, estate.to_owned())) })
    }

    /// The trust anchor, if there is one.
    pub(super) fn trust(&self) -> Option<&Trust> {
        self.trust.as_ref().map(|(trust, _)| trust)
    }

    /// Open the cloud, and check whose credentials these are before anything else is asked of it.
    pub(super) async fn open(&self, estate: &str) -> Result<(Box<dyn Cloud>, Caller, Context), Failure> {
        let cloud = self.cloud.open().await?;
        let caller = cloud.identity().await?;
        let context = Context {
            estate: estate.to_owned(),
            cloud: cloud.name(),
            account: caller.account.clone(),
            partition: caller.partition.clone(),
        };
        if let Some((trust, estate)) = &self.trust {
            let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
            anchor.allows(&context, self.cloud.local()?.as_deref()).map_err(Failure::refused_finding)?;
        }
        Ok((cloud, caller, context))
    }

    /// The same cloud as it is now: an embedded one was read from its file when it was opened.
    pub(super) async fn again(&self, cloud: Box<dyn Cloud>) -> Result<Box<dyn Cloud>, Failure> {
        match &self.cloud {
            Selected::Aws => Ok(cloud),
            Selected::Local(_) => {
                drop(cloud);
                self.cloud.open().await
            }
        }
    }

    /// Refuse a run that the trust anchor would not count.
    pub(super) fn allows_run(&self, signer: Option<&Signer>) -> Result<(), Failure> {
        let Some((trust, estate)) = &self.trust else { return Ok(()) };
        let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
        anchor.allows_runner(signer, Timestamp::now()).map_err(Failure::refused_finding)
    }

    /// Refuse an apply of policies where the trust anchor asks who made the plan.
    pub(super) fn allows_unsaved(&self) -> Result<(), Failure> {
        let Some((trust, estate)) = &self.trust else { return Ok(()) };
        let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
        anchor.allows_unsaved().map_err(Failure::refused_finding)
    }

    /// All that the journal says, if it can be believed. Nothing is made.
    pub(super) async fn history(&self, journal: &Journal) -> Result<History, Failure> {
        let history = match self.trust {
            // What is kept twice is compared, so that a forged copy is found.
            Some(_) => journal.verify().await?,
            None => journal.read().await?,
        };
        self.believe(&history)?;
        Ok(history)
    }

    /// Refuse a journal that the trust anchor does not believe.
    pub(super) fn believe(&self, history: &History) -> Result<(), Failure> {
        let Some((trust, estate)) = &self.trust else { return Ok(()) };
        let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
        anchor.believes(history).map_err(Failure::refused_finding)
    }
}

/// Where a flag or the estate says that the journal is.
fn said(global: &Global, policies: &Policies) -> Option<journal::Place> {
    let journal = policies.compiled.policy.journal.as_ref();
    let shared = journal.and_then(|journal| {
        let (s3, region) = journal.s3.as_ref()?;
        let (region, lease) = (Some(region.to_string()), journal.lease.as_seconds());
        Some((s3, journal::Place::S3 { s3: s3.clone(), region, lease, owner: None }))
    });
    match (&global.journal, shared) {
        // The same place, and the estate knows more about it.
        (Some(journal::Place::S3 { s3, .. }), Some((same, shared))) if s3 == same => Some(shared),
        (None, Some((_, shared))) => Some(shared),
        (flag, _) => flag.clone(),
    }
}

/// Say in a line that there is something worth a look.
pub(super) fn mention_warnings(policies: &Policies, paths: &[PathBuf], terminal: &Terminal) {
    let warnings = &policies.compiled.warnings;
    if !warnings.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let noun = if warnings.len() == 1 { "warning" } else { "warnings" };
        let line = format!("{} {noun}; `holdfast validate {}` shows them", warnings.len(), paths.join(" "));
        terminal.note(&holdfast_compiler::diagnostic::visible(&line));
    }
}

/// What a plan was made from.
pub(super) struct Planned {
    /// The policies.
    pub(super) policies: Policies,
    /// What Holdfast owned.
    pub(super) owned: Vec<Owned>,
    /// What existed.
    pub(super) observation: Observation,
    /// The plan.
    pub(super) plan: Plan,
}

/// Observe, and plan.
pub(super) async fn plan(
    policies: Policies,
    cloud: &dyn Cloud,
    context: &Context,
    entries: &[Entry],
    flags: &ConsentFlags,
    terminal: &Terminal,
) -> Result<Planned, Failure> {
    let policies = right_account(policies, context)?;
    let (policies, graph) = policies.graph(&context.account)?;
    let owned = journal::owned(entries, context);
    for other in journal::other_estates(entries, context) {
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
    flags.mention_targets(terminal);
    let consents = flags.consents();
    let request = Request {
        context,
        owned: &owned,
        observation: &observation,
        consents: &consents,
        targets: flags.targets(),
    };
    match policies.plan(&graph, &request) {
        Ok(plan) => Ok(Planned { policies, owned, observation, plan }),
        Err(error) => Err(plan_failure(error, policies.sources)),
    }
}

/// Why there is no plan, as a failure.
pub(super) fn plan_failure(error: PlanError, sources: Sources) -> Failure {
    match error {
        PlanError::Findings(findings) => Findings { findings, sources }.into(),
        PlanError::NoTarget(target) => Failure::usage(format!(
            "the plan has nothing of `{target}`: name an address, a service or a part of one, as the plan shows them"
        )),
    }
}

/// An estate that names its account is planned nowhere else. The embedded cloud is in no account at all.
pub(super) fn right_account(policies: Policies, context: &Context) -> Result<Policies, Failure> {
    match &policies.compiled.policy.account {
        Some((wanted, span)) if context.cloud == "aws" && wanted.as_str() != context.account => {
            let message = format!("these credentials belong to account {}", context.account);
            let finding = Diagnostic::new(codes::WRONG_ACCOUNT, message)
                .at(*span, "the estate lives in this one")
                .help("use credentials of the estate's account (`AWS_PROFILE`), or correct the estate");
            Err(Failure::refused_at(finding, policies.sources))
        }
        _ => Ok(policies),
    }
}
