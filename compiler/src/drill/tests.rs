#![allow(clippy::disallowed_methods, reason = "tests read the policies")]

use std::collections::BTreeMap;

use super::*;
use crate::compile::{Options, check};
use crate::document::{Disruption, Form};
use crate::policy::Policy;
use crate::source::Sources;
use crate::units::Date;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// The shipped policies, with this text in place of another one in the drills.
fn policy(from: &str, to: &str) -> Policy {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut sources = Sources::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        sources.add(path.display().to_string(), text.replace(from, to));
    }
    check(&sources, Options::default()).policy.unwrap()
}

fn record(drill: &str, form: Form, ended: &str) -> Record {
    Record {
        drill: drill.to_owned(),
        form,
        disruption: Disruption::SiteLoss,
        site: None,
        services: vec!["payments".to_owned()],
        lead: Some("incident-commander".to_owned()),
        participants: Vec::new(),
        policies: String::new(),
        plan: None,
        occasion: String::new(),
        began: ended.to_owned(),
        ended: ended.to_owned(),
        phases: Vec::new(),
        achieved: Vec::new(),
        restored: Vec::new(),
        asked: Vec::new(),
        words: Vec::new(),
        criteria: Vec::new(),
        deviations: Vec::new(),
        findings: Vec::new(),
        outcome: Outcome::Passed,
    }
}

/// The shipped tabletop, as the policies declare it.
fn talked(ended: &str) -> Record {
    Record {
        disruption: Disruption::Corruption,
        services: ["archive", "payments", "web-shop"].map(str::to_owned).to_vec(),
        ..record("talk-it-through", Form::Tabletop, ended)
    }
}

fn measured(seconds: Option<u64>, objective: Option<u64>) -> Achieved {
    Achieved {
        service: "payments".to_owned(),
        data: None,
        measure: Measure::Rto,
        seconds,
        objective,
        bound: Some(60),
        how: "from the first call to the last answer".to_owned(),
    }
}

fn judged(change: impl FnOnce(&mut Record)) -> (Outcome, Vec<String>, Vec<Option<String>>) {
    let mut one = record("restore-the-ledger", Form::Functional, "2026-11-30T10:00:00Z");
    one.achieved.push(measured(Some(50), Some(60)));
    change(&mut one);
    let judged = judge(&policy("", ""), one);
    let (causes, owners) = judged.findings.into_iter().map(|one| (one.cause, one.owner)).unzip();
    (judged.outcome, causes, owners)
}

#[test]
fn drill_passes_only_if_everything_was_seen_and_is_within_its_limits() {
    assert_eq!(judged(|_| ()).0, Outcome::Passed);
    let lead = Some("incident-commander".to_owned());
    let (outcome, causes, owners) = judged(|one| one.achieved = vec![measured(Some(61), Some(60))]);
    assert_eq!((outcome, owners), (Outcome::Failed, vec![Some("payments-oncall".to_owned())]));
    assert_eq!(causes, ["the RTO of `payments` was 1 min 1 s, and at most 1 min is allowed"]);
    let (outcome, causes, _) = judged(|one| one.achieved = vec![measured(None, None)]);
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(causes, ["the RTO of `payments` is not known: from the first call to the last answer"]);
    let (outcome, causes, owners) = judged(|one| one.achieved.clear());
    assert_eq!((outcome, owners), (Outcome::Failed, vec![lead]));
    assert_eq!(causes, ["nothing was recovered, so nothing was measured"]);
    // A service that nobody looked at did not pass, unless the drill recovers nothing.
    let (outcome, causes, _) = judged(|one| one.services.push("web-shop".to_owned()));
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(causes, ["nothing of `web-shop` was recovered, so nothing of it was measured"]);
    let discussed = judged(|one| {
        one.form = Form::Tabletop;
        one.services.push("web-shop".to_owned());
    });
    assert_eq!(discussed.0, Outcome::Passed);
    let criterion = |met| Criterion { text: "It is booked.".to_owned(), probed: false, met, output: None };
    assert_eq!(judged(|one| one.criteria = vec![criterion(Some(true))]).0, Outcome::Passed);
    assert_eq!(judged(|one| one.criteria = vec![criterion(Some(false))]).0, Outcome::Failed);
    assert_eq!(judged(|one| one.criteria = vec![criterion(None)]).0, Outcome::Failed);
    let broken_off = |one: &mut Record| (one.outcome, one.achieved) = (Outcome::Aborted, Vec::new());
    assert_eq!(judged(broken_off), (Outcome::Aborted, vec![], vec![]));
}

#[test]
fn journal_knows_better_than_the_policy_when_a_drill_was_held() {
    let policy = policy("", "");
    let today = day("2026-11-30");
    let state = |held: &Held| {
        let all = standings(&policy, held, today);
        let one = all.into_iter().find(|one| one.drill.name.as_str() == "talk-it-through").unwrap();
        (one.state, one.due.map(|due| due.to_string()), one.contradiction)
    };
    // Only the policy says that it was held, on 2026-10-20.
    assert_eq!(state(&Held::default()), (State::Unknown, Some("2027-01-18".to_owned()), None));
    let of = |outcome, ended: &str| {
        let one = Record { outcome, ..talked(ended) };
        state(&Held::of([(7, &one)]))
    };
    let (passed, due, contradiction) = of(Outcome::Passed, "2026-11-29T10:00:00Z");
    assert_eq!((passed, due), (State::Passed, Some("2027-02-27".to_owned())));
    assert!(contradiction.unwrap().contains("the journal has 2026-11-29 (run 7)"));
    assert_eq!(of(Outcome::Failed, "2026-11-29T10:00:00Z").0, State::Failed);
    // A drill that was broken off was not held, and an older record does not tell of a later drill.
    assert_eq!(of(Outcome::Aborted, "2026-11-29T10:00:00Z"), state(&Held::default()));
    assert_eq!(of(Outcome::Passed, "2026-01-01T10:00:00Z").0, State::Unknown);
    assert_eq!(
        of(Outcome::Passed, "2026-10-20T10:00:00Z"),
        (State::Passed, Some("2027-01-18".to_owned()), None)
    );
}

#[test]
fn record_counts_only_for_the_drill_as_it_is_declared_now() {
    let policy = policy("", "");
    let today = day("2026-11-30");
    let ended = "2026-11-29T10:00:00Z";
    let talk = |held: &Held| {
        let all = standings(&policy, held, today);
        let text = list_text(&all, today, crate::diagnostic::Style { color: None, width: 200 });
        let one = all.into_iter().find(|one| one.drill.name.as_str() == "talk-it-through").unwrap();
        (one.state, one.outcome, text)
    };
    for (other, says) in [
        (Record { form: Form::Checklist, ..talked(ended) }, "held as a checklist drill in run 7"),
        (
            Record { disruption: Disruption::KeyLoss, ..talked(ended) },
            "held for the loss of the key in run 7",
        ),
        (Record { site: Some("oregon".to_owned()), ..talked(ended) }, "held for oregon in run 7"),
        (
            Record { services: vec!["payments".to_owned()], ..talked(ended) },
            "held without archive, web-shop in run 7",
        ),
    ] {
        let (state, outcome, text) = talk(&Held::of([(7, &other)]));
        assert_eq!((state, outcome), (State::Unknown, None), "{says}");
        assert!(text.contains(&format!("it was {says}, before the drill was changed")), "{text}");
        // An earlier record that fits still counts.
        let (state, outcome, _) = talk(&Held::of([(6, &talked("2026-11-01T10:00:00Z")), (7, &other)]));
        assert_eq!((state, outcome), (State::Passed, Some((Outcome::Passed, 6))), "{says}");
    }
    // It may have tested more than the policy asks.
    let mut more = talked(ended);
    more.services.push("reports".to_owned());
    assert_eq!(talk(&Held::of([(7, &more)])).0, State::Passed);
}

#[test]
fn day_to_come_and_a_missing_day_are_no_drill() {
    for (last, says) in [("last: 2027-10-20", "still to come"), ("", "")] {
        let policy = policy("last: 2026-10-20", last);
        let all = standings(&policy, &Held::default(), day("2026-11-30"));
        assert_eq!((all[0].drill.name.as_str(), all[0].state), ("talk-it-through", State::Never));
        assert_eq!(all[0].contradiction.is_some(), !says.is_empty());
        assert!(
            list_text(&all, day("2026-11-30"), crate::diagnostic::Style { color: None, width: 200 })
                .contains(says)
        );
    }
    let late = policy("", "");
    let all = standings(&late, &Held::default(), day("2027-02-01"));
    assert_eq!((all[0].drill.name.as_str(), all[0].state), ("talk-it-through", State::Overdue));
}

#[test]
fn answers_name_questions_and_say_yes_or_no() {
    let policy = policy("", "");
    let drill = policy.drills.values().find(|drill| drill.name.as_str() == "talk-it-through").unwrap();
    let script = script(&policy, drill);
    let text = "# said\nwith: alice, bob\n\npayments.declare: yes\ncriterion.1: no, nobody knew\n";
    let answers = Answers::parse(text, &script).unwrap();
    assert_eq!(answers.participants, ["alice", "bob"]);
    let no = Answer { yes: false, note: Some("nobody knew".to_owned()) };
    let yes = Answer { yes: true, note: None };
    let given = [("criterion.1".to_owned(), no), ("payments.declare".to_owned(), yes)];
    assert_eq!(answers.given, BTreeMap::from(given));
    for (text, line, says) in [
        ("\npayments.declar: yes", 2, "did you mean `payments.declare`?"),
        ("payments.declare: perhaps", 1, "`perhaps` is not an answer"),
        ("payments.declare yes", 1, "has no `:`"),
        ("criterion.1: yes\ncriterion.1: no", 2, "answered twice"),
    ] {
        let bad = Answers::parse(text, &script).unwrap_err();
        assert!(bad.line == line && bad.what.contains(says), "{text}: {bad:?}");
    }
    // The file to fill in has every question, and no answer yet.
    let template = Answers::template(&script);
    assert!(script.questions.iter().all(|question| template.contains(&format!("\n{}:\n", question.id))));
    assert!(script.questions.iter().any(|question| question.id == "contact.payments-oncall"));
}

#[test]
fn calendar_has_an_event_for_each_drill_and_no_line_is_too_long() {
    let policy = policy("", "");
    let standings = standings(&policy, &Held::default(), day("2026-11-30"));
    let text = calendar(&policy, &standings, day("2026-11-30"));
    assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), 3);
    assert!(
        text.contains("DTSTART;VALUE=DATE:20270118\r\n") && text.contains("payments\\, web-shop"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 75), "{text}");
}

#[test]
fn restore_that_was_slower_than_the_policy_assumes_is_told() {
    let policy = policy("", "");
    let restored = |bytes: u64, milliseconds: u64| {
        let one = Restored {
            entry: "payments.ledger".to_owned(),
            from: "acme-payments-ledger-eu-west-1".to_owned(),
            into: "acme-drills/drill-7/".to_owned(),
            objects: 1_000,
            bytes,
            verified: BTreeMap::new(),
            milliseconds,
        };
        let drill = policy.drills.values().find(|drill| drill.form.0 == Form::Functional).unwrap();
        let held = Record {
            disruption: drill.disruption,
            site: drill.site.as_ref().map(ToString::to_string),
            services: drill.services.keys().map(ToString::to_string).collect(),
            restored: vec![one],
            ..record(drill.name.as_str(), drill.form.0, "2026-11-29T10:00:00Z")
        };
        Held::of([(7, &held)]).outdated(&policy, None).into_values().flatten().collect::<Vec<_>>()
    };
    let said = restored(2 << 30, 20_480);
    let why = "it restored 2.0 GiB of `payments.ledger` at 100MiB/s, and the policy assumes 200MiB/s (`restore-throughput`): the bounds \
               that rest on it are too good";
    assert_eq!(said, [why]);
    assert_eq!(restored(2 << 30, 10_240), Vec::<String>::new(), "as fast as assumed");
    assert_eq!(restored(1 << 20, 10_240), Vec::<String>::new(), "too little to say");
}

#[test]
fn probe_is_no_question_and_one_that_nobody_could_send_is_a_finding() {
    let sentence = "    - The test payment is booked in Oregon and found on the statement.";
    let probes = "    - { http: https://api.payments.acme.example/healthz, contains: ok }
    - { dns: api.payments.acme.example, answers: 2001:db8:0::10 }";
    let policy = policy(sentence, probes);
    let drill = policy.drills.values().find(|drill| drill.name.as_str() == "lose-virginia").unwrap();
    let texts: Vec<String> = drill.criteria.iter().map(|(one, _)| one.text()).collect();
    assert_eq!(
        texts[..2],
        [
            "https://api.payments.acme.example/healthz answers with the status 200 and the text `ok`",
            "DNS answers api.payments.acme.example (AAAA) with 2001:db8::10"
        ]
    );
    let ids: Vec<String> = script(&policy, drill).questions.into_iter().map(|one| one.id).collect();
    assert_eq!(ids, ["criterion.3"], "the number is that of the criterion in the policy");
    let criterion = |met: Option<bool>| Criterion {
        text: texts[0].clone(),
        probed: true,
        met,
        output: Some("192.0.2.10 gives no response: not within 10 s".to_owned()),
    };
    let (outcome, causes, _) = judged(|one| one.criteria.push(criterion(Some(true))));
    assert_eq!((outcome, causes), (Outcome::Passed, Vec::new()));
    let (outcome, causes, owners) =
        judged(|one| one.criteria = vec![criterion(Some(false)), criterion(None)]);
    let seen = format!("{}: 192.0.2.10 gives no response: not within 10 s", texts[0]);
    assert_eq!(
        causes,
        [
            format!("a criterion is not met: {seen}"),
            format!("nobody can tell whether a criterion is met: {seen}")
        ]
    );
    assert_eq!((outcome, owners[0].as_deref()), (Outcome::Failed, Some("incident-commander")));
}
