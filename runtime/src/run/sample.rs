//! A saved plan, its approvers and a recording user interface, for unit tests.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use futures::stream::{self, BoxStream, StreamExt as _};
use holdfast_compiler::plan::{Context, Plan, Step};
use holdfast_compiler::posture::Posture;
use jiff::{SignedDuration, Timestamp};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{LineEnding, PrivateKey};

use super::{Ending, Evidence, Front, NotConfirmed, Notice, RunOptions, Screen};
use crate::apply::{Limits, STEP_TIMEOUT, Settings, Stopped, Watcher};
use crate::approval::{self, Namespace, SigningKey, Statement, signature_path};
use crate::cloud::CloudError;
use crate::estate::{PlanOptions, Planned, Policies, Request, sample};
use crate::files;
use crate::journal::{Event, History, Journal, Memory, Run, Writer};
use crate::local::{Local, Weather};
use crate::planfile::{Inputs, PlanFile, Saved};

/// A rule that requires two approvals.
pub(crate) const TWO: &str = "approvals: { required: 2, signers: people }\n";

/// A folder with a saved plan of the estate `acme`, which two of alice, bob and carol must approve.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
    pub(crate) saved: Saved,
}

impl Folder {
    /// A plan by alice, made on an empty journal.
    pub(crate) async fn new() -> Self {
        Self::on("").await
    }

    /// A plan by alice, made on a journal with this head.
    pub(crate) async fn on(head: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Local::in_memory(Weather::default());
        let (plan_options, context) = (PlanOptions::default(), sample::context("acme"));
        let planned =
            Planned::now(policies(), &cloud, &context, &[], &plan_options, None, &|_| ()).await.unwrap();
        let request = Request {
            context: &context,
            owned: &planned.owned,
            copies: &planned.copies,
            observation: &planned.observation,
            was: &planned.plan.was,
            posture: &planned.plan.posture,
            consents: &plan_options.consents,
            targets: &plan_options.targets,
            base: None,
        };
        let inputs = Inputs::of(&planned.policies, &request);
        let (journal, local) = (folder.path().join("journal"), folder.path().join("memory"));
        let journal = journal.display().to_string().parse().unwrap();
        let file = PlanFile::new(person("alice"), journal, head.to_owned(), Some(local), inputs);
        let path = folder.path().join("change.plan");
        file.seal(&planned.plan).unwrap().write(&path, None).unwrap();
        Self { saved: Saved::read(&path).unwrap(), folder }
    }

    /// The path of the plan file.
    pub(crate) fn plan(&self) -> PathBuf {
        self.folder.path().join("change.plan")
    }

    /// Write the approval of somebody for the plan with this digest.
    pub(crate) fn approve(&self, who: &str, digest: &str) {
        let (now, context) = (Timestamp::now(), self.saved.plan.context.clone());
        let statement = Statement {
            namespace: Namespace::Approval,
            plan: digest.to_owned(),
            context,
            approver: person(who),
            approved_at: Timestamp::from_second(now.as_second()).unwrap(),
            expires_at: Timestamp::from_second(now.as_second()).unwrap() + SignedDuration::from_hours(1),
            because: None,
        };
        let path = statement.path(&self.plan());
        let key = key(who);
        let public = approval::public_key(Some(&key), None).unwrap();
        let signature =
            approval::sign(Namespace::Approval, statement.text().as_bytes(), Some(&key), &public).unwrap();
        write(&path, &statement.text());
        write(&signature_path(&path), &signature);
    }
}

fn write(path: &Path, text: &str) {
    files::write(path, text.as_bytes()).unwrap();
}

/// The estate `acme`, which requires two approvals.
pub(crate) fn policies() -> Policies {
    Policies::recorded(sample::sources("acme", TWO), None, Some(&people())).unwrap()
}

fn person(who: &str) -> String {
    format!("{who}@acme.example")
}

/// The key of a person, derived from the first letter of the name.
pub(crate) fn key(who: &str) -> SigningKey {
    SigningKey::Text(private(who).to_openssh(LineEnding::LF).unwrap().to_string())
}

fn private(who: &str) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[who.as_bytes()[0]; 32]))
}

/// The list of signers.
pub(crate) fn people() -> String {
    let line = |who| format!("{} {}\n", person(who), private(who).public_key().to_openssh().unwrap());
    ["alice", "bob", "carol"].map(line).concat()
}

/// A journal with one successful run; `run` changes what the run records.
pub(crate) async fn history(context: Context, run: impl FnOnce(Run) -> Run) -> History {
    let journal = Journal::in_memory(&Memory::default());
    let claim = journal.claim("dora@host, process 7", None).await.unwrap();
    let started = run(Run::new(
        context,
        Posture::default(),
        "another plan".to_owned(),
        0,
        "dora@host, process 7".to_owned(),
    ));
    let writer = Writer::begin(&claim, started, None).await.unwrap();
    writer.append(Event::nothing_done()).await.unwrap();
    drop(writer);
    journal.read().await.unwrap()
}

/// The user interface of a run in a test: it records what it is told, and answers every question.
pub(crate) struct Listener {
    pub(crate) heard: Mutex<Vec<String>>,
    /// Whether it confirms.
    pub(crate) yes: bool,
    /// How many requests to stop it sends as soon as the run has begun.
    pub(crate) requests: usize,
}

impl Listener {
    /// Confirms, and waits for the end.
    pub(crate) fn new() -> Self {
        Self { heard: Mutex::default(), yes: true, requests: 0 }
    }

    /// All that it was told, one line each.
    pub(crate) fn said(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn hear(&self, what: String) {
        self.heard.lock().unwrap().push(what);
    }
}

impl Front for Listener {
    fn tell(&self, notice: Notice<'_>) {
        self.hear(match notice {
            Notice::NothingToDo { .. } => "nothing to do".to_owned(),
            Notice::Approved(approved) => format!("{} approvals", approved.approvals.len()),
            Notice::Resumed { left, steps } => format!("{left} of {steps} steps left"),
            other => format!("{other:?}"),
        });
    }

    fn show(&self, plan: &Plan) {
        self.hear(format!("plan of {} steps", plan.pending().count()));
    }

    fn confirm(&self) -> Result<(), NotConfirmed> {
        if self.yes { Ok(()) } else { Err(NotConfirmed::Declined) }
    }

    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>> {
        Ok(stream::iter(vec![(); self.requests]).boxed())
    }

    fn begin<'a>(&'a self, _digest: &str, steps: usize) -> Box<dyn Screen + 'a> {
        self.hear(format!("begins with {steps} steps"));
        Box::new(Heard(self))
    }
}

struct Heard<'a>(&'a Listener);

impl Watcher for Heard<'_> {
    fn started(&self, step: &Step) {
        self.0.hear(format!("{} {}", step.action, step.id));
    }

    fn ended(&self, _step: &Step, _result: Result<(), &CloudError>) {}
}

impl Screen for Heard<'_> {
    fn stopping(&self, why: Stopped) {
        self.0.hear(format!("stopping: {why:?}"));
    }

    fn over(&self, ending: Ending<'_>) {
        self.0.hear(match ending {
            Ending::Aborted => "ended at once".to_owned(),
            Ending::Outcome { outcome, .. } => {
                format!("{} done, {} not started", outcome.done.len(), outcome.not_started.len())
            }
        });
    }
}

/// The default options of a run in a test: one step at a time, without rate limits.
pub(crate) fn options() -> RunOptions {
    let settings = Settings { parallelism: 1, limits: Limits::none(), step_timeout: STEP_TIMEOUT };
    RunOptions { settings, timeout: None, take_over: None, evidence: Evidence::default() }
}
