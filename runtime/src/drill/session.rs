//! What every drill needs: the policies, the journal, the cloud, and how a drill is written down.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use holdfast_compiler::diagnostic::did_you_mean;
use holdfast_compiler::digest::{Purpose, digest, sha256};
use holdfast_compiler::document::Name;
use holdfast_compiler::drill::{Criterion, Outcome, Phase, Record};
use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::{self, Drill, Policy};
use holdfast_compiler::source::{Sources, Span};
use jiff::Timestamp;

use super::DrillError;
use super::error::not_ready;
use super::order::{Front, Order};
use crate::cloud::{Callers, Cloud, principals};
use crate::estate::{Opened, Policies, Selection, Workspace, load};
use crate::files;
use crate::journal::{self, Claim, DrillBegan, Event, History, Journal, OpenDrill, Run, Signer, Writer};
use crate::run::runner::runner;

/// How long to wait before a journal that others use is tried again.
pub(super) const PAUSE: Duration = Duration::from_secs(5);
/// How often it is tried again: for five minutes.
pub(super) const TRIES: u32 = 60;

/// Who has changed where users are since a drill announced an evacuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    /// The drill.
    Drill,
    /// Nobody.
    Unturned,
    /// Somebody else after it, or the evacuation is over.
    Others,
}

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
    /// The number of an abandoned run to close; the first claim takes it.
    take_over: Mutex<Option<u64>>,
    /// Whether the lock shows that no other process holds a drill: the journal is a folder beside it.
    pub(super) is_alone: bool,
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
        // A full-scale drill leaves no open run behind, so there is none to close.
        let closed = order.take_over.is_some_and(|wanted| {
            history.open().is_none_or(|run| run.number != wanted)
                && OpenDrill::all(&history.entries, &context).iter().any(|open| open.run == wanted)
        });
        let take_over = Mutex::new(order.take_over.filter(|_| !closed));
        // A trust anchor names the journal by its whole path.
        let is_alone = workspace.journal.folder().is_some_and(|folder| is_within(folder, &home));
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
            is_alone,
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
        let criterion = |(one, _): &(policy::Criterion, Span)| Criterion {
            text: one.text(),
            probed: one.is_probe(),
            met: None,
            output: None,
        };
        let record = Record {
            drill: drill.name.to_string(),
            form: drill.form.0,
            disruption: drill.disruption,
            site: drill.site.as_ref().map(ToString::to_string),
            services: drill.services.keys().map(ToString::to_string).collect(),
            lead: drill.lead.as_ref().map(ToString::to_string),
            participants: order.with.clone(),
            policies: digest_of(&self.policies.sources)?,
            plan: None,
            occasion: String::new(),
            began: now(),
            ended: String::new(),
            phases: Vec::new(),
            achieved: Vec::new(),
            restored: Vec::new(),
            asked: Vec::new(),
            words: Vec::new(),
            criteria: drill.criteria.iter().map(criterion).collect(),
            deviations: Vec::new(),
            findings: Vec::new(),
            outcome: Outcome::Aborted,
        };
        // No other run begins in the same millisecond on the same journal, by the same process.
        let occasion = digest(Purpose::Drill, &("occasion", &record, self.history.head(), runner()))?;
        Ok(Record { occasion, ..record })
    }

    /// Claim the journal.
    pub(super) async fn claim(&self) -> Result<Claim, DrillError> {
        let take_over = self.take_over.lock().ok().and_then(|mut wanted| wanted.take());
        let claim = self.journal.claim(&runner(), take_over).await?;
        self.workspace.require_trusted(claim.history())?;
        Ok(claim)
    }

    /// Begin a run of the journal for a drill.
    pub(super) async fn log(&self, record: &Record) -> Result<Log, DrillError> {
        self.start(self.claim().await?, record).await
    }

    /// Begin a run of the journal for a drill that will change something, if nobody wrote to the journal since the drill looked at it.
    pub(super) async fn log_first(&self, record: &Record) -> Result<Log, DrillError> {
        let claim = self.claim().await?;
        let posture = journal::posture(claim.entries(), &self.context);
        if !posture.is_normal() {
            let sites: Vec<&str> = posture.sites().collect();
            return Err(DrillError::NotReady(vec![not_ready(
                format!("{} was evacuated while the drill was being prepared", sites.join(", ")),
                "hold the drill after `holdfast plan --return`",
            )]));
        }
        if claim.history().head() != self.history.head() {
            return Err(DrillError::NotReady(vec![not_ready(
                "another run wrote to the journal while the drill was being prepared",
                "hold the drill again, so that it looks at the estate as it is now",
            )]));
        }
        self.start(claim, record).await
    }

    /// Begin a run of the journal for a drill that must be recorded. Waits while others use the journal.
    pub(super) async fn log_last(&self, record: &Record, front: &dyn Front) -> Result<Log, DrillError> {
        for _ in 0..TRIES {
            match self.log(record).await {
                Err(error) if error.is_busy() => {
                    front.tell(&format!("waiting to record the drill: {error}"));
                    tokio::time::sleep(PAUSE).await;
                }
                other => return other,
            }
        }
        self.log(record).await
    }

    /// Who has changed where users are since the drill of this run announced its evacuation.
    pub(super) async fn turned(&self, run: u64) -> Result<Turned, DrillError> {
        let history = self.workspace.history(&self.journal).await?;
        let open = OpenDrill::all(&history.entries, &self.context);
        let ours = open.iter().find(|open| open.run == run && open.sites().next().is_some());
        Ok(match ours {
            Some(open) if open.evacuated => Turned::Drill,
            Some(_) => Turned::Unturned,
            None => Turned::Others,
        })
    }

    /// Which of these sites are evacuated now.
    pub(super) async fn evacuated(&self, sites: &[String]) -> Result<Vec<String>, DrillError> {
        let history = self.workspace.history(&self.journal).await?;
        let posture = journal::posture(&history.entries, &self.context);
        Ok(posture.sites().filter(|site| sites.iter().any(|one| one == site)).map(str::to_owned).collect())
    }

    /// Begin a run of a claimed journal for a drill. It changes nothing in the cloud, needs no approvals, and keeps rule and posture.
    pub(super) async fn start(&self, claim: Claim, record: &Record) -> Result<Log, DrillError> {
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

pub(super) fn find<'p>(policy: &'p Policy, name: &str) -> Result<&'p Drill, DrillError> {
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
pub(super) fn digest_of(sources: &Sources) -> Result<String, serde_json::Error> {
    let mut texts: Vec<String> = sources.iter().map(|(_, source)| sha256(source.text.as_bytes())).collect();
    texts.sort_unstable();
    digest(Purpose::Policy, &texts)
}

/// Whether a path is in a folder, however the two are written.
fn is_within(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder)
        || files::resolve(path)
            .is_ok_and(|path| files::resolve(folder).is_ok_and(|folder| path.starts_with(folder)))
}
