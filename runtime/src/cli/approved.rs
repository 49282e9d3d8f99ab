//! Whether enough people have agreed to what is about to be applied: the flags, and what is said about it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{Diagnostic, codes, visible};
use holdfast_compiler::plan::Plan;
use jiff::Timestamp;

use super::failure::Failure;
use super::output::Terminal;
use crate::approval::{self, Approvals, Decision, Demand, Namespace, Rule, decide};
use crate::estate::Workspace;
use crate::journal::{self, History, RunState, UsedApproval};
use crate::planfile::Saved;
use crate::run::runner::person;
use crate::trust::demands;

/// How many characters a reason has at least: a single word explains nothing.
const REASON: usize = 10;

/// Who has agreed, on the command line.
#[derive(Debug, Args)]
pub(super) struct ApprovalFlags {
    /// An approval that is not beside the plan. Can be given several times.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Apply without the approvals that are asked for. It is recorded. Under a trust anchor it takes the signature of
    /// somebody whom the anchor names (`holdfast approve --break-glass`).
    #[arg(long, requires = "because")]
    break_glass: bool,
    /// Why nobody can be asked, in ten characters or more.
    #[arg(long, value_name = "REASON", requires = "break_glass", value_parser = reason)]
    because: Option<String>,
}

/// A reason on the command line: one line, long enough to say something.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("write it on one line".to_owned());
    }
    if text.chars().count() >= REASON {
        Ok(text.to_owned())
    } else {
        Err(format!("use {REASON} characters or more: somebody will read it afterwards"))
    }
}

/// What a run records of who had agreed.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreed {
    /// The approvals it relied on.
    pub(super) approvals: Vec<UsedApproval>,
    /// The rule of the policies.
    pub(super) rule: Option<Rule>,
    /// Why it was applied without the approvals it needs.
    pub(super) break_glass: Option<String>,
}

/// Whether somebody may have to agree to an apply of policies, as far as it can be told before there is a plan.
pub(super) fn may_ask(
    rule: Option<&Rule>,
    estate: &str,
    place: &Workspace,
    history: &History,
    flags: &ApprovalFlags,
) -> Result<bool, Failure> {
    let anchored = match place.trust() {
        Some(trust) => trust.anchor(estate).and_then(|anchor| anchor.demand()),
        None if flags.break_glass => return Ok(false),
        None => Ok(None),
    };
    let anchored = anchored.map_err(Failure::refused_finding)?.is_some();
    let earlier = history.runs.iter().filter_map(|run| run.run.rule.as_ref());
    Ok(anchored || rule.into_iter().chain(earlier).any(|rule| rule.required > 0))
}

/// An apply of policies: fine where nobody has to agree.
pub(super) fn policies(
    rule: Option<&Rule>,
    plan: &Plan,
    place: &Workspace,
    history: &History,
    flags: &ApprovalFlags,
    terminal: &Terminal,
) -> Result<Agreed, Failure> {
    let last = journal::rule(&history.runs, &plan.context);
    let demands =
        demands(place.trust(), history, plan, rule, "the estate").map_err(Failure::refused_finding)?;
    let recorded = journal::recorded(rule, last);
    let Some(Demand { rule: asked, whose, .. }) = demands.first() else {
        return Ok(Agreed { rule: recorded, ..Agreed::default() });
    };
    if let Some(because) = flags.because.clone().filter(|_| flags.break_glass && place.trust().is_none()) {
        announce(&because, terminal);
        let rule = journal::unchanged(rule, last);
        return Ok(Agreed { rule, break_glass: Some(because), ..Agreed::default() });
    }
    let people =
        if asked.required == 1 { "1 person has" } else { &format!("{} people have", asked.required) };
    let message = format!("{whose} says that {people} to agree before a change, and nobody was asked");
    Err(Failure::refused(
        codes::TOO_FEW_APPROVALS,
        message,
        "save the plan, have it approved, apply it: `plan --out FILE`, `approve FILE`, `apply FILE`",
    ))
}

/// An apply of a saved plan: of this journal, for the first time, and with enough people behind it.
pub(super) fn saved(
    saved: &Saved,
    path: &Path,
    place: &Workspace,
    history: &History,
    flags: &ApprovalFlags,
    terminal: &Terminal,
) -> Result<Agreed, Failure> {
    if !history.contains(&saved.file.journal_head) {
        return Err(Failure::refused(
            codes::JOURNAL_DAMAGED,
            "the journal is not the one that this plan was made on: entries are missing",
            "restore the journal from a copy, or name the right one with `--journal`",
        ));
    }
    let now = Timestamp::now();
    if let Some(trust) = place.trust() {
        let anchor = trust.anchor(&saved.plan.context.estate).map_err(Failure::refused_finding)?;
        anchor.allows_author(&saved.author, now).map_err(Failure::refused_finding)?;
    }
    let (runs, last) = (&history.runs, journal::rule(&history.runs, &saved.plan.context));
    let demands = demands(place.trust(), history, &saved.plan, saved.rule(), "the plan's rule")
        .map_err(Failure::refused_finding)?;
    let decision = if demands.is_empty() {
        Decision::default()
    } else {
        let statements = statements(path, Namespace::Approval, flags)?;
        let used = used(runs, &saved.file.digest);
        let approvals = Approvals {
            namespace: Namespace::Approval,
            plan: &saved.file.digest,
            context: &saved.plan.context,
            author: Some(&saved.author),
            because: None,
            statements: &statements,
            used: &used,
            now,
        };
        decide(&demands, &approvals).map_err(Failure::refused_finding)?
    };
    let Decision { accepted, mut not_counted, short } = decision;
    if let Some(past) = journal::applied(runs, &saved.file.digest) {
        not_counted.push(applied_already(past));
        return Err(Failure::refused_for(not_counted));
    }
    let approvals = accepted.into_iter().map(|(approver, statement)| UsedApproval { approver, statement });
    let agreed = Agreed {
        approvals: approvals.collect(),
        rule: journal::recorded(saved.rule(), last),
        break_glass: None,
    };
    if !short.is_empty() {
        if let Some(because) = flags.because.clone().filter(|_| flags.break_glass) {
            // Each estate whose rule is not satisfied says for itself who may do without it.
            let estates: BTreeSet<&str> = short.iter().map(|(estate, _)| estate.as_str()).collect();
            let mut signed = Vec::new();
            for estate in estates {
                signed.extend(glass((saved, path), estate, place, history, flags, &because, now)?);
            }
            announce(&because, terminal);
            // What is broken once does not stay broken: a plan without a rule, or with another, leaves that of the last
            // run.
            let rule = journal::unchanged(saved.rule(), last);
            let approvals = agreed.approvals.into_iter().chain(signed).collect();
            return Ok(Agreed { approvals, rule, break_glass: Some(because) });
        }
        not_counted.extend(short.into_iter().map(|(_, finding)| finding));
        return Err(Failure::refused_for(not_counted));
    }
    // More have tried than were needed: worth a line, no reason to stop.
    for finding in &not_counted {
        let file = finding.file.as_deref().unwrap_or_default();
        terminal.note(&visible(&format!("not counted: {file}: {}", finding.message)));
    }
    Ok(agreed)
}

/// Under a trust anchor, the signatures of those who may let a plan be applied without its approvals.
fn glass(
    (saved, path): (&Saved, &Path),
    estate: &str,
    place: &Workspace,
    history: &History,
    flags: &ApprovalFlags,
    because: &str,
    now: Timestamp,
) -> Result<Vec<UsedApproval>, Failure> {
    let Some(trust) = place.trust() else { return Ok(Vec::new()) };
    let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
    let demand = anchor.glass().map_err(Failure::refused_finding)?;
    let statements = statements(path, Namespace::BreakGlass, flags)?;
    let used = used(&history.runs, &saved.file.digest);
    let approvals = Approvals {
        namespace: Namespace::BreakGlass,
        plan: &saved.file.digest,
        context: &saved.plan.context,
        author: None,
        because: Some(because),
        statements: &statements,
        used: &used,
        now,
    };
    let Decision { accepted, not_counted, short } =
        decide(&[demand], &approvals).map_err(Failure::refused_finding)?;
    if short.is_empty() {
        let used = accepted.into_iter().map(|(approver, statement)| UsedApproval { approver, statement });
        return Ok(used.collect());
    }
    let message =
        "the trust anchor asks for the signature of somebody who may break the glass, with this reason";
    let help = "ask one of them to run `holdfast approve PLANFILE --break-glass --because REASON`";
    let first = Diagnostic::new(codes::GLASS_NOT_BROKEN, message).help(help);
    Err(Failure::refused_for(std::iter::once(first).chain(not_counted).collect()))
}

/// The statements beside a plan, and those that were named.
fn statements(path: &Path, namespace: Namespace, flags: &ApprovalFlags) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = approval::statement_paths(path, namespace)
        .map_err(|error| Failure::message(format!("{}: {error}", path.display())))?;
    if namespace == Namespace::Approval {
        paths.extend(flags.approval.iter().cloned());
    }
    Ok(paths)
}

/// Which run has used up a statement.
fn used<'a>(runs: &'a [RunState], plan: &'a str) -> impl Fn(&str) -> Option<(u64, String)> + 'a {
    move |statement| {
        let past = journal::used(runs, statement, plan)?;
        Some((past.number, past.started.clone()))
    }
}

/// Say that approvals are missing and why. It is said whatever `--quiet` says.
fn announce(because: &str, terminal: &Terminal) {
    let line = format!(
        "BREAK GLASS: applying without the approvals it needs, because: {because}. This is recorded.\n"
    );
    terminal.error(&visible(&line));
}

fn applied_already(past: &RunState) -> Diagnostic {
    let by = person(&past.run.runner).unwrap_or("somebody");
    let message =
        format!("this plan was applied already, in run {} by {by} at {}", past.number, past.started);
    Diagnostic::new(codes::APPLIED_ALREADY, message).help("plan again")
}
