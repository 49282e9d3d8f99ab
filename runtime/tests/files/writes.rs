//! Writing files: never through a link, atomically, and with mode 0600 if the content may be sensitive.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::files::{bench, link, names, path, refused, run};
use crate::support::{Bench, Ran};

/// Run a command with a umask that would make every new file readable and writable for everybody.
fn generous(bench: &Bench<'_>, words: &str) -> Ran {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("umask 0; exec \"$0\" {words}")).arg(env!("CARGO_BIN_EXE_holdfast"));
    shell.current_dir(bench.folder.path()).env("HOLDFAST_CLOUD", "local:cloud.json").env("NO_COLOR", "1");
    shell.stdin(Stdio::null()).env_remove("HOLDFAST_JOURNAL").output().unwrap().into()
}

fn mode(bench: &Bench<'_>, name: &str) -> u32 {
    std::fs::metadata(path(bench, name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn plans_journals_and_the_embedded_cloud_are_readable_by_their_owner_only() {
    let bench = bench();
    generous(&bench, "plan policies --out change.plan").expect(0);
    generous(&bench, "apply change.plan").expect(0);
    let journal = "policies/.holdfast/journal";
    let files = ["change.plan", "cloud.json", &format!("{journal}/000001.jsonl"), &format!("{journal}/lock")];
    for file in files {
        assert_eq!(mode(&bench, file), 0o600, "{file}");
    }
    // Whatever mode they had before.
    for file in ["change.plan", "cloud.json"] {
        std::fs::set_permissions(path(&bench, file), std::fs::Permissions::from_mode(0o666)).unwrap();
    }
    bench.write("policies/files.yaml", &crate::files::FILES.replace("acme-docs", "acme-other-docs"));
    generous(&bench, "plan policies --out change.plan").expect(0);
    assert_eq!(mode(&bench, "change.plan"), 0o600);
    generous(&bench, "apply change.plan").expect(0);
    assert_eq!(names(&bench, "."), ["change.plan", "cloud.json", "policies"]);
    assert_eq!(mode(&bench, "cloud.json"), 0o600);
}

#[test]
fn plan_is_not_written_through_a_link() {
    let bench = bench();
    run(&bench, "plan policies --out real.plan").expect(0);
    let plan = bench.read("real.plan");
    bench.write("precious", "text");
    for to in ["precious", "real.plan", "nowhere", "/dev/null", "."] {
        link(&bench, to, "change.plan");
        let said = "change.plan: this is a link, and links are not followed here";
        refused(&bench, "plan policies --out change.plan", 64, said);
        let there = std::fs::read_link(path(&bench, "change.plan")).unwrap();
        assert_eq!(there.to_str(), Some(to));
        std::fs::remove_file(path(&bench, "change.plan")).unwrap();
        assert_eq!(names(&bench, "."), ["policies", "precious", "real.plan"], "{to}");
    }
    assert_eq!((bench.read("precious").as_str(), bench.read("real.plan")), ("text", plan));
}

#[test]
fn embedded_cloud_is_not_written_through_links() {
    let bench = bench();
    bench.write("precious", "text");
    for (to, name) in [("precious", "cloud.json.log"), ("new", "cloud.json.log"), ("new", "cloud.json")] {
        link(&bench, to, name);
        let said = format!("{name}: this is a link, and links are not followed here");
        refused(&bench, "apply policies --yes", 1, &said);
        std::fs::remove_file(path(&bench, name)).unwrap();
        assert!(!path(&bench, "new").exists(), "{name}");
    }
    assert_eq!(bench.read("precious"), "text");
}

#[test]
fn init_and_import_replace_nothing_not_even_a_dangling_link() {
    let bench = bench();
    std::fs::create_dir(path(&bench, "first")).unwrap();
    link(&bench, "../new", "first/shop.yaml");
    refused(&bench, "init first", 1, "`first/shop.yaml` already exists; nothing was written");
    assert_eq!(names(&bench, "first"), ["shop.yaml"]);
    run(&bench, "apply policies --yes").expect(0);
    link(&bench, "new", "found.yaml");
    refused(&bench, "import --out found.yaml --yes", 1, "`found.yaml` already exists; nothing was written");
    assert!(!path(&bench, "new").exists());
}

#[test]
fn failed_write_leaves_no_file() {
    let bench = bench();
    std::fs::create_dir(path(&bench, "change.plan")).unwrap();
    refused(&bench, "plan policies --out change.plan", 64, "change.plan: this is a folder");
    refused(&bench, "plan policies --out nowhere/change.plan", 1, "nowhere/change.plan: No such file");
    assert_eq!(names(&bench, "."), ["change.plan", "policies"]);
    // Names may be as long as the system allows.
    let long = "ü".repeat(127);
    run(&bench, &format!("plan policies --out {long}")).expect(0);
    assert_eq!(names(&bench, "."), ["change.plan", "policies", &long]);
}

#[test]
fn approval_is_not_written_through_a_link() {
    let bench = bench();
    run(&bench, "plan policies --author ci@acme.example --out change.plan").expect(0);
    bench.write("precious", "text");
    let name = "change.plan.alice@acme.example.approval";
    link(&bench, "precious", name);
    let words = "approve change.plan --as alice@acme.example --statement-only";
    refused(&bench, words, 1, &format!("{name}: this is a link, and links are not followed here"));
    std::fs::remove_file(path(&bench, name)).unwrap();
    // The link in place of an old signature is removed; its target stays.
    link(&bench, "precious", &format!("{name}.sig"));
    run(&bench, words).expect(0);
    assert_eq!(names(&bench, "."), ["change.plan", name, "policies", "precious"]);
    assert_eq!(bench.read("precious"), "text");
}

#[test]
fn result_that_cannot_be_written_ends_with_an_error() {
    let bench = bench();
    for words in [
        "schema",
        "explain E0601",
        "validate policies --format json",
        "objectives policies",
        "graph policies",
        "plan policies",
        "plan policies --format json",
        "completions bash",
    ] {
        let ran = generous(&bench, &format!("{words} > /dev/full")).expect(1);
        assert!(ran.stderr.contains("cannot write the "), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains("No space left on device"), "{words}: {}", ran.stderr);
    }
}
