//! What a reader of the report sees, as a browser's parser reads it.

#![allow(clippy::disallowed_methods, reason = "tests read the policies")]

use std::collections::{BTreeMap, BTreeSet};

use html5ever::tendril::TendrilSink as _;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use serde::Deserialize as _;
use serde_json::Value;

use super::*;
use crate::bcp::{Changed, Commit, History, Run};
use crate::compile::{Options, check};
use crate::document::schema::SCHEMA;
use crate::document::text::PROSE;
use crate::objectives::losses;
use crate::plan::Action;
use crate::rehearsals::{Rehearsals, Runs};
use crate::report::{html, json, markdown, plain_text};
use crate::source::Sources;
use crate::units::Date;

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

fn run(text: &str) -> Run {
    Run {
        number: 7,
        started: "2026-11-20T08:00:00Z".to_owned(),
        cloud: text.to_owned(),
        runner: text.to_owned(),
        approvers: vec![text.to_owned()],
        ended: "finished".to_owned(),
        break_glass: None,
        is_of_these_policies: Some(true),
        is_complete: true,
        is_local: false,
        changed: vec![Changed {
            address: text.to_owned(),
            action: Action::Update,
            done: Some(true),
            settings: vec![format!("ttl: {text} → 60")],
        }],
        more: 3,
    }
}

/// The report of policies on a day. Nobody has looked at the cloud, for this reason.
fn report_of(sources: &Sources, as_of: &str, runs: History<Run>, why: &str) -> Report {
    let [_, report] = documents_of(sources, as_of, runs, why, false);
    report
}

/// The continuity plan and the report of policies on a day.
fn documents_of(
    sources: &Sources,
    as_of: &str,
    runs: History<Run>,
    why: &str,
    with_contacts: bool,
) -> [Report; 2] {
    let as_of = Date::parse(as_of).unwrap();
    let checked = check(sources, Options { as_of: Some(as_of) });
    let policy = checked.policy.expect("valid policies");
    let commits: History<Commit> = History::Unread("there is no repository".to_owned());
    let all: Vec<Rehearsals<'_>> = losses(&policy, Some(as_of))
        .into_iter()
        .map(|loss| Rehearsals::of_sites(&policy, loss.sites, Runs { count: 20, seed: 1, at: None }))
        .collect();
    let rehearsals: Vec<rehearsals::Report<'_>> =
        all.iter().map(|one| one.report(&one.play(0..20))).collect();
    let plan = bcp::Inputs {
        policy: &policy,
        sources,
        findings: &checked.findings,
        as_of,
        with_contacts,
        runs: &runs,
        commits: &commits,
        held: &crate::drill::Held::default(),
        acknowledged: &crate::bcp::Acknowledgements::default(),
    };
    let live = Live::Unseen(why.to_owned());
    let continuity = bcp::report(&plan);
    [continuity, report(&Inputs { plan, waived: &checked.waived, rehearsals: &rehearsals, live })]
}

fn journal(newest: Vec<Run>, more: bool) -> History<Run> {
    History::Read { place: "journal".to_owned(), newest, more, notes: Vec::new() }
}

fn document(changes: &[(&str, &str)], as_of: &str) -> Report {
    report_of(&shipped(changes), as_of, journal(vec![run("alice")], false), "no credentials")
}

const DAY: &str = "2026-11-30";

/// An element: its name, its attributes, the text in it, and the names of the elements around it.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    around: Vec<String>,
}

fn elements(page: &str) -> Vec<Element> {
    fn text(node: &Handle) -> String {
        let own = match &node.data {
            NodeData::Text { contents } => contents.borrow().to_string(),
            _ => String::new(),
        };
        own + &node.children.borrow().iter().map(text).collect::<String>()
    }
    fn walk(node: &Handle, around: &[String], out: &mut Vec<Element>) {
        let mut inner = around.to_vec();
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let attributes = attrs.borrow();
            let attributes =
                attributes.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
            let name = name.local.to_string();
            out.push(Element { name: name.clone(), attributes, text: text(node), around: around.to_vec() });
            inner.push(name);
        }
        node.children.borrow().iter().for_each(|child| walk(child, &inner, out));
    }
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(page);
    assert!(dom.errors.borrow().is_empty(), "{:?}", dom.errors.borrow());
    let mut out = Vec::new();
    walk(&dom.document, &[], &mut out);
    out
}

#[test]
fn page_is_one_file_with_headings_landmarks_and_headed_tables() {
    let page = html(&document(&[], DAY));
    for outside in ["url(", "@import", "http:", "https:", "src=", "<script", " style=", "javascript:"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let all = elements(&page);
    let named = |name: &str| all.iter().filter(|one| one.name == name).collect::<Vec<_>>();
    for (name, count) in [("h1", 1), ("main", 1), ("nav", 1), ("header", 1), ("style", 1), ("script", 0)] {
        assert_eq!(named(name).len(), count, "{name}");
    }
    let tables = named("table").len();
    assert_eq!(named("caption").len(), tables);
    let heads = named("th");
    assert!(heads.iter().all(|head| head.attributes.contains_key("scope")));
    let of_columns = heads.iter().filter(|head| head.attributes["scope"] == "col").count();
    assert!(tables > 30 && of_columns >= 2 * tables, "{tables} {of_columns}");
    let ids: Vec<&String> = all.iter().filter_map(|one| one.attributes.get("id")).collect();
    let unique: BTreeSet<&String> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    let links = named("a");
    for link in &links {
        let to = link.attributes["href"].strip_prefix('#').unwrap().to_owned();
        assert!(unique.contains(&to), "{to}");
    }
    assert!(links.len() > 60);
    let pictures = named("svg");
    assert!(pictures.len() >= 5 && pictures.iter().all(|one| !one.attributes["aria-label"].is_empty()));
    let levels: Vec<u32> = all.iter().filter_map(|one| one.name.strip_prefix('h')?.parse().ok()).collect();
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "{levels:?}");
}

#[test]
fn every_site_and_every_service_has_its_page() {
    let page = html(&document(&[], DAY));
    let all = elements(&page);
    let heading = |text: &str| all.iter().any(|one| one.name == "h3" && one.text.contains(text));
    for site in ["virginia", "oregon", "ireland", "frankfurt", "tokyo", "singapore"] {
        assert!(heading(&format!("{site} (aws ")), "{site}");
    }
    for shared in ["eu-law", "us-law"] {
        assert!(heading(&format!("are lost together ({shared})")), "{shared}");
    }
    for service in ["payments", "web-shop", "archive"] {
        assert!(heading(service), "{service}");
    }
}

/// The rows with this text, of the tables with this caption, as Markdown.
fn row(report: &Report, caption: &str, text: &str) -> String {
    let page = markdown(report);
    let caption = format!("**{caption}**");
    let tables = page.split(caption.as_str()).skip(1);
    let rows = tables.flat_map(|table| table.lines().skip(2).take_while(|line| line.starts_with('|')));
    let found = rows.filter(|line| line.contains(text)).collect::<Vec<_>>().join("\n");
    assert!(!found.is_empty(), "{caption}, {text}: {page}");
    found
}

#[test]
fn somebody_who_reads_only_the_report_finds_the_answers() {
    let report = document(&[], DAY);
    let answer = |question: &str| row(&report, "Short answers", question);
    assert!(
        answer("What happens").contains("virginia (section 2.7): 1 service stops, back within: 32 min 48 s")
    );
    let decides = answer("Who decides");
    assert!(
        decides.contains("**incident-commander**; if there is no answer: after 10 min **deputy-commander**")
    );
    let tried = answer("What was tried last");
    assert!(tried.contains("last held on 2026-09-12") && tried.contains("result unknown"), "{tried}");
    assert!(answer("overdue").contains("Nothing is overdue. Next: drill talk-it-through, on 2027-01-18."));
    assert!(answer("backups there").contains("**unknown**"));
    assert!(answer("encrypted").contains("**unknown**"));
    assert!(
        answer("changed lately")
            .contains("Run 7 on 2026-11-20 08:00 UTC by alice, approved by alice: 1 updated")
    );
    let changed = row(&report, "What run 7 changed, on 2026-11-20 08:00 UTC", "alice");
    assert!(changed.contains("| update | done | ttl: alice → 60 |"), "{changed}");
    assert!(answer("accepted").contains("1 finding"));
    assert!(answer("assumed").contains("15 of 17 assumptions"));
    let page = row(&report, "What stops, in the order of recovery", "**payments");
    assert!(page.contains("| 1 h | 32 min 48 s (attested) | 32 min 48 s |"), "{page}");
}

#[test]
fn nothing_holds_that_nobody_has_seen() {
    for text in [html(&document(&[], DAY)), markdown(&document(&[], DAY)), plain_text(&document(&[], DAY))] {
        let legend = "holds now: the policies keep it";
        let flat = text.replace("**", "").replace("<strong>", "").replace("</strong>", "");
        assert_eq!(flat.matches("holds now").count(), flat.matches(legend).count(), "{flat}");
        assert!(flat.contains("0 hold now") && flat.contains("no credentials"), "{flat}");
        assert!(!flat.contains("All of them hold"));
    }
}

#[test]
fn missed_objectives_overdue_drills_and_missing_deputies_are_said() {
    let slow = [("takes: 15m\n    after: [shift", "takes: 3h\n    after: [shift")];
    let report = document(&slow, DAY);
    assert!(
        row(&report, "Short answers", "in danger")
            .contains("**missed**: payments after the loss of the primary site.")
    );
    assert!(
        row(&report, "Objectives of each service", "payments").contains("of 1 h: **missed by the policies**")
    );
    let late = document(&[], "2027-02-01");
    let due = row(&late, "Short answers", "overdue");
    assert!(
        due.contains("**overdue**: drill talk-it-through. Next: drill restore-the-ledger, on 2027-03-11."),
        "{due}"
    );
    assert!(markdown(&late).contains("**overdue**: drill talk-it-through, since 2027-01-18"));
    let alone = document(
        &[("    answers-within: 10m\n    deputy: deputy-commander\n", "    answers-within: 10m\n")],
        DAY,
    );
    assert!(row(&alone, "Short answers", "Who decides").contains("nobody else is named"));
    let never = document(
        &[("last: 2026-09-12\nservices: [payments, web-shop]", "services: [payments, web-shop]")],
        DAY,
    );
    assert!(row(&never, "Drills", "lose-virginia").contains("| never | none | **now: it was never held** |"));
}

#[test]
fn without_a_journal_nobody_knows_what_was_changed() {
    let unread = History::Unread("connection refused".to_owned());
    let report = report_of(&shipped(&[]), DAY, unread, "x");
    assert!(
        row(&report, "Short answers", "changed lately").contains("**unknown**: the journal was not read.")
    );
    assert!(markdown(&report).contains("not read: connection refused"));
}

#[test]
fn failed_and_unknown_changes_are_no_silence() {
    let changed = |done| Changed {
        address: "aws.bucket.x".to_owned(),
        action: Action::Create,
        done,
        settings: Vec::new(),
    };
    let lately = |changed: Vec<Changed>| {
        let runs = journal(vec![Run { changed, more: 0, ..run("alice") }], false);
        row(&report_of(&shipped(&[]), DAY, runs, "x"), "Short answers", "changed lately")
    };
    assert!(lately(Vec::new()).contains("approved by alice: nothing changed."));
    let lost = lately(vec![changed(Some(false)), changed(Some(false)), changed(None)]);
    assert!(
        lost.contains("approved by alice: 2 failed, which may have taken effect, 1 of unknown result."),
        "{lost}"
    );
}

#[test]
fn runs_that_are_not_listed_are_said_and_later_runs_are_left_out() {
    let of = |run: Run, more: bool, as_of: &str| {
        let report = report_of(&shipped(&[]), as_of, journal(vec![run], more), "x");
        (row(&report, "Short answers", "changed lately"), markdown(&report))
    };
    let (answer, _) = of(run("alice"), true, DAY);
    assert!(answer.contains("and 3 more, and earlier runs that are not listed here."), "{answer}");
    let old = Run { started: "2026-09-20T08:00:00Z".to_owned(), ..run("alice") };
    let (answer, _) = of(old, true, DAY);
    assert!(answer.contains("The journal has no run of the last 31 days."), "{answer}");
    // The day before the run.
    let (answer, page) = of(run("alice"), false, "2026-11-19");
    assert!(answer.contains("The journal has no run of the last 31 days."), "{answer}");
    assert!(!page.contains("What run 7 changed"), "{page}");
    let (answer, _) = of(run("alice"), true, "2026-11-19");
    assert!(answer.contains("**unknown**") && answer.contains("not listed here"), "{answer}");
    // The day of the run.
    assert!(of(run("alice"), false, "2026-11-20").0.contains("Run 7 on 2026-11-20"));
}

/// The keys of the language that take text for people, as its schema says.
fn prose_keys(schema: &Value, key: &str, out: &mut BTreeSet<String>) {
    if schema["pattern"] == PROSE {
        out.insert(key.to_owned());
    }
    match schema {
        Value::Object(map) => {
            for (name, below) in map {
                let is_word =
                    ["properties", "items", "additionalProperties", "anyOf"].contains(&name.as_str());
                prose_keys(below, if is_word { key } else { name.as_str() }, out);
            }
        }
        Value::Array(all) => all.iter().for_each(|below| prose_keys(below, key, out)),
        _ => {}
    }
}

/// Adds something to each text for people. `filled` are the keys of these texts.
fn say(value: &mut Value, key: &str, keys: &BTreeSet<String>, said: &str, filled: &mut BTreeSet<String>) {
    match value {
        // A name has no blank.
        Value::String(text) if keys.contains(key) && text.contains(' ') => {
            text.push_str(said);
            filled.insert(key.to_owned());
        }
        Value::Object(map) => {
            for (name, below) in map.iter_mut() {
                let key = if keys.contains(key) && !keys.contains(name) { key } else { name.as_str() };
                say(below, key, keys, said, filled);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|below| say(below, key, keys, said, filled)),
        _ => {}
    }
}

#[test]
fn no_text_of_the_policies_says_how_to_reach_people_unless_asked_for() {
    // The first two are of a contact, the others of strangers.
    let addresses = [
        "+1 202 555 0143",
        "incident-commander@acme.pagerduty.example",
        "+44 20 7946 0991",
        "stranger@elsewhere.example",
    ];
    let said = format!(" ({})", addresses.join(", "));
    let (mut keys, mut filled) = (BTreeSet::new(), BTreeSet::new());
    prose_keys(&SCHEMA, "", &mut keys);
    assert!(keys.len() > 8 && keys.contains("because"), "{keys:?}");
    let mut sources = Sources::default();
    let shipped = shipped(&[]);
    let texts = shipped.iter().map(|(_, source)| &*source.text);
    let documents = texts.flat_map(serde_yaml::Deserializer::from_str);
    for (nth, document) in documents.enumerate() {
        let mut document = Value::deserialize(document).unwrap();
        // A finding about a missed objective quotes the reasons of assumptions.
        if document["name"] == "payments" {
            document["objectives"] = serde_json::json!({ "rto": "1m", "rpo": "1m" });
        }
        say(&mut document, "", &keys, &said, &mut filled);
        sources.add(format!("{nth}.yaml"), document.to_string());
    }
    assert_eq!(filled, keys, "each key has a text in the shipped policies");
    for with_contacts in [false, true] {
        let runs = journal(vec![run("alice")], false);
        for document in documents_of(&sources, DAY, runs, "no credentials", with_contacts) {
            let all = [html(&document), markdown(&document), plain_text(&document), json(&document).unwrap()];
            for address in addresses {
                match with_contacts {
                    true => assert!(all[3].contains(address), "{address}"),
                    false => assert!(all.iter().all(|text| !text.contains(address)), "{address}: {}", all[1]),
                }
            }
        }
    }
}

#[test]
fn hostile_text_adds_nothing_to_the_page() {
    let of = |text: &str| {
        let quoted = format!("how: {}", serde_json::to_string(text).unwrap());
        let because = format!("because: {}", serde_json::to_string(text).unwrap());
        let changes = [
            (
                "how: Compare the status page of AWS with our own probes; declare level 1 when both are red.",
                quoted.as_str(),
            ),
            ("because: client keep-alive is set to 300 s on all load balancers", because.as_str()),
        ];
        let newest = vec![run(text)];
        let runs = History::Read { place: text.to_owned(), newest, more: false, notes: Vec::new() };
        html(&report_of(&shipped(&changes), DAY, runs, text))
    };
    let shape = |page: &str| -> Vec<(String, Vec<String>)> {
        let all = elements(page).into_iter();
        all.map(|one| {
            (format!("{} {}", one.around.join(" "), one.name), one.attributes.into_keys().collect())
        })
        .collect()
    };
    let ours = shape(&of("ours"));
    for text in [
        "<script>alert(1)</script>",
        "\"><svg onload=alert(1)>",
        "</title></style><img src=//evil.example/x>",
    ] {
        let page = of(text);
        assert!(shape(&page) == ours, "{text}");
        assert!(page.contains(&crate::report::escaped(text)), "{text}");
    }
}

#[test]
fn same_inputs_give_the_same_bytes() {
    let all = || {
        let report = document(&[], DAY);
        [html(&report), markdown(&report), plain_text(&report), json(&report).unwrap()]
    };
    assert!(all() == all());
}

/// The shipped policies and a chain of services, each of which needs the one before it: too many for one picture.
fn chain(count: usize) -> Sources {
    let mut sources = shipped(&[]);
    for nth in 0..count {
        let needs = if nth == 0 { String::new() } else { format!("s{:02}", nth - 1) };
        let text = format!(
            "kind: service\nname: s{nth:02}\nprimary: tokyo\nstandby: [singapore]\ndepends-on: [{needs}]\nrecovery:\n  \
             - {{ step: read, by: records-office, takes: 1m, how: read }}\n  \
             - {{ step: verify, does: verify, by: shop-oncall, takes: 1m, after: [read] }}\n"
        );
        sources.add(format!("s{nth:02}.yaml"), text);
    }
    sources
}

#[test]
fn pictures_of_small_and_large_losses_stay_in_their_frames() {
    let pictures = [(shipped(&[]), "What waits for what"), (chain(14), "Which service waits for which")];
    for (sources, caption) in pictures {
        let page = html(&report_of(&sources, DAY, History::Unread("x".to_owned()), "x"));
        assert!(page.contains(&format!("{caption} after the loss of tokyo")), "{caption}");
        let (mut frame, mut boxes) = ((0, 0), 0);
        for one in elements(&page) {
            let number = |name: &str| one.attributes[name].parse::<u64>().unwrap();
            if one.name == "svg" {
                frame = (number("width"), number("height"));
            } else if one.name == "rect" {
                boxes += 1;
                let (right, bottom) = (number("x") + number("width"), number("y") + number("height"));
                assert!(right <= frame.0 && bottom <= frame.1, "{right} {bottom} {frame:?}");
            }
        }
        assert!(boxes > 30, "{boxes}");
    }
}
