//! Hostile files: links in cycles and out of the folder, devices, pipes, endless and huge files, too many files, and
//! links where Holdfast writes. All tests use the command line, and no command may hang.

#![cfg(unix)]

mod folders;
mod journal;
mod special;
mod writes;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Bench, Ran};

const ESTATE: &str = "kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { detection: { value: 5m, because: the monitoring pages after five minutes } } }
";
const FILES: &str = "kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs: { bucket: acme-docs, backups: [{ strategy: real-time, to: [oregon] }] }
recovery: [{ step: read-the-copy, takes: 30m }]
";

/// A message, and the setup that causes it.
type Lay = (&'static str, fn(&Bench<'_>));

/// A bench with an estate of one service in the folder `policies`.
fn bench() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/estate.yaml", ESTATE);
    bench.write("policies/files.yaml", FILES);
    bench
}

fn path(bench: &Bench<'_>, name: &str) -> PathBuf {
    bench.folder.path().join(name)
}

/// A link in a folder, to a target that is written as given.
fn link(bench: &Bench<'_>, to: impl AsRef<Path>, name: &str) {
    symlink(to, path(bench, name)).unwrap();
}

fn pipe(bench: &Bench<'_>, name: &str) {
    let made = Command::new("mkfifo").arg(path(bench, name)).status().unwrap();
    assert!(made.success());
}

/// A sparse file of this many bytes.
fn sparse(bench: &Bench<'_>, name: &str, bytes: u64) {
    std::fs::File::create(path(bench, name)).unwrap().set_len(bytes).unwrap();
}

/// The names in a folder, in order.
fn names(bench: &Bench<'_>, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(bench, folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Run a command that may hang, and kill it after a minute.
#[track_caller]
fn run(bench: &Bench<'_>, words: &str) -> Ran {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("`{words}` does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap().into()
}

/// Check that a command is refused with an exit code and a message, ignoring the frame around it.
#[track_caller]
fn refused(bench: &Bench<'_>, words: &str, exit: i32, said: &str) {
    let ran = run(bench, words).expect(exit);
    let text = ran.stderr.replace('│', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(said), "`{words}` does not say `{said}`:\n{}", ran.stderr);
}
