//! From paths on the command line to a plan: load, compile, observe, compare.

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::lower::{Target, lower};
use holdfast_compiler::observation::scope;
use holdfast_compiler::plan::{Context, Inputs, Plan, diff};
use holdfast_compiler::policy::{Policy, compile};
use holdfast_compiler::source::Sources;

use super::Global;
use super::failure::Failure;
use crate::aws::Aws;
use crate::cloud::Cloud;
use crate::local::Local;
use crate::{journal, load};

/// Policies that compile.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) sources: Sources,
    pub(super) policy: Policy,
}

/// Load and compile.
pub(super) fn compiled(paths: &[PathBuf]) -> Result<Compiled, Failure> {
    let sources = load::load(paths).map_err(|findings| Failure::invalid(findings, Sources::default()))?;
    match compile(&sources) {
        Ok(policy) => Ok(Compiled { sources, policy }),
        Err(findings) => Err(Failure::invalid(findings, sources)),
    }
}

impl Compiled {
    /// The graph as it is in an account.
    pub(super) fn graph(self, account: String) -> Result<(Self, Graph), Failure> {
        match lower(&self.policy, &Target { account }) {
            Ok(graph) => Ok((self, graph)),
            Err(findings) => Err(Failure::invalid(findings, self.sources)),
        }
    }

    /// The graph without a cloud: in the account the estate names, or in none in particular.
    pub(super) fn offline_graph(self) -> Result<(Self, Graph), Failure> {
        let account = self.policy.account.as_ref().map(|(account, _)| account.to_string());
        self.graph(account.unwrap_or_else(|| "000000000000".to_owned()))
    }
}

/// The cloud that `--cloud` names. `home` is the folder of what is kept beside the policies.
pub(super) async fn open_cloud(selected: &str, home: &Path) -> Result<Box<dyn Cloud>, Failure> {
    let local = |path: &Path| -> Result<Box<dyn Cloud>, Failure> { Ok(Box::new(Local::open(path)?)) };
    match selected.split_once(':') {
        None if selected == "aws" => Ok(Box::new(Aws::connect().await)),
        None if selected == "local" => local(&home.join("cloud.json")),
        Some(("local", file)) if !file.is_empty() => local(Path::new(file)),
        _ => Err(Failure::usage(format!(
            "there is no cloud `{selected}`: it can be `aws`, `local` or `local:FILE`"
        ))),
    }
}

/// The folder of the journal.
pub(super) fn journal_folder(global: &Global, home: &Path) -> PathBuf {
    global.journal.clone().unwrap_or_else(|| home.join("journal"))
}

/// Observe, and plan.
pub(super) async fn plan(compiled: Compiled, cloud: &dyn Cloud, journal: &Path) -> Result<Plan, Failure> {
    let account = cloud.account().await?;
    let compiled = right_account(compiled, cloud, &account)?;
    let (compiled, graph) = compiled.graph(account.clone())?;
    let context = Context { estate: compiled.policy.estate.to_string(), cloud: cloud.name(), account };
    let (entries, _) = journal::read(journal)?;
    let owned = journal::owned(&entries, &context);
    let observation = cloud.observe(&scope(&graph, &owned)).await?;
    let sources = compiled.sources;
    let inputs =
        Inputs { context, sources: &sources, graph: &graph, owned: &owned, observation: &observation };
    diff(inputs).map_err(|findings| Failure::invalid(findings, sources))
}

/// An estate that names its account is planned nowhere else. The embedded cloud is in no account at all.
fn right_account(compiled: Compiled, cloud: &dyn Cloud, account: &str) -> Result<Compiled, Failure> {
    match &compiled.policy.account {
        Some((wanted, span)) if cloud.name() == "aws" && wanted.as_str() != account => {
            let message = format!("these credentials belong to account {account}");
            let finding = Diagnostic::error(codes::WRONG_ACCOUNT, message)
                .at(*span, "the estate lives in this one")
                .help("use credentials of the estate's account (`AWS_PROFILE`), or mend the estate");
            Err(Failure::refused_at(finding, compiled.sources))
        }
        _ => Ok(compiled),
    }
}
