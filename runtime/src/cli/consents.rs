//! What an operator agrees to explicitly, and which part of a plan is wanted: flags of `plan` and `apply`.

use clap::Args;
use holdfast_compiler::plan::Consent;

use super::failure::Failure;
use crate::estate::Wishes;

/// Explicit consents, and the part of the plan that is wanted.
#[derive(Debug, Args)]
pub(super) struct ConsentFlags {
    /// Allow a change that needs consent: `teardown:SERVICE` to remove a service that no policy mentions any more,
    /// `destroy:ADDRESS` to delete a resource that holds data, `many` to change or remove more than 30 % of the
    /// existing resources. Plans and refusals print the flag ready to paste. Can be repeated.
    #[arg(long, value_name = "WHAT")]
    allow: Vec<Consent>,
    /// Only this resource, service or part of a service (`payments.ledger`), with everything it depends on. Can be
    /// repeated. For emergencies: resources that are left out may still differ from the policies afterwards.
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
}

impl ConsentFlags {
    /// What was agreed to, and what is wanted.
    pub(super) fn wishes(&self) -> Wishes {
        Wishes { consents: self.allow.iter().cloned().collect(), targets: self.target.clone() }
    }

    /// A saved plan is applied as it was approved.
    pub(super) fn refuse_with_saved_plan(&self) -> Result<(), Failure> {
        if self.target.is_empty() && self.allow.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(
            "a saved plan is applied as it was approved: give `--target` and `--allow` to `holdfast plan --out`",
        ))
    }
}
