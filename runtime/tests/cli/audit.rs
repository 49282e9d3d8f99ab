//! The audit: controls with their evidence.

use super::shipped;
use crate::support::{Bench, packages};
use serde_json::Value;

const DAY: &str = "--as-of 2026-11-30";

fn json(bench: &Bench<'_>, flags: &str) -> Value {
    let printed = bench.run(&format!("audit policies {DAY} --format json {flags}")).expect(0).stdout;
    serde_json::from_str(&printed).unwrap()
}

fn verdict(audit: &Value, id: &str) -> (String, String) {
    let frameworks = audit["frameworks"].as_array().unwrap().iter();
    let mut controls = frameworks.flat_map(|one| one["controls"].as_array().unwrap());
    let control = controls.find(|control| control["id"] == id).unwrap();
    (control["verdict"].as_str().unwrap().to_owned(), control["because"].to_string())
}

fn items<'a>(audit: &'a Value, kind: &str) -> &'a Vec<Value> {
    let found = audit["evidence"].as_array().unwrap().iter().find(|one| one["kind"] == kind);
    found.unwrap()["items"].as_array().unwrap()
}

#[test]
fn control_rests_on_what_was_seen_and_its_chain_says_where() {
    let bench = shipped();
    let flags = "--framework nist-800-53";
    let before = json(&bench, flags);
    assert_eq!(verdict(&before, "cp-9.8").0, "not-assessed");
    bench.run("apply policies --yes").expect(0);
    let after = json(&bench, flags);
    assert_eq!(verdict(&after, "cp-9.8").0, "attested", "the embedded cloud proves nothing");
    assert!(after["observation"]["sha256"].as_str().unwrap().len() == 64);
    assert!(after["lacks"][0].as_str().unwrap().contains("which is for tries"));
    let ledger = items(&after, "encryption").iter().find(|one| one["about"] == "payments.ledger at virginia");
    let ledger = ledger.unwrap();
    assert_eq!(ledger["resource"], "aws.bucket.payments.ledger.virginia");
    assert_eq!((&ledger["clause"]["file"], &ledger["run"]), (&"policies/payments.yaml".into(), &1.into()));
    assert_eq!(after["runs"][0]["number"], 1);
    assert_eq!(
        items(&after, "changes-approved")[0]["standing"],
        "unknown",
        "only the embedded cloud was changed"
    );
    let cloud = bench.read("cloud.json");
    bench.write("cloud.json", &cloud.replace("\"ttl\": 60", "\"ttl\": 30"));
    let drifted = json(&bench, "");
    let differs = items(&drifted, "as-declared").iter().find(|one| one["about"] == "payments").unwrap();
    assert_eq!(differs["standing"], "fails");
    assert!(verdict(&drifted, "soc2-a1.2").1.contains("differ from the policies"));
}

#[test]
fn offline_audit_is_the_same_every_time_and_says_first_that_nobody_has_looked() {
    let bench = shipped();
    let run = |format: &str| {
        bench.run(&format!("audit policies {DAY} --offline --format {format}")).expect(0).stdout
    };
    for format in ["text", "markdown", "html", "json", "csv"] {
        assert_eq!(run(format), run(format));
    }
    let text = run("markdown");
    let (warning, table) = (text.find("nobody has looked at the cloud"), text.find("| Framework |"));
    assert!(warning.unwrap() < table.unwrap(), "{text}");
    bench.run(&format!("audit policies {DAY} --offline --out audit.csv")).expect(0);
    let sheet = bench.read("audit.csv");
    assert_eq!(sheet, run("csv"));
    let mut lines = sheet.lines();
    let columns = lines.next().unwrap().matches("\",\"").count();
    assert!(lines.next().unwrap().contains("missing or stale"));
    assert!(sheet.lines().all(|line| line.matches("\",\"").count() == columns), "{sheet}");
}

#[test]
fn team_adds_controls_and_attestations_of_its_own() {
    let bench = shipped();
    bench.write(
        "own.yaml",
        "kind: controls\nframework: acme\ntitle: Rules of Acme\ncontrols:\n  - { id: acme-1, label: ACME-1, title: Copies abroad, asks: \
         A copy is elsewhere., evidence: [separate-site] }\n---\nkind: controls\nframework: nist-800-53\nattestations:\n  - { control: \
         cp-3, by: \"=cmd|calc <b>\", says: All were trained., on: 2026-10-12, until: 2027-10-12 }\n",
    );
    let flags = "--offline --controls own.yaml --framework acme --framework nist-800-53";
    let audit = json(&bench, flags);
    assert_eq!(audit["frameworks"].as_array().unwrap().len(), 2);
    assert_eq!(verdict(&audit, "cp-3").0, "attested");
    let (own, because) = verdict(&audit, "acme-1");
    assert_eq!(own, "not-satisfied", "the shop and its copy share a law: {because}");
    let sheet = bench.run(&format!("audit policies {DAY} {flags} --format csv")).expect(0).stdout;
    assert!(sheet.contains("\"'=cmd|calc <b>\"") && !sheet.contains("\"=cmd"), "{sheet}");
    let page = bench.run(&format!("audit policies {DAY} {flags} --format html")).expect(0).stdout;
    assert!(page.contains("=cmd|calc &lt;b&gt;") && !page.contains("<b>"), "{page}");
}

#[test]
fn audit_fails_where_it_was_asked_to_and_where_it_cannot_see() {
    let bench = shipped();
    let audit = format!("audit policies {DAY}");
    let failed =
        bench.run(&format!("{audit} --offline --fail-on not-satisfied --fail-on not-assessed")).expect(3);
    assert!(failed.stderr.contains("controls are not satisfied"), "{}", failed.stderr);
    let unknown = bench.run(&format!("{audit} --framework nist")).expect(64);
    assert!(unknown.stderr.contains("`nist-800-53`"), "{}", unknown.stderr);
    bench.run(&format!("{audit} --offline --out audit.doc")).expect(64);
    bench.write("broken.json", "{");
    let unseen = bench.run(&format!("{audit} --cloud local:broken.json --format markdown")).expect(1);
    assert!(unseen.stdout.contains("the cloud could not be observed"), "{}", unseen.stdout);
    assert!(unseen.stderr.contains("error: the cloud could not be observed"), "{}", unseen.stderr);
}

/// Reads each file with the models of compliance-trestle, which are those of OSCAL's own schema.
const READ_OSCAL: &str = "
import pathlib, sys
from trestle.oscal.assessment_plan import AssessmentPlan
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.component import ComponentDefinition
from trestle.oscal.poam import PlanOfActionAndMilestones
models = {
    'catalog': Catalog,
    'component-definition': ComponentDefinition,
    'assessment-plan': AssessmentPlan,
    'assessment-results': AssessmentResults,
    'plan-of-action-and-milestones': PlanOfActionAndMilestones,
}
for path in sorted(pathlib.Path(sys.argv[1]).glob('*.json')):
    found = models[path.stem].oscal_read(path)
    print(path.name, found.metadata.oscal_version.root.root)
";

#[test]
fn oscal_is_what_its_models_accept() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let ran = bench.run(&format!("audit policies {DAY} --oscal oscal")).expect(0);
    assert_eq!(ran.stdout, "", "it is in the folder");
    let folder = bench.folder.path().join("oscal");
    let read =
        std::process::Command::new(packages::oscal()).args(["-c", READ_OSCAL]).arg(&folder).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let files = [
        "assessment-plan",
        "assessment-results",
        "catalog",
        "component-definition",
        "plan-of-action-and-milestones",
    ];
    let wanted: String = files.map(|name| format!("{name}.json 1.2.1\n")).concat();
    assert_eq!(String::from_utf8_lossy(&read.stdout), wanted);
    let results: Value = serde_json::from_str(&bench.read("oscal/assessment-results.json")).unwrap();
    let result = &results["assessment-results"]["results"][0];
    let states =
        result["findings"].as_array().unwrap().iter().map(|one| one["target"]["status"]["state"].clone());
    let states: std::collections::BTreeSet<String> = states.map(|state| state.to_string()).collect();
    assert_eq!(states.into_iter().collect::<Vec<_>>(), ["\"not-satisfied\"", "\"satisfied\""]);
    let tested = result["observations"].as_array().unwrap().iter().filter(|one| one["methods"][0] == "TEST");
    assert_eq!(tested.count(), 0, "nothing of the embedded cloud is a test");
}

fn keygen(bench: &Bench<'_>, arguments: &[&str], input: &str) -> std::process::Output {
    let mut command = std::process::Command::new("ssh-keygen");
    command.args(arguments).current_dir(bench.folder.path()).env_remove("SSH_AUTH_SOCK");
    let input = std::fs::File::open(bench.folder.path().join(input)).unwrap();
    command.stdin(input).output().expect("ssh-keygen is installed (openssh-client)")
}

#[test]
fn bundle_is_verified_by_its_signers_and_names_what_was_changed() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    bench.write("nothing", "");
    keygen(&bench, &["-q", "-t", "ed25519", "-N", "", "-C", "auditor", "-f", "auditor"], "nothing");
    keygen(&bench, &["-q", "-t", "ed25519", "-N", "", "-C", "other", "-f", "other"], "nothing");
    let signers =
        |key: &str| format!("auditor@acme.example namespaces=\"evidence@holdfast\" {}", bench.read(key));
    bench.write("signers", &signers("auditor.pub"));
    bench.write("others", &signers("other.pub"));
    let made = format!("audit policies {DAY} --offline --key auditor --bundle");
    bench.run(&format!("{made} one.tar")).expect(0);
    bench.run(&format!("{made} two.tar")).expect(0);
    let read = |name: &str| std::fs::read(bench.folder.path().join(name)).unwrap();
    let whole = read("one.tar");
    assert_eq!(whole, read("two.tar"));
    let checked = bench.run("audit verify one.tar --signers signers").expect(0);
    assert!(checked.stdout.contains("audit of acme as of 2026-11-30: all "), "{}", checked.stdout);
    assert!(checked.stdout.contains("Signed by auditor@acme.example (SHA256:"), "{}", checked.stdout);
    let others = bench.run("audit verify one.tar --signers others").expect(4);
    assert!(others.stderr.contains("its key is not in the list"), "{}", others.stderr);
    // One changed byte in each member: the middle one of its content.
    let mut tar = std::process::Command::new("tar");
    let listed = tar.args(["-tf", "one.tar"]).current_dir(bench.folder.path()).output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    assert!(
        names.contains("sources/policies/payments.yaml") && names.contains("oscal/catalog.json"),
        "{names}"
    );
    assert!(!names.contains("continuity"), "it says how to reach people: {names}");
    for phone in ["555 0143", "noor.haddad@"] {
        assert!(!whole.windows(phone.len()).any(|part| part == phone.as_bytes()), "{phone}");
    }
    let mut at = 0;
    for name in names.lines() {
        let size = std::str::from_utf8(&whole[at + 124..at + 135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        let mut changed = whole.clone();
        changed[at + 512 + size / 2] ^= 1;
        std::fs::write(bench.folder.path().join("changed.tar"), changed).unwrap();
        let ran = bench.run("audit verify changed.tar --signers signers").expect(4);
        assert!(
            ran.stderr.contains("is not what was packed") && ran.stderr.contains(name),
            "{name}: {}",
            ran.stderr
        );
        at += 512 + size.next_multiple_of(512);
    }
    // By hand: what is signed is the statement, and OpenSSH agrees.
    for member in ["statement.json", "signatures.dsse.json"] {
        let mut tar = std::process::Command::new("tar");
        assert!(
            tar.args(["-xf", "one.tar", member]).current_dir(bench.folder.path()).status().unwrap().success()
        );
    }
    let text = bench.read("statement.json");
    bench.write("pae", &format!("DSSEv1 28 application/vnd.in-toto+json {} {text}", text.len()));
    let envelope: Value = serde_json::from_str(&bench.read("signatures.dsse.json")).unwrap();
    bench.write("sig.b64", envelope["signatures"][0]["sig"].as_str().unwrap());
    let mut decode = std::process::Command::new("base64");
    let armored = decode.args(["-d", "sig.b64"]).current_dir(bench.folder.path()).output().unwrap().stdout;
    bench.write("sig", &String::from_utf8(armored).unwrap());
    let verify = [
        "-Y",
        "verify",
        "-f",
        "signers",
        "-I",
        "auditor@acme.example",
        "-n",
        "evidence@holdfast",
        "-s",
        "sig",
    ];
    let verified = keygen(&bench, &verify, "pae");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    bench.run(&format!("audit policies {DAY} --offline --bundle unsigned.tar")).expect(0);
    assert!(bench.run("audit verify unsigned.tar").expect(0).stdout.contains("Nobody signed it"));
    bench.run("audit verify unsigned.tar --signers signers").expect(4);
}

#[test]
fn bundle_has_files_of_controls_and_leaves_out_every_file_that_says_how_to_reach_people() {
    let bench = shipped();
    let payments = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &format!("# If it fails: +1 202 555 0199\n{payments}"));
    let own = |title: &str| {
        format!(
            "kind: controls\nframework: acme\ntitle: {title}\ncontrols:\n  - {{ id: acme-1, label: ACME-1, title: Copies, asks: A copy is \
             elsewhere., evidence: [separate-site] }}\n"
        )
    };
    bench.write("own.yaml", &own("Rules of Acme"));
    bench.write("ask.yaml", &own("Ask +1 202 555 0198").replace("acme", "ask"));
    let made = format!("audit policies {DAY} --offline --controls own.yaml --controls ask.yaml --bundle");
    let ran = bench.run(&format!("{made} one.tar")).expect(0);
    for file in ["policies/continuity.yaml", "policies/payments.yaml", "ask.yaml"] {
        assert!(ran.stderr.contains(file), "{file}: {}", ran.stderr);
    }
    let read = |name: &str| std::fs::read(bench.folder.path().join(name)).unwrap();
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let bundle = read("one.tar");
    assert!(!has(&bundle, "555 0199") && !has(&bundle, "555 0143"));
    assert!(has(&bundle, "controls/own.yaml") && !has(&bundle, "controls/ask.yaml"));
    assert!(has(&bundle, "\"path\": \"ask.yaml\""), "its digest is in it");
    bench.run("audit verify one.tar").expect(0);
    let ran = bench.run(&format!("{made} two.tar --with-contacts")).expect(0);
    assert!(!ran.stderr.contains("how to reach people"), "{}", ran.stderr);
    assert!(has(&read("two.tar"), "controls/ask.yaml"));
}

#[test]
fn words_of_a_file_of_controls_do_not_say_how_to_reach_people() {
    let bench = shipped();
    let phone = "+1 202 555 0198";
    let text = format!(
        "kind: controls\nframework: ask\ntitle: Rules {phone}\nedition: Of {phone}\ncontrols:\n  - {{ id: ask-1, label: A {phone}, title: \
         Copies {phone}, asks: Ask {phone}, evidence: [separate-site], people: [Call {phone}], shows-not: All of {phone} }}\n"
    );
    bench.write("ask.yaml", &text);
    for format in ["markdown", "json", "csv"] {
        let flags = format!("--offline --controls ask.yaml --framework ask --format {format}");
        let page = bench.run(&format!("audit policies {DAY} {flags}")).expect(0).stdout;
        let table = page.lines().filter(|line| !line.contains("what only a person can attest"));
        assert!(table.clone().any(|line| line.contains("Copies (left out)")), "{page}");
        assert!(table.clone().all(|line| !line.contains("555 0198")), "{page}");
    }
}
