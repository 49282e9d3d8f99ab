//! Whether enough people have agreed to what is about to be applied.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{Diagnostic, codes, visible};
use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::Policy;
use holdfast_compiler::source::Sources;
use jiff::Timestamp;

use super::failure::Failure;
use super::output::Terminal;
use super::planfile::PlanFile;
use crate::approval::{self, Accepted, MAX_SIGNERS_BYTES, Question, Refusal, Rule, Signers};
use crate::journal::{self, History, RunState, UsedApproval};

/// The largest statement and signature that are read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;
/// How many characters a reason has at least: a word is none.
const REASON: usize = 10;

/// Flags of an apply about who has agreed.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// An approval that is not beside the plan. Can be given several times.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Apply without the approvals that are asked for. It is recorded.
    #[arg(long, requires = "because")]
    break_glass: bool,
    /// Why nobody can be asked, in ten characters or more.
    #[arg(long, value_name = "REASON", requires = "break_glass", value_parser = reason)]
    because: Option<String>,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() >= REASON {
        Ok(text.to_owned())
    } else {
        Err(format!("say it in {REASON} characters or more: somebody will read it afterwards"))
    }
}

/// What a run remembers of who had agreed.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreed {
    /// The approvals it relied on.
    pub(super) approvals: Vec<UsedApproval>,
    /// The rule.
    pub(super) rule: Option<Rule>,
    /// Why nobody was asked.
    pub(super) break_glass: Option<String>,
}

impl Agreed {
    /// Nobody yet, under a rule.
    fn under(rule: Option<&Rule>) -> Self {
        Self { rule: rule.cloned(), ..Self::default() }
    }
}

/// The rule of a policy, with its list of signers.
pub(super) fn rule(policy: &Policy, sources: &Sources) -> Result<Option<Rule>, Diagnostic> {
    let Some(asked) = &policy.approvals else { return Ok(None) };
    let name = &asked.signers;
    let wrong = |message: String, label: &str| {
        Diagnostic::new(codes::BAD_SIGNERS, message)
            .at(asked.span, label)
            .help("a line for everybody: `alice@acme.example ssh-ed25519 AAAA…`")
    };
    let file = sources.place(policy.estate_span).file;
    let folder = Path::new(&file).parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = below(folder, name).and_then(|path| approval::read(&path, MAX_SIGNERS_BYTES));
    let text =
        text.map_err(|error| wrong(format!("the list of signers cannot be read: {error}"), "this file"))?;
    let signers = Signers::parse(&text)
        .map_err(|error| wrong(format!("the list of signers, {error}"), "in this file"))?;
    let people = signers.people();
    if people < usize::from(asked.required) {
        let message = format!("{} have to agree, and only {people} can", asked.required);
        return Err(wrong(message, "this list is too short"));
    }
    Ok(Some(Rule { required: asked.required, hold_seconds: asked.hold.as_seconds(), signers: text }))
}

/// A file in a folder or below it, wherever links lead.
fn below(folder: &Path, name: &str) -> std::io::Result<PathBuf> {
    let path = folder.join(name).canonicalize()?;
    let inside = path.starts_with(folder.canonicalize()?) && path.is_file();
    inside.then_some(path).ok_or_else(|| std::io::Error::other("it is no file in the folder of the estate"))
}

/// An apply of policies: fine where nobody has to agree.
pub(super) fn policies(
    rule: Option<&Rule>,
    context: &Context,
    runs: &[RunState],
    flags: &Flags,
    terminal: &Terminal,
) -> Result<Agreed, Failure> {
    let last = journal::rule(runs, context);
    let asked = rule.or(last);
    if let Some(broken) = asked.and_then(|rule| flags.broken(Agreed::under(Some(rule)), terminal)) {
        return Ok(broken);
    }
    let help = "save the plan, have it approved, apply it: `plan --out FILE`, `approve FILE`, `apply FILE`";
    let refused = |required: u8, whose: &str| {
        let message =
            format!("{whose} says that {required} have to agree before a change, and nobody was asked");
        Err(Failure::refused(codes::TOO_FEW_APPROVALS, message, help))
    };
    match (rule, last) {
        (Some(rule), _) => refused(rule.required, "the estate"),
        (None, Some(last)) => refused(last.required, "the rule of the last run"),
        (None, None) => Ok(Agreed::default()),
    }
}

/// An apply of a saved plan: of this journal, for the first time, and with enough people behind it.
pub(super) fn saved(
    file: &PlanFile,
    path: &Path,
    history: &History,
    flags: &Flags,
    terminal: &Terminal,
) -> Result<Agreed, Failure> {
    if !history.contains(&file.journal_head) {
        return Err(Failure::refused(
            codes::JOURNAL_DAMAGED,
            "the journal is not the one that this plan was made on: entries are missing",
            "restore the journal from a copy, or name the right one with `--journal`",
        ));
    }
    let runs = &history.runs;
    let last = journal::rule(runs, &file.plan.context);
    let rules = [
        (file.approvals.as_ref(), "the plan's rule"),
        (last.filter(|last| Some(*last) != file.approvals.as_ref()), "the rule of the last run"),
    ];
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    let mut few = None;
    if rules.iter().any(|(rule, _)| rule.is_some()) {
        let mut paths = approval::statement_paths(path)
            .map_err(|error| Failure::message(format!("{}: {error}", path.display())))?;
        paths.extend(flags.approval.iter().cloned());
        let now = Timestamp::now();
        for (rule, whose) in rules.iter().filter_map(|(rule, whose)| Some(((*rule)?, *whose))) {
            let signers = Signers::parse(&rule.signers).map_err(|error| {
                Failure::refused(codes::BAD_SIGNERS, format!("{whose}, {error}"), "plan again")
            })?;
            let question = file.question(Some(&signers), rule.hold_seconds, now);
            let mut accepted = Vec::new();
            for path in &paths {
                match one(path, &question, runs) {
                    Ok(approval) => accepted.push(approval),
                    Err(refusal) => {
                        let finding = refused(&refusal, Some(path));
                        // Both rules may say the same.
                        if !findings.contains(&finding) {
                            findings.push(finding);
                        }
                    }
                }
            }
            let people = approval::people(&accepted);
            if people.len() < usize::from(rule.required) {
                few.get_or_insert_with(|| too_few(whose, rule.required, &people));
            }
            used.extend(accepted.into_iter().map(|a| (a.approver, a.statement_digest)));
        }
    }
    if let Some(past) = journal::applied(runs, &file.digest) {
        findings.push(applied_already(past));
        return Err(Failure::refused_for(findings));
    }
    let approvals = used.into_iter().map(|(approver, statement)| UsedApproval { approver, statement });
    let agreed = Agreed { approvals: approvals.collect(), ..Agreed::under(file.approvals.as_ref()) };
    if let Some(few) = few {
        // A glass that is broken once does not stay broken: a plan without a rule leaves that of the last run.
        let rule = agreed.rule.clone().or_else(|| last.cloned());
        findings.push(few);
        return flags
            .broken(Agreed { rule, ..agreed }, terminal)
            .ok_or_else(|| Failure::refused_for(findings));
    }
    // More have tried than were needed: worth a line, no reason to stop.
    for finding in &findings {
        let file = finding.file.as_deref().unwrap_or_default();
        terminal.note(&visible(&format!("not counted: {file}: {}", finding.message)));
    }
    Ok(agreed)
}

impl Flags {
    /// What is remembered of a broken glass, if it is broken. It is said whatever `--quiet` says.
    fn broken(&self, agreed: Agreed, terminal: &Terminal) -> Option<Agreed> {
        let because = self.because.clone().filter(|_| self.break_glass)?;
        let line = format!(
            "BREAK GLASS: applying without the approvals it needs, because: {because}. This is recorded.\n"
        );
        terminal.error(&visible(&line));
        Some(Agreed { break_glass: Some(because), ..agreed })
    }
}

/// One approval: its two files, what they say, and whether a run has used it.
fn one(path: &Path, question: &Question<'_>, runs: &[RunState]) -> Result<Accepted, Refusal> {
    let read = |path: &Path, what: &str| {
        approval::read(path, MAX_BYTES)
            .map_err(|error| Refusal::Changed(format!("the {what} cannot be read: {error}")))
    };
    let statement = read(path, "statement")?;
    let signature = read(&approval::signature_path(path), "signature")?;
    let accepted = approval::verify(&statement, &signature, question)?;
    match journal::used(runs, &accepted.statement_digest, question.plan) {
        Some(past) => Err(Refusal::Used { run: past.number, at: past.started.clone() }),
        None => Ok(accepted),
    }
}

/// A refusal as a finding about its file.
pub(super) fn refused(refusal: &Refusal, path: Option<&Path>) -> Diagnostic {
    let finding = Diagnostic::new(refusal.code(), refusal.to_string()).help(refusal.help());
    match path {
        Some(path) => finding.in_file(path.display().to_string()),
        None => finding,
    }
}

fn too_few(whose: &str, required: u8, people: &[&str]) -> Diagnostic {
    let names: Vec<String> = people.iter().map(|name| format!("`{name}`")).collect();
    let have = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let noun = if required == 1 { "approval" } else { "approvals" };
    let there = if people.len() == 1 { "is" } else { "are" };
    let message = format!("{whose} asks for {required} {noun}, and there {there} {}{have}", people.len());
    Diagnostic::new(codes::TOO_FEW_APPROVALS, message).help("`holdfast approve PLANFILE`, by who has not yet")
}

fn applied_already(past: &RunState) -> Diagnostic {
    // The process is of no use to who reads this.
    let by = past.run.runner.split(", process").next().filter(|who| !who.is_empty()).unwrap_or("somebody");
    let message =
        format!("this plan was applied already, in run {} by {by} at {}", past.number, past.started);
    Diagnostic::new(codes::APPLIED_ALREADY, message).help("plan again")
}
