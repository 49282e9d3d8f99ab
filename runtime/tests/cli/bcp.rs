//! The business continuity plan as a document.

use std::process::Command;

use super::shipped;
use crate::support::{Bench, root};

const DAY: &str = "--as-of 2026-11-30";

fn plan(bench: &Bench<'_>, flags: &str) -> String {
    bench.run(&format!("bcp policies {DAY} {flags}")).expect(0).stdout
}

#[test]
fn document_of_the_shipped_policies_is_the_one_that_was_read() {
    let printed = plan(&shipped(), "");
    let path = root().join("fixtures/bcp/acme.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), printed, "HOLDFAST_BLESS=1 writes it anew");
}

#[test]
fn file_is_what_is_printed_and_its_name_chooses_the_format() {
    let bench = shipped();
    for (name, format) in [("a.md", "markdown"), ("a.html", "html"), ("a.json", "json")] {
        let ran = bench.run(&format!("bcp policies {DAY} --out {name}")).expect(0);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains(&format!("wrote {name}")), "{}", ran.stderr);
        assert_eq!(bench.read(name), plan(&bench, &format!("--format {format}")));
    }
    for line in plan(&bench, "--format text").lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn file_with_contacts_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = shipped();
    let number = "+1 202 555 0143";
    assert!(!plan(&bench, "").contains(number));
    bench.run(&format!("bcp policies {DAY} --out a.md")).expect(0);
    bench.run(&format!("bcp policies {DAY} --out a.md --with-contacts")).expect(0);
    assert!(bench.read("a.md").contains(number));
    let mode = std::fs::metadata(bench.folder.path().join("a.md")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn gaps_and_missed_objectives_decide_the_exit_code_after_the_document() {
    let bench = shipped();
    let ran = bench.run(&format!("bcp policies {DAY}")).expect(0);
    assert!(ran.stderr.contains("warning: the plan has 9 gaps"), "{}", ran.stderr);
    let ran = bench.run(&format!("bcp policies {DAY} --fail-on gap")).expect(3);
    assert!(ran.stdout.starts_with("# Business continuity plan of acme\n"), "{}", ran.stdout);
    let text = bench
        .read("policies/payments.yaml")
        .replace("takes: 15m\n    after: [shift", "takes: 3h\n    after: [shift");
    bench.write("policies/payments.yaml", &text);
    let ran = bench.run(&format!("bcp policies {DAY}")).expect(3);
    assert!(ran.stdout.contains("The RTO of 1 h is missed"), "{}", ran.stdout);
    assert!(ran.stderr.contains("E08"), "{}", ran.stderr);
    bench.write("policies/payments.yaml", "kind: nothing\n");
    assert_eq!(bench.run(&format!("bcp policies {DAY}")).expect(3).stdout, "");
}

#[test]
fn change_page_has_the_runs_and_whether_they_applied_these_policies() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let page = plan(&bench, "");
    assert!(page.contains("finished: "), "{page}");
    assert!(page.contains("| yes |") && !page.contains("has no run"), "{page}");
    // The embedded cloud is for tries.
    assert!(page.contains("was completed in a real cloud"), "{page}");
    let text = bench.read("policies/drills.yaml").replace("every: 90d", "every: 80d");
    bench.write("policies/drills.yaml", &text);
    let page = plan(&bench, "");
    assert!(page.contains("| no, other policies |") && page.contains("No run here has applied"), "{page}");
    // A journal that cannot be read does not keep the plan from its readers.
    bench.write("not-a-folder", "");
    let ran = bench.run(&format!("bcp policies {DAY} --journal not-a-folder")).expect(0);
    assert!(ran.stdout.contains("The journal could not be read"), "{}", ran.stdout);
    assert!(ran.stderr.contains("warning: the change page lacks the journal"), "{}", ran.stderr);
}

#[test]
fn commits_are_listed_and_the_repository_runs_nothing() {
    let bench = shipped();
    let git = |words: &[&str]| {
        let identity =
            ["-c", "user.name=Eve <img src=x> eve@evil.example", "-c", "user.email=eve@evil.example"];
        let ran =
            Command::new("git").current_dir(bench.folder.path()).args(identity).args(words).output().unwrap();
        assert!(ran.status.success(), "{words:?}: {ran:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "policies"]);
    git(&["commit", "--quiet", "--no-gpg-sign", "-m", "[x](javascript:1) | @admin \u{1b}[31m"]);
    for (key, value) in
        [("core.pager", "touch ran"), ("core.fsmonitor", "touch ran"), ("alias.rev-list", "!touch ran")]
    {
        git(&["config", key, value]);
    }
    let page = plan(&bench, "");
    assert!(page.contains("Changed in git, newest first"), "{page}");
    let wanted = "\\[x\\](javascript:1) &#124; (left out)";
    assert!(page.contains(wanted), "{page}");
    assert!(!page.contains("eve@evil.example") && !page.contains("<img"), "{page}");
    assert!(!bench.folder.path().join("ran").exists());
}

#[test]
fn pdf_needs_a_browser_and_a_file() {
    let bench = shipped();
    bench.run(&format!("bcp policies {DAY} --format pdf")).expect(64);
    let ran = bench.run(&format!("bcp policies {DAY} --out plan.docx")).expect(64);
    assert!(ran.stderr.contains("`.md`"), "{}", ran.stderr);
    let before = bench.read("policies/drills.yaml");
    bench.run(&format!("bcp policies {DAY} --format json --out policies/drills.yaml")).expect(64);
    assert_eq!(bench.read("policies/drills.yaml"), before);
    let words = ["bcp", "policies", "--as-of", "2026-11-30", "--out", "plan.pdf"];
    let ran = bench.command(&words).env("PATH", bench.folder.path()).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("print it from any browser"), "{said}");
    assert!(!bench.folder.path().join("plan.pdf").exists());
}
