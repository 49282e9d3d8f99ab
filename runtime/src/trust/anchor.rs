//! The part of the trust anchor for one estate.

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::TrustedEstate;
use holdfast_compiler::plan::{Account, Context};
use holdfast_compiler::units::Duration;
use jiff::Timestamp;

use crate::approval::{Author, Demand, MAX_SIGNERS_BYTES, Namespace, Rule, Signers};
use crate::files;
use crate::journal::Signer;
use crate::provider;

/// How long an approval is valid by default, the same as in a policy.
const HOLD: Duration = Duration::hours(24);

/// The part of the trust anchor for one estate.
#[derive(Debug, Clone, Copy)]
pub struct Anchor<'a> {
    pub(super) name: &'a str,
    pub(super) says: &'a TrustedEstate,
    pub(super) folder: &'a Path,
}

impl Anchor<'_> {
    /// Check that the runner may change the cloud and account of a plan. `local` is the absolute path of the embedded
    /// cloud's file.
    ///
    /// # Errors
    /// The anchor names a different cloud, account or partition.
    pub fn allows(&self, context: &Context, local: Option<&Path>) -> Result<(), Diagnostic> {
        self.allows_cloud(&context.cloud, local)?;
        let other = context.accounts.iter().find(|(provider, account)| !self.trusts(provider, account));
        match other {
            None if context.accounts.iter().next().is_some() => Ok(()),
            None => Err(self.refusal(format!("the plan for `{}` names no account", self.name))),
            Some((_, Account { id, partition })) => Err(self.refusal(format!(
                "the trust anchor does not allow changes to `{}` in account {id} of partition {partition}",
                self.name
            ))),
        }
    }

    /// Whether it names an account. Without a partition, it means the provider's default one.
    pub(super) fn trusts(&self, provider: &str, account: &Account) -> bool {
        let usual = provider::find(provider).map(|found| found.partition);
        let partition = self.says.partition.as_ref().map(|partition| partition.as_str()).or(usual);
        self.says.accounts.iter().any(|own| own.as_str() == account.id)
            && partition == Some(account.partition.as_str())
    }

    /// Check that the runner may assume a role in an account that a site names.
    ///
    /// # Errors
    /// The anchor does not name the account.
    pub fn allows_account(&self, account: &str) -> Result<(), Diagnostic> {
        if self.says.accounts.iter().any(|own| own.as_str() == account) {
            return Ok(());
        }
        Err(self.refusal(format!(
            "the trust anchor does not allow `{}` to have a site in account {account}",
            self.name
        )))
    }

    /// Check that the runner may use a cloud.
    ///
    /// # Errors
    /// The anchor names a different cloud.
    pub fn allows_cloud(&self, cloud: &str, local: Option<&Path>) -> Result<(), Diagnostic> {
        let same = match (self.says.cloud.strip_prefix("local:"), local) {
            (Some(file), Some(local)) => resolved(&self.folder.join(file)) == resolved(local),
            (None, None) => self.says.cloud == cloud,
            _ => false,
        };
        if same {
            return Ok(());
        }
        let wanted = &self.says.cloud;
        Err(self.refusal(format!("the trust anchor places `{}` in `{wanted}`, not in `{cloud}`", self.name)))
    }

    fn refusal(&self, message: String) -> Diagnostic {
        Diagnostic::new(codes::NOT_TRUSTED, message).help(
            "use the cloud and the credentials that the anchor names, or ask the owner of the runner to change it",
        )
    }

    /// The minimum rule that every plan of the estate must satisfy, if there is one.
    ///
    /// # Errors
    /// Its list of signers cannot be read.
    pub fn demand(&self) -> Result<Option<Demand>, Diagnostic> {
        let Some(asked) = &self.says.approvals else { return Ok(None) };
        let rule = Rule {
            required: asked.required,
            hold_seconds: asked.hold.unwrap_or(HOLD).as_seconds(),
            evacuation_seconds: asked.hold_evacuation.map(Duration::as_seconds),
            signers: self.list(&asked.signers)?,
        };
        let (estate, whose) = (self.name.to_owned(), format!("the trust anchor's rule for `{}`", self.name));
        Ok(Some(Demand { rule, whose, estate }))
    }

    /// The people who may break the glass: one of them must sign a plan that is applied without its approvals.
    ///
    /// # Errors
    /// The anchor names nobody, or the list cannot be read.
    pub fn break_glass(&self) -> Result<Demand, Diagnostic> {
        let Some(file) = &self.says.break_glass else {
            let message = format!(
                "the trust anchor names nobody who may apply plans of `{}` without approvals",
                self.name
            );
            return Err(Diagnostic::new(codes::GLASS_NOT_BROKEN, message).help(
                "have the plan approved, or ask the owner of the runner to name someone under `break-glass`",
            ));
        };
        let rule = Rule {
            required: 1,
            hold_seconds: HOLD.as_seconds(),
            evacuation_seconds: None,
            signers: self.list(file)?,
        };
        let (estate, whose) = (self.name.to_owned(), format!("the break-glass rule of `{}`", self.name));
        Ok(Demand { rule, whose, estate })
    }

    /// Check that a plan is signed by one of the authors that the anchor names.
    ///
    /// # Errors
    /// It is not signed, or the author's list does not contain the key.
    pub fn allows_author(&self, author: &Author, now: Timestamp) -> Result<(), Diagnostic> {
        let Some(file) = &self.says.authors else { return Ok(()) };
        let refused = |message: String| {
            Diagnostic::new(codes::PLAN_NOT_SIGNED, message)
                .help("plan again with the author's key (`holdfast plan --key FILE`), and keep the signature beside the plan")
        };
        let Some(signature) = &author.signature else {
            return Err(refused(
                "the trust anchor requires the author's signature, and there is none".to_owned(),
            ));
        };
        let signers = parse(&self.list(file)?, file)?;
        let allowed = signers.may_sign(signature.key(), &author.name, Namespace::Plan, now);
        allowed.map_err(|because| {
            let key = signature.fingerprint();
            refused(format!("the key {key} may not sign plans as `{}`: {because}", author.name))
        })
    }

    /// Check that the anchor would accept a run of this runner, before it begins: an unaccepted run would make the
    /// journal unusable.
    ///
    /// # Errors
    /// The anchor requires signed runs, and the runner has no key or one that the anchor does not name.
    pub fn allows_runner(&self, signer: Option<&Signer>, now: Timestamp) -> Result<(), Diagnostic> {
        let Some(runners) = self.runners()? else { return Ok(()) };
        let refused = |message: String| {
            Diagnostic::new(codes::RUN_NOT_SIGNED, message)
                .help("set `HOLDFAST_RUNNER_KEY` to a key in the trust anchor's list of runners")
        };
        let Some(signer) = signer else {
            return Err(refused(
                "the trust anchor requires signed runs, and this runner has no key".to_owned(),
            ));
        };
        runners
            .lets(signer.key(), Namespace::Run, now)
            .map_err(|what| refused(format!("the trust anchor does not accept runs of this runner: {what}")))
    }

    /// Check that policies may be applied without a saved plan, that is, without an author's signature.
    ///
    /// # Errors
    /// The anchor names authors.
    pub fn allows_unsaved(&self) -> Result<(), Diagnostic> {
        if self.says.authors.is_none() {
            return Ok(());
        }
        let message = "the trust anchor requires plans that are signed by their author";
        Err(Diagnostic::new(codes::PLAN_NOT_SIGNED, message)
            .help("save and sign the plan, then apply it: `holdfast plan --out FILE --key KEY`"))
    }

    /// The runners whose runs the anchor accepts; `None` if it accepts all.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn runners(&self) -> Result<Option<Signers>, Diagnostic> {
        self.says.runners.as_ref().map(|file| parse(&self.list(file)?, file)).transpose()
    }

    /// Whether a criterion of a drill may run exactly this command.
    #[must_use]
    pub fn lists_command(&self, argv: &[String]) -> bool {
        self.says.commands.iter().any(|listed| listed == argv)
    }

    /// The people whose signed word counts in a drill: those of `confirmers`, or else those who may approve. `None`: nobody.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn confirmers(&self) -> Result<Option<Signers>, Diagnostic> {
        let approvers = || self.says.approvals.as_ref().map(|asked| &asked.signers);
        let file = self.says.confirmers.as_ref().or_else(approvers);
        file.map(|file| parse(&self.list(file)?, file)).transpose()
    }

    /// The text of a list of signers beside the anchor.
    fn list(&self, file: &str) -> Result<String, Diagnostic> {
        files::read_inside(self.folder, Path::new(file), MAX_SIGNERS_BYTES).map_err(|error| {
            let message = format!("the trust anchor's list cannot be read: {error}");
            Diagnostic::new(codes::BAD_TRUST, message)
                .help("put the list into the folder of the trust anchor")
        })
    }
}

fn parse(text: &str, file: &str) -> Result<Signers, Diagnostic> {
    Signers::parse(text).map_err(|error| {
        Diagnostic::new(codes::BAD_TRUST, format!("the trust anchor's list {file}, {error}"))
            .help("write one line per person: `alice@acme.example ssh-ed25519 AAAA…`")
    })
}

/// The canonical path; for a file that does not exist yet, its name in the canonical folder.
pub(super) fn resolved(path: &Path) -> Option<PathBuf> {
    let folder = || {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(files::resolve(folder).ok()?.join(path.file_name()?))
    };
    files::resolve(path).ok().or_else(folder).or_else(|| std::path::absolute(path).ok())
}
