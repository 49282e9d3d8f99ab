//! A journal in two buckets, when the region of one is lost.

use crate::journal::{policies, said, shared};
use crate::support::weather::{Fault, Weather};
use crate::support::{Bench, Ran, Standin, aws_environment};

const COPIED: &str = "journal: { site: oregon, s3: s3://team-journal/acme, copies: [{ site: virginia, s3: s3://team-copy/acme }] }\n";
const JOURNAL: &str = "us-west-2";
const COPY: &str = "us-east-1";

fn buckets(standin: &Standin) {
    standin.aws("s3api create-bucket --bucket team-copy --region us-east-1");
    standin.aws(
        "s3api create-bucket --bucket team-journal --region us-west-2 \
         --create-bucket-configuration LocationConstraint=us-west-2",
    );
}

fn keys(standin: &Standin, bucket: &str) -> Vec<String> {
    let keys =
        standin.aws(&format!("s3api list-objects-v2 --bucket {bucket} --query Contents[].Key --output json"));
    serde_json::from_value(keys).unwrap()
}

/// Run a command while a region is lost.
fn without(region: &str, standin: &Standin, bench: &Bench<'_>, words: &str) -> Ran {
    let proxy = Weather::losing_region(standin.url(), region, Fault::Refuse);
    let mut command = shared(bench, words);
    aws_environment(&mut command, &proxy.url());
    command.env("AWS_MAX_ATTEMPTS", "2");
    command.output().unwrap().into()
}

fn run(bench: &Bench<'_>, words: &str) -> Ran {
    shared(bench, words).output().unwrap().into()
}

#[test]
fn journal_goes_on_at_its_copy_while_its_region_is_lost_and_catches_up() {
    let standin = Standin::start();
    buckets(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 1, COPIED);
    run(&bench, "apply . --yes").expect(0);
    assert_eq!(keys(&standin, "team-journal"), keys(&standin, "team-copy"));
    policies(&bench, 2, COPIED);
    for (lost, silent) in [(JOURNAL, "s3://team-journal/acme"), (COPY, "s3://team-copy/acme")] {
        let plan = without(lost, &standin, &bench, "plan .").expect(0);
        assert!(said(&plan).contains(&format!("the journal at {silent} does not answer")), "{}", plan.stderr);
    }
    let ran = without(JOURNAL, &standin, &bench, "apply . --yes").expect(0);
    assert!(said(&ran).contains("the journal at s3://team-journal/acme does not answer"), "{}", ran.stderr);
    let show = without(JOURNAL, &standin, &bench, "journal show 2").expect(0).stdout;
    assert!(
        show.contains(
            "epoch 2 of the journal, decided at s3://team-copy/acme, without s3://team-journal/acme ("
        ),
        "{show}"
    );
    policies(&bench, 3, COPIED);
    let ran = run(&bench, "apply . --yes").expect(0);
    assert!(said(&ran).contains("the journal at s3://team-journal/acme lacked "), "{}", ran.stderr);
    let folded =
        |bucket| keys(&standin, bucket).into_iter().filter(|key| key.ends_with(".jsonl")).collect::<Vec<_>>();
    assert_eq!(keys(&standin, "team-journal"), keys(&standin, "team-copy"));
    assert_eq!(folded("team-copy").len(), 3, "every run is folded in its epoch");
    let verified = run(&bench, "journal verify").expect(0).stdout;
    assert!(verified.contains(" of 3 runs, complete and in order"), "{verified}");
    run(&bench, "plan . --detailed-exitcode").expect(0);
}

#[test]
fn two_runners_that_reach_one_bucket_each_are_reconciled_by_people() {
    let standin = Standin::start();
    buckets(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 1, COPIED);
    run(&bench, "apply . --yes").expect(0);
    policies(&bench, 2, COPIED);
    without(COPY, &standin, &bench, "apply . --yes").expect(0);
    policies(&bench, 3, COPIED);
    // It does not know of the second service, which is there all the same.
    without(JOURNAL, &standin, &bench, "apply . --yes").expect(0);
    for words in ["plan .", "apply . --yes", "journal log", "journal verify"] {
        let refused = run(&bench, words).expect(4);
        assert!(said(&refused).contains("E0727"), "{words}: {}", refused.stderr);
    }
    let asked = run(&bench, "journal reconcile").expect(4);
    assert!(
        asked.stdout.starts_with("epoch 1 of the journal holds ") && asked.stdout.contains("done  aws."),
        "{}",
        asked.stdout
    );
    run(&bench, "journal reconcile --yes").expect(0);
    run(&bench, "plan . --detailed-exitcode").expect(0);
    let log = run(&bench, "journal log").expect(0).stdout;
    assert!(log.contains("run 3"), "{log}");
    let again = run(&bench, "journal reconcile").expect(0);
    assert!(again.stderr.contains("Nothing to reconcile"), "{}", again.stderr);
}

#[test]
fn journal_of_which_no_bucket_answers_is_an_error() {
    let standin = Standin::start();
    standin.aws("s3api create-bucket --bucket team-copy --region us-east-1");
    standin.aws("s3api create-bucket --bucket team-journal --region us-east-1");
    let bench = Bench::aws(&standin);
    policies(&bench, 1, COPIED);
    // A bucket that does not exist, or is elsewhere, is not silence: nothing goes on without it.
    let refused = run(&bench, "apply . --yes").expect(1);
    assert!(said(&refused).contains("s3://team-journal/acme"), "{}", refused.stderr);
}
