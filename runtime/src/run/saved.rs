//! An apply of a saved plan. Steps are never taken from the file: the plan is made again from the current journal and
//! cloud, and only the steps that are the same in both plans are executed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_compiler::observation::Wanted;
use holdfast_compiler::plan::{self, Departure, Plan, Shift, looked_up};
use holdfast_compiler::policy::{Judgement, PolicyChange};
use holdfast_compiler::unnamed;
use jiff::Timestamp;

use super::execute::carry_out;
use super::start::{Start, claim};
use super::{
    Approved, Candidate, Ended, Evidence, Front, Notice, RunError, RunOptions, may_apply, require_consent,
};
use crate::cloud::{Callers, Cloud};
use crate::estate::{Base, CloudChoice, Opened, PolicyFile, Selection, Workspace, absolute_journal};
use crate::journal::{self, History, Journal, RunState};
use crate::planfile::Saved;
use crate::provider;

/// Apply a saved plan.
///
/// # Errors
/// See [`RunError`]. No step was started, unless the error is that the journal could not be written.
pub async fn apply_saved(
    path: &Path,
    selection: &Selection,
    options: &RunOptions,
    front: &dyn Front,
) -> Result<Ended, RunError> {
    let Ready { saved, name, workspace, cloud, callers, journal } =
        Ready::of(path, selection, &options.evidence.merged).await?;
    let context = saved.plan.context.clone();
    let signer = selection.signer()?;
    let agrees = |history: &History| agreed((&saved, path), &workspace, history, &options.evidence, front);
    // Check the approvals before anything is created or locked, and again if the journal changed before the lock.
    let before = workspace.history(&journal).await?;
    let mut approved = agrees(&before)?;
    let claim = claim(&journal, &workspace, signer.as_ref(), options, front).await?;
    if claim.history().head() != before.head() {
        approved = agrees(claim.history())?;
    }
    let cloud = workspace.reopen(cloud).await?;
    let digest = saved.file.digest.clone();
    let resumed = !journal::begun(claim.entries(), &context, &digest).is_empty();
    let policies = PolicyFile::sources(&saved.file.inputs.policies);
    let (author, commit) = (saved.author.recorded(), saved.file.commit.clone());
    let plan = confirmed(saved, &name, (&journal, claim.history()), cloud.as_ref(), front).await?;
    let signer = signer.as_ref();
    let start =
        Start { claim: &claim, callers: &callers, signer, policies: &policies, author: Some(author), commit };
    if plan.is_empty() {
        front.show(&plan);
        front.tell(Notice::NothingToDo { plan: &plan, digest: &digest, calls: cloud.calls() });
        // A plan that was interrupted after its last step counts as applied once this run is recorded, and so do policies
        // that change nothing in the cloud.
        require_consent(&plan)?;
        return match resumed || start.changes_policies(&plan) || plan.turns_posture() {
            false => start.nothing_to_do(&plan, digest).await,
            true => start.without_steps(&plan, start.run(&plan, digest, approved).await?).await,
        };
    }
    require_consent(&plan)?;
    let run = start.run(&plan, digest, approved).await?;
    carry_out(&plan, run, cloud.as_ref(), &start, options, front).await
}

/// Look whether a saved plan would be applied now, by the checks of [`apply_saved`]. Nothing is changed or locked: whether another run holds
/// the journal, and whether it can be written, is not tried. Returns what is left of the plan.
///
/// # Errors
/// Why it would be refused.
pub async fn check_saved(
    path: &Path,
    selection: &Selection,
    evidence: &Evidence,
    front: &dyn Front,
) -> Result<Plan, RunError> {
    let Ready { saved, name, workspace, cloud, journal, .. } =
        Ready::of(path, selection, &evidence.merged).await?;
    workspace.allows_run(selection.signer()?.as_ref())?;
    let history = workspace.history(&journal).await?;
    agreed((&saved, path), &workspace, &history, evidence, front)?;
    let cloud = workspace.reopen(cloud).await?;
    let plan = confirmed(saved, &name, (&journal, &history), cloud.as_ref(), front).await?;
    front.show(&plan);
    require_consent(&plan)?;
    Ok(plan)
}

/// A saved plan, with the cloud and the journal that it is for.
struct Ready {
    saved: Saved,
    name: String,
    workspace: Workspace,
    cloud: Box<dyn Cloud>,
    callers: Callers,
    journal: Journal,
}

impl Ready {
    async fn of(path: &Path, selection: &Selection, merged: &[PathBuf]) -> Result<Self, RunError> {
        let name = path.display().to_string();
        let saved = Saved::read(path).map_err(|refusal| RunError::plan_file(refusal, &name))?;
        if !merged.is_empty() {
            saved.is_made_from(merged)?;
        }
        let context = &saved.plan.context;
        let workspace = workspace(&saved, selection)?;
        if let Some(other) = &selection.journal
            && !saved.may_use(&absolute_journal(other)?)
        {
            return Err(RunError::OtherJournal(other.clone()));
        }
        let Opened { cloud, callers, context: now } = workspace.open(&context.estate).await?;
        if now.accounts != context.accounts {
            let (planned, account) = (context.accounts.to_string(), now.accounts.to_string());
            return Err(RunError::OtherAccount { planned, account });
        }
        let journal = Journal::open(&workspace.journal).await?;
        Ok(Self { saved, name, workspace, cloud, callers, journal })
    }
}

/// Check the approvals of a saved plan, and tell them.
fn agreed(
    (saved, path): (&Saved, &Path),
    workspace: &Workspace,
    history: &History,
    evidence: &Evidence,
    front: &dyn Front,
) -> Result<Approved, RunError> {
    let candidate = Candidate::Saved(saved, path);
    let approved = may_apply(candidate, workspace.trust(), history, evidence, Timestamp::now())?;
    front.tell(Notice::Approved(&approved));
    Ok(approved)
}

/// The workspace of a saved plan: the cloud and journal that it names, as far as flags and trust anchor allow them.
fn workspace(saved: &Saved, selection: &Selection) -> Result<Workspace, RunError> {
    let (file, context) = (&saved.file, &saved.plan.context);
    // A plan file with an unknown cloud was refused when it was read.
    let real = || CloudChoice::Real(provider::named(&context.cloud).unwrap_or_default());
    let planned = file.local.clone().map_or_else(real, CloudChoice::Local);
    if let Some(selected) = &selection.cloud
        && !planned.is_same(&CloudChoice::parse(selected, home(&file.journal))?)?
    {
        return Err(RunError::OtherCloud { planned: planned.name(), selected: selected.clone() });
    }
    let said = selection.journal.clone().unwrap_or_else(|| file.journal.clone());
    let workspace = Workspace::trusted(selection, &context.estate, planned, Some(said.clone()), said)?;
    Ok(workspace.around(&saved.policies().compiled.policy))
}

/// The `.holdfast` folder, derived from the place of the journal.
fn home(journal: &journal::Place) -> &Path {
    journal.folder().and_then(Path::parent).unwrap_or(Path::new("."))
}

/// The statements that protect less than the last applied policies and that the plan did not show: the file says what its
/// policies were compared with, and the journal knows better. A plan that was made with `--base` says so instead.
async fn unshown(saved: &Saved, journal: &Journal, runs: &[RunState]) -> Vec<Departure> {
    let (policies, plan) = (saved.policies(), &saved.plan);
    if saved.file.inputs.base.as_ref().is_some_and(|base| !base.is_last_applied()) {
        return Vec::new();
    }
    let Some(base) = Base::last_applied(journal, runs, &plan.context, policies).await else {
        return Vec::new();
    };
    let (now, shown) = (base.changes(policies), plan.policy_changes.as_ref());
    let departure = |of: &str, caution: String| Departure::Caution { of: of.to_owned(), caution };
    if let Some(because) = now.unknown.filter(|_| shown.is_none_or(|shown| shown.unknown.is_none())) {
        return vec![departure("the policies", format!("what changed in them is unknown, {because}"))];
    }
    let is_shown = |change: &PolicyChange| shown.is_some_and(|shown| shown.changes.contains(change));
    let weaker = now.changes.iter().filter(|change| change.judgement == Judgement::Weaker);
    let hidden = weaker.filter(|change| !is_shown(change));
    hidden.map(|change| departure(&change.document, format!("{} protects less", change.path))).collect()
}

/// The part of a saved plan that may be executed now: the steps that are left, if a fresh plan from the current
/// journal and cloud confirms them.
async fn confirmed(
    saved: Saved,
    name: &str,
    (journal, history): (&Journal, &History),
    cloud: &dyn Cloud,
    front: &dyn Front,
) -> Result<Plan, RunError> {
    let (context, digest) = (saved.plan.context.clone(), saved.file.digest.clone());
    let entries = &history.entries;
    let owned = journal::owned(entries, &context);
    let begun = journal::begun(entries, &context, &digest);
    // Also observe what the plan was made on, so that changes since then are reported.
    let wanted: BTreeSet<Wanted> = looked_up(&saved.plan.targets, saved.graph(), &owned)
        .into_iter()
        .chain(saved.plan.scope.iter().cloned())
        .collect();
    let was = journal::posture(entries, &context);
    let posture = &saved.plan.posture;
    // What people said of a return holds for the evacuation that it ends, and for no later one.
    let returns = !saved.plan.was.beyond(posture).is_empty();
    let changed = || {
        let head = &saved.file.journal_head;
        journal::changed_since(entries, head, &context, &digest, &saved.plan.was)
    };
    if (was != saved.plan.was && was != *posture) || (returns && changed()) {
        return Err(RunError::OtherPosture { planned: saved.plan.was.clone(), now: was });
    }
    let policy = &saved.policies().compiled.policy;
    let (wanted, left) = posture.split(policy, saved.graph(), &owned, wanted.into_iter().collect());
    let (wanted, unnamed) = unnamed::split(policy, &context.accounts, saved.graph(), &owned, wanted);
    let mut now = cloud.observe(&wanted).await?;
    now.unseen.extend(left.into_iter().chain(unnamed));
    let (rest, shifts) = plan::resume(&saved.plan, &begun, &now);
    let (stale, elsewhere): (Vec<Shift>, Vec<Shift>) = shifts.into_iter().partition(|shift| shift.blocks);
    if !stale.is_empty() {
        return Err(RunError::Stale(stale));
    }
    for shift in &elsewhere {
        front.tell(Notice::Moved(shift));
    }
    let hidden = unshown(&saved, journal, &history.runs).await;
    if !hidden.is_empty() {
        return Err(RunError::NotAsApproved(hidden));
    }
    let (steps, left) = (saved.plan.pending().count(), rest.pending().count());
    let (_, fresh) = saved
        .replan(&owned, &journal::copies(entries, &context), &was, &now)
        .map_err(|refusal| RunError::plan_file(refusal, name))?;
    let plan = plan::confirm(&rest, &fresh, !begun.is_empty()).map_err(RunError::NotAsApproved)?;
    if !begun.is_empty() {
        front.tell(Notice::Resumed { left, steps });
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::{PlanOptions, sample};
    use crate::run::apply_policies;
    use crate::run::sample::{Folder, Listener, options};

    async fn apply(folder: &Folder, selection: &Selection, front: &Listener) -> Result<Ended, RunError> {
        apply_saved(&folder.plan(), selection, &options(), front).await
    }

    async fn approved() -> Folder {
        let folder = Folder::new().await;
        for who in ["bob", "carol"] {
            folder.approve(who, &folder.saved.file.digest);
        }
        folder
    }

    fn code(refused: RunError) -> &'static str {
        refused.refusal().unwrap().findings.remove(0).code.as_str()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn approved_plan_is_applied_once() {
        let (folder, front) = (approved().await, Listener::new());
        assert_eq!(apply(&folder, &Selection::default(), &front).await.unwrap(), Ended::Complete);
        assert_eq!(front.said()[..2], ["2 approvals", "begins with 6 steps"]);
        assert_eq!(front.said().last().unwrap(), "6 done, 0 not started");
        let refused = apply(&folder, &Selection::default(), &Listener::new()).await.unwrap_err();
        // Both approvals are used up, and the plan was already applied.
        let codes: Vec<&str> =
            refused.refusal().unwrap().findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["E0715", "E0715", "E0707"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn plan_whose_resources_have_changed_is_stale_and_lists_the_changes() {
        let (folder, front) = (approved().await, Listener::new());
        let elsewhere = Selection {
            cloud: Some(format!("local:{}", folder.saved.file.local.as_ref().unwrap().display())),
            journal: Some(folder.plan().with_file_name("other").display().to_string().parse().unwrap()),
            ..Selection::default()
        };
        let policies = sample::policies("");
        apply_policies(policies, &elsewhere, &PlanOptions::default(), &options(), &Listener::new())
            .await
            .unwrap();
        let refused = apply(&folder, &Selection::default(), &front).await.unwrap_err();
        let RunError::Stale(shifts) = &refused else { panic!("{refused:?}") };
        assert_eq!(shifts.len(), 6);
        assert!(shifts.iter().all(|shift| shift.before.is_none() && shift.now.is_some()));
        assert_eq!(code(refused), "E0701");
        assert_eq!(front.said(), ["2 approvals"]);
    }

    #[tokio::test]
    async fn plan_is_applied_only_to_its_own_cloud() {
        let folder = approved().await;
        let aws = Selection { cloud: Some("aws".to_owned()), ..Selection::default() };
        let refused = apply(&folder, &aws, &Listener::new()).await.unwrap_err();
        assert!(refused.to_string().ends_with("memory`, not for `aws`"), "{refused}");
        assert_eq!(code(refused), "E0704");
    }

    #[tokio::test]
    async fn plan_made_on_an_empty_journal_is_refused_with_another_journal() {
        let folder = approved().await;
        let selection = Selection { journal: Some("elsewhere".parse().unwrap()), ..Selection::default() };
        let refused = apply(&folder, &selection, &Listener::new()).await.unwrap_err();
        assert!(matches!(refused, RunError::OtherJournal(_)), "{refused}");
        assert_eq!(code(refused), "E0704");
    }

    #[tokio::test]
    async fn unapproved_plan_is_refused_before_anything_is_locked() {
        let folder = Folder::new().await;
        let refused = apply(&folder, &Selection::default(), &Listener::new()).await.unwrap_err();
        assert_eq!(code(refused), "E0709");
        assert!(!crate::files::exists(&folder.plan().with_file_name("journal")));
    }
}
