//! The journal, on disk and in a shared bucket: one run at a time, every change is detected, and a run that died can
//! be taken over.

mod broken;
mod bucket;
mod copies;
mod folder;
mod runner;

use std::fmt::Write as _;
use std::process::Command;

use crate::support::{Bench, Ran};

/// Policies with this many services of four steps each. `journal` is the estate's setting.
fn policies(bench: &Bench<'_>, services: usize, journal: &str) {
    let mut text = format!(
        "kind: estate\nname: acme\nsites:\n  virginia: {{ aws: us-east-1 }}\n  oregon: {{ aws: us-west-2 }}\n{journal}\
         defaults:\n  assumptions:\n    detection: {{ value: 5m, because: the monitoring pages }}\n"
    );
    for nth in 0..services {
        let _ = write!(
            text,
            "---\nkind: service\nname: files-{nth}\nprimary: virginia\nstandby: [oregon]\ndata:\n  docs:\n    \
             bucket: acme-docs-{nth}\n    backups:\n      - {{ strategy: real-time, to: [oregon] }}\n\
             recovery: [{{ step: read-the-copy, takes: 30m }}]\n"
        );
    }
    bench.write("estate.yaml", &text);
}

/// A command with the embedded cloud in its folder and the journal in the stand-in.
fn shared(bench: &Bench<'_>, words: &str) -> Command {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    command.env("HOLDFAST_CLOUD", "local:cloud.json");
    command
}

fn run(bench: &Bench<'_>, words: &str) -> Ran {
    shared(bench, words).output().unwrap().into()
}

/// The printed text in one line, without the frame around it.
fn said(ran: &Ran) -> String {
    let words = ran.stderr.replace('│', " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
