//! Replicas in memory that fall silent, lose answers and come back.

use std::sync::Arc;

use holdfast_compiler::plan::{Action, StepId};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::resource::Address;
use holdfast_compiler::source::Sources;

use super::*;
use crate::cloud::{Class, CloudError};
use crate::journal::{Claim, End, Journal, Run, StoredText, Writer, owned};

/// A bucket in memory. Clones share it.
#[derive(Debug, Clone)]
struct Shelf {
    id: &'static str,
    objects: Arc<Mutex<Objects>>,
}

#[derive(Debug, Default)]
struct Objects {
    pages: BTreeMap<(RunKey, u64), Vec<u8>>,
    folds: BTreeMap<RunKey, Vec<u8>>,
    policies: BTreeMap<String, Vec<u8>>,
    silent: bool,
    /// Whether writes take effect although their answers are lost.
    loses_answers: bool,
}

impl Shelf {
    fn new(id: &'static str) -> Self {
        Self { id, objects: Arc::default() }
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }

    fn speaks(&self) -> Result<MutexGuard<'_, Objects>, JournalError> {
        let objects = self.objects();
        if objects.silent { Err(silence(self.id)) } else { Ok(objects) }
    }

    fn pages_held(&self) -> Vec<(RunKey, u64)> {
        self.objects().pages.keys().cloned().collect()
    }
}

fn silence(id: &str) -> JournalError {
    let error = CloudError::new(Class::Unanswered, "s3:PutObject", "NoAnswer", "no answer");
    JournalError::Cloud { place: id.to_owned(), error }
}

#[async_trait]
impl Replica for Shelf {
    fn name(&self) -> String {
        format!("s3://{}", self.id)
    }

    fn id(&self) -> &str {
        self.id
    }

    async fn list(&self) -> Result<Listing, JournalError> {
        let objects = self.speaks()?;
        let mut listing: Listing = objects.pages.keys().map(|(key, _)| (key.clone(), false)).collect();
        listing.extend(objects.folds.keys().map(|key| (key.clone(), true)));
        Ok(listing)
    }

    async fn pages(&self, key: &RunKey) -> Result<(Vec<Part>, Duration), JournalError> {
        let objects = self.speaks()?;
        let pages = objects.pages.iter().filter(|((of, _), _)| of == key);
        let part = |((_, number), bytes): (&(RunKey, u64), &Vec<u8>)| Part {
            number: *number,
            name: format!("{}/{number}", self.id),
            bytes: bytes.clone(),
        };
        Ok((pages.map(part).collect(), Duration::from_secs(3600)))
    }

    async fn folded(&self, key: &RunKey) -> Result<Part, JournalError> {
        let bytes = self.speaks()?.folds.get(key).cloned().unwrap();
        Ok(Part { number: 1, name: format!("{}/fold", self.id), bytes })
    }

    async fn put(&self, key: &RunKey, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        let mut objects = self.objects();
        if objects.silent && !objects.loses_answers {
            return Err(silence(self.id));
        }
        let before = objects.pages.get(&(key.clone(), page)).cloned();
        let written = before.is_none();
        objects.pages.entry((key.clone(), page)).or_insert_with(|| text.to_vec());
        match (objects.silent, before) {
            (true, _) => Err(silence(self.id)),
            (false, Some(other)) if !written => Ok(Appended::Taken(other)),
            (false, _) => Ok(Appended::Written),
        }
    }

    async fn fold(&self, key: &RunKey, text: &[u8]) -> Result<(), JournalError> {
        self.speaks()?.folds.entry(key.clone()).or_insert_with(|| text.to_vec());
        Ok(())
    }

    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError> {
        self.speaks()?.policies.entry(digest.to_owned()).or_insert_with(|| text.to_vec());
        Ok(())
    }

    async fn texts(&self) -> Result<BTreeSet<String>, JournalError> {
        Ok(self.speaks()?.policies.keys().cloned().collect())
    }

    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.speaks()?.policies.get(digest).cloned())
    }

    fn calls(&self) -> Calls {
        Calls::default()
    }
}

/// The journal itself and one copy.
struct Pair {
    main: Shelf,
    copy: Shelf,
}

impl Pair {
    fn new() -> Self {
        Self { main: Shelf::new("main"), copy: Shelf::new("copy") }
    }

    /// A new process opens the journal.
    fn open(&self) -> Journal {
        Journal::replicated(vec![Box::new(self.main.clone()), Box::new(self.copy.clone())])
    }

    async fn claim(&self) -> Claim {
        self.open().claim("dora@host", None).await.unwrap()
    }

    fn silence(&self, main: bool, copy: bool) {
        (self.main.objects().silent, self.copy.objects().silent) = (main, copy);
    }

    fn are_alike(&self) -> bool {
        self.main.pages_held() == self.copy.pages_held()
    }
}

fn run() -> Run {
    let context = r#"{"estate":"acme","cloud":"aws","accounts":{}}"#;
    Run::new(
        serde_json::from_str(context).unwrap(),
        Posture::default(),
        "digest".to_owned(),
        1,
        "dora@host".to_owned(),
    )
}

fn bucket(service: &str) -> Address {
    serde_json::from_value(format!("aws.bucket.{service}.data.oregon").into()).unwrap()
}

fn begin(service: &str) -> Event {
    let address = bucket(service);
    Event::StepStarted {
        step: StepId::of(&address),
        address,
        action: Action::Create,
        identity: serde_json::from_value(serde_json::json!({ "name": service })).unwrap(),
        displaces: Vec::new(),
        superseded: false,
        needs: BTreeSet::new(),
        attributes: serde_json::from_value(serde_json::json!({ "versioning": "Enabled" })).unwrap(),
        before: holdfast_compiler::resource::Values::new(),
        displaced: Vec::new(),
        account: None,
    }
}

fn done(service: &str) -> Event {
    let address = bucket(service);
    Event::StepDone { step: StepId::of(&address), id: service.to_owned() }
}

/// A run of one step, by a process of its own; `between` happens after its step has begun.
async fn apply(claim: &Claim, service: &str, between: impl FnOnce()) {
    // Two runs of one process in one millisecond would begin with the same entry.
    let by = Run { runner: format!("dora@host, process of {service}"), ..run() };
    let writer = Writer::begin(claim, by, None).await.unwrap();
    writer.append(begin(service)).await.unwrap();
    between();
    writer.append(done(service)).await.unwrap();
    writer.append(Event::nothing_done()).await.unwrap();
}

fn epochs(shelf: &Shelf) -> Vec<String> {
    let epochs: BTreeSet<String> = shelf
        .pages_held()
        .into_iter()
        .map(|(key, _)| format!("{}{}", key.epoch.number, key.epoch.at))
        .collect();
    epochs.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_entry_is_in_both_buckets_before_its_step_begins() {
    let pair = Pair::new();
    let claim = pair.claim().await;
    let writer = Writer::begin(&claim, run(), None).await.unwrap();
    assert_eq!(pair.main.pages_held().len(), 1);
    assert!(pair.are_alike());
    writer.append(begin("files")).await.unwrap();
    assert_eq!(pair.main.pages_held().len(), 2);
    assert!(pair.are_alike());
    drop(writer);
    let texts = |shelf: &Shelf| shelf.objects().pages.values().cloned().collect::<Vec<_>>();
    assert_eq!(texts(&pair.main), texts(&pair.copy));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn run_goes_on_without_a_silent_copy_says_so_and_catches_up() {
    let pair = Pair::new();
    let claim = pair.claim().await;
    apply(&claim, "files", || pair.silence(false, true)).await;
    assert_eq!(claim.silent().keys().collect::<Vec<_>>(), ["s3://copy"]);
    assert!(!pair.are_alike());
    pair.silence(false, false);
    let claim = pair.claim().await;
    assert_eq!(claim.caught_up().keys().collect::<Vec<_>>(), ["s3://copy"]);
    assert!(pair.are_alike() && claim.silent().is_empty());
    let said = claim.entries().iter().find_map(|entry| match &entry.event {
        Event::Continued { epoch, place, without } => Some((*epoch, place.clone(), without.len())),
        _ => None,
    });
    assert_eq!(said, Some((1, "s3://main".to_owned(), 1)), "the journal still decides: no new epoch");
    assert_eq!(pair.open().verify().await.unwrap().runs.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn run_goes_on_at_the_copy_in_a_new_epoch_and_the_journal_catches_up() {
    let pair = Pair::new();
    apply(&pair.claim().await, "files", || pair.silence(true, false)).await;
    assert_eq!(
        (epochs(&pair.main), epochs(&pair.copy)),
        (vec!["1".into()], vec!["1".into(), "2copy".into()])
    );
    // Another run while the journal is still lost continues the epoch.
    apply(&pair.claim().await, "shop", || ()).await;
    assert_eq!(epochs(&pair.copy), ["1", "2copy"]);
    pair.silence(false, false);
    // It decides again once it has caught up.
    apply(&pair.claim().await, "mail", || ()).await;
    assert!(pair.are_alike());
    assert_eq!(epochs(&pair.main), ["1", "2copy", "3main"]);
    let history = pair.open().verify().await.unwrap();
    assert_eq!(history.runs.len(), 3);
    assert!(history.runs.iter().all(|run| matches!(run.end, End::Finished { .. })));
    let own: Vec<String> =
        owned(&history.entries, &run().context).iter().map(|own| own.address.to_string()).collect();
    assert_eq!(
        own,
        ["aws.bucket.files.data.oregon", "aws.bucket.mail.data.oregon", "aws.bucket.shop.data.oregon"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn page_that_was_written_although_its_answer_was_lost_is_no_divergence() {
    let pair = Pair::new();
    let claim = pair.claim().await;
    pair.main.objects().loses_answers = true;
    apply(&claim, "files", || pair.silence(true, false)).await;
    pair.silence(false, false);
    let history = pair.open().verify().await.unwrap();
    assert!(matches!(history.runs[0].end, End::Finished { .. }));
    assert!(pair.main.pages_held().iter().any(|(key, page)| key.epoch.number == 1 && *page == 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn partitioned_runners_diverge_and_nothing_goes_on_until_it_is_reconciled() {
    let pair = Pair::new();
    apply(&pair.claim().await, "files", || ()).await;
    pair.silence(false, true);
    apply(&pair.claim().await, "shop", || ()).await;
    pair.silence(true, false);
    apply(&pair.claim().await, "mail", || ()).await;
    pair.silence(false, false);
    let refused = pair.open().claim("dora@host", None).await.unwrap_err();
    let text = refused.to_string();
    assert!(
        text.starts_with("epoch 1 of the journal holds 5 entries that later epochs lack: run 2 by "),
        "{text}"
    );
    assert_eq!(refused.refusal().unwrap().code.as_str(), "E0727");
    assert!(pair.open().read().await.is_err() && pair.open().verify().await.is_err());

    let journal = pair.open();
    let diverged = journal.diverged().await.unwrap();
    crate::run::reconcile(&journal, None, None, &diverged).await.unwrap();
    let history = pair.open().verify().await.unwrap();
    let own = owned(&history.entries, &run().context);
    let own: Vec<String> = own.iter().map(|own| own.address.to_string()).collect();
    assert_eq!(own.len(), 3, "what both runners made is owned: {own:?}");
    assert!(pair.open().diverged().await.unwrap().is_empty());
    // The runner that is behind writes on in its epoch: nobody has accepted that.
    pair.silence(false, true);
    assert_eq!(pair.open().claim("dora@host", None).await.unwrap().history().runs.len(), 3);
    pair.silence(false, false);
    apply(&pair.claim().await, "news", || ()).await;
    assert!(pair.are_alike());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_of_two_runners_wins_where_both_reach_the_journal() {
    let pair = Pair::new();
    let (one, other) = (pair.claim().await, pair.claim().await);
    let _winner = Writer::begin(&one, run(), None).await.unwrap();
    let refused = Writer::begin(&other, run(), None).await.unwrap_err();
    assert!(matches!(refused, JournalError::Locked { .. }), "{refused}");
    assert!(pair.are_alike());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn silence_of_every_bucket_is_an_error_and_a_changed_copy_is_found() {
    let pair = Pair::new();
    pair.silence(true, true);
    assert!(pair.open().read().await.unwrap_err().is_silence());
    pair.silence(false, false);
    apply(&pair.claim().await, "files", || ()).await;
    let key = pair.copy.pages_held()[1].clone();
    pair.copy.objects().pages.insert(key, b"forged\n".to_vec());
    let refused = pair.open().verify().await.unwrap_err();
    assert_eq!(refused.to_string(), "copy/2: it differs from main/2");
    assert_eq!(refused.refusal().unwrap().code.as_str(), "E0703");
}

#[tokio::test]
async fn policies_are_in_every_bucket_that_answers_and_are_found_in_any() {
    let pair = Pair::new();
    let mut sources = Sources::default();
    sources.add("a.yaml", "kind: estate\n");
    let [applied] = pair.claim().await.keep(&sources).await.unwrap().try_into().unwrap();
    pair.silence(true, false);
    let digest = applied.digest.as_str();
    assert_eq!(pair.open().text(digest).await, StoredText::Whole("kind: estate\n".to_owned()));
    pair.silence(false, false);
    let changed = b"kind: estat\n".to_vec();
    pair.main.objects().policies.insert(digest.to_owned(), changed.clone());
    assert_eq!(pair.open().text(digest).await, StoredText::Whole("kind: estate\n".to_owned()));
    pair.copy.objects().policies.insert(digest.to_owned(), changed);
    assert_eq!(pair.open().text(digest).await, StoredText::Changed);
    for shelf in [&pair.main, &pair.copy] {
        shelf.objects().policies.clear();
    }
    assert_eq!(pair.open().text(digest).await, StoredText::Missing);
    pair.silence(true, true);
    assert!(matches!(pair.open().text(digest).await, StoredText::Unread(_)));
}

#[tokio::test]
async fn replica_that_was_silent_gets_the_policies_when_it_catches_up() {
    let pair = Pair::new();
    let mut sources = Sources::default();
    sources.add("a.yaml", "kind: estate\n");
    pair.silence(false, true);
    let claim = pair.claim().await;
    claim.keep(&sources).await.unwrap();
    drop(Writer::begin(&claim, run(), None).await.unwrap());
    pair.silence(false, false);
    assert!(pair.copy.objects().policies.is_empty());
    // The claim is refused, because the run is open; what the copy lacked is there all the same.
    let _ = pair.open().claim("dora@host", None).await;
    assert_eq!(pair.copy.objects().policies, pair.main.objects().policies);
}
