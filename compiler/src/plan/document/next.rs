//! The exact next command.

use std::fmt::Write as _;

use super::Around;
use crate::plan::{Consent, Consents, Plan, turn};
use crate::printable::one_line;
use crate::report::{Inline, Phrase};
use crate::text::{Pen, shell_word, wrap};

/// The longest list of flags that is part of a command, in bytes. A longer one is printed by the apply that refuses the plan.
const MOST_FLAGS: usize = 2_000;

/// What has to be done next with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// There is nothing to do.
    Nothing,
    /// Plan again with these consents, if what they allow is intended.
    Allow(Consents),
    /// An apply refuses the plan for this reason, for which there is no consent.
    Refused(String),
    /// Save the plan, so that people can approve it or apply exactly this.
    Save,
    /// Get this many more approvals.
    Approve(usize),
    /// Apply it.
    Apply,
}

impl Next {
    /// What is next for a plan.
    #[must_use]
    pub fn of(plan: &Plan, around: &Around) -> Self {
        let consents = plan.consents_to_give();
        // An apply without steps still records what was learned, and which policies are the applied ones.
        let policies = plan.policy_changes.as_ref();
        let same_policies =
            policies.is_none_or(|changes| changes.changes.is_empty() && changes.unknown.is_none());
        let learned = !plan.confirmed.is_empty() || !plan.moved.is_empty() || plan.has_news_of_copies();
        if plan.is_empty() && same_policies && !learned && !plan.turns_posture() {
            return Self::Nothing;
        }
        if let (true, Some(finding)) = (consents.is_empty(), plan.missing_consents().into_iter().next()) {
            return Self::Refused(finding.message);
        }
        match (consents.is_empty(), &around.file, around.missing_approvals()) {
            (false, _, _) => Self::Allow(consents),
            (true, None, _) => Self::Save,
            (true, Some(_), 0) => Self::Apply,
            (true, Some(_), missing) => Self::Approve(missing),
        }
    }

    /// As a sentence with the command.
    pub(super) fn in_words(&self, plan: &Plan, around: &Around) -> Phrase {
        let file = around.file.as_deref().map(shell_word);
        let file = file.unwrap_or_else(|| "change.plan".to_owned());
        let again = |consents: &Consents| plan_again(plan, around, consents, &file);
        match self {
            Self::Nothing => "nothing: there is nothing to apply".into(),
            Self::Allow(consents) => {
                let flags = consents.iter().map(|consent| consent.flag().len() + 1).sum::<usize>();
                let text =
                    Phrase::new().text("an apply refuses this plan. If all of it is intended, plan again: ");
                match (flags <= MOST_FLAGS, around.paths.is_empty()) {
                    (true, false) => text.code(again(consents)),
                    (true, true) => text.code(flags_of(consents)),
                    (false, _) => {
                        let allow = format!("{} more `--allow`, which ", consents.len());
                        text.text(allow).code(format!("holdfast apply {file}")).text(" lists")
                    }
                }
            }
            Self::Refused(why) => format!("an apply refuses this plan: {}", one_line(why)).into(),
            Self::Save => Phrase::new().code(again(&Consents::new())),
            Self::Approve(missing) => {
                let who = match missing {
                    1 => "1 person other than the author, who has not approved it yet,".to_owned(),
                    _ => format!("{missing} people other than the author, who have not approved it yet,"),
                };
                let text = format!("ask {who} to run ");
                Phrase::new().text(text).code(format!("holdfast approve {file}"))
            }
            Self::Apply => {
                let words = std::iter::once(format!("holdfast apply {file}"));
                let words: Vec<String> =
                    words.chain(around.runner.iter().map(|flag| written(flag))).collect();
                Phrase::new().code(words.join(" "))
            }
        }
    }
}

/// What is next, as text for a terminal: each command on a line of its own, however long, so that it can be pasted.
pub(super) fn text(plan: &Plan, around: &Around, pen: &Pen, out: &mut String) {
    let mut words = "Next: ".to_owned();
    out.push('\n');
    for inline in Next::of(plan, around).in_words(plan, around).0 {
        match inline {
            Inline::Code(command) => {
                let _ = writeln!(out, "{}", wrap(words.trim(), 0, pen.width()));
                let _ = writeln!(out, "  {}", one_line(&command));
                words.clear();
            }
            Inline::Plain(text) | Inline::Strong(text) => words.push_str(&one_line(&text)),
            _ => {}
        }
    }
    if !words.trim().is_empty() {
        let _ = writeln!(out, "{}", wrap(words.trim(), 0, pen.width()));
    }
}

/// The command that prints all of a plan.
pub(super) fn whole(plan: &Plan, around: &Around) -> String {
    match &around.file {
        Some(file) => format!("holdfast show {}", shell_word(file)),
        None => command(plan, around, &Consents::new()),
    }
}

fn plan_again(plan: &Plan, around: &Around, consents: &Consents, file: &str) -> String {
    format!("{} --out {file}", command(plan, around, consents))
}

/// `holdfast plan PATHS` with the flags that the plan was made with, and these consents.
fn command(plan: &Plan, around: &Around, consents: &Consents) -> String {
    let mut words = vec!["holdfast plan".to_owned()];
    words.extend(around.paths.iter().map(|path| shell_word(path)));
    words.extend(around.flags.iter().map(|flag| written(flag)));
    words.extend(plan.targets.iter().map(|target| format!("--target={}", shell_word(target))));
    let sites = |flag: &str, sites: Vec<&str>| -> Vec<String> {
        sites.into_iter().map(|site| format!("--{flag}={}", shell_word(site))).collect()
    };
    words.extend(sites("evacuate", turn::evacuates(plan)));
    words.extend(sites("prepare-return", turn::prepares(plan)));
    words.extend(sites("return", plan.was.beyond(&plan.posture)));
    words.extend(plan.consents.union(consents).map(Consent::flag));
    words.join(" ")
}

/// A flag as it is written in a shell.
fn written(flag: &str) -> String {
    match flag.split_once('=') {
        Some((name, value)) => format!("{name}={}", shell_word(value)),
        None => flag.to_owned(),
    }
}

fn flags_of(consents: &Consents) -> String {
    consents.iter().map(Consent::flag).collect::<Vec<_>>().join(" ")
}
