//! What an auditor reads, for policies that say more or less.

#![allow(clippy::disallowed_methods, reason = "tests read the policies")]

use std::collections::BTreeMap;

use super::*;
use crate::bcp::{Commit, History, Run};
use crate::compile::{Options, check};
use crate::copies::{CopyJob, CopyState, JobState, Moment, SeenCopy};
use crate::diagnostic::codes;
use crate::document::{Disruption, Form};
use crate::drill::{Held, Outcome, Record};
use crate::plan::Assumed;
use crate::source::Sources;

const DAY: &str = "2026-11-30";

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// The shipped policies, with some text of them replaced.
fn shipped(changes: &[(&str, &str)]) -> Sources {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut texts: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for (from, to) in changes {
        assert!(texts.iter().any(|text| text.contains(from)), "{from}");
        texts.iter_mut().for_each(|text| *text = text.replace(from, to));
    }
    let mut sources = Sources::default();
    for (path, text) in paths.iter().zip(texts) {
        sources.add(path.file_name().unwrap().to_str().unwrap().to_owned(), text);
    }
    sources
}

fn run(approvers: &[&str]) -> Run {
    Run {
        number: 7,
        started: "2026-11-20T08:00:00Z".to_owned(),
        cloud: "aws, account 111122223333".to_owned(),
        runner: "alice@host".to_owned(),
        approvers: approvers.iter().map(|name| (*name).to_owned()).collect(),
        ended: "finished: 3 steps done".to_owned(),
        break_glass: None,
        is_of_these_policies: Some(true),
        is_complete: true,
        is_local: false,
        changed: Vec::new(),
        more: 0,
    }
}

/// What a test changes of an audit.
pub(super) struct Case<'c> {
    pub(super) changes: &'c [(&'c str, &'c str)],
    pub(super) as_of: &'c str,
    pub(super) since: Option<&'c str>,
    pub(super) runs: Vec<Run>,
    pub(super) controls: &'c str,
    pub(super) drill: Option<Record>,
    /// What a reader has to know about the runs.
    pub(super) notes: &'c [&'c str],
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            changes: &[],
            as_of: DAY,
            since: None,
            runs: vec![run(&["bob"])],
            controls: "",
            drill: None,
            notes: &[],
        }
    }
}

impl Case<'_> {
    pub(super) fn audit<T>(&self, with: impl FnOnce(&Audit<'_>) -> T) -> T {
        let sources = shipped(self.changes);
        let as_of = day(self.as_of);
        let checked = check(&sources, Options { as_of: Some(as_of) });
        let policy = checked.policy.expect("valid policies");
        let runs = History::Read {
            place: "journal".to_owned(),
            newest: self.runs.clone(),
            more: false,
            notes: self.notes.iter().map(|note| (*note).to_owned()).collect(),
        };
        let commits: History<Commit> = History::Unread("there is no repository".to_owned());
        let files: Vec<(String, String)> = (!self.controls.is_empty())
            .then(|| ("own.yaml".to_owned(), self.controls.to_owned()))
            .into_iter()
            .collect();
        let frameworks = frameworks(&files).expect("valid controls");
        let plan = bcp::Inputs {
            policy: &policy,
            sources: &sources,
            findings: &checked.findings,
            as_of,
            with_contacts: false,
            runs: &runs,
            held: &Held::of(self.drill.iter().map(|record| (3, record))),
            acknowledged: &bcp::Acknowledgements::default(),
            commits: &commits,
        };
        let inputs = Inputs {
            plan,
            waived: &checked.waived,
            live: Live::NotAsked,
            lines: &Lines::Unread("there is no repository".to_owned()),
            frameworks: &frameworks,
            since: self.since.map(day),
        };
        with(&Audit::of(&inputs))
    }

    /// The verdict of every control, by `framework/id`, with its reasons.
    fn verdicts(&self) -> BTreeMap<String, (Verdict, String)> {
        self.audit(|audit| {
            let all = audit.frameworks.iter().flat_map(|one| {
                let id = one.framework.id.as_str();
                one.controls.iter().map(move |control| {
                    let key = format!("{id}/{}", control.control.id);
                    (key, (control.verdict, control.because.join("; ")))
                })
            });
            all.collect()
        })
    }
}

fn codes_of(controls: &str) -> Vec<&'static str> {
    let (findings, _) = frameworks(&[("own.yaml".to_owned(), controls.to_owned())]).unwrap_err();
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn every_kind_of_evidence_is_named_by_a_control_and_has_words() {
    let all = frameworks(&[]).unwrap();
    let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
    assert!(["nist-800-53", "iso-22301", "soc-2"].iter().all(|id| ids.contains(id)), "{ids:?}");
    for kind in Evidence::ALL {
        let named = all.iter().flat_map(|one| &one.controls).any(|control| control.evidence.contains(kind));
        assert!(named, "no control names {}", kind.key());
        for text in [kind.shows(), kind.shows_not()] {
            assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
        }
    }
    for framework in &all {
        for control in &framework.controls {
            assert!(!control.evidence.is_empty() || !control.people.is_empty(), "{}", control.id);
        }
    }
}

#[test]
fn nothing_that_depends_on_the_cloud_is_satisfied_if_nobody_has_looked() {
    let verdicts = Case::default().verdicts();
    let (verdict, because) = &verdicts["nist-800-53/cp-9.8"];
    assert_eq!(*verdict, Verdict::NotAssessed);
    assert!(because.contains("nobody has looked at the cloud"), "{because}");
    let all = frameworks(&[]).unwrap();
    let mut seen = 0;
    for framework in &all {
        for control in &framework.controls {
            let rests = control.evidence.iter().any(|kind| kind.origin() == crate::document::Origin::Cloud);
            let (verdict, _) = &verdicts[&format!("{}/{}", framework.id, control.id)];
            assert!(!rests || *verdict < Verdict::Attested, "{}", control.id);
            seen += usize::from(rests);
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn less_said_in_the_policies_never_gives_a_better_verdict() {
    let whole = Case::default().verdicts();
    for change in [
        ("reviewed: 2026-09-30\n", ""),
        ("last: 2026-09-12\n", ""),
        ("last: 2026-10-20\n", ""),
        ("        lock: compliance\n", ""),
        ("shares: [us-law]", "shares: [us-law, us-power]"),
        ("  stand-down:\n", "  stand-up:\n"),
        ("    deputy: incident-commander\n", ""),
    ] {
        let less = Case { changes: &[change], ..Case::default() }.verdicts();
        for (id, (verdict, _)) in &less {
            assert!(*verdict <= whole[id].0, "{change:?} makes {id} {}", verdict.in_words());
        }
    }
    let (verdict, because) = &Case { changes: &[("reviewed: 2026-09-30\n", "")], ..Case::default() }
        .verdicts()["pci-dss/pci-12.10.2"];
    assert_eq!(*verdict, Verdict::NotSatisfied);
    assert!(because.contains("never reviewed"), "{because}");
}

/// A failover that was tried.
fn record(outcome: Outcome) -> Record {
    let moment = "2026-11-01T10:00:00Z";
    let record = serde_json::json!({
        "drill": "lose-virginia", "type": "full-scale", "disruption": "site-loss", "site": "virginia",
        "services": ["archive", "payments", "web-shop"],
        "policies": "0".repeat(64), "began": moment, "ended": moment, "phases": [], "achieved": [], "criteria": [],
        "findings": [], "outcome": outcome,
    });
    serde_json::from_value(record).unwrap()
}

#[test]
fn day_of_a_drill_is_a_statement_and_a_recorded_result_decides() {
    let control = "pci-dss/pci-12.10.2";
    assert_eq!(Case::default().verdicts()[control].0, Verdict::Attested);
    let late = Case { as_of: "2027-09-20", ..Case::default() };
    assert_eq!(late.verdicts()[control].0, Verdict::NotSatisfied);
    for (outcome, verdict) in
        [(Outcome::Passed, Verdict::Satisfied), (Outcome::Failed, Verdict::NotSatisfied)]
    {
        let mine = "kind: controls\nframework: mine\ntitle: Mine\ncontrols:\n  - { id: f1, label: F1, title: Failover, asks: It is \
                    tested., evidence: [failover-tested] }\n";
        let one = Case {
            controls: mine,
            drill: Some(record(outcome)),
            changes: &[("services: [payments, web-shop]", "services: [archive, payments, web-shop]")],
            ..Case::default()
        };
        let (found, because) = &one.verdicts()["mine/f1"];
        assert_eq!(*found, verdict, "{because}");
        let chain = one.audit(|audit| audit.evidence[&Evidence::FailoverTested][0].drill.clone());
        assert_eq!(
            chain.as_deref(),
            Some(format!("lose-virginia on 2026-11-01: {outcome}, in run 3").as_str())
        );
    }
}

#[test]
fn record_of_a_drill_that_was_changed_since_is_at_most_a_statement() {
    let mine = "kind: controls\nframework: mine\ntitle: Mine\ncontrols:\n  - { id: f1, label: F1, title: Failover, asks: It is \
                tested., evidence: [failover-tested] }\n";
    let services = ("services: [payments, web-shop]", "services: [archive, payments, web-shop]");
    let of = |drill: Record, changes: &[(&str, &str)]| {
        let one = Case { controls: mine, drill: Some(drill), changes, ..Case::default() };
        one.verdicts()["mine/f1"].clone()
    };
    let tabletop = || Record { form: Form::Tabletop, ..record(Outcome::Passed) };
    let (found, because) = of(tabletop(), &[services]);
    assert_eq!(found, Verdict::Attested, "{because}");
    let (found, because) = of(tabletop(), &[services, ("last: 2026-09-12\n", "")]);
    assert_eq!(found, Verdict::NotSatisfied);
    assert!(
        because.contains("it was held as a tabletop drill in run 3, before the drill was changed"),
        "{because}"
    );
    let fewer = Record { services: vec!["payments".to_owned()], ..record(Outcome::Passed) };
    assert_eq!(of(fewer, &[services]).0, Verdict::Attested);
}

#[test]
fn restore_is_tested_only_for_the_data_that_was_restored() {
    let restored = |entries: &[&str]| {
        let one = |entry: &&str| {
            serde_json::json!({
                "entry": entry, "from": "s3://a", "into": "s3://b/c", "objects": 1, "bytes": 1, "verified": {"SHA256": 1},
                "milliseconds": 1,
            })
        };
        let all: serde_json::Value = entries.iter().map(one).collect();
        let drill = Record {
            drill: "restore-the-ledger".to_owned(),
            form: Form::Functional,
            disruption: Disruption::AccountCompromise,
            site: None,
            services: vec!["payments".to_owned()],
            restored: serde_json::from_value(all).unwrap(),
            ..record(Outcome::Passed)
        };
        let one = Case { drill: Some(drill), ..Case::default() };
        one.audit(|audit| {
            let items = &audit.evidence[&Evidence::RestoreTested];
            let item = items.iter().find(|item| item.about == "payments").unwrap();
            (item.standing, item.says.clone())
        })
    };
    assert_eq!(restored(&["payments.ledger"]).0, Standing::Holds);
    let (standing, says) = restored(&[]);
    assert_eq!(standing, Standing::Fails);
    assert!(says.contains("it did not restore payments.ledger"), "{says}");
}

#[test]
fn copy_that_works_holds_only_if_no_gap_is_known() {
    let seen = |job: Option<JobState>, stated: Option<&str>| SeenCopy {
        from: "a".to_owned(),
        to: "b".to_owned(),
        by: serde_json::from_value("aws.replication.files.docs".into()).unwrap(),
        state: CopyState::Works,
        stated: stated.map(day),
        job: job.map(|state| CopyJob {
            id: "one".to_owned(),
            state,
            created: String::new(),
            ended: None,
            total: Some(4),
            copied: Some(1),
            failed: None,
            why: None,
            report: None,
        }),
    };
    let whole = Assumed {
        from: "a".to_owned(),
        to: "b".to_owned(),
        whole: Moment { run: 1, date: day("2026-11-01") },
    };
    let (standing, says) = storage::working(&[], &[whole], &seen(None, None));
    assert_eq!((standing, says.as_str()), (Standing::Holds, "it is set up so that new objects are copied"));
    for (seen, standing, says) in [
        (seen(None, None), Standing::Fails, "it works now, but lacks what was written while it did not"),
        (seen(Some(JobState::Running), None), Standing::Fails, "copies them, 1 of 4 until now"),
        (seen(Some(JobState::Done), None), Standing::Unknown, "no run has recorded since that it is whole"),
        (seen(None, Some("2026-11-02")), Standing::Stated, "older objects were copied by 2026-11-02"),
    ] {
        let found = storage::working(&[], &[], &seen);
        assert!(found.0 == standing && found.1.contains(says), "{found:?}");
    }
}

#[test]
fn run_without_approval_or_with_a_broken_glass_is_not_satisfied() {
    let approved = |runs: Vec<Run>, since| {
        let one = Case { runs, since, ..Case::default() };
        one.audit(|audit| {
            audit.evidence[&Evidence::ChangesApproved].iter().map(|item| item.standing).collect::<Vec<_>>()
        })
    };
    assert_eq!(approved(vec![run(&["bob"])], None), [Standing::Holds]);
    assert_eq!(approved(vec![run(&["bob"]), run(&[])], None), [Standing::Holds, Standing::Fails]);
    let glass = Run { break_glass: Some("the region burns".to_owned()), ..run(&["bob"]) };
    assert_eq!(approved(vec![glass], None), [Standing::Fails]);
    assert_eq!(approved(vec![run(&[])], Some("2026-11-21")), [Standing::Unknown]);
    assert_eq!(approved(Vec::new(), None), [Standing::Unknown]);
    // The embedded cloud is for tries.
    let local = || Run { is_local: true, ..run(&["bob"]) };
    assert_eq!(approved(vec![local()], None), [Standing::Unknown]);
    assert_eq!(approved(vec![local(), run(&[])], None), [Standing::Fails]);
}

#[test]
fn journal_that_nobody_verified_is_a_statement_and_a_person_counts_once() {
    let note = "No trust anchor verified who wrote the journal, so this is only what it says.";
    let (nothing, unverified): (&[&str], &[&str]) = (&[], &[note]);
    for (notes, standing) in [(nothing, Standing::Holds), (unverified, Standing::Stated)] {
        let one = Case { notes, runs: vec![run(&["bob", "bob"])], ..Case::default() };
        for kind in [Evidence::ChangesApproved, Evidence::JournalKept, Evidence::PoliciesApplied] {
            let item = one.audit(|audit| audit.evidence[&kind][0].clone());
            assert_eq!(item.standing, standing, "{}", item.says);
            assert_eq!(item.says.contains("No trust anchor verified who wrote"), !notes.is_empty());
            assert!(
                kind != Evidence::ChangesApproved || item.says.contains("approved by bob (1 of "),
                "{}",
                item.says
            );
        }
    }
}

#[test]
fn attestation_counts_from_its_first_to_its_last_day() {
    let attested = "kind: controls\nframework: nist-800-53\nattestations:\n  - { control: cp-3, by: the continuity manager, says: \
                    Everybody was trained., on: 2026-10-12, until: 2026-11-30 }\n";
    for (as_of, verdict, says) in [
        ("2026-10-11", Verdict::NotAssessed, "of a later day"),
        ("2026-10-12", Verdict::Attested, "the continuity manager attests"),
        ("2026-11-30", Verdict::Attested, "the continuity manager attests"),
        ("2026-12-01", Verdict::NotAssessed, "ended on 2026-11-30"),
    ] {
        let one = Case { controls: attested, as_of, ..Case::default() };
        let (found, because) = &one.verdicts()["nist-800-53/cp-3"];
        assert_eq!(*found, verdict, "{as_of}: {because}");
        assert!(because.contains(says), "{because}");
        let stale = one.audit(|audit| audit.lacks.iter().any(|text| text.contains("CP-3 of")));
        assert_eq!(stale, verdict == Verdict::NotAssessed, "what is stale is said at the top");
    }
    assert_eq!(Case::default().verdicts()["nist-800-53/cp-3"].0, Verdict::NotAssessed);
}

#[test]
fn attestation_does_not_cover_what_was_checked_and_fails() {
    let attested = "kind: controls\nframework: nist-800-53\nattestations:\n  - { control: cp-4, by: me, says: All is well., on: \
                    2026-10-12, until: 2027-11-30 }\n";
    let one = Case { controls: attested, ..Case::default() };
    assert_eq!(
        one.verdicts()["nist-800-53/cp-4"].0,
        Verdict::NotSatisfied,
        "the archive has no drill that recovers"
    );
}

#[test]
fn wrong_controls_are_refused() {
    let own = "kind: controls\nframework: mine\ntitle: Mine\ncontrols:\n  - { id: f1, label: F1, title: One, asks: It is so. }\n";
    assert!(frameworks(&[("own.yaml".to_owned(), own.to_owned())]).is_ok());
    let misspelt = own.replace("}", ", evidence: [failover-testet] }");
    assert_eq!(codes_of(&misspelt), [codes::NOT_ALLOWED.as_str()]);
    assert_eq!(codes_of(&own.replace("title: Mine\n", "")), [codes::BAD_CONTROLS.as_str()]);
    assert_eq!(codes_of(&format!("{own}---\n{own}")), [codes::DUPLICATE_NAME.as_str()]);
    assert_eq!(codes_of("# nothing\n"), [codes::BAD_CONTROLS.as_str()]);
    assert!(codes_of("kind: estate\n").contains(&codes::NOT_ALLOWED.as_str()));
}

#[test]
fn contacts_are_in_no_format() {
    let texts = Case::default().audit(|audit| {
        let report = report(audit);
        [crate::report::html(&report), crate::report::markdown(&report), json(audit), csv(audit)]
    });
    for text in texts {
        for contact in ["555 0143", "acme.pagerduty", "noor.haddad@"] {
            assert!(!text.contains(contact), "{contact}");
        }
        assert!(text.contains("cp-9.8") || text.contains("CP-9(8)"));
    }
}
