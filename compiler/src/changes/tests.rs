//! What a change board reads.

use super::*;
use crate::bcp::{Commit, History};
use crate::compile::{Options, check};
use crate::report::{html, markdown};
use crate::source::Sources;

const POLICY: &str =
    "kind: estate\nname: acme\nsites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }\n";
const RECORD: &str = "aws.record.payments.api.virginia";

fn setting(name: &str, before: Option<&str>, after: Option<&str>) -> Setting {
    Setting { name: name.to_owned(), before: before.map(str::to_owned), after: after.map(str::to_owned) }
}

fn run(text: &str) -> ChangeRun {
    let change = |action, settings| Change {
        address: RECORD.to_owned(),
        kind: ChangeKind::Step(action),
        at: "2026-11-20T08:00:01Z".to_owned(),
        done: Some(true),
        error: None,
        settings,
    };
    ChangeRun {
        number: 7,
        drill: None,
        restore: None,
        began: "2026-11-20T08:00:00Z".to_owned(),
        ended: "finished".to_owned(),
        cloud: "aws, account 111122223333".to_owned(),
        is_local: false,
        runner: "alice@host".to_owned(),
        is_signed: false,
        plan: "ab".repeat(32),
        author: None,
        commit: Some("1a2b3c4d5e6f".to_owned()),
        policies: Vec::new(),
        approvals: vec![("bob".to_owned(), "cd".repeat(32))],
        required: Some(2),
        break_glass: None,
        changes: vec![
            change(Action::Update, vec![setting("ttl", Some("60"), Some(text))]),
            change(Action::Create, vec![setting("name", None, Some("new"))]),
            change(Action::Delete, Vec::new()),
        ],
    }
}

fn with<T>(runs: Result<Vec<ChangeRun>, String>, read: impl FnOnce(&Inputs<'_>) -> T) -> T {
    let mut sources = Sources::default();
    sources.add("estate.yaml", POLICY);
    let day = |text: &str| Date::parse(text).unwrap();
    let checked = check(&sources, Options { as_of: None });
    let policy = checked.policy.unwrap();
    let plan = bcp::Inputs {
        policy: &policy,
        sources: &sources,
        findings: &checked.findings,
        as_of: day("2026-11-30"),
        with_contacts: false,
        runs: &History::Unread("not asked".to_owned()),
        held: &crate::drill::Held::default(),
        acknowledged: &crate::bcp::Acknowledgements::default(),
        commits: &History::<Commit>::Unread("there is no repository".to_owned()),
    };
    let place = "journal".to_owned();
    read(&Inputs { plan, runs, place, since: day("2026-11-01"), until: day("2026-11-30") })
}

#[test]
fn change_says_old_and_new_value_who_approved_it_and_what_is_not_recorded() {
    let page = with(Ok(vec![run("30")]), |inputs| markdown(&report(inputs)));
    assert!(page.contains("| ttl | 60 | 30 |"), "{page}");
    assert!(page.contains("| name | none | new |") && page.contains("| not recorded |"), "{page}");
    assert!(page.contains("1 of 2 required: bob") && page.contains("2 must approve"), "{page}");
    assert!(page.contains("not recorded: the plan was not saved"), "{page}");
}

#[test]
fn hostile_value_is_text_in_every_format() {
    let text = "=HYPERLINK(\"x\") <script>alert(1)</script> \u{1b}[31m";
    let [sheet, page, data] =
        with(Ok(vec![run(text)]), |inputs| [csv(inputs), html(&report(inputs)), json(inputs)]);
    assert!(sheet.contains("\"'=HYPERLINK(\"\"x\"\")"), "{sheet}");
    assert!(!sheet.contains('\u{1b}') && !page.contains("<script>alert"), "{page}");
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["runs"][0]["changes"][0]["settings"][0]["after"], text);
}

#[test]
fn journal_that_cannot_be_read_is_unknown_and_not_empty() {
    let unread = || Err("no access".to_owned());
    let page = with(unread(), |inputs| markdown(&report(inputs)));
    assert!(page.contains("Unknown: the journal could not be read: no access"), "{page}");
    let sheet = with(unread(), csv);
    let (header, row) = sheet.split_once('\n').unwrap();
    assert!(header.starts_with("\"run\",\"began\","), "{header}");
    assert!(row.starts_with("\"unknown: the journal could not be read: no access\","), "{row}");
    assert_eq!(row.lines().count(), 1, "{row}");
    let data: serde_json::Value = serde_json::from_str(&with(unread(), json)).unwrap();
    assert!(data["runs"].is_null() && data["unread"] == "no access");
    let none = with(Ok(Vec::new()), |inputs| markdown(&report(inputs)));
    assert!(none.contains("has no run in this period"), "{none}");
}

/// The values of the setting of an update, as JSON has them.
fn shown(before: &str, after: &str) -> [String; 2] {
    let mut changed = run("30");
    changed.changes[0].settings = vec![setting("value", Some(before), Some(after))];
    let data: serde_json::Value = serde_json::from_str(&with(Ok(vec![changed]), json)).unwrap();
    let setting = &data["runs"][0]["changes"][0]["settings"][0];
    ["before", "after"].map(|key| setting[key].as_str().unwrap().to_owned())
}

#[test]
fn values_that_differ_are_shown_to_differ() {
    for [before, after] in [
        ["arn:aws:iam::111122223333:role/backup", "arn:aws:iam::444455556666:role/backup"],
        ["111122223333", "444455556666"],
        ["31536000", "63072000"],
        ["[\"111122223333\",60]", "[\"444455556666\",60]"],
    ] {
        assert_eq!(shown(before, after), [before, after]);
    }
    let [before, after] =
        shown("{\"a\":\"ops@acme.example\",\"b\":1}", "{\"a\":\"ops@acme.example\",\"b\":2}");
    assert_eq!(before, "{\"a\":\"(left out)\",\"b\":1}");
    assert_eq!(after, "{\"a\":\"(left out)\",\"b\":2}");
    let [before, after] = shown("call +1 202 555 0143", "call +1 202 555 0144");
    assert_eq!(before, "call (left out) (differs in what is left out)");
    assert_eq!(before, after);
}

#[test]
fn drill_has_its_name_and_what_it_made() {
    let mut drill = run("30");
    drill.drill = Some("lose-oregon".to_owned());
    let change = |kind, before, after| Change {
        address: "sites".to_owned(),
        kind,
        at: "2026-11-20T08:00:01Z".to_owned(),
        done: Some(true),
        error: None,
        settings: vec![setting("evacuated", before, after)],
    };
    drill.changes = vec![
        change(ChangeKind::DrillMade, None, Some("oregon")),
        change(ChangeKind::DrillRemoved, Some("oregon"), None),
        change(ChangeKind::Moved, Some("a"), Some("b")),
    ];
    let page = with(Ok(vec![drill.clone()]), |inputs| markdown(&report(inputs)));
    assert!(page.contains("Run 7, drill lose-oregon"), "{page}");
    assert!(page.contains("| evacuated | none | oregon |"), "{page}");
    assert!(page.contains("| evacuated | oregon | none |"), "{page}");
    assert!(!page.contains("nothing that it changed"), "{page}");
    let sheet = with(Ok(vec![drill.clone()]), csv);
    assert!(sheet.contains("\"lose-oregon\"") && sheet.contains("\"make for the drill\""), "{sheet}");
    drill.changes.clear();
    let page = with(Ok(vec![drill]), |inputs| markdown(&report(inputs)));
    assert!(page.contains("The journal has nothing that it changed."), "{page}");
}

/// It writes over live data, so a change board reads it everywhere.
#[test]
fn restore_is_said_in_every_format() {
    let said = "files.docs as of 2026-11-01T12:00:00Z, from acme-docs/ at virginia into acme-docs/, OVER LIVE DATA: complete";
    let mut restore = run("30");
    restore.restore = Some(said.to_owned());
    restore.changes.clear();
    let [page, sheet, data] =
        with(Ok(vec![restore]), |inputs| [markdown(&report(inputs)), csv(inputs), json(inputs)]);
    assert!(page.contains("OVER LIVE DATA") && page.contains("| a restore |"), "{page}");
    assert!(!page.contains("nothing that it changed"), "{page}");
    assert!(sheet.contains("OVER LIVE DATA: complete\""), "{sheet}");
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert!(data["runs"][0]["restore"].as_str().unwrap().ends_with("OVER LIVE DATA: complete"), "{data}");
}

#[test]
fn signature_is_not_said_to_be_valid() {
    let mut signed = run("30");
    signed.is_signed = true;
    signed.author = Some(("alice".to_owned(), Some("SHA256:abc".to_owned())));
    let page = with(Ok(vec![signed]), |inputs| markdown(&report(inputs)));
    assert!(page.contains("carries a signature, which this document does not verify"), "{page}");
    assert!(page.contains("the journal names the key SHA256:abc"), "{page}");
}
