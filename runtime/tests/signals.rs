//! Signals during an apply: after the first, the steps in progress finish; the second stops the apply at once.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::support::{Bench, Standin, signal};
use serde_json::Value;

/// An apply on a cloud that stops answering: two steps stay in progress.
struct Stuck {
    apply: Child,
    events: BufReader<ChildStdout>,
    /// The lines of stderr, as they come: a plan is longer than a pipe holds.
    words: Receiver<String>,
    steps: u64,
    in_progress: Vec<String>,
}

fn prepared(standin: &Standin) -> Bench<'_> {
    Bench::shipped(standin)
}

fn stuck(bench: &Bench<'_>, standin: &Standin) -> Stuck {
    let arguments = ["apply", "policies", "--yes", "--events", "json", "--parallelism", "2"];
    let mut command = bench.command(&arguments);
    let mut apply = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut events = BufReader::new(apply.stdout.take().unwrap());
    let lines = BufReader::new(apply.stderr.take().unwrap()).lines();
    let (tell, words) = channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
    let (mut steps, mut in_progress, mut ended) = (0, Vec::new(), 0);
    while ended < 3 || in_progress.len() < 2 {
        let mut line = String::new();
        assert!(events.read_line(&mut line).unwrap() > 0, "it ended by itself");
        let event: Value = serde_json::from_str(&line).unwrap();
        let step = event["step"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str().unwrap() {
            "step-started" => in_progress.push(step),
            "step-ended" => {
                in_progress.retain(|other| *other != step);
                ended += 1;
                if ended == 3 {
                    standin.pause();
                }
            }
            "run-started" => steps = event["steps"].as_u64().unwrap(),
            other => panic!("{other}"),
        }
    }
    Stuck { apply, events, words, steps, in_progress }
}

impl Stuck {
    /// Send a signal and wait until it is acknowledged.
    fn interrupt(&mut self, name: &str) {
        signal(self.apply.id(), name);
        let mut line = String::new();
        while !line.starts_with("stopping: no further step starts") {
            line = self.words.recv().expect("nobody heard");
        }
        assert!(line.contains("Ctrl-C again stops immediately"), "{line}");
    }

    /// The exit code, the rest of the events, and the rest of stderr. Steps that the cloud answered just before it
    /// was paused may end after `stuck` has returned: `left` counts them.
    fn end(mut self) -> (i32, Vec<Value>, String) {
        let mut events = String::new();
        self.events.read_to_string(&mut events).unwrap();
        let words = self.words.iter().collect::<Vec<_>>().join("\n");
        let code = self.apply.wait().unwrap().code().unwrap();
        (code, events.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), words)
    }
}

/// The steps in progress at the end: those in progress before these events, and those that started and did not end.
fn left(mut in_progress: Vec<String>, events: &[Value]) -> Vec<String> {
    for event in events {
        let step = event["step"].as_str().unwrap_or_default();
        match event["event"].as_str().unwrap() {
            "step-started" => in_progress.push(step.to_owned()),
            "step-ended" => in_progress.retain(|other| other != step),
            _ => {}
        }
    }
    in_progress
}

fn journal(bench: &Bench<'_>) -> String {
    bench.read("policies/.holdfast/journal/000001.jsonl")
}

fn goes_on(bench: &Bench<'_>) {
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn first_signal_lets_running_steps_finish() {
    let standin = Standin::start();
    for name in ["INT", "TERM"] {
        standin.reset();
        let bench = prepared(&standin);
        let mut stuck = stuck(&bench, &standin);
        stuck.interrupt(name);
        let (steps, in_progress) = (stuck.steps, stuck.in_progress.clone());
        standin.resume();
        let (code, events, _) = stuck.end();
        assert_eq!(code, 1);
        let last = events.last().unwrap();
        assert_eq!((&last["event"], &last["interrupted"]), (&"run-ended".into(), &true.into()), "{last}");
        assert_eq!(last["failed"], 0);
        assert_eq!(last["done"].as_u64().unwrap() + last["not_started"].as_u64().unwrap(), steps, "{last}");
        let journal = journal(&bench);
        for step in in_progress {
            let done = format!(r#""event":"step-done","step":"{step}""#);
            assert!(journal.contains(&done), "{step} is not in the journal:\n{journal}");
        }
        assert!(journal.lines().last().unwrap().contains(r#""interrupted":true"#), "{journal}");
        goes_on(&bench);
    }
}

#[test]
fn second_signal_stops_immediately_and_leaves_a_readable_journal() {
    let standin = Standin::start();
    let bench = prepared(&standin);
    let mut stuck = stuck(&bench, &standin);
    stuck.interrupt("INT");
    let in_progress = stuck.in_progress.clone();
    signal(stuck.apply.id(), "INT");
    let (code, events, words) = stuck.end();
    standin.resume();
    assert_eq!(code, 130);
    assert!(!events.iter().any(|event| event["event"] == "run-ended"));
    assert!(words.contains("Stopped immediately. These steps were running"), "{words}");
    let in_progress = left(in_progress, &events);
    assert_eq!(in_progress.len(), 2, "{in_progress:?}");
    for step in in_progress {
        assert!(words.contains(&format!(" {step}\n")), "{step} is not in:\n{words}");
    }
    let journal = journal(&bench);
    assert!(journal.ends_with('\n') && !journal.contains("run-finished"), "{journal}");
    goes_on(&bench);
}

#[test]
fn run_that_times_out_reports_steps_not_started() {
    let standin = Standin::start();
    let bench = prepared(&standin);
    // One call a second, so that steps are left after the first.
    let limits = "--limit s3=1/1 --limit iam=1/1 --limit route53=1/1";
    let ran = bench.run(&format!("apply policies --yes --timeout 1s {limits}")).expect(1);
    assert!(ran.stdout.contains("Timeout: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("Apply again to continue"), "{}", ran.stdout);
    goes_on(&bench);
}
