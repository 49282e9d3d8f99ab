//! What every drill needs: the policies, the journal, the cloud, and how a drill is written down.

use std::fs::{File, TryLockError};

use holdfast_compiler::diagnostic::did_you_mean;
use holdfast_compiler::digest::{Purpose, digest, sha256};
use holdfast_compiler::document::Name;
use holdfast_compiler::drill::{Criterion, Outcome, Phase, Record};
use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::{Drill, Policy};
use holdfast_compiler::source::Sources;
use jiff::Timestamp;

use super::DrillError;
use super::order::Order;
use crate::cloud::{Callers, Cloud, principals};
use crate::estate::{Opened, Policies, Selection, Workspace, load};
use crate::files;
use crate::journal::{self, Claim, DrillBegan, Event, History, Journal, Run, Signer, Writer};
use crate::run::runner::runner;

/// What every drill needs.
pub(super) struct Session {
    pub(super) policies: Policies,
    pub(super) workspace: Workspace,
    pub(super) journal: Journal,
    pub(super) history: History,
    pub(super) context: Context,
    callers: Callers,
    signer: Option<Signer>,
    /// The name of the drill, as the policies have it.
    name: Name,
    take_over: Option<u64>,
    /// Held until the session ends, so that two processes of this machine do not hold drills at the same time.
    _lock: Option<File>,
}

/// A run of the journal that records a drill. The journal is claimed until it is dropped.
pub(super) struct Log {
    writer: Writer,
    /// Its number.
    pub(super) run: u64,
    _claim: Claim,
}

impl Session {
    /// Find the drill, and open journal and cloud. Nothing is written, but a lock beside the policies.
    pub(super) async fn open(
        policies: Policies,
        selection: &Selection,
        order: &Order,
    ) -> Result<Self, DrillError> {
        let policy = &policies.compiled.policy;
        let name = find(policy, &order.drill)?.name.clone();
        let workspace = Workspace::of(selection, &policies)?;
        let signer = selection.signer()?;
        workspace.allows_run(signer.as_ref())?;
        let home = load::home(&policies.sources.place(policy.estate_span).file);
        let lock = if order.dry_run {
            None
        } else {
            files::make_folder(&home)?;
            let lock = files::lock_file(&home.join("drill.lock"))?;
            match lock.try_lock() {
                Ok(()) => Some(lock),
                Err(TryLockError::WouldBlock) => return Err(DrillError::Busy),
                Err(TryLockError::Error(error)) => return Err(DrillError::Usage(error.to_string())),
            }
        };
        let journal = Journal::open(&workspace.journal).await?;
        let history = workspace.history(&journal).await?;
        let Opened { callers, context, .. } = workspace.open(policy.estate.as_str()).await?;
        let policies = policies.in_account(&context)?;
        let take_over = order.take_over;
        Ok(Self {
            policies,
            workspace,
            journal,
            history,
            context,
            callers,
            signer,
            name,
            take_over,
            _lock: lock,
        })
    }

    /// Open the cloud. An embedded cloud is opened in its current state, so nobody keeps it open longer than needed.
    pub(super) async fn cloud(&self) -> Result<Box<dyn Cloud>, DrillError> {
        Ok(self.workspace.open(&self.context.estate).await?.cloud)
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policies.compiled.policy
    }

    /// The drill.
    pub(super) fn drill(&self) -> Result<&Drill, DrillError> {
        find(self.policy(), self.name.as_str())
    }

    /// What is known of the drill before it is held: nothing is achieved, and it counts as aborted.
    pub(super) fn blank(&self, order: &Order) -> Result<Record, DrillError> {
        let drill = self.drill()?;
        let criterion = |text: &String| Criterion { text: text.clone(), met: None, output: None };
        Ok(Record {
            drill: drill.name.to_string(),
            form: drill.form.0,
            disruption: drill.disruption,
            site: drill.site.as_ref().map(ToString::to_string),
            services: drill.services.keys().map(ToString::to_string).collect(),
            lead: drill.lead.as_ref().map(ToString::to_string),
            participants: order.with.clone(),
            policies: digest_of(&self.policies.sources)?,
            began: now(),
            ended: String::new(),
            phases: Vec::new(),
            achieved: Vec::new(),
            restored: Vec::new(),
            criteria: drill.success.criteria.iter().map(criterion).collect(),
            deviations: Vec::new(),
            findings: Vec::new(),
            outcome: Outcome::Aborted,
        })
    }

    /// Begin a run of the journal for a drill. It changes nothing in the cloud, needs no approvals, and keeps rule and posture.
    pub(super) async fn log(&self, record: &Record) -> Result<Log, DrillError> {
        let claim = self.journal.claim(&runner(), self.take_over).await?;
        self.workspace.require_trusted(claim.history())?;
        let history = claim.history();
        let rule = journal::rule(&history.runs, &self.context).cloned();
        let posture = journal::posture(&history.entries, &self.context);
        let plan = digest(Purpose::Drill, &(record, history.head()))?;
        let run = history.runs.len() as u64 + 1;
        let callers = principals(&self.callers);
        let begin = Run { rule, callers, ..Run::new(self.context.clone(), posture, plan, 0, runner()) };
        let writer = Writer::begin(&claim, begin, self.signer.as_ref()).await?;
        Ok(Log { writer, run, _claim: claim })
    }
}

impl Log {
    /// Record that a drill begins.
    pub(super) async fn begin(&self, record: &Record) -> Result<(), DrillError> {
        let began = DrillBegan { drill: record.drill.clone(), record: record.clone() };
        self.add(Event::DrillBegan(Box::new(began))).await
    }

    /// Record something. It is durable when this returns.
    pub(super) async fn add(&self, event: Event) -> Result<(), DrillError> {
        Ok(self.writer.append(event).await?)
    }

    /// Record how a drill ended, and end the run.
    pub(super) async fn end(self, record: &Record) -> Result<u64, DrillError> {
        self.add(Event::DrillEnded { record: Box::new(record.clone()) }).await?;
        self.close().await
    }

    /// End the run.
    pub(super) async fn close(self) -> Result<u64, DrillError> {
        self.add(Event::nothing_done()).await?;
        Ok(self.run)
    }
}

/// Do something as a phase of a drill, with the moments at which it began and ended.
pub(super) async fn timed<T>(record: &mut Record, name: &str, work: impl Future<Output = T>) -> T {
    let began = now();
    let result = work.await;
    record.phases.push(Phase { name: name.to_owned(), began, ended: now() });
    result
}

/// This moment (RFC 3339, UTC, milliseconds).
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

fn find<'p>(policy: &'p Policy, name: &str) -> Result<&'p Drill, DrillError> {
    let names = || policy.drills.keys().map(Name::as_str);
    policy.drills.values().find(|drill| drill.name.as_str() == name).ok_or_else(|| {
        let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
        let hint = match did_you_mean(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => {
                "the policies declare none; a document of kind `drill` declares one".to_owned()
            }
            None => format!("there is {}", known.join(", ")),
        };
        DrillError::Usage(format!("there is no drill `{name}`: {hint}"))
    })
}

/// The digest of the texts of policies, wherever they are.
fn digest_of(sources: &Sources) -> Result<String, serde_json::Error> {
    let mut texts: Vec<String> = sources.iter().map(|(_, source)| sha256(source.text.as_bytes())).collect();
    texts.sort_unstable();
    digest(Purpose::Policy, &texts)
}
