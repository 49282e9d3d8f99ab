//! Restores on a store that misbehaves: one that writes something else, loses a version or an answer, or is written to by others.

#![allow(clippy::disallowed_methods, reason = "tests lay out files")]

use std::path::Path;

use async_trait::async_trait;
use holdfast_compiler::diagnostic::Style;
use holdfast_compiler::restore::{
    Chosen, Content, Counted, FromPoint, History, JobSeen, JobState, RecoveryPoint, Report, Retrieval,
    Stored, Version, Whole, text,
};
use holdfast_compiler::units::Date;

use super::*;
use crate::cloud::{Class, CloudError, Current, Cursor, Guard, Head, Objects, Page};
use crate::journal::{RestoreOf, RestoreResult};
use crate::local::Local;

const CLOUD: &str = r#"{"format":2,"account":"000000000000","objects":[],"stored":{"from":[
    {"key":"a","version":"1","written":"2026-11-01T10:00:00Z","text":"one"},
    {"key":"b","version":"1","written":"2026-11-01T10:00:00Z","text":"two"},
    {"key":"c","version":"1","written":"2026-11-01T10:00:00Z","text":"six"}],
    "into":[]}}"#;

/// What goes wrong with `b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    /// Nothing.
    Nothing,
    /// Its copy has other data.
    Differs,
    /// Its version is gone when it is copied.
    Gone,
    /// Somebody else writes its key first.
    Raced,
    /// It is copied, the answer is lost, and the attempt after that is refused.
    Lost,
    /// It has no checksum, at the source.
    Bare,
    /// The answer to its copy is lost, and it is there.
    Unanswered,
    /// The answer to its copy is lost, and it is not there.
    Silent,
    /// It is copied, the answer is lost, the attempt after that is refused, and nobody may look at it.
    Blind,
    /// Its only checksum is one that anybody can forge, and that of other data is the same.
    Forged,
}

struct Store<'l>(&'l Local, Odd);

fn place(bucket: &str) -> BucketPlace {
    BucketPlace { bucket: bucket.to_owned(), region: "local".to_owned() }
}

fn refused(code: &str) -> CloudError {
    CloudError::new(Class::Other, "test:copy", code, "refused by the test")
}

fn unanswered() -> CloudError {
    CloudError::new(Class::Unanswered, "test:copy", "NoAnswer", "the test does not answer")
}

#[async_trait]
impl Objects for Store<'_> {
    async fn place(&self, bucket: &str, region: Option<&str>) -> Result<BucketPlace, CloudError> {
        self.0.place(bucket, region).await
    }

    async fn history(&self, place: &BucketPlace) -> Result<History, CloudError> {
        self.0.history(place).await
    }

    /// A page for each version, so that every page is asked for.
    async fn versions(
        &self,
        place: &BucketPlace,
        prefix: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Version>, CloudError> {
        let mut page = self.0.versions(place, prefix, None).await?;
        let at: usize = after.map_or(0, |after| after.key.parse().unwrap());
        let last = page.items.len() <= at + 1;
        page.items = page.items.into_iter().skip(at).take(1).collect();
        page.next = (!last).then(|| Cursor { key: (at + 1).to_string(), version: None });
        Ok(page)
    }

    async fn current(
        &self,
        place: &BucketPlace,
        prefix: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Current>, CloudError> {
        self.0.current(place, prefix, after).await
    }

    async fn head(&self, place: &BucketPlace, key: &str, version: Option<&str>) -> Result<Head, CloudError> {
        let mut head = self.0.head(place, key, version).await?;
        match self.1 {
            Odd::Differs if key == "b" && place.bucket == "into" => {
                head.checksums.insert("SHA256".to_owned(), "another".to_owned());
            }
            Odd::Bare if key == "b" && place.bucket == "from" => head.checksums.clear(),
            Odd::Blind if key == "b" && place.bucket == "into" => return Err(refused("AccessDenied")),
            Odd::Forged if key == "b" => {
                head.checksums = [("CRC32".to_owned(), "forged".to_owned())].into();
            }
            _ => {}
        }
        Ok(head)
    }

    async fn copy(
        &self,
        from: &BucketPlace,
        version: &Version,
        to: &BucketPlace,
        key: &str,
        guard: &Guard,
        part_size: u64,
    ) -> Result<Option<String>, CloudError> {
        match self.1 {
            Odd::Gone if key == "b" => return Err(refused("NoSuchVersion")),
            Odd::Raced if key == "b" => {
                let other = Version { key: "c".to_owned(), ..version.clone() };
                self.0.copy(from, &other, to, key, &Guard::Absent, part_size).await?;
            }
            Odd::Unanswered if key == "b" => {
                self.0.copy(from, version, to, key, guard, part_size).await?;
                return Err(unanswered());
            }
            Odd::Silent if key == "b" => return Err(unanswered()),
            Odd::Lost | Odd::Blind if key == "b" => {
                self.0.copy(from, version, to, key, guard, part_size).await?;
                return Err(refused("PreconditionFailed"));
            }
            _ => {}
        }
        self.0.copy(from, version, to, key, guard, part_size).await
    }

    async fn read(
        &self,
        place: &BucketPlace,
        key: &str,
        version: Option<&str>,
    ) -> Result<String, CloudError> {
        self.0.read(place, key, version).await
    }
}

struct Bench {
    folder: tempfile::TempDir,
    local: Local,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cloud.json");
        std::fs::write(&file, CLOUD).unwrap();
        let local = Local::open(&file).unwrap();
        Self { folder, local }
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn request(&self, over: bool) -> Request {
        Request {
            service: "files".to_owned(),
            data: "docs".to_owned(),
            moment: 1_793_620_800_000,
            now: 1_796_083_200_000,
            source: place("from"),
            site: "virginia".to_owned(),
            replica: false,
            prefix: String::new(),
            into: place("into"),
            into_prefix: String::new(),
            over,
            parallelism: 2,
            part_size: 1 << 30,
        }
    }

    async fn restore(&self, odd: Odd) -> Report {
        self.restore_with(odd, &self.request(false)).await
    }

    async fn restore_with(&self, odd: Odd, request: &Request) -> Report {
        let store = Store(&self.local, odd);
        let record = Record::open(self.home(), "test", request).unwrap();
        let survey = survey(&store, request, &record).await.unwrap().unwrap();
        let on = Date::parse("2026-11-30").unwrap();
        let mut told = 0;
        run(&store, request, &survey, &record, on, &mut |done| told = done).await.unwrap()
    }

    /// Somebody else writes the data of one key under another.
    async fn overwrite(&self, key: &str, with: &str) {
        let (from, into) = (place("from"), place("into"));
        let there = self.local.head(&into, key, None).await.unwrap();
        let all = self.local.versions(&from, with, None).await.unwrap().items;
        self.local.copy(&from, &all[0], &into, key, &Guard::Is(there.etag), 1).await.unwrap();
    }

    async fn is(&self, key: &str, like: &str) -> bool {
        let found = self.local.read(&place("into"), key, None).await.unwrap();
        found == self.local.read(&place("from"), like, None).await.unwrap()
    }
}

fn failed(report: &Report) -> Vec<(&str, &str)> {
    report.failed.iter().map(|problem| (problem.key.as_str(), problem.word.as_str())).collect()
}

fn ways(report: &Report) -> Vec<(&str, u64)> {
    report.verified.iter().map(|(how, count)| (how.word(), *count)).collect()
}

#[tokio::test]
async fn what_is_wrong_with_one_object_is_listed_and_the_others_are_restored() {
    let all = [
        (Odd::Differs, "differs"),
        (Odd::Gone, "error"),
        (Odd::Raced, "taken"),
        (Odd::Silent, "unknown"),
        (Odd::Blind, "unverified"),
    ];
    for (odd, word) in all {
        let bench = Bench::new();
        let report = bench.restore(odd).await;
        assert_eq!(failed(&report), [("b", word)], "{odd:?}");
        assert_eq!((report.restored.objects, report.is_complete()), (2, false), "{odd:?}");
        assert_eq!(report.measured, None, "{odd:?}: a rate of a part is none");
    }
    let bench = Bench::new();
    bench.restore(Odd::Raced).await;
    assert!(bench.is("b", "c").await, "what somebody else wrote stays");
}

#[tokio::test]
async fn copy_whose_answer_was_lost_is_recognised() {
    for odd in [Odd::Lost, Odd::Unanswered] {
        let report = Bench::new().restore(odd).await;
        assert_eq!((report.restored.objects, report.is_complete()), (3, true), "{odd:?}: {report:?}");
    }
}

/// Whoever can write to the destination can choose data with a given CRC, so that says nothing of what is found there.
#[tokio::test]
async fn object_that_was_found_there_is_read_unless_its_checksum_cannot_be_forged() {
    let bench = Bench::new();
    let report = bench.restore(Odd::Forged).await;
    assert_eq!(ways(&report), [("CRC32", 1), ("SHA256", 2)], "of a copy just made, it shows mistakes");
    let report = bench.restore(Odd::Forged).await;
    assert_eq!((ways(&report), report.there.objects), (vec![("SHA256", 2), ("data", 1)], 3));
    // The same size and the same CRC.
    bench.overwrite("b", "c").await;
    let request = bench.request(false);
    let record = Record::open(bench.home(), "test", &request).unwrap();
    let refused = survey(&Store(&bench.local, Odd::Forged), &request, &record).await.unwrap().unwrap_err();
    assert!(matches!(refused, Refused::Taken(taken) if taken.len() == 1 && taken[0].0 == "b"));
}

/// The record is a file beside the policies, and says nothing of the data.
#[tokio::test]
async fn record_alone_verifies_nothing() {
    let bench = Bench::new();
    let request = bench.request(false);
    bench.restore(Odd::Gone).await;
    bench.overwrite("a", "c").await;
    let there = bench.local.head(&place("into"), "a", None).await.unwrap().version.unwrap();
    let path = Record::read(bench.home(), "test", &request).unwrap().path().to_owned();
    let whole = std::fs::read_to_string(&path).unwrap();
    let line = |how: &str| {
        serde_json::json!({"key": "a", "version": "1", "became": there, "verified": how}).to_string()
    };
    std::fs::write(&path, format!("{whole}{}\n", line("SHA256"))).unwrap();
    let report = bench.restore(Odd::Nothing).await;
    assert_eq!(failed(&report), [("a", "changed")]);
    assert!(report.failed[0].why.ends_with("delete that key at the destination and run this again"));
    // A word that nothing is verified by is not a line.
    let head = whole.lines().next().unwrap();
    std::fs::write(&path, format!("{head}\n{}\n", line("trust me"))).unwrap();
    assert!(Record::read(bench.home(), "test", &request).unwrap().is_empty());
}

/// The report of a job of which the service says something.
async fn report_of_a_job(bench: &Bench, state: JobState) -> String {
    let request = bench.request(false);
    let point = RecoveryPoint {
        id: "point".to_owned(),
        vault: "vault".to_owned(),
        region: "local".to_owned(),
        made: request.moment,
        window: None,
        whole: Whole::Yes,
        unservable: None,
        bytes: None,
    };
    let job = JobSeen {
        id: "job".to_owned(),
        state,
        said: Some("access denied".to_owned()),
        done: None,
        milliseconds: None,
        ended: None,
    };
    let chosen = Chosen { as_of: point.made, point, passed: Vec::new() };
    let from = FromPoint { chosen, job: Some(job), compared: None, uncompared: Counted::default() };
    let why = "the job did not end well".to_owned();
    let report = count_only(&bench.local, &request, from, why).await.unwrap();
    text(&report, Style { color: None, width: 80 })
}

/// What the service says of a job that failed does not make it a completed one.
#[tokio::test]
async fn job_that_failed_is_not_said_to_be_completed() {
    let bench = Bench::new();
    for state in [JobState::Failed, JobState::Aborted] {
        let said = report_of_a_job(&bench, state).await;
        assert!(said.contains(&format!("Restore job job: {}. access denied", state.word())), "{said}");
        assert!(!said.contains("the restore job is completed"), "{said}");
        assert!(said.contains("NOT COMPLETE: the restore job did not end well."), "{said}");
    }
    let said = report_of_a_job(&bench, JobState::Completed).await;
    assert!(said.contains("the restore job is completed, with a message"), "{said}");
}

/// A restore over live data that breaks off has not ended well, whatever its plan said.
#[tokio::test]
async fn restore_that_broke_off_is_recorded_as_not_complete() {
    let bench = Bench::new();
    let request = bench.request(true);
    let record = Record::read(bench.home(), "test", &request).unwrap();
    let plan = survey(&bench.local, &request, &record).await.unwrap().unwrap().report;
    let said = RestoreResult::interrupted(&plan).in_words();
    assert!(said.starts_with("NOT COMPLETE, ") && said.ends_with("gap: interrupted"), "{said}");
    let said = RestoreOf::new(&plan, true).begins();
    assert!(said.contains("OVER LIVE DATA: begins (how it ended is in a later run"), "{said}");
}

/// What only the destination has stays, and is listed: before, between and after the keys of the source.
#[tokio::test]
async fn keys_that_only_the_destination_has_are_listed() {
    let bench = Bench::new();
    let (from, into) = (place("from"), place("into"));
    let found = bench.local.versions(&from, "a", None).await.unwrap().items;
    for key in ["0", "aa", "z"] {
        bench.local.copy(&from, &found[0], &into, key, &Guard::Absent, 1).await.unwrap();
    }
    let request = bench.request(false);
    let record = Record::read(bench.home(), "test", &request).unwrap();
    let plan = survey(&Store(&bench.local, Odd::Nothing), &request, &record).await.unwrap().unwrap().report;
    assert_eq!(plan.foreign, ["0", "aa", "z"]);
    let report = bench.restore(Odd::Nothing).await;
    assert_eq!((report.foreign.len(), report.is_complete()), (3, true), "{report:?}");
}

/// Taken out of the archive, a version is copied like others.
#[test]
fn archived_version_is_an_obstacle_until_it_is_taken_out() {
    let why = |retrieval| {
        let (etag, class) = ("e".to_owned(), "GLACIER".to_owned());
        let content = Content::Object(Stored { size: 1, etag, multipart: false, class, retrieval });
        let version = Version { key: "k".to_owned(), id: "1".to_owned(), modified: Some(0), content };
        plan::obstacle(&version).map(|problem| problem.why)
    };
    assert!(why(Retrieval::None).unwrap().contains("`aws s3api restore-object`"));
    assert!(why(Retrieval::Running).unwrap().contains("it is being taken out of the archive"));
    assert_eq!(why(Retrieval::Done), None);
}

#[tokio::test]
async fn object_without_a_checksum_on_one_side_is_read() {
    let report = Bench::new().restore(Odd::Bare).await;
    assert_eq!(ways(&report), [("SHA256", 2), ("data", 1)]);
}

/// A restore that was not complete is continued: what it restored is not written again, and what somebody changed since stays.
#[tokio::test]
async fn what_somebody_changed_since_stays_and_is_listed() {
    for over in [false, true] {
        let bench = Bench::new();
        let request = bench.request(over);
        bench.restore_with(Odd::Gone, &request).await;
        bench.overwrite("a", "c").await;
        let report = bench.restore_with(Odd::Nothing, &request).await;
        assert_eq!(failed(&report), [("a", "changed")], "over {over}");
        assert_eq!((report.restored.objects, report.there.objects), (1, 1), "over {over}");
        assert!(bench.is("a", "c").await, "over {over}");
    }
}

/// A crash may cut a line off, anywhere.
#[tokio::test]
async fn record_that_was_cut_off_is_read_as_far_as_it_goes() {
    let bench = Bench::new();
    bench.restore(Odd::Gone).await;
    let request = bench.request(false);
    let path = Record::read(bench.home(), "test", &request).unwrap().path().to_owned();
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let record = Record::read(bench.home(), "test", &request).unwrap();
        assert!(record.len() <= 2, "{length}");
    }
    std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    let report = bench.restore(Odd::Nothing).await;
    assert_eq!((report.restored.objects, report.there.objects), (1, 2), "{report:?}");
    assert!(
        Record::read(bench.home(), "test", &request).unwrap().is_empty(),
        "a complete restore ends its record"
    );
    std::fs::write(&path, "something else\n").unwrap();
    assert!(matches!(Record::read(bench.home(), "test", &request), Err(BusyOrBroken::Foreign(_))));
}

#[tokio::test]
async fn two_processes_are_never_at_the_same_restore() {
    let bench = Bench::new();
    let request = bench.request(false);
    let first = Record::open(bench.home(), "test", &request).unwrap();
    assert!(matches!(Record::open(bench.home(), "test", &request), Err(BusyOrBroken::Busy(_))));
    // Another one, at the same time, is no obstacle.
    let other = Request { prefix: "a".to_owned(), ..bench.request(false) };
    assert!(Record::open(bench.home(), "test", &other).is_ok());
    drop(first);
    assert!(Record::open(bench.home(), "test", &request).is_ok());
}
