//! Folders of policies.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use holdfast::files::{Why, inside, read};

use crate::files::{ESTATE, FILES, Lay, bench, link, path, pipe, refused, run, sparse};
use crate::support::{Bench, Ran};

#[test]
fn folders_with_circular_links_are_read_once() {
    let bench = bench();
    let plain = run(&bench, "graph policies").expect(0).stdout;
    std::fs::create_dir_all(path(&bench, "policies/a/b")).unwrap();
    link(&bench, "../..", "policies/a/b/up");
    link(&bench, ".", "policies/here");
    link(&bench, "a", "policies/also-a");
    link(&bench, "b/up/a", "policies/a/through-itself");
    link(&bench, "estate.yaml", "policies/again.yaml");
    link(&bench, "policies", "same");
    assert_eq!(run(&bench, "graph policies").expect(0).stdout, plain);
    // Also if they are named several times and by different names.
    let all = "graph same policies ./policies policies/here policies/files.yaml policies/again.yaml";
    assert_eq!(run(&bench, all).expect(0).stdout, plain);
    assert_eq!(run(&bench, "fmt policies").expect(0).stdout, "policies/estate.yaml\n");
}

#[test]
fn link_to_hidden_folder_inside_is_read_under_its_own_name() {
    let bench = Bench::local();
    // The layout in which Kubernetes mounts a ConfigMap.
    bench.write("policies/..2026_11_23/estate.yaml", ESTATE);
    bench.write("policies/..2026_11_23/files.yaml", FILES);
    link(&bench, "..2026_11_23", "policies/..data");
    link(&bench, "..data/estate.yaml", "policies/estate.yaml");
    link(&bench, "..data/files.yaml", "policies/files.yaml");
    run(&bench, "validate policies").expect(0);
    assert_eq!(run(&bench, "fmt policies").expect(0).stdout, "policies/estate.yaml\n");
}

#[test]
fn links_out_of_the_folder_are_refused_by_name() {
    for (to, name, said) in [
        ("../other", "policies/other", "policies/other: this link points to `"),
        ("../other/x.yaml", "policies/x.yaml", "policies/x.yaml: this link points to `"),
        ("../../other/x.yaml", "policies/deep/x.yaml", "policies/deep/x.yaml: this link points to `"),
        ("/", "policies/all", "policies/all: this link points to `/`, outside the folder `policies`"),
        ("/dev/zero", "policies/z.yaml", "policies/z.yaml: this link points to `/dev/zero`, outside"),
        ("/dev", "policies/deep/dev", "policies/deep/dev: this link points to `/dev`, outside"),
    ] {
        let bench = bench();
        bench.write("other/x.yaml", "kind: estate\nname: secret\n");
        std::fs::create_dir(path(&bench, "policies/deep")).unwrap();
        link(&bench, to, name);
        for command in ["validate", "plan", "apply --yes", "fmt", "graph", "objectives", "import --yes"] {
            refused(&bench, &format!("{command} policies"), 3, said);
        }
        assert_eq!(bench.read("other/x.yaml"), "kind: estate\nname: secret\n");
        assert!(!run(&bench, "validate policies").stderr.contains("secret"));
        assert!(run(&bench, "validate policies").stderr.starts_with("E0006\n"), "{name}");
    }
}

#[test]
fn link_that_is_named_on_the_command_line_is_followed() {
    let bench = bench();
    bench.write("team/policies/estate.yaml", ESTATE);
    link(&bench, "team/policies", "theirs");
    link(&bench, "policies/files.yaml", "service.yaml");
    run(&bench, "validate theirs service.yaml").expect(0);
}

#[test]
fn dangling_links_and_special_files_in_a_folder_are_refused() {
    let lay: [Lay; 4] = [
        ("policies/x.yaml: this is a named pipe, not a regular file", |bench| pipe(bench, "policies/x.yaml")),
        ("policies/x.yaml: this is a link to `gone`, which does not exist", |bench| {
            link(bench, "gone", "policies/x.yaml")
        }),
        ("policies/gone: this is a link to `nowhere`, which does not exist", |bench| {
            link(bench, "nowhere", "policies/gone")
        }),
        ("policies/x.yaml: this is a link that leads back to itself", |bench| {
            link(bench, "x.yaml", "policies/x.yaml")
        }),
    ];
    for (said, lay) in lay {
        let bench = bench();
        lay(&bench);
        refused(&bench, "validate policies", 3, said);
        assert!(run(&bench, "plan policies").stderr.starts_with("E0005\n"), "{said}");
    }
    // Files that are not policies are not opened.
    let bench = bench();
    pipe(&bench, "policies/pipe");
    link(&bench, "/dev/zero", "policies/notes.txt");
    run(&bench, "validate policies").expect(0);
}

#[test]
fn folder_that_cannot_be_read_is_refused_by_name() {
    let bench = bench();
    let deep = path(&bench, "policies/deep");
    std::fs::create_dir(&deep).unwrap();
    let rights = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    rights(bench.folder.path(), 0o755);
    run(&bench, "validate policies").expect(0);
    rights(&deep, 0o000);
    let mut command = bench.command(&["validate", "policies"]);
    if std::fs::read_dir(&deep).is_ok() {
        // Root can read everything, so run as `nobody`, with a copy of the binary that `nobody` can execute.
        let binary = path(&bench, "holdfast");
        std::fs::copy(env!("CARGO_BIN_EXE_holdfast"), &binary).unwrap();
        command = std::process::Command::new(binary);
        command.args(["validate", "policies"]).current_dir(bench.folder.path()).uid(65534).gid(65534);
        command.env("NO_COLOR", "1");
    }
    let ran = Ran::from(command.output().unwrap()).expect(3);
    rights(&deep, 0o755);
    assert!(ran.stderr.starts_with("E0005\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("policies/deep: cannot be read: Permission denied"), "{}", ran.stderr);
}

#[test]
fn folders_nested_too_deep_are_refused() {
    let bench = Bench::local();
    let folder = format!("policies{}", "/a".repeat(32));
    bench.write(&format!("{folder}/estate.yaml"), ESTATE);
    bench.write(&format!("{folder}/files.yaml"), FILES);
    run(&bench, "validate policies").expect(0);
    std::fs::create_dir(path(&bench, &format!("{folder}/b"))).unwrap();
    refused(&bench, "validate policies", 3, &format!("{folder}/b: folders are nested more than 32 deep"));
    assert!(run(&bench, "plan policies").stderr.starts_with("E0007\n"));
}

#[test]
fn too_many_files_are_refused() {
    let bench = bench();
    for nth in 0..9_999 {
        std::fs::write(path(&bench, &format!("policies/{nth}.yaml")), "").unwrap();
    }
    refused(&bench, "validate policies", 3, "policies: there are more than 10000 files");
    refused(&bench, "validate policies/estate.yaml policies", 3, "E0007");
    // The limit is for all folders together.
    for folder in ["one", "two"] {
        bench.write(&format!("{folder}/x.yaml"), "");
    }
    std::fs::remove_file(path(&bench, "policies/0.yaml")).unwrap();
    refused(&bench, "fmt policies one two", 3, "one: there are more than 10000 files");
}

#[test]
fn too_many_bytes_are_refused() {
    let bench = bench();
    for nth in 10..75 {
        sparse(&bench, &format!("policies/{nth}.yaml"), 4 * 1024 * 1024);
    }
    let said = "policies/74.yaml: with this file the policies have more than 256 MiB";
    refused(&bench, "validate policies", 3, said);
    sparse(&bench, "policies/10.yaml", 4 * 1024 * 1024 + 1);
    refused(&bench, "validate policies/10.yaml", 3, "policies/10.yaml: a policy file is at most 4 MiB");
}

#[test]
fn paths_that_leave_a_folder_are_refused() {
    let bench = bench();
    bench.write("other/x", "x");
    link(&bench, "../other/x", "policies/out");
    link(&bench, "estate.yaml", "policies/in");
    std::fs::create_dir(path(&bench, "policies/deep")).unwrap();
    let root = path(&bench, "policies");
    let whole = root.join("estate.yaml").canonicalize().unwrap();
    for name in ["estate.yaml", "./estate.yaml", "in", "deep/../estate.yaml", "../policies/estate.yaml"] {
        assert_eq!(inside(&root, Path::new(name)).unwrap(), whole, "{name}");
    }
    for name in ["out", "../other/x", "deep/../../other/x", "..", "/etc/passwd", whole.to_str().unwrap()] {
        let error = inside(&root, Path::new(name)).unwrap_err();
        assert!(matches!(error.why, Why::LeadsOut { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
    assert!(inside(&root, Path::new("gone")).unwrap_err().is_missing());
}

#[test]
fn file_one_byte_over_its_limit_is_refused() {
    let bench = bench();
    bench.write("ten", "0123456789");
    let ten = path(&bench, "ten");
    assert_eq!(read(&ten, 10).unwrap(), b"0123456789");
    assert!(matches!(read(&ten, 9).unwrap_err().why, Why::TooLarge(9)));
    assert_eq!(read(&path(&bench, "policies/estate.yaml"), u64::MAX).unwrap(), ESTATE.as_bytes());
    // A file in /proc reports a size of 0 but has content.
    #[cfg(target_os = "linux")]
    assert!(matches!(read(Path::new("/proc/self/status"), 9).unwrap_err().why, Why::TooLarge(9)));
}
