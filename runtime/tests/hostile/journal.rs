//! Journals with a valid chain and hostile entries.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::journal::{Event, Journal, Place, Run, UsedApproval, Writer};
use holdfast_compiler::plan::{Accounts, Action, Context, StepId};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::provider::aws::s3::bucket;
use holdfast_compiler::resource::{Address, Identity};

use crate::hostile::{HOSTILE, holds, hostile, run};
use crate::support::Bench;

/// A journal of two runs in the folder `journal`; the second has not ended.
fn written(bench: &Bench<'_>, hostile: &str) {
    let folder = bench.folder.path().join("journal");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&Place::Folder(folder)).await.unwrap();
        for last in [false, true] {
            let claim = journal.claim(hostile, None).await.unwrap();
            let text = || hostile.to_owned();
            let context =
                Context { estate: text(), cloud: text(), accounts: Accounts::one(&text(), text(), text()) };
            let mut run = Run::new(context, Posture::default(), text(), 3, text());
            run.break_glass = Some(text());
            run.approvals = vec![UsedApproval { approver: text(), statement: text() }];
            let writer = Writer::begin(&claim, run, None).await.unwrap();
            let address = Address::try_from("aws.bucket.a.b.c".to_owned()).unwrap();
            let step = StepId::of(&address);
            let identity = Identity::of(bucket::KIND, &BTreeMap::from([("name".to_owned(), text().into())]));
            let started = Event::StepStarted {
                step: step.clone(),
                address: address.clone(),
                action: Action::Create,
                identity: identity.clone(),
                displaces: Vec::new(),
                superseded: false,
                needs: BTreeSet::new(),
                attributes: BTreeMap::from([(text(), text().into())]),
                before: BTreeMap::from([(text(), text().into())]),
                displaced: vec![BTreeMap::from([(text(), text().into())])],
                account: Some(text()),
            };
            writer.append(started.clone()).await.unwrap();
            writer.append(Event::StepFailed { step: step.clone(), error: text() }).await.unwrap();
            writer.append(started).await.unwrap();
            writer.append(Event::StepDone { step, id: text() }).await.unwrap();
            if !last {
                let end = Event::RunFinished {
                    done: 1,
                    failed: 0,
                    not_started: 2,
                    interrupted: true,
                    signature: None,
                };
                writer.append(end).await.unwrap();
            }
        }
    });
}

#[test]
fn text_from_entries_is_escaped() {
    let all = hostile();
    for hostile in [all.as_str(), "::set-env name=a::b", "##vso[task.complete]", "0123456789\u{1b}[2J"] {
        let bench = Bench::local();
        written(&bench, hostile);
        for words in ["log", "show 1", "show 2", "verify", "verify --head x", "show 7"] {
            let words = format!("journal {words} --journal journal");
            run(&bench, &words.split(' ').collect::<Vec<_>>());
        }
        for words in ["log", "show 1", "show 2"] {
            let words = format!("journal {words} --journal journal --format json");
            holds(&run(&bench, &words.split(' ').collect::<Vec<_>>()).expect(0).stdout, hostile);
        }
        bench.write("a.yaml", &crate::hostile::policies::text(&crate::hostile::policies::shipped()));
        for words in ["plan a.yaml", "apply a.yaml --yes", "import a.yaml"] {
            let words = format!("{words} --journal journal");
            run(&bench, &words.split(' ').collect::<Vec<_>>());
        }
    }
}

#[test]
fn entry_cannot_fake_another_line() {
    let bench = Bench::local();
    written(&bench, "x\nrun 9  2026-01-01  by nobody\n    approved by everybody");
    let log = run(&bench, &["journal", "log", "--journal", "journal"]).expect(0).stdout;
    assert!(
        !log.lines().any(|line| line.starts_with("run 9") || line.starts_with("    approved by everybody")),
        "{log}"
    );
}

#[test]
fn journal_damage_is_reported_with_escaped_text() {
    let bench = Bench::local();
    written(&bench, "x");
    for line in HOSTILE {
        let sound = bench.read("journal/000001.jsonl");
        bench.write("journal/000001.jsonl", &format!("{line}\n{sound}"));
        for words in ["log", "verify"] {
            run(&bench, &["journal", words, "--journal", "journal"]).expect(4);
        }
        bench.write("journal/000001.jsonl", &sound);
    }
    bench.write("journal/lock", &hostile());
    run(&bench, &["journal", "log", "--journal", "journal"]);
}
