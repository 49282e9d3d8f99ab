//! `--fail-on`: what makes a command that judges exit with 3, beside what is invalid anyway.

use clap::ValueEnum;
use holdfast_compiler::plan::Effect;

use super::output::Terminal;

/// What a command fails on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Any warning about the policies.
    Warning,
    /// An objective that is not met, whether it is waived or not.
    Miss,
    /// An objective that comes out worse than today.
    Weaker,
}

/// What there is to judge.
pub(super) struct Judged<'a> {
    /// How many warnings there are.
    pub(super) warnings: usize,
    /// What becomes of the objectives; nothing where no plan was made.
    pub(super) effects: &'a [Effect],
}

impl Judged<'_> {
    /// Whether something is there that the command is to fail on. It is said why.
    pub(super) fn fails(&self, on: &[FailOn], terminal: &Terminal) -> bool {
        let count = |what: FailOn| match what {
            FailOn::Warning => (self.warnings, "warning", "warnings"),
            FailOn::Miss => {
                let missed = self.effects.iter().filter(|effect| !effect.met()).count();
                (missed, "objective is not met", "objectives are not met")
            }
            FailOn::Weaker => {
                let weaker = self.effects.iter().filter(|effect| effect.is_weaker()).count();
                (weaker, "objective gets weaker", "objectives get weaker")
            }
        };
        let found: Vec<String> = on
            .iter()
            .map(|what| count(*what))
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }))
            .collect();
        if !found.is_empty() {
            terminal.error(&format!("failed on request (--fail-on): {}\n", found.join(", ")));
        }
        !found.is_empty()
    }
}
