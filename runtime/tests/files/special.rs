//! Devices, named pipes, endless and huge files, wherever a file can be named.

use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::files::{ESTATE, FILES, Lay, link, path, pipe, refused, run, sparse};
use crate::support::{Bench, Ran};

/// A bench with a plan that needs an approval, and the key of an approver.
fn planned() -> Bench<'static> {
    let bench = Bench::local();
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", "alice"];
    let made = Command::new("ssh-keygen").args(keygen).current_dir(bench.folder.path()).output().unwrap();
    Ran::from(made).expect(0);
    bench.write("policies/people", &format!("alice@acme.example {}", bench.read("alice.pub")));
    let rule = "approvals: { required: 1, signers: people }\n";
    bench.write("policies/estate.yaml", &format!("{ESTATE}{rule}"));
    bench.write("policies/files.yaml", FILES);
    run(&bench, "plan policies --author ci@acme.example --out change.plan").expect(0);
    bench
}

#[test]
fn special_files_are_refused_wherever_a_file_is_named() {
    let bench = planned();
    pipe(&bench, "pipe");
    link(&bench, "pipe", "link-to-pipe");
    link(&bench, "/dev/zero", "link-to-zero");
    let _listening = UnixListener::bind(path(&bench, "socket")).unwrap();
    for (file, what) in [
        ("/dev/zero", "a device"),
        ("/dev/null", "a device"),
        ("link-to-zero", "a device"),
        ("pipe", "a named pipe"),
        ("link-to-pipe", "a named pipe"),
        ("socket", "a socket"),
    ] {
        let said = format!("{file}: this is {what}, not a regular file");
        for command in
            ["validate", "plan", "graph", "objectives", "fmt", "apply --yes", "apply", "import --yes"]
        {
            refused(&bench, &format!("{command} {file}"), 3, &said);
        }
        refused(&bench, &format!("show {file}"), 4, &said);
        refused(&bench, &format!("approve {file} --key alice"), 4, &said);
        refused(&bench, &format!("approve change.plan --key {file}"), 1, &said);
        let what = format!("this is {what}, not a regular file");
        refused(&bench, &format!("apply change.plan --approval {file}"), 4, &what);
        // Files that Holdfast writes must not be links either.
        let linked = file.starts_with("link");
        let what = if linked { "this is a link, and links are not followed here" } else { &what };
        refused(&bench, &format!("plan policies --cloud local:{file}"), 1, &format!("{file}: {what}"));
        refused(&bench, &format!("plan policies --out {file}"), 64, &format!("{file}: {what}"));
        refused(&bench, &format!("import --out {file} --yes"), 1, &format!("`{file}` already exists"));
    }
    let zero = std::fs::symlink_metadata("/dev/zero").unwrap().file_type();
    assert!(zero.is_char_device());
}

#[test]
fn broken_links_are_named_with_the_cure_wherever_a_path_is_named() {
    let bench = planned();
    link(&bench, "nowhere", "dangling");
    link(&bench, "back", "circle");
    link(&bench, "circle", "back");
    pipe(&bench, "pipe");
    std::fs::create_dir(path(&bench, "linked")).unwrap();
    std::fs::copy(path(&bench, "policies/estate.yaml"), path(&bench, "linked/estate.yaml")).unwrap();
    for (file, what) in [
        ("dangling", "this is a link to `nowhere`, which does not exist"),
        ("circle", "this is a link that leads back to itself"),
    ] {
        let said = |cure: &str| format!("{file}: {what}{cure}");
        for command in ["validate", "plan", "graph", "fmt", "apply --yes", "import --yes", "journal log"] {
            refused(&bench, &format!("{command} {file}"), 3, &said(" help: correct or remove the link"));
        }
        let cured = said(": correct or remove the link");
        refused(&bench, &format!("approve change.plan --key {file}"), 1, &cured);
        refused(&bench, &format!("plan policies --trust {file}"), 4, &cured);
        refused(&bench, &format!("init {file}"), 1, what);
        for command in ["plan policies", "apply policies --yes", "journal log", "journal verify"] {
            refused(&bench, &format!("{command} --journal {file}"), 1, &cured);
        }
        refused(&bench, &format!("show {file}"), 4, what);
        refused(&bench, &format!("approve {file} --key alice"), 4, what);
        refused(&bench, &format!("apply change.plan --approval {file}"), 4, what);
        link(&bench, if file == "circle" { "people" } else { "nowhere" }, "linked/people");
        refused(
            &bench,
            "validate linked",
            3,
            &format!("linked/people: {}", what.replace("circle", "people")),
        );
        std::fs::remove_file(path(&bench, "linked/people")).unwrap();
        let mut command = bench.command(&["apply", "policies", "--yes"]);
        let ran = Ran::from(command.env("HOLDFAST_RUNNER_KEY", file).output().unwrap()).expect(1);
        assert!(ran.stderr.contains(&cured), "{}", ran.stderr);
    }
    for file in ["pipe", "policies/files.yaml"] {
        for command in ["plan policies", "journal log", "journal verify"] {
            refused(&bench, &format!("{command} --journal {file}"), 1, "this is not a folder: name a folder");
        }
    }
}

#[test]
fn standard_input_is_read_only_on_request() {
    let bench = planned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat policies/files.yaml | \"$0\" validate /dev/stdin"]);
    shell.arg(env!("CARGO_BIN_EXE_holdfast")).current_dir(bench.folder.path());
    let ran = Ran::from(shell.output().unwrap()).expect(3);
    assert!(ran.stderr.contains("/dev/stdin: this is a named pipe, not a regular file"), "{}", ran.stderr);
}

#[test]
fn list_of_signers_must_be_a_regular_file_in_the_estate_folder() {
    let bench = planned();
    let people = path(&bench, "policies/people");
    let lay: [Lay; 4] = [
        ("policies/people: it points to `/dev/zero`, outside the folder", |bench| {
            link(bench, "/dev/zero", "policies/people");
        }),
        ("policies/people: it points to `", |bench| link(bench, "../alice.pub", "policies/people")),
        ("policies/people: this is a named pipe", |bench| pipe(bench, "policies/people")),
        ("policies/people: it is larger than", |bench| sparse(bench, "policies/people", 64 << 30)),
    ];
    for (said, lay) in lay {
        std::fs::remove_file(&people).unwrap();
        lay(&bench);
        for command in ["validate", "plan", "apply --yes"] {
            let ran = run(&bench, &format!("{command} policies")).expect(3);
            assert!(ran.stderr.starts_with("E0719\n"), "{}", ran.stderr);
            refused(&bench, &format!("{command} policies"), 3, said);
        }
    }
}

#[test]
fn huge_files_are_refused_without_reading_them() {
    let bench = planned();
    sparse(&bench, "huge", 64 << 30);
    sparse(&bench, "huge.yaml", 64 << 30);
    refused(&bench, "validate huge.yaml", 3, "huge.yaml: a policy file is at most 4 MiB");
    refused(&bench, "show huge", 4, "huge: it is larger than 512 MiB");
    refused(&bench, "apply huge", 4, "huge: it is larger than 512 MiB");
    refused(&bench, "approve change.plan --key huge", 1, "huge: it is larger than 65536 bytes");
    refused(&bench, "apply change.plan --approval huge", 4, "it is larger than 16384 bytes");
    refused(&bench, "plan policies --cloud local:huge", 1, "huge: it is larger than 512 MiB");
    refused(&bench, "plan policies --out huge", 64, "huge: it is larger than 512 MiB");
}

#[test]
fn approvals_that_link_outside_the_folder_of_the_plan_are_refused() {
    let bench = planned();
    run(&bench, "approve change.plan --key alice").expect(0);
    std::fs::create_dir(path(&bench, "elsewhere")).unwrap();
    let name = "change.plan.alice@acme.example.approval";
    for end in ["", ".sig"] {
        let (file, moved) = (path(&bench, &format!("{name}{end}")), path(&bench, "elsewhere/moved"));
        std::fs::create_dir_all(path(&bench, "plans")).unwrap();
        for (one, other) in [("change.plan", ""), (name, ""), (name, ".sig")] {
            let one = format!("{one}{other}");
            std::fs::copy(path(&bench, &one), path(&bench, &format!("plans/{one}"))).unwrap();
        }
        let linked = path(&bench, &format!("plans/{name}{end}"));
        std::fs::rename(&linked, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &linked).unwrap();
        refused(&bench, "apply plans/change.plan", 1, &format!("plans/{name}{end}: it points to `"));
        std::fs::remove_dir_all(path(&bench, "plans")).unwrap();
        assert!(file.is_file());
    }
    // A pipe with the name of an approval does not count, and the command does not hang.
    pipe(&bench, "change.plan.bob@acme.example.approval");
    run(&bench, "apply change.plan").expect(0);
}
