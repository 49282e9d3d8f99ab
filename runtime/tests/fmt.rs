//! `holdfast fmt`: what it writes, what it leaves unchanged, and what it prints.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Bench, Ran};

const UNTIDY: &str = "kind:   estate # one\nname: acme\nsites:\n    virginia: {aws: us-east-1}\n";
const TIDY: &str = "kind: estate # one\nname: acme\nsites:\n  virginia: { aws: us-east-1 }\n";
const BROKEN: &str = "kind: service\nstandby: [oregon\nname:   a\n";

/// A tidy, an untidy and a broken file.
fn bench() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/tidy.yaml", TIDY);
    bench.write("policies/deep/untidy.yml", UNTIDY);
    bench.write("policies/.hidden.yaml", UNTIDY);
    bench
}

fn with_input(bench: &Bench<'_>, words: &str, input: &[u8]) -> Ran {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn files_are_rewritten_in_place_and_named() {
    let bench = bench();
    let ran = bench.run("fmt policies").expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("policies/deep/untidy.yml\n", ""));
    assert_eq!(bench.read("policies/deep/untidy.yml"), TIDY);
    assert_eq!(bench.read("policies/.hidden.yaml"), UNTIDY);
    assert_eq!(bench.run("fmt policies").expect(0).stdout, "");
    let left = std::fs::read_dir(bench.folder.path().join("policies/deep")).unwrap();
    assert_eq!(left.count(), 1, "a temporary file was left behind");
}

#[test]
fn formatted_file_is_not_rewritten() {
    let bench = bench();
    let path = bench.folder.path().join("policies/tidy.yaml");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    bench.run("fmt policies").expect(0);
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
}

#[test]
fn check_lists_files_to_change_and_writes_nothing() {
    let bench = bench();
    let ran = bench.run("fmt --check policies").expect(3);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("policies/deep/untidy.yml\n", ""));
    assert_eq!(bench.read("policies/deep/untidy.yml"), UNTIDY);
    assert_eq!(bench.run("fmt --check policies/tidy.yaml").expect(0).stdout, "");
}

#[test]
fn diff_shows_changes_and_writes_nothing() {
    let bench = bench();
    let ran = bench.run("fmt --diff policies").expect(0);
    let head = "--- policies/deep/untidy.yml\n+++ policies/deep/untidy.yml (formatted)\n@@ -1,4 +1,4 @@\n";
    assert!(ran.stdout.starts_with(head), "{}", ran.stdout);
    for line in ["-kind:   estate # one", "+kind: estate # one", " name: acme"] {
        assert!(ran.stdout.lines().any(|shown| shown == line), "{line}:\n{}", ran.stdout);
    }
    assert_eq!(bench.read("policies/deep/untidy.yml"), UNTIDY);
    assert_eq!(bench.run("fmt --diff --check policies").expect(3).stdout, ran.stdout);
    assert_eq!(bench.run("fmt --diff policies/tidy.yaml").expect(0).stdout, "");
}

#[test]
fn invalid_file_is_reported_and_the_others_are_formatted() {
    let bench = bench();
    bench.write("policies/broken.yaml", BROKEN);
    std::fs::write(bench.folder.path().join("policies/latin.yaml"), b"kind: caf\xe9\n").unwrap();
    let ran = bench.run("fmt policies nowhere").expect(3);
    assert_eq!(ran.stdout, "policies/deep/untidy.yml\n");
    for code in ["E0001", "E0004", "E0101"] {
        assert!(ran.stderr.lines().any(|line| line == code), "{code}:\n{}", ran.stderr);
    }
    assert!(ran.stderr.contains("policies/broken.yaml:"), "{}", ran.stderr);
    assert_eq!(bench.read("policies/broken.yaml"), BROKEN);
    assert_eq!(bench.read("policies/deep/untidy.yml"), TIDY);
}

#[test]
fn text_that_cannot_be_formatted_is_kept_and_reported() {
    let bench = Bench::local();
    let text = "%YAML 1.2\n---\nkind:   estate\n";
    bench.write("a.yaml", text);
    let ran = bench.run("fmt a.yaml").expect(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr, "a.yaml is left unchanged: it has a YAML directive (`%`)\n");
    assert_eq!(bench.read("a.yaml"), text);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let bench = bench();
    let run = |words: &str, input: &str| with_input(&bench, words, input.as_bytes());
    assert_eq!(run("fmt -", UNTIDY).expect(0).stdout, TIDY);
    assert_eq!(run("fmt -", TIDY).expect(0).stdout, TIDY);
    assert_eq!(run("fmt - --check", UNTIDY).expect(3).stdout, "<stdin>\n");
    assert_eq!(run("fmt - --check", TIDY).expect(0).stdout, "");
    assert!(run("fmt - --diff", UNTIDY).expect(0).stdout.contains("\n+kind: estate # one\n"));
    let broken = run("fmt -", BROKEN).expect(3);
    assert!(broken.stderr.starts_with("E0101\n") && broken.stderr.contains("<stdin>:"), "{}", broken.stderr);
    assert_eq!(broken.stdout, "");
    let huge = with_input(&bench, "fmt -", &vec![b'#'; 4 * 1024 * 1024 + 1]).expect(3);
    assert!(huge.stderr.starts_with("E0005\n"), "{}", huge.stderr);
    let both = bench.run("fmt - policies").expect(64);
    assert!(both.stderr.contains("cannot be combined"), "{}", both.stderr);
}

#[cfg(unix)]
#[test]
fn formatting_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let bench = bench();
    let file = bench.folder.path().join("policies/deep/untidy.yml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = bench.folder.path().join("link.yaml");
    symlink(&file, &link).unwrap();
    assert_eq!(bench.run("fmt link.yaml").expect(0).stdout, "link.yaml\n");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(bench.read("policies/deep/untidy.yml"), TIDY);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(target_os = "linux")]
#[test]
fn unwritable_file_is_reported_and_the_others_are_formatted() {
    let bench = bench();
    // Text with trailing spaces, in a folder in which not even root can create files.
    std::os::unix::fs::symlink("/proc/self/limits", bench.folder.path().join("a.yaml")).unwrap();
    let ran = bench.run("fmt a.yaml policies").expect(1);
    assert!(ran.stderr.starts_with("error: a.yaml: "), "{}", ran.stderr);
    assert_eq!(ran.stdout, "policies/deep/untidy.yml\n");
}
