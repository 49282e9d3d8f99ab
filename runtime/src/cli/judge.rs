//! `--fail-on`: conditions under which a command exits with 3, in addition to invalid policies.

use clap::ValueEnum;
use holdfast_compiler::compile::Waived;
use holdfast_compiler::diagnostic::codes;
use holdfast_compiler::plan::Effect;
use holdfast_compiler::policy::{Judgement, PolicyChanges};

use super::output::Terminal;

/// A condition of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Any warning about the policies.
    Warning,
    /// An objective that is not met, waived or not.
    Miss,
    /// An objective that becomes weaker than it is today, or a statement of the policies that protects less.
    Weaker,
}

/// What `--fail-on` checks.
#[derive(Default)]
pub(super) struct Judged<'a> {
    /// How many warnings there are.
    pub(super) warnings: usize,
    /// How many objectives are missed and waived, for commands without a plan.
    pub(super) missed: usize,
    /// Whether the plan is partial, so that its effect on the objectives is unknown.
    pub(super) partial: bool,
    /// What changed in the policies, if they were compared.
    pub(super) policy: Option<&'a PolicyChanges>,
    /// The effects of the plan on the objectives; empty for commands without a plan.
    pub(super) effects: &'a [Effect],
}

/// How many objectives are missed and waived.
pub(super) fn waived_misses(waived: &[Waived]) -> usize {
    let missed = |waived: &&Waived| [codes::RPO_MISSED, codes::RTO_MISSED].contains(&waived.finding.code);
    waived.iter().filter(missed).count()
}

impl Judged<'_> {
    /// Whether a condition of `--fail-on` holds. If so, prints which.
    pub(super) fn fails(&self, on: &[FailOn], terminal: &Terminal) -> bool {
        let found: Vec<String> =
            on.iter().flat_map(|what| [self.found(*what), self.statements(*what)]).flatten().collect();
        if !found.is_empty() {
            terminal.error(&format!("failed because of --fail-on: {}\n", found.join(", ")));
        }
        !found.is_empty()
    }

    /// The statements of the policies that protect less. A partial plan leaves out none.
    fn statements(&self, what: FailOn) -> Option<String> {
        let changes = self.policy.filter(|_| what == FailOn::Weaker)?;
        if changes.unknown.is_some() {
            return Some("what changed in the policies is unknown".to_owned());
        }
        let count = changes.count(Judgement::Weaker);
        let protect = if count == 1 {
            "statement of the policies protects"
        } else {
            "statements of the policies protect"
        };
        (count > 0).then(|| format!("{count} {protect} less"))
    }

    fn found(&self, what: FailOn) -> Option<String> {
        if self.partial && what != FailOn::Warning {
            return Some("the effect of a partial plan on the objectives is unknown".to_owned());
        }
        let effects =
            |wanted: fn(&Effect) -> bool| self.effects.iter().filter(|effect| wanted(effect)).count();
        let (count, one, several) = match what {
            FailOn::Warning => (self.warnings, "warning", "warnings"),
            FailOn::Miss => {
                let missed = self.missed + effects(|effect| !effect.met());
                (missed, "objective is not met", "objectives are not met")
            }
            FailOn::Weaker => {
                (effects(Effect::is_weaker), "objective becomes weaker", "objectives become weaker")
            }
        };
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { several }))
    }
}
