//! Compiled policies, and planning with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_compiler::compile::{Compiled, Options, check, compile};
use holdfast_compiler::copies::KnownCopy;
use holdfast_compiler::diagnostic::{Diagnostic, codes, did_you_mean};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::lower::{TargetAccounts, lower_in};
use holdfast_compiler::observation::{Observation, Owned};
use holdfast_compiler::plan::{Accounts, Consents, Context, Inputs, Part, Plan, diff, look};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::source::{Sources, Span};
use holdfast_compiler::units::Date;

use super::{Base, EstateError, load};
use crate::approval::{MAX_SIGNERS_BYTES, Rule, Signers};
use crate::files;
use crate::provider::PROVIDERS;

/// The placeholder account of a graph made without a cloud.
const NO_ACCOUNT: &str = "000000000000";

/// Findings, and the text that they refer to.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", messages(.findings))]
pub struct Findings {
    /// The findings.
    pub findings: Vec<Diagnostic>,
    /// The text of the policies.
    pub sources: Sources,
}

fn messages(findings: &[Diagnostic]) -> String {
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    messages.join("; ")
}

/// Valid policies.
#[derive(Debug)]
pub struct Policies {
    /// Their text.
    pub sources: Sources,
    /// The compiled policy, with its warnings.
    pub compiled: Compiled,
    /// Who must approve a plan, if the estate says so.
    pub rule: Option<Rule>,
}

/// The inputs of a plan beside the policies.
#[derive(Debug)]
pub struct Request<'a> {
    /// Estate, cloud and accounts.
    pub context: &'a Context,
    /// The objects that the estate owns.
    pub owned: &'a [Owned],
    /// What the journal remembers of real-time copies.
    pub copies: &'a [KnownCopy],
    /// The objects observed in the cloud.
    pub observation: &'a Observation,
    /// Which sites are evacuated, according to the journal.
    pub was: &'a Posture,
    /// Which sites are evacuated once the plan is applied.
    pub posture: &'a Posture,
    /// The consents given with `--allow`.
    pub consents: &'a Consents,
    /// The targets given with `--target`; if empty, the whole plan.
    pub targets: &'a [String],
    /// The version of the policies to compare them with, if there is one.
    pub base: Option<&'a Base>,
}

impl Policies {
    /// Load and compile the policies at some paths.
    ///
    /// # Errors
    /// The files that cannot be read, or everything that is wrong with the policies and with the list of signers.
    pub fn load(paths: &[PathBuf], as_of: Option<Date>) -> Result<Self, Findings> {
        Self::read(load::load(paths)?, as_of)
    }

    /// Load policies for somebody who must go on: what they miss (an objective, a list of signers that cannot be read) is no obstacle, and
    /// is returned beside them. Without a list, there is no rule: ask the policy whether it requires approvals.
    ///
    /// # Errors
    /// The files that cannot be read, or what makes the policies unusable.
    pub fn load_despite(paths: &[PathBuf]) -> Result<(Self, Vec<Diagnostic>), Findings> {
        let Findings { findings, sources } = match Self::load(paths, None) {
            Ok(policies) => return Ok((policies, Vec::new())),
            Err(findings) => findings,
        };
        let options = Options::default();
        let Some(policy) = check(&sources, options).policy else {
            return Err(Findings { findings, sources });
        };
        let compiled = Compiled { policy, warnings: Vec::new(), waived: Vec::new(), options };
        Ok((Self { sources, compiled, rule: None }, findings))
    }

    /// Compile policies. The list of signers that they name is read from the folder of the estate's file.
    ///
    /// # Errors
    /// Everything that is wrong with the policies and with the list of signers.
    pub fn read(sources: Sources, as_of: Option<Date>) -> Result<Self, Findings> {
        Self::new(sources, as_of, &list_beside)
    }

    /// Policies that were checked already, also with errors such as a missed objective. A list of signers that cannot be read is
    /// one of these errors, so there is no rule then.
    pub(crate) fn of_checked(sources: Sources, compiled: Compiled) -> Self {
        let rule = rule(&compiled, &sources, &list_beside).unwrap_or_default();
        Self { sources, compiled, rule }
    }

    /// Compile the policies of a plan file, which records the text of the list of signers.
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

    /// The desired resources in some accounts, in a posture that fits the policies.
    ///
    /// # Errors
    /// Two resources with the same identity, statements about existing objects that are not valid, and traffic of which all
    /// sites are evacuated.
    pub fn graph(self, accounts: &Accounts, posture: &Posture) -> Result<(Self, Graph), Findings> {
        let accounts = accounts.iter().map(|(provider, account)| (provider.to_owned(), account.id.clone()));
        self.lowered(&TargetAccounts { accounts: accounts.collect() }, posture)
    }

    /// The desired resources, without a cloud: in the accounts that the estate names, or in a placeholder account.
    ///
    /// # Errors
    /// See [`graph`](Self::graph).
    pub fn offline_graph(self) -> Result<(Self, Graph), Findings> {
        let named = &self.compiled.policy.accounts;
        let accounts = PROVIDERS.iter().map(|provider| {
            let name = provider.declared.name;
            (name.to_owned(), named.get(name).map_or(NO_ACCOUNT.to_owned(), |(id, _)| id.clone()))
        });
        let target = TargetAccounts { accounts: accounts.collect() };
        self.lowered(&target, &Posture::default())
    }

    fn lowered(self, target: &TargetAccounts, posture: &Posture) -> Result<(Self, Graph), Findings> {
        match lower_in(&self.compiled.policy, target, posture) {
            Ok(graph) => Ok((self, graph)),
            Err(findings) => Err(Findings { findings, sources: self.sources }),
        }
    }

    /// The policies, if the credentials belong to the accounts that the estate names. Accounts are not checked on the
    /// embedded cloud.
    ///
    /// # Errors
    /// The credentials belong to a different account.
    pub fn in_account(self, context: &Context) -> Result<Self, EstateError> {
        match self.other_account(context) {
            Some((account, span)) => {
                Err(EstateError::WrongAccount { account, span, sources: Box::new(self.sources) })
            }
            None => Ok(self),
        }
    }

    /// The first account of a context that differs from the one the estate names for that provider, with the place in
    /// the policies that names it.
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

    /// Make the plan. It depends only on the policies and on the request.
    ///
    /// # Errors
    /// The policies conflict with what exists, or the plan contains nothing for a target.
    pub fn plan(&self, graph: &Graph, request: &Request<'_>) -> Result<Plan, PlanError> {
        let found = |inputs: Inputs<'_>| diff(inputs).map(|plan| (plan, Vec::new()));
        self.compared(graph, request, found).map(|(plan, _)| plan)
    }

    /// What can be seen, and what keeps a plan from being made: see [`look`].
    ///
    /// # Errors
    /// See [`look`].
    pub(super) fn look(
        &self,
        graph: &Graph,
        request: &Request<'_>,
    ) -> Result<(Plan, Vec<Diagnostic>), PlanError> {
        self.compared(graph, request, look)
    }

    fn compared(
        &self,
        graph: &Graph,
        request: &Request<'_>,
        compare: impl FnOnce(Inputs<'_>) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>>,
    ) -> Result<(Plan, Vec<Diagnostic>), PlanError> {
        let part = Part::of(request.targets, graph, request.owned);
        let (all, owned) = (graph, request.owned);
        let (graph, owned) = part.as_ref().map_or((all, owned), |part| (&part.graph, &part.owned));
        let compared = compare(Inputs {
            context: request.context.clone(),
            sources: &self.sources,
            compiled: &self.compiled,
            graph,
            owned,
            copies: request.copies,
            observation: request.observation,
            was: request.was,
            posture: request.posture,
            consents: request.consents.clone(),
        });
        let (mut plan, blocks) = compared.map_err(PlanError::Findings)?;
        plan.policy_changes = request.base.map(|base| base.changes(self));
        if request.targets.is_empty() {
            return Ok((plan, blocks));
        }
        let targeted = plan.targeted(request.targets).map_err(|target| {
            let near = suggestion(&target, &names(all, request.owned));
            PlanError::NoTarget { target, near }
        });
        targeted.map(|plan| (plan, blocks))
    }
}

/// Everything that a target can name: addresses, services and parts of services.
fn names(graph: &Graph, owned: &[Owned]) -> BTreeSet<String> {
    let addresses = graph.iter().map(|resource| &resource.address);
    let addresses = addresses.chain(owned.iter().map(|own| &own.address));
    addresses.flat_map(|of| [of.to_string(), of.owner().to_owned(), of.entry()]).collect()
}

/// What an unknown target probably means: an address without its provider, or a name with a typing error.
fn suggestion(target: &str, names: &BTreeSet<String>) -> Option<String> {
    let whole = PROVIDERS.iter().map(|provider| format!("{}.{target}", provider.declared.name));
    let near = || did_you_mean(target, names.iter().map(String::as_str)).map(str::to_owned);
    whole.into_iter().find(|address| names.contains(address)).or_else(near)
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The policies conflict with what exists.
    Findings(Vec<Diagnostic>),
    /// The plan contains nothing for a target.
    NoTarget {
        /// The target.
        target: String,
        /// What was probably meant.
        near: Option<String>,
    },
}

/// The list of signers in the folder of the estate's file.
fn list_beside(folder: &Path, name: &str) -> Result<String, String> {
    files::read_inside(folder, Path::new(name), MAX_SIGNERS_BYTES).map_err(|error| error.to_string())
}

/// The approval rule of a policy, with the text of its list of signers.
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
    let text = signers(folder, &asked.signers).map_err(|error| {
        wrong(format!("the list of signers cannot be read: {error}"), "this file").help(
            "put the list into the folder of the estate, one line per person: `alice@acme.example ssh-ed25519 AAAA…`",
        )
    })?;
    let people = Signers::parse(&text)
        .map_err(|error| wrong(format!("the list of signers, {error}"), "in this file"))?
        .people();
    if people < usize::from(asked.required) {
        let message =
            format!("{} people must approve, but the list names only {people} who can", asked.required);
        return Err(wrong(message, "this list is too short"));
    }
    Ok(Some(Rule {
        required: asked.required,
        hold_seconds: asked.hold.as_seconds(),
        evacuation_seconds: asked.hold_evacuation.map(holdfast_compiler::units::Duration::as_seconds),
        signers: text,
    }))
}
