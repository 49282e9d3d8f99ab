//! The flags `--allow` and `--target` of `plan` and `apply`.

use clap::Args;
use holdfast_compiler::plan::Consent;

use super::failure::Failure;
use crate::estate::PlanOptions;

/// The flags for explicit consents and for the selected part of the plan.
#[derive(Debug, Args)]
pub(super) struct ConsentFlags {
    /// Allow a change that needs consent: `teardown:SERVICE` to remove a service that is no longer in any policy,
    /// `destroy:ADDRESS` to delete a resource that holds data, `adopt:ADDRESS` to take over a resource of another estate,
    /// service or owner, `empty-primary:ADDRESS` to make a primary bucket anew whose data is gone, `lock:ADDRESS` for a lock that nobody can
    /// remove, `return:DATA` to return to a site whose data may be behind, `many` to change or
    /// delete more than 30 % of the existing resources. Plans and refusals print the exact flag to add. Can be repeated.
    #[arg(long, value_name = "WHAT")]
    allow: Vec<Consent>,
    /// Plan only this resource, service or part of a service (`payments.ledger`), with everything it depends on. Can
    /// be repeated. For emergencies only: all other resources may still differ from the policies afterwards.
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
}

impl ConsentFlags {
    /// The consents and the targets.
    pub(super) fn plan_options(&self) -> PlanOptions {
        PlanOptions {
            consents: self.allow.iter().cloned().collect(),
            targets: self.target.clone(),
            ..PlanOptions::default()
        }
    }

    /// Refuse these flags with a saved plan, because they would change what was approved.
    pub(super) fn refuse_with_saved_plan(&self) -> Result<(), Failure> {
        if self.target.is_empty() && self.allow.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(
            "`--target` and `--allow` cannot change a saved plan: pass them to `holdfast plan --out`",
        ))
    }
}
