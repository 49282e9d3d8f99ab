//! What an operator agrees to beside the plan itself: flags of `plan` and `apply`.

use clap::Args;
use holdfast_compiler::diagnostic::{codes, one_of};
use holdfast_compiler::plan::{self, Plan};
use holdfast_compiler::resource::Address;

use super::failure::Failure;
use super::output::Terminal;

/// Words of the operator, and what of the plan is wanted.
#[derive(Debug, Args)]
pub(super) struct Words {
    /// Let go of something that holds data, such as `bucket.payments.ledger.oregon`, once no policy asks for it.
    /// Can be given several times.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    allow_destroy: Vec<Address>,
    /// Let go of a service that no policy mentions any more. Can be given several times.
    #[arg(long, value_name = "SERVICE")]
    allow_teardown: Vec<String>,
    /// Change or remove more than 30 % of what exists.
    #[arg(long)]
    allow_many: bool,
    /// Only this resource, service or part of one (`payments.ledger`), with all it needs. Can be given several
    /// times. For a bad day: what is left out is not as the policy says afterwards.
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
}

fn address(text: &str) -> Result<Address, String> {
    Address::try_from(text.to_owned())
}

impl Words {
    /// What was agreed to.
    pub(super) fn said(&self) -> plan::Words {
        plan::Words {
            destroy: self.allow_destroy.iter().cloned().collect(),
            teardown: self.allow_teardown.iter().cloned().collect(),
            many: self.allow_many,
        }
    }

    /// A saved plan is applied as it was approved: what it destroys and leaves out was said when it was made.
    pub(super) fn fit_a_saved_plan(&self) -> Result<(), Failure> {
        if self.target.is_empty() && self.allow_destroy.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(
            "a saved plan is applied as it is: give `--target` and `--allow-destroy` to `holdfast plan --out`",
        ))
    }

    /// The part of a plan that is wanted.
    pub(super) fn narrow(&self, plan: Plan, terminal: &Terminal) -> Result<Plan, Failure> {
        if self.target.is_empty() {
            return Ok(plan);
        }
        terminal.error(
            "warning: only a part of the plan: what is left out is not as the policies say afterwards\n",
        );
        plan.targeted(&self.target).map_err(|target| {
            Failure::usage(format!("the plan has nothing of `{target}`: name an address, a service or a part of one, as the plan shows them"))
        })
    }

    /// Whether nothing happens that needs a word nobody has given.
    pub(super) fn suffice(&self, plan: &Plan) -> Result<(), Failure> {
        let words = self.said();
        let unsaid = plan.unsaid_teardowns(&words);
        if let [first, ..] = unsaid.as_slice() {
            return Err(Failure::refused(
                codes::SERVICE_LEAVES,
                format!(
                    "no policy mentions {} any more, so all of it would go",
                    one_of(unsaid.iter().copied())
                ),
                format!("name all paths of the estate; if it is meant to go: `--allow-teardown {first}`"),
            ));
        }
        if let Some(share) = plan.unlikely_share(&words) {
            let (of_them, existing, percent) = (share.of_them, share.existing, share.percent());
            return Err(Failure::refused(
                codes::TOO_MANY_CHANGES,
                format!(
                    "this would change or remove {of_them} of the {existing} things that exist ({percent} %)"
                ),
                "look whether all of it is meant; if it is: `--allow-many`",
            ));
        }
        Ok(())
    }
}
