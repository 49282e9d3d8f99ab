//! Decides whether a plan may be applied, and which approvals it relies on.
//!
//! The plan must satisfy the rules of the trust anchor, of the last run and of the policies ([`demands`]). The
//! approvals of a saved plan are beside its file. An unsaved plan has none, so it may be applied only if no rule
//! requires any. Breaking the glass means applying without approvals: the reason is recorded, and under a trust
//! anchor somebody whom the anchor names must sign it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::plan::Plan;
use jiff::Timestamp;

use super::NotApproved;
use super::runner::person;
use crate::approval::{self, Approvals, Decision, Demand, Namespace, Presented, Rule, comment, decide};
use crate::journal::{self, History, RunState, UsedApproval};
use crate::planfile::Saved;
use crate::trust::{Trust, demands};

/// A plan that is about to be applied.
#[derive(Debug, Clone, Copy)]
pub enum Candidate<'a> {
    /// A plan without a file.
    Unsaved {
        /// The plan.
        plan: &'a Plan,
        /// The approval rule of its policies.
        rule: Option<&'a Rule>,
    },
    /// A saved plan, and the path of its file; its approvals are beside the file.
    Saved(&'a Saved, &'a Path),
}

/// What the flags add to the approvals beside a plan.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Approvals stored elsewhere.
    pub approvals: Vec<PathBuf>,
    /// Texts with approvals among other text, such as the comments of a pull request.
    pub comments: Vec<PathBuf>,
    /// The paths of the policies that a saved plan must have been made from; if empty, any.
    pub merged: Vec<PathBuf>,
    /// The reason given with `--break-glass`: apply the plan without the approvals it needs.
    pub break_glass: Option<String>,
}

/// The approvals of a plan that may be applied, as its run records them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approved {
    /// The approvals it relies on.
    pub approvals: Vec<UsedApproval>,
    /// The rule to record, which the next run must satisfy too.
    pub rule: Option<Rule>,
    /// The reason for applying it without the approvals it needs.
    pub break_glass: Option<String>,
    /// The approvals that do not count, each with the reason. There are enough without them.
    pub not_counted: Vec<Diagnostic>,
}

/// Whether an unsaved plan may need approvals, as far as that is known before the plan is made.
///
/// # Errors
/// The trust anchor does not name the estate, or a list cannot be read.
pub fn may_need_approvals(
    rule: Option<&Rule>,
    estate: &str,
    trust: Option<&Trust>,
    history: &History,
    evidence: &Evidence,
) -> Result<bool, NotApproved> {
    let anchored = match trust {
        Some(trust) => trust.anchor(estate)?.demand()?,
        None if evidence.break_glass.is_some() => return Ok(false),
        None => None,
    };
    let earlier = history.runs.iter().filter_map(|run| run.run.rule.as_ref());
    Ok(anchored.is_some() || rule.into_iter().chain(earlier).any(|rule| rule.required > 0))
}

/// Decide whether a plan may be applied, and which approvals it relies on.
///
/// # Errors
/// It may not: see [`NotApproved`].
pub fn may_apply(
    candidate: Candidate<'_>,
    trust: Option<&Trust>,
    history: &History,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<Approved, NotApproved> {
    match candidate {
        Candidate::Unsaved { plan, rule } => unsaved(plan, rule, trust, history, evidence),
        Candidate::Saved(saved, path) => {
            let file = File { saved, path, trust, history, evidence, now };
            file.may_be_applied()
        }
    }
}

/// Check that a saved plan has the approvals that it needs, whether or not it was applied since. Returns who approved it, each once.
///
/// # Errors
/// It has not: see [`NotApproved`].
pub fn is_approved(
    saved: &Saved,
    path: &Path,
    trust: Option<&Trust>,
    history: &History,
    now: Timestamp,
) -> Result<Vec<String>, NotApproved> {
    let evidence = Evidence::default();
    let file = File { saved, path, trust, history, evidence: &evidence, now };
    let demands = file.demands()?;
    // An apply of this very plan takes nothing from its approvals; one of another plan uses them up.
    let used = |past: &RunState| past.run.plan != saved.file.digest;
    let decision = file.decide(&demands, None, &used)?;
    if decision.short.is_empty() {
        return Ok(decision.people().into_iter().map(str::to_owned).collect());
    }
    let short = decision.short.into_iter().map(|(_, finding)| finding).collect();
    Err(NotApproved::TooFew { short, not_counted: decision.not_counted })
}

/// Decide for an unsaved plan: it may be applied if no rule requires approvals, or with `--break-glass`.
fn unsaved(
    plan: &Plan,
    rule: Option<&Rule>,
    trust: Option<&Trust>,
    history: &History,
    evidence: &Evidence,
) -> Result<Approved, NotApproved> {
    let last = journal::rule(&history.runs, &plan.context);
    let demands = demands(trust, history, plan, rule, "the estate")?;
    let Some(Demand { rule: asked, whose, .. }) = demands.into_iter().next() else {
        return Ok(Approved { rule: journal::recorded(rule, last), ..Approved::default() });
    };
    if let Some(because) = evidence.break_glass.clone().filter(|_| trust.is_none()) {
        let rule = journal::unchanged(rule, last);
        return Ok(Approved { rule, break_glass: Some(because), ..Approved::default() });
    }
    Err(NotApproved::Unsaved { whose, required: asked.required })
}

/// A saved plan, and everything that the decision depends on.
struct File<'a> {
    saved: &'a Saved,
    path: &'a Path,
    trust: Option<&'a Trust>,
    history: &'a History,
    evidence: &'a Evidence,
    now: Timestamp,
}

impl File<'_> {
    /// Decide for a saved plan: it was made on this journal, was not applied yet, and has enough approvals.
    fn may_be_applied(&self) -> Result<Approved, NotApproved> {
        let Self { saved, history, .. } = self;
        let demands = self.demands()?;
        let last = journal::rule(&history.runs, &saved.plan.context);
        let all = |_: &RunState| true;
        let Decision { accepted, not_counted, short } =
            if demands.is_empty() { Decision::default() } else { self.decide(&demands, None, &all)? };
        if let Some(past) = journal::applied(&history.runs, &saved.file.digest) {
            return Err(applied_already(past, not_counted));
        }
        let approvals = accepted.into_iter().map(used_approval);
        if short.is_empty() {
            // It changes no policy, and who may approve may have changed since it was made.
            let rule = match self.evacuates() {
                true => journal::unchanged(saved.rule(), last),
                false => journal::recorded(saved.rule(), last),
            };
            return Ok(Approved { approvals: approvals.collect(), rule, break_glass: None, not_counted });
        }
        let Some(because) = &self.evidence.break_glass else {
            let short = short.into_iter().map(|(_, finding)| finding).collect();
            return Err(NotApproved::TooFew { short, not_counted });
        };
        // For each estate whose rule is not satisfied, the anchor names who may break the glass.
        let estates: BTreeSet<&str> = short.iter().map(|(estate, _)| estate.as_str()).collect();
        let mut signed = Vec::new();
        for estate in estates {
            signed.extend(self.break_glass(estate, because)?);
        }
        // Breaking the glass does not change the rule: the run records the rule of the last run, whatever the plan
        // says.
        Ok(Approved {
            approvals: approvals.chain(signed).collect(),
            rule: journal::unchanged(saved.rule(), last),
            break_glass: Some(because.clone()),
            not_counted: Vec::new(),
        })
    }

    /// The rules that it must satisfy, if it was made on this journal and by an author whom the anchor allows.
    fn demands(&self) -> Result<Vec<Demand>, NotApproved> {
        let Self { saved, history, .. } = self;
        if !history.contains(&saved.file.journal_head) {
            return Err(NotApproved::OtherJournal);
        }
        if let Some(trust) = self.trust {
            trust.anchor(&saved.plan.context.estate)?.allows_author(&saved.author, self.now)?;
        }
        Ok(demands(self.trust, history, &saved.plan, saved.rule(), "the plan's rule")?)
    }

    /// Under a trust anchor, the signatures of people who may break the glass for an estate.
    fn break_glass(&self, estate: &str, because: &str) -> Result<Vec<UsedApproval>, NotApproved> {
        let Some(trust) = self.trust else { return Ok(Vec::new()) };
        let demand = trust.anchor(estate)?.break_glass()?;
        let Decision { accepted, not_counted, short } = self.decide(&[demand], Some(because), &|_| true)?;
        if short.is_empty() {
            return Ok(accepted.into_iter().map(used_approval).collect());
        }
        Err(NotApproved::GlassNotBroken { not_counted })
    }

    /// Whether the plan only sends users away from evacuated sites, by policies that a run has applied.
    fn evacuates(&self) -> bool {
        let context = &self.saved.plan.context;
        let applied = |past: &RunState| {
            past.is_complete()
                && past.run.context == *context
                && journal::applies(past, &self.saved.policies().sources) == Some(true)
        };
        self.saved.plan.only_evacuates() && self.history.runs.iter().any(applied)
    }

    /// Check the signed statements against demands: those for breaking the glass if there is a reason, otherwise
    /// approvals. `uses_up`: whether an approval that a run relied on cannot be used again.
    fn decide(
        &self,
        demands: &[Demand],
        because: Option<&str>,
        uses_up: &dyn Fn(&RunState) -> bool,
    ) -> Result<Decision, NotApproved> {
        let namespace = if because.is_some() { Namespace::BreakGlass } else { Namespace::Approval };
        let paths = approval::statement_paths(self.path, namespace)
            .map_err(|error| NotApproved::Unlisted { plan: self.path.to_owned(), error })?;
        let mut statements: Vec<Presented> = paths.into_iter().map(Presented::File).collect();
        if namespace == Namespace::Approval {
            statements.extend(self.evidence.approvals.iter().cloned().map(Presented::File));
            for path in &self.evidence.comments {
                statements.extend(in_comments(path)?);
            }
        }
        let plan = &self.saved.file.digest;
        let used = |statement: &str| {
            let past = journal::used(&self.history.runs, statement, plan).filter(|past| uses_up(past))?;
            Some((past.number, past.started.clone()))
        };
        let approvals = Approvals {
            namespace,
            evacuates: self.evacuates(),
            plan,
            context: &self.saved.plan.context,
            // The author cannot approve, but may break the glass if the anchor names them.
            author: because.is_none().then_some(&self.saved.author),
            because,
            statements: &statements,
            used: &used,
            now: self.now,
        };
        Ok(decide(demands, &approvals)?)
    }
}

/// The approvals in a text.
fn in_comments(path: &Path) -> Result<impl Iterator<Item = Presented> + use<>, NotApproved> {
    let name = path.display().to_string();
    let text = approval::read(path, comment::MAX_BYTES)
        .map_err(|error| NotApproved::Comments { path: path.to_owned(), message: error.to_string() })?;
    Ok(comment::blocks(&text).into_iter().map(move |block| Presented::Text {
        place: format!("{name}:{}", block.line),
        statement: block.statement,
        signature: block.signature,
    }))
}

fn used_approval((approver, statement): (String, String)) -> UsedApproval {
    UsedApproval { approver, statement }
}

fn applied_already(past: &RunState, not_counted: Vec<Diagnostic>) -> NotApproved {
    let by = person(&past.run.runner).unwrap_or("somebody").to_owned();
    NotApproved::AppliedAlready { run: past.number, by, at: past.started.clone(), not_counted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::sample::context;
    use crate::journal::Run;
    use crate::run::sample::{Folder, history, people};

    fn decide(folder: &Folder, history: &History, evidence: &Evidence) -> Result<Approved, NotApproved> {
        let path = folder.plan();
        may_apply(Candidate::Saved(&folder.saved, &path), None, history, evidence, Timestamp::now())
    }

    fn codes(refused: Result<Approved, NotApproved>) -> Vec<&'static str> {
        let findings = refused.unwrap_err().findings().unwrap();
        findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    fn break_glass() -> Evidence {
        Evidence { break_glass: Some("nobody can be reached".to_owned()), ..Evidence::default() }
    }

    fn rule(required: u8) -> Rule {
        Rule { required, hold_seconds: 3_600, evacuation_seconds: None, signers: people() }
    }

    #[tokio::test]
    async fn two_approvals_of_this_plan_are_enough_and_are_recorded() {
        let folder = Folder::new().await;
        for who in ["bob", "carol"] {
            folder.approve(who, &folder.saved.file.digest);
        }
        let approved = decide(&folder, &History::default(), &Evidence::default()).unwrap();
        let approvers: Vec<&str> = approved.approvals.iter().map(|used| used.approver.as_str()).collect();
        assert_eq!(approvers, ["bob@acme.example", "carol@acme.example"]);
        assert_eq!(approved.rule.as_ref(), folder.saved.rule());
        assert!(approved.not_counted.is_empty() && approved.break_glass.is_none());
    }

    #[tokio::test]
    async fn approvals_of_the_author_and_of_another_plan_do_not_count() {
        let folder = Folder::new().await;
        folder.approve("alice", &folder.saved.file.digest);
        folder.approve("bob", &folder.saved.file.digest);
        folder.approve("carol", &"0".repeat(64));
        // The author's own, one for another plan, and too few of the two that are required.
        let refused = decide(&folder, &History::default(), &Evidence::default());
        assert_eq!(codes(refused), ["E0714", "E0711", "E0709"]);
    }

    #[tokio::test]
    #[allow(clippy::disallowed_methods, reason = "a test writes the comments")]
    async fn spam_among_the_comments_does_not_keep_true_approvals_from_counting() {
        let folder = Folder::new().await;
        for who in ["bob", "carol"] {
            folder.approve(who, &folder.saved.file.digest);
        }
        let read = |ending: &str| {
            std::fs::read_to_string(
                folder.plan().with_file_name(format!("change.plan.bob@acme.example{ending}")),
            )
            .unwrap()
        };
        let (statement, signature) = (read(".approval"), read(".approval.sig"));
        let spam = |nth: usize| {
            let forged = statement.replace("approver bob", &format!("approver mallory{nth}"));
            comment::comment(&forged, "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n")
        };
        // Bob's approval is only in the last comment.
        std::fs::remove_file(folder.plan().with_file_name("change.plan.bob@acme.example.approval")).unwrap();
        let text: String = (0..12_000).map(spam).chain([comment::comment(&statement, &signature)]).collect();
        let comments = folder.plan().with_file_name("comments");
        std::fs::write(&comments, text).unwrap();
        let evidence = Evidence { comments: vec![comments], ..Evidence::default() };
        let approved = decide(&folder, &History::default(), &evidence).unwrap();
        let approvers: Vec<&str> = approved.approvals.iter().map(|used| used.approver.as_str()).collect();
        assert_eq!(approvers, ["bob@acme.example", "carol@acme.example"]);
        let said: Vec<&str> = approved.not_counted.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(said.len(), 101);
        let last = said.last().unwrap();
        assert!(last.starts_with("11900 more approvals do not count; the first of them: "), "{last}");
    }

    #[tokio::test]
    async fn plan_that_a_run_has_applied_is_not_applied_again() {
        let folder = Folder::new().await;
        for who in ["bob", "carol"] {
            folder.approve(who, &folder.saved.file.digest);
        }
        let plan = folder.saved.file.digest.clone();
        let history = history(context("acme"), |run| Run { plan, ..run }).await;
        let refused = decide(&folder, &history, &Evidence::default()).unwrap_err();
        assert!(refused.to_string().starts_with("this plan was already applied, in run 1 by dora@host at 2"));
        assert_eq!(codes(Err(refused)), ["E0707"]);
    }

    #[tokio::test]
    async fn journal_without_the_head_of_the_plan_is_refused() {
        let folder = Folder::on(&"a".repeat(64)).await;
        assert_eq!(codes(decide(&folder, &History::default(), &break_glass())), ["E0703"]);
    }

    #[tokio::test]
    async fn break_glass_is_recorded_with_its_reason_and_keeps_the_last_rule() {
        let folder = Folder::new().await;
        let last = history(context("acme"), |run| Run { rule: Some(rule(3)), ..run }).await;
        let approved = decide(&folder, &last, &break_glass()).unwrap();
        assert_eq!(approved.break_glass.as_deref(), Some("nobody can be reached"));
        assert_eq!(approved.rule, Some(rule(3)));
        assert!(approved.approvals.is_empty());
    }

    #[tokio::test]
    async fn unsaved_plan_is_allowed_only_without_an_approval_rule() {
        let plan = &Folder::new().await.saved.plan;
        let unsaved = |rule, history: &History, evidence: &Evidence| {
            may_apply(Candidate::Unsaved { plan, rule }, None, history, evidence, Timestamp::now())
        };
        let (none, asked) = (History::default(), rule(1));
        assert_eq!(unsaved(None, &none, &Evidence::default()).unwrap(), Approved::default());
        let refused = unsaved(Some(&asked), &none, &Evidence::default()).unwrap_err();
        let expected = "the estate requires 1 approval before a change, but this plan has none";
        assert_eq!(refused.to_string(), expected);
        assert_eq!(unsaved(Some(&asked), &none, &break_glass()).unwrap().rule, Some(rule(1)));
        // If the policies drop the rule, the rule of the last run applies.
        let last = history(context("acme"), |run| Run { rule: Some(rule(2)), ..run }).await;
        assert_eq!(codes(unsaved(None, &last, &Evidence::default())), ["E0709"]);
        assert!(may_need_approvals(None, "acme", None, &last, &Evidence::default()).unwrap());
        assert!(!may_need_approvals(None, "acme", None, &none, &Evidence::default()).unwrap());
        assert!(!may_need_approvals(None, "acme", None, &last, &break_glass()).unwrap());
    }
}
