//! Stories on the embedded cloud: `fixtures/scenarios/STORY/story.txt` (and `fixtures/invalid/CODE-STORY/story.txt`,
//! which must print CODE first) is a terminal session, run line by line in a copy of its folder and compared with the
//! expected output.
//!
//! A line that begins with `$ ` is a shell command, with `holdfast` in its path. The lines below are its output,
//! followed by `[exit N]` if N is not 0. Lines that begin with `#` tell the story, so no output may begin with `#`. A
//! story that says `# With a team's bucket.` has the AWS stand-in with the bucket `team-journal`. To add a story, add
//! a folder; `HOLDFAST_BLESS=1` writes the actual output, which must be reviewed. `HOLDFAST_STORY=NAME` runs one alone.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::side_by_side::side_by_side;
use crate::support::{Standin, aws_environment, root};

#[test]
fn every_story_matches_its_transcript() {
    let folders = ["fixtures/invalid", "fixtures/scenarios"].map(|folder| root().join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut stories: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    stories.retain(|story| story.join("story.txt").exists());
    stories.sort();
    assert!(stories.len() > 20, "there are only {} stories", stories.len());
    if let Some(only) = std::env::var_os("HOLDFAST_STORY") {
        stories.retain(|story| story.ends_with(&only));
        assert_eq!(stories.len(), 1, "no story has this name");
    }
    // Each story has a folder and a cloud of its own, so that they can run side by side.
    let wrong = side_by_side(&stories, |story| told_otherwise(story));
    let wrong: String = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{wrong}");
}

/// Where a story's transcript differs from what happens.
fn told_otherwise(story: &Path) -> Option<String> {
    let path = story.join("story.txt");
    let told = std::fs::read_to_string(&path).unwrap();
    let happened = happen(story, &told);
    let name = story.file_name().unwrap().to_str().unwrap();
    if let Some((code, _)) = name.split_once('-').filter(|_| name.starts_with(['E', 'W'])) {
        let first = happened.lines().find(|line| line.len() == 5 && line.starts_with(['E', 'W']));
        assert_eq!(first, Some(code), "{name}");
    }
    // What tells the day of its run is another story tomorrow.
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date().to_string();
    let mut lines = happened.lines();
    let says_it = lines.clone().any(|line| line.starts_with("$ ") && line.contains(&today));
    let dated = lines.find(|line| line.contains(&today)).filter(|_| !says_it);
    assert_eq!(dated, None, "{name}: give the command a day, such as `--as-of 2026-11-23`");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, &happened).unwrap();
        return None;
    }
    (happened != told).then(|| format!("{}:\n{}\n", path.display(), difference(&told, &happened)))
}

fn happen(story: &Path, told: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(story.join(".")).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    let mut happened = String::new();
    let standin = told.lines().any(|line| line == "# With a team's bucket.").then(|| {
        let standin = Standin::start();
        standin.aws("s3api create-bucket --bucket team-journal");
        standin
    });
    for line in told.lines() {
        if line.starts_with('#') || line.is_empty() && happened.ends_with("]\n\n") {
            let _ = writeln!(happened, "{line}");
        }
        let Some(command) = line.strip_prefix("$ ") else { continue };
        let _ = writeln!(happened, "{line}");
        let binary = Path::new(env!("CARGO_BIN_EXE_holdfast")).parent().unwrap().to_owned();
        // `forge` is an example program that changes a plan file as an attacker would.
        let examples = binary.join("examples");
        let path = [binary.as_path(), &examples].map(|folder| folder.display().to_string()).join(":");
        let path = format!("{path}:{}", std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        if let Some(standin) = &standin {
            aws_environment(&mut shell, standin.url());
        }
        let output = shell
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(folder.path())
            .env("PATH", path)
            .env("HOLDFAST_CLOUD", "local:cloud.json")
            .env("NO_COLOR", "1")
            .env_remove("HOLDFAST_JOURNAL")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let output_text = String::from_utf8(output.stdout).unwrap();
        // Of a story, that is prose and commands.
        let prose = output_text.lines().find(|line| line.starts_with('#') || line.starts_with("$ "));
        assert_eq!(
            prose, None,
            "{command}: choose what it prints so that no line looks like the story's own"
        );
        // The folder of the story differs each time.
        let place = folder.path().canonicalize().unwrap().display().to_string();
        happened.push_str(&masked(&timeless(&output_text.replace(&place, "…"))));
        let code = output.status.code().unwrap();
        if code != 0 {
            let _ = writeln!(happened, "[exit {code}]");
        }
    }
    happened
}

/// Progress lines contain times and arrive in the order in which steps end, so they are sorted, without the times.
fn timeless(output: &str) -> String {
    let (mut progress, mut rest): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for line in output.lines() {
        match line.strip_prefix('[').and_then(|line| line.split_once("] ")) {
            Some((count, what)) if count.contains('/') => {
                let what = what.rsplit_once(" (").map_or(what, |(what, _)| what);
                progress.push(format!("[…] {what}\n"));
            }
            _ => rest.push(format!("{line}\n")),
        }
    }
    progress.sort();
    progress.into_iter().chain(rest).collect()
}

/// Digests that depend on new keys, fingerprints of keys, and the times in statements differ each time.
fn masked(output: &str) -> String {
    let mut output = output.to_owned();
    while let Some(at) = output.find("SHA256:").filter(|at| output[at + 7..].len() >= 43) {
        output.replace_range(at..at + 50, "SHA256\u{0}:…");
    }
    let output = days_of_runs(&output.replace('\0', ""));
    let mut text = String::new();
    for line in output.split_inclusive('\n') {
        let (before, after) = match line.split_once("sha256:") {
            Some((before, rest)) if rest.bytes().take(64).all(|b| b.is_ascii_hexdigit()) => {
                (format!("{before}sha256:…"), rest.get(64..).unwrap_or("\n").to_owned())
            }
            _ => match ["approved-at ", "expires-at ", " until "]
                .iter()
                .find_map(|at| line.split_once(at).zip(Some(at)))
            {
                Some(((before, rest), at))
                    if rest.starts_with("20") && rest.as_bytes().get(10) == Some(&b'T') =>
                {
                    (format!("{before}{at}…"), rest.get(20..).unwrap_or("\n").to_owned())
                }
                _ => (line.to_owned(), String::new()),
            },
        };
        text.push_str(&before);
        text.push_str(&after);
    }
    text
}

/// The days of runs are those of the test.
fn days_of_runs(output: &str) -> String {
    let is_day = |word: &str| {
        word.len() == 10
            && word
                .chars()
                .enumerate()
                .all(|(at, c)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() })
    };
    let mut text = String::new();
    let mut rest = output;
    while let Some(at) = rest.find("20") {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let said = text.trim_end();
        let run = said
            .strip_suffix("on")
            .map(|run| run.trim_end().trim_end_matches(',').trim_end_matches(|c: char| c.is_ascii_digit()));
        let of_a_run = said.ends_with("dated") || run.is_some_and(|run| run.trim_end().ends_with("run"));
        let day = from.get(..10).filter(|day| of_a_run && is_day(day));
        let length = if day.is_some() { 10 } else { 2 };
        text.push_str(if day.is_some() { "DAY" } else { "20" });
        rest = &from[length..];
    }
    text + rest
}

fn difference(told: &str, happened: &str) -> String {
    let diff = similar::TextDiff::from_lines(told, happened);
    diff.unified_diff().context_radius(3).header("told", "happened").to_string()
}
