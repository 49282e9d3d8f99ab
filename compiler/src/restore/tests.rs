use std::collections::BTreeSet;

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 100 * DAY;
const MOMENT: i64 = 90 * DAY;

fn history() -> History {
    History { versioning: Versioning::Enabled, rules: Ok(Vec::new()), replica: false }
}

fn kept(days: u64) -> History {
    let rule = ExpiryRule { id: "old".to_owned(), prefix: String::new(), days };
    History { rules: Ok(vec![rule]), ..history() }
}

fn object(id: &str, modified: impl Into<Option<i64>>) -> Version {
    let (etag, class) = ("e".to_owned(), "STANDARD".to_owned());
    let stored = Stored { size: 1, etag, multipart: false, class, retrieval: Retrieval::None };
    let (key, id, modified) = ("k".to_owned(), id.to_owned(), modified.into());
    Version { key, id, modified, content: Content::Object(stored) }
}

fn in_parts(id: &str, begun: i64) -> Version {
    let mut version = object(id, begun);
    if let Content::Object(stored) = &mut version.content {
        stored.multipart = true;
    }
    version
}

fn marker(id: &str, modified: impl Into<Option<i64>>) -> Version {
    Version { content: Content::Marker, ..object(id, modified) }
}

/// What a key was at the moment: the id of its version, `absent` or `unknown`; and the doubts.
fn was(history: &History, versions: &[Version]) -> (String, Vec<&'static str>) {
    let state = state_at("k", versions, Question { moment: MOMENT, now: NOW, history });
    let at = match state.at {
        At::Object(version) => version.id,
        At::Absent => "absent".to_owned(),
        At::Unknown => "unknown".to_owned(),
    };
    (at, state.doubts.iter().map(|doubt| doubt.word()).collect())
}

fn certain(at: &str) -> (String, Vec<&'static str>) {
    (at.to_owned(), Vec::new())
}

fn doubted(at: &str, doubts: &[&'static str]) -> (String, Vec<&'static str>) {
    (at.to_owned(), doubts.to_vec())
}

#[test]
fn newest_version_of_the_moment_is_the_state() {
    let (old, new, later) =
        (object("old", MOMENT - HOUR), object("new", MOMENT), object("later", MOMENT + 1));
    assert_eq!(was(&history(), &[later.clone(), new.clone(), old.clone()]), certain("new"));
    assert_eq!(was(&history(), &[later.clone(), old]), certain("old"));
    assert_eq!(was(&history(), &[later]), certain("absent"));
    // Of the same time, the one that is listed first is newer.
    assert_eq!(was(&history(), &[new, object("other", MOMENT)]), certain("new"));
}

#[test]
fn marker_is_a_deletion() {
    let (old, gone) = (object("old", MOMENT - 2), marker("gone", MOMENT - 1));
    assert_eq!(was(&history(), &[gone.clone(), old.clone()]), certain("absent"));
    assert_eq!(was(&history(), &[object("back", MOMENT + 1), gone, old.clone()]), certain("absent"));
    assert_eq!(was(&history(), &[marker("later", MOMENT + 1), old]), certain("old"));
}

/// What a rule may have removed is never absent.
#[test]
fn version_that_a_rule_may_have_removed_is_unknown() {
    let replaced = [object("later", MOMENT + DAY)];
    assert_eq!(was(&kept(10), &replaced), certain("absent"), "removed in a day at the earliest");
    assert_eq!(was(&kept(9), &replaced), doubted("unknown", &["removed"]));
    let other = ExpiryRule { id: "x".to_owned(), prefix: "x/".to_owned(), days: 1 };
    assert_eq!(was(&History { rules: Ok(vec![other]), ..history() }, &replaced), certain("absent"));
    let unread = History { rules: Err("AccessDenied".to_owned()), ..history() };
    assert_eq!(was(&unread, &replaced), doubted("unknown", &["removed"]));
    // A version of the moment is its state, whatever was removed before it.
    let old = object("old", MOMENT - DAY);
    assert_eq!(was(&kept(1), &[replaced[0].clone(), old]), certain("old"));
}

#[test]
fn upload_in_parts_that_began_in_the_day_before_is_uncertain() {
    let long_ago = in_parts("parts", MOMENT - MULTIPART_WINDOW);
    assert_eq!(was(&history(), &[long_ago]), certain("parts"));
    let shortly = in_parts("parts", MOMENT - MULTIPART_WINDOW + 1);
    assert_eq!(was(&history(), &[shortly]), doubted("parts", &["multipart"]));
    // One that is listed above a version of later than the moment ended after that one.
    let (began, between) = (in_parts("parts", MOMENT - 5 * DAY), object("between", MOMENT + 1));
    assert_eq!(was(&history(), &[began.clone(), between, object("old", MOMENT - 6 * DAY)]), certain("old"));
    // One that is listed above a version of shortly before the moment ended after that one.
    assert_eq!(was(&history(), &[began, object("old", MOMENT - HOUR)]), doubted("parts", &["multipart"]));
}

#[test]
fn version_without_time_or_versioning_leaves_doubt() {
    let old = object("old", MOMENT - DAY);
    assert_eq!(was(&history(), &[object("none", None), old.clone()]), doubted("old", &["undated"]));
    assert_eq!(was(&history(), &[old.clone(), object("none", None)]), certain("old"));
    assert_eq!(was(&history(), &[object("none", None)]), doubted("unknown", &["undated", "removed"]));
    let unversioned = object(Version::NULL, MOMENT + 1);
    assert_eq!(was(&history(), &[unversioned.clone(), old]), doubted("old", &["overwritten"]));
    assert_eq!(was(&history(), &[unversioned]), doubted("unknown", &["overwritten"]));
    assert_eq!(was(&history(), &[object(Version::NULL, MOMENT - 1)]), certain(Version::NULL));
    let gone = [marker(Version::NULL, MOMENT + 1), marker("gone", MOMENT - 1)];
    assert_eq!(was(&history(), &gone), doubted("unknown", &["overwritten"]));
}

#[test]
fn marker_of_a_replica_may_be_late_without_a_bound() {
    let replica = History { replica: true, ..history() };
    let old = object("old", MOMENT - DAY);
    let at = |at| marker("gone", at);
    for late in [1, 9 * DAY] {
        let late = at(MOMENT + late);
        assert_eq!(was(&replica, &[late.clone(), old.clone()]), doubted("old", &["late-marker"]));
        // An object after the moment does not hide it: the source may have had it after the deletion.
        let after = object("after", MOMENT + 1);
        assert_eq!(was(&replica, &[late, after, old.clone()]), doubted("old", &["late-marker"]));
    }
    assert_eq!(was(&history(), &[at(MOMENT + 1), old.clone()]), certain("old"));
    // A replica may list versions in the order in which they came.
    assert_eq!(was(&replica, &[object("older", MOMENT - 2 * DAY), old]), certain("old"));
}

/// S3 lists objects and deletions apart, with times in whole seconds.
#[test]
fn object_and_deletion_of_the_same_second_are_tied() {
    let (put, gone) = (object("put", MOMENT - 1), marker("gone", MOMENT - 1));
    let later = object("later", MOMENT + 1);
    assert_eq!(was(&history(), &[later.clone(), put.clone(), gone.clone()]), doubted("put", &["tied"]));
    assert_eq!(was(&history(), &[later, gone.clone(), put.clone()]), doubted("unknown", &["tied"]));
    // What is current is known.
    assert_eq!(was(&history(), &[put.clone(), gone.clone()]), certain("put"));
    assert_eq!(was(&history(), &[gone, put]), certain("absent"));
}

/// Such an upload is dated when it began, and a list shows it apart from the deletion that it ended after.
#[test]
fn upload_in_parts_may_have_ended_after_a_deletion() {
    let (later, gone) = (object("later", MOMENT + 1), marker("gone", MOMENT - 1));
    let shortly = in_parts("parts", MOMENT - HOUR);
    let list = [later.clone(), gone.clone(), shortly.clone()];
    assert_eq!(was(&history(), &list), doubted("unknown", &["tied"]));
    let long_ago = in_parts("parts", MOMENT - 1 - MULTIPART_WINDOW);
    assert_eq!(was(&history(), &[later.clone(), gone.clone(), long_ago]), certain("absent"));
    assert_eq!(was(&history(), &[later, gone.clone(), object("put", MOMENT - HOUR)]), certain("absent"));
    // What is current is known.
    assert_eq!(was(&history(), &[gone, shortly]), certain("absent"));
}

#[test]
fn archived_object_can_be_read_once_it_is_taken_out() {
    let archived = |class: &str, retrieval| {
        let (etag, class) = ("e".to_owned(), class.to_owned());
        Stored { size: 1, etag, multipart: false, class, retrieval }.is_archived()
    };
    assert!(archived("GLACIER", Retrieval::None) && archived("DEEP_ARCHIVE", Retrieval::Running));
    assert!(!archived("GLACIER", Retrieval::Done) && !archived("STANDARD", Retrieval::None));
}

#[test]
fn bucket_that_forgets_has_gaps() {
    let gaps = |history: &History, prefix: &str| -> Vec<&'static str> {
        history.gaps(prefix, MOMENT, NOW).iter().map(Gap::word).collect()
    };
    assert_eq!(gaps(&history(), ""), [""; 0]);
    assert_eq!(gaps(&kept(11), ""), [""; 0]);
    assert_eq!(gaps(&kept(10), "a/"), ["forgotten"]);
    let other = ExpiryRule { id: "x".to_owned(), prefix: "x/".to_owned(), days: 1 };
    let other = History { rules: Ok(vec![other]), ..history() };
    assert_eq!(gaps(&other, "y/"), [""; 0]);
    assert_eq!((gaps(&other, ""), gaps(&other, "x/y/")), (vec!["forgotten"], vec!["forgotten"]));
    let worst =
        History { versioning: Versioning::Suspended, rules: Err("denied".to_owned()), replica: false };
    assert_eq!(gaps(&worst, ""), ["unversioned", "lifecycle-unread"]);
    assert_eq!(gaps(&History { replica: true, ..history() }, ""), ["copy"], "replication may lack anything");
}

/// Of every list of two versions, what is restored has a time of at most the moment, and only what is unknown is doubted without an
/// object.
#[test]
fn state_is_a_version_of_the_moment_or_none() {
    let times = [Some(MOMENT - DAY), Some(MOMENT), Some(MOMENT + 1), Some(MOMENT + 2 * DAY), None];
    let kinds = 3;
    let mut seen = BTreeSet::new();
    for one in 0..times.len() * kinds {
        for other in 0..times.len() * kinds {
            let version = |n: usize, id: &str| match n % kinds {
                0 => object(id, times[n / kinds]),
                1 => marker(id, times[n / kinds]),
                _ => times[n / kinds].map_or_else(|| object(id, None), |at| in_parts(id, at)),
            };
            let list = [version(one, "a"), version(other, "b")];
            for history in [history(), kept(1), History { replica: true, ..history() }] {
                let question = Question { moment: MOMENT, now: NOW, history: &history };
                let state = state_at("k", &list, question);
                seen.insert(format!("{:?}", std::mem::discriminant(&state.at)));
                if let At::Object(found) = &state.at {
                    assert!(found.modified.is_some_and(|at| at <= MOMENT), "{list:?}");
                }
                assert!(state.at != At::Absent || state.doubts.is_empty(), "{list:?}");
                assert!(state.at != At::Unknown || !state.doubts.is_empty(), "{list:?}");
            }
        }
    }
    assert_eq!(seen.len(), 3, "each of the three states was seen");
}

#[test]
fn doubt_names_the_version_that_it_may_have_been() {
    let keeps = history();
    let question = Question { moment: MOMENT, now: NOW, history: &keeps };
    let (parts, old) = (in_parts("parts", MOMENT - 1), object("old", MOMENT - HOUR));
    let problem = Problem::doubts(&state_at("k", &[parts.clone(), old.clone()], question));
    assert_eq!((problem.version.as_deref(), problem.instead.as_deref()), (Some("parts"), Some("old")));
    assert!(problem.why.ends_with("; otherwise it was version old"), "{}", problem.why);
    // Before it, the key had been deleted.
    let gone = marker("gone", MOMENT - 2);
    let problem = Problem::doubts(&state_at("k", &[parts, gone, old], question));
    assert_eq!(problem.instead, None);
    assert!(problem.why.ends_with("; otherwise nothing is known to have been there"), "{}", problem.why);
}

/// A report of a restore of this many objects, without problems.
fn restored(objects: u64) -> Report {
    let all = Counted { objects, bytes: objects };
    Report {
        service: "files".to_owned(),
        data: "docs".to_owned(),
        moment: MOMENT,
        source: "from".to_owned(),
        site: "virginia".to_owned(),
        replica: false,
        prefix: String::new(),
        into: "into".to_owned(),
        into_prefix: String::new(),
        only_planned: false,
        wanted: all,
        absent: 0,
        restored: all,
        there: Counted::default(),
        verified: std::collections::BTreeMap::new(),
        uncertain: Vec::new(),
        unknown: Vec::new(),
        failed: Vec::new(),
        newer: Vec::new(),
        foreign: Vec::new(),
        gaps: Vec::new(),
        measured: None,
        point: None,
    }
}

fn shown(report: &Report) -> String {
    text(report, crate::diagnostic::Style { color: None, width: 80 })
}

#[test]
fn restore_from_a_copy_or_of_nothing_is_not_complete() {
    assert!(restored(1).is_complete());
    let copy = Report { replica: true, gaps: vec![Gap::Copy], ..restored(1) };
    let said = shown(&copy);
    assert!(!copy.is_complete() && said.contains("NOT COMPLETE"), "{said}");
    assert!(said.contains("! a copy is read:"), "{said}");
    let nothing = restored(0);
    let said = shown(&nothing);
    assert!(!nothing.is_complete() && said.contains("NOTHING WAS RESTORED"), "{said}");
}

/// Keys and reasons are text of others.
#[test]
fn report_prints_hostile_keys_on_one_line_and_keeps_them_in_json() {
    let hostile = "a\u{1b}[31m\nRestored: all\u{202e}";
    let problem = Problem {
        key: hostile.to_owned(),
        version: Some(hostile.to_owned()),
        word: "error".to_owned(),
        why: hostile.to_owned(),
        instead: None,
    };
    let report = Report {
        prefix: hostile.to_owned(),
        into_prefix: hostile.to_owned(),
        uncertain: vec![problem.clone()],
        unknown: vec![problem.clone()],
        failed: vec![problem],
        newer: vec![hostile.to_owned()],
        foreign: vec![hostile.to_owned()],
        gaps: vec![Gap::Unread(hostile.to_owned())],
        ..restored(1)
    };
    let said = shown(&report);
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said}");
    assert!(said.lines().all(|line| !line.starts_with("Restored: all")), "{said}");
    let found: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
    assert_eq!(found["failed"][0]["key"], hostile);
    assert_eq!(found["complete"], false);
}

/// A restore of a recovery point by a job.
fn of_a_point(state: JobState, whole: Whole) -> Report {
    let point = RecoveryPoint {
        id: "point".to_owned(),
        vault: "vault".to_owned(),
        region: "region".to_owned(),
        made: MOMENT - HOUR,
        window: None,
        whole,
        unservable: None,
        bytes: Some(9),
    };
    let chosen = Chosen { as_of: point.made, point, passed: Vec::new() };
    let id = "job".to_owned();
    let job = JobSeen { id, state, said: None, done: None, milliseconds: Some(61_000), ended: None };
    let compared = Some("from".to_owned());
    Report {
        point: Some(FromPoint { chosen, job: Some(job), compared, uncompared: Counted::default() }),
        ..restored(2)
    }
}

#[test]
fn restore_of_a_recovery_point_is_complete_only_if_everything_was_compared() {
    let complete = of_a_point(JobState::Completed, Whole::Unknown("nobody has looked".to_owned()));
    let said = shown(&complete);
    assert!(complete.is_complete(), "what was compared counts, whatever is known of the job");
    assert!(said.contains("1 h older than the moment"), "{said}");
    assert!(
        said.contains("Restore job job: completed, after 1 min 1 s.") || said.contains("completed, after"),
        "{said}"
    );
    let message = Report { gaps: vec![Gap::Job("lost some".to_owned())], ..complete.clone() };
    assert!(!message.is_complete() && shown(&message).contains("with a message: lost some"));
    let mut uncompared = complete.clone();
    uncompared.point.as_mut().unwrap().uncompared = Counted { objects: 1, bytes: 1 };
    let said = shown(&uncompared);
    assert!(
        !uncompared.is_complete() && said.contains("Restored and not verified: 1 object (1 bytes)."),
        "{said}"
    );
    let failed = shown(&Report { wanted: Counted::default(), ..of_a_point(JobState::Failed, Whole::Yes) });
    assert!(failed.contains("NOT COMPLETE: the restore job did not end well."), "{failed}");
    assert!(failed.contains("bucket or name an empty one"), "{failed}");
    let said = shown(&Report { wanted: Counted::default(), ..complete.clone() });
    assert!(said.contains("NOT COMPLETE: no bucket has an object of that moment to compare with."), "{said}");
    let gaps = vec![Gap::Uncompared("denied".to_owned())];
    let said = shown(&Report { wanted: Counted::default(), gaps, ..complete });
    assert!(said.contains("NOT COMPLETE: see above."), "{said}");
}

#[test]
fn dry_run_says_that_an_earlier_command_has_started_a_job() {
    let planned = Report { only_planned: true, ..of_a_point(JobState::Running, Whole::Yes) };
    let said = shown(&planned);
    assert!(said.contains("This command wrote nothing. An earlier one has started"), "{said}");
    assert!(said.contains("\nRestore job job: running"), "{said}");
    let mut planned = planned;
    planned.point.as_mut().unwrap().job = None;
    let said = shown(&planned);
    assert!(said.contains("Nothing was written. A restore job restores this recovery point"), "{said}");
}

/// What the service says of points and jobs is text of others.
#[test]
fn recovery_point_with_a_hostile_name_stays_on_its_line() {
    let hostile = "a\u{1b}[31m\nRestored: all\u{202e}".to_owned();
    let mut report = of_a_point(JobState::Aborted, Whole::No(hostile.clone()));
    let from = report.point.as_mut().unwrap();
    from.chosen.point.id.clone_from(&hostile);
    from.chosen.point.vault.clone_from(&hostile);
    from.chosen.passed = vec![(from.chosen.point.clone(), hostile.clone())];
    let job = from.job.as_mut().unwrap();
    (job.id, job.said) = (hostile.clone(), Some(hostile.clone()));
    report.gaps = vec![Gap::Job(hostile.clone()), Gap::Uncompared(hostile.clone())];
    let said = shown(&report);
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said}");
    assert!(said.lines().all(|line| !line.starts_with("Restored: all")), "{said}");
    let found: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
    assert_eq!(found["point"]["passed"][0]["why"], hostile);
    assert_eq!(
        (&found["point"]["whole"]["code"], &found["point"]["job"]["state"]),
        (&"no".into(), &"aborted".into())
    );
}

#[test]
fn keys_of_two_buckets_are_told_apart_by_the_ids_of_their_versions() {
    let of = |home: &[Version], away: &[Version]| {
        let mut apart = Apart::default();
        apart.add("k", home, away);
        let keys = [&apart.lacking, &apart.both, &apart.uncopied, &apart.turned, &apart.unclear];
        let words = ["lacking", "both", "uncopied", "turned", "unclear"];
        let found = keys.iter().zip(words).find(|(keys, _)| keys.count == 1).map_or("same", |(_, word)| word);
        assert_eq!(apart.same + keys.iter().map(|keys| keys.count).sum::<u64>(), 1);
        found
    };
    // The id is the hour in which it was written.
    let all = |ids: &[&str]| ids.iter().map(|id| object(id, id.parse::<i64>().ok())).collect::<Vec<_>>();
    // Newest first.
    for (home, away, is) in [
        (&["2", "1"][..], &["2", "1"][..], "same"),
        // What home keeps from before the replication.
        (&["2", "1"], &["2"], "same"),
        (&["1"], &["2", "1"], "lacking"),
        // One in the middle never came home.
        (&["3", "1"], &["3", "2", "1"], "lacking"),
        (&[], &["1"], "lacking"),
        (&["3", "1"], &["2", "1"], "both"),
        (&["2"], &["1"], "both"),
        (&["2", "1"], &["1"], "uncopied"),
        (&["1"], &[], "uncopied"),
        // Both have all, in another order.
        (&["3", "2", "1"], &["2", "3", "1"], "turned"),
        (&["null"], &["null"], "unclear"),
        (&["2", "null"], &["2", "null"], "unclear"),
        // What is known to lack is said, whatever else has no id.
        (&["2", "null"], &["2", "1", "null"], "lacking"),
        (&["2"], &["2", "null"], "lacking"),
    ] {
        assert_eq!(of(&all(home), &all(away)), is, "{home:?} {away:?}");
    }
    // A key that was deleted elsewhere lacks that at home; one that was never there is not missed.
    assert_eq!(of(&all(&["1"]), &[marker("2", 2), object("1", 1)]), "lacking");
    assert_eq!(of(&[], &[marker("2", 2)]), "same");
}
