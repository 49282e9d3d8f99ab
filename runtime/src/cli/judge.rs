//! `--fail-on`: what makes a command that judges exit with 3, beside what is invalid anyway.

use clap::ValueEnum;
use holdfast_compiler::compile::Waived;
use holdfast_compiler::diagnostic::codes;
use holdfast_compiler::plan::Effect;

use super::output::Terminal;

/// What a command fails on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Any warning about the policies.
    Warning,
    /// An objective that is not met, waived or not.
    Miss,
    /// An objective that gets weaker than it is today.
    Weaker,
}

/// What there is to judge.
#[derive(Default)]
pub(super) struct Judged<'a> {
    /// How many warnings there are.
    pub(super) warnings: usize,
    /// How many objectives are missed, and waived, in policies without a plan.
    pub(super) missed: usize,
    /// Whether only a part of a plan was asked for: what becomes of the objectives is unknown then.
    pub(super) partial: bool,
    /// What becomes of the objectives; nothing where no plan was made.
    pub(super) effects: &'a [Effect],
}

/// Objectives that are missed with somebody's consent.
pub(super) fn waived_misses(waived: &[Waived]) -> usize {
    let missed = |waived: &&Waived| [codes::RPO_MISSED, codes::RTO_MISSED].contains(&waived.finding.code);
    waived.iter().filter(missed).count()
}

impl Judged<'_> {
    /// Whether something is there that the command is to fail on. It is said why.
    pub(super) fn fails(&self, on: &[FailOn], terminal: &Terminal) -> bool {
        let found: Vec<String> = on.iter().filter_map(|what| self.found(*what)).collect();
        if !found.is_empty() {
            terminal.error(&format!("failed on request (--fail-on): {}\n", found.join(", ")));
        }
        !found.is_empty()
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
            FailOn::Weaker => (effects(Effect::is_weaker), "objective gets weaker", "objectives get weaker"),
        };
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { several }))
    }
}
