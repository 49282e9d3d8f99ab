//! Policies that compile, and the plan that follows from them.

use std::path::{Path, PathBuf};

use holdfast_compiler::compile::{Compiled, Options, compile};
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::observation::{Observation, Owned};
use holdfast_compiler::plan::{Accounts, Consents, Context, Inputs, Plan, diff};
use holdfast_compiler::source::{Sources, Span};
use holdfast_compiler::units::Date;

use super::{EstateError, load};
use crate::approval::{MAX_SIGNERS_BYTES, Rule, Signers};
use crate::files;
use crate::provider::PROVIDERS;

/// The account of a graph that is in none in particular.
const NO_ACCOUNT: &str = "000000000000";

/// Why there is no plan: findings, and the text that they are about.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", messages(.findings))]
pub struct Findings {
    /// The findings.
    pub findings: Vec<Diagnostic>,
    /// The text.
    pub sources: Sources,
}

fn messages(findings: &[Diagnostic]) -> String {
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    messages.join("; ")
}

/// Policies that compile.
#[derive(Debug)]
pub struct Policies {
    /// Their text.
    pub sources: Sources,
    /// What they mean.
    pub compiled: Compiled,
    /// Who has to agree to a plan.
    pub rule: Option<Rule>,
}

/// What a plan follows from, beside the policies.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the plan is about.
    pub context: &'a Context,
    /// What Holdfast owns.
    pub owned: &'a [Owned],
    /// What exists.
    pub observation: &'a Observation,
    /// What the operator agrees to.
    pub consents: &'a Consents,
    /// The only things that are asked for; all where this is empty.
    pub targets: &'a [String],
}

impl Policies {
    /// Load and compile what some paths hold.
    ///
    /// # Errors
    /// What cannot be read, or everything that is wrong with the policies and with the list of signers.
    pub fn load(paths: &[PathBuf], as_of: Option<Date>) -> Result<Self, Findings> {
        Self::read(load::load(paths)?, as_of)
    }

    /// Compile. The list of signers that the policies name is read from the folder of the estate's file.
    ///
    /// # Errors
    /// Everything that is wrong with the policies and with the list of signers.
    pub fn read(sources: Sources, as_of: Option<Date>) -> Result<Self, Findings> {
        let signers = |folder: &Path, name: &str| {
            files::read_inside(folder, Path::new(name), MAX_SIGNERS_BYTES).map_err(|error| error.to_string())
        };
        Self::new(sources, as_of, &signers)
    }

    /// Compile, with the text of the list of signers at hand.
    ///
    /// # Errors
    /// Everything that is wrong with the policies and with the list of signers.
    pub fn recorded(sources: Sources, as_of: Option<Date>, signers: Option<&str>) -> Result<Self, Findings> {
        let missing = || "the plan file does not have it".to_owned();
        Self::new(sources, as_of, &|_, _| signers.map(str::to_owned).ok_or_else(missing))
    }

    fn new(
        sources: Sources,
        as_of: Option<Date>,
        signers: &dyn Fn(&Path, &str) -> Result<String, String>,
    ) -> Result<Self, Findings> {
        let compiled = match compile(&sources, Options { as_of }) {
            Ok(compiled) => compiled,
            Err(findings) => return Err(Findings { findings, sources }),
        };
        match rule(&compiled, &sources, signers) {
            Ok(rule) => Ok(Self { sources, compiled, rule }),
            Err(finding) => Err(Findings { findings: vec![finding], sources }),
        }
    }

    /// What should exist in some accounts.
    ///
    /// # Errors
    /// Two resources that would be one thing, and what is said about existing things that are none.
    pub fn graph(self, accounts: &Accounts) -> Result<(Self, Graph), Findings> {
        let accounts = accounts.iter().map(|(provider, account)| (provider.to_owned(), account.id.clone()));
        self.lowered(&TargetAccounts { accounts: accounts.collect() })
    }

    /// What should exist, without a cloud: in the accounts that the estate names, or in none in particular.
    ///
    /// # Errors
    /// Those of [`graph`](Self::graph).
    pub fn offline_graph(self) -> Result<(Self, Graph), Findings> {
        let named = &self.compiled.policy.accounts;
        let accounts = PROVIDERS.iter().map(|provider| {
            let name = provider.declared.name;
            (name.to_owned(), named.get(name).map_or(NO_ACCOUNT.to_owned(), |(id, _)| id.clone()))
        });
        let target = TargetAccounts { accounts: accounts.collect() };
        self.lowered(&target)
    }

    fn lowered(self, target: &TargetAccounts) -> Result<(Self, Graph), Findings> {
        match lower(&self.compiled.policy, target) {
            Ok(graph) => Ok((self, graph)),
            Err(findings) => Err(Findings { findings, sources: self.sources }),
        }
    }

    /// The policies, if they may be planned with these credentials: an estate that names its accounts is planned nowhere
    /// else. The embedded cloud is in no account at all.
    ///
    /// # Errors
    /// The credentials are of another account.
    pub fn in_account(self, context: &Context) -> Result<Self, EstateError> {
        match self.other_account(context) {
            Some((account, span)) => {
                Err(EstateError::WrongAccount { account, span, sources: Box::new(self.sources) })
            }
            None => Ok(self),
        }
    }

    /// The account of a context that is not the one the estate names at that provider, with the place that names it.
    #[must_use]
    pub fn other_account(&self, context: &Context) -> Option<(String, Span)> {
        if context.is_embedded() {
            return None;
        }
        self.compiled.policy.accounts.iter().find_map(|(provider, (wanted, span))| {
            let account = context.accounts.get(provider)?;
            (account.id != *wanted).then(|| (account.id.clone(), *span))
        })
    }

    /// The plan. It depends on the policies and on the request, and on nothing else.
    ///
    /// # Errors
    /// What exists stands in the way, or the plan has nothing of a target.
    pub fn plan(&self, graph: &Graph, request: &Request<'_>) -> Result<Plan, PlanError> {
        let plan = diff(Inputs {
            context: request.context.clone(),
            sources: &self.sources,
            compiled: &self.compiled,
            graph,
            owned: request.owned,
            observation: request.observation,
            consents: request.consents.clone(),
        });
        let plan = plan.map_err(PlanError::Findings)?;
        if request.targets.is_empty() {
            return Ok(plan);
        }
        plan.targeted(request.targets).map_err(PlanError::NoTarget)
    }
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// What exists stands in the way.
    Findings(Vec<Diagnostic>),
    /// The plan has nothing of this target.
    NoTarget(String),
}

/// The rule of a policy, with its list of signers.
fn rule(
    compiled: &Compiled,
    sources: &Sources,
    signers: &dyn Fn(&Path, &str) -> Result<String, String>,
) -> Result<Option<Rule>, Diagnostic> {
    let policy = &compiled.policy;
    let Some(asked) = &policy.approvals else { return Ok(None) };
    let wrong = |message: String, label: &str| {
        Diagnostic::new(codes::BAD_SIGNERS, message)
            .at(asked.span, label)
            .help("write one line per person: `alice@acme.example ssh-ed25519 AAAA…`")
    };
    let file = sources.place(policy.estate_span).file;
    let folder = Path::new(&file).parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = signers(folder, &asked.signers)
        .map_err(|error| wrong(format!("the list of signers cannot be read: {error}"), "this file"))?;
    let people = Signers::parse(&text)
        .map_err(|error| wrong(format!("the list of signers, {error}"), "in this file"))?
        .people();
    if people < usize::from(asked.required) {
        let message =
            format!("{} people must approve, but the list has only {people} who can", asked.required);
        return Err(wrong(message, "this list is too short"));
    }
    Ok(Some(Rule { required: asked.required, hold_seconds: asked.hold.as_seconds(), signers: text }))
}
