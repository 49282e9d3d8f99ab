//! Restores of real objects: versions, deletions, a copy at another site, a process that is killed, and what somebody changed.

use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::weather::{Fault, Stop, Weather};
use crate::support::{Bench, Ran, Standin, aws_environment};

const POLICY: &str = "
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
---
kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs:
    bucket: acme-docs
    backups: [{ strategy: real-time, to: [oregon] }]
objectives: { rpo: 1h }
assumptions:
  detection: { value: 5m, because: the test is about restores }
recovery: [{ step: read-the-copy, takes: 30m }]
";

/// The primary bucket of the policy, and an empty bucket in Oregon, both with versions.
fn buckets(standin: &Standin) -> Bench<'_> {
    let bench = Bench::aws(standin);
    bench.write("policies/all.yaml", POLICY);
    standin.aws("s3api create-bucket --bucket acme-docs --region us-east-1");
    let place = "--create-bucket-configuration LocationConstraint=us-west-2";
    standin.aws(&format!("s3api create-bucket --bucket acme-restored --region us-west-2 {place}"));
    for [bucket, region] in [["acme-docs", "us-east-1"], ["acme-restored", "us-west-2"]] {
        let versioning = "put-bucket-versioning --versioning-configuration Status=Enabled";
        standin.aws(&format!("s3api {versioning} --bucket {bucket} --region {region}"));
    }
    bench
}

/// Write an object of the primary bucket. The command line tool sends a checksum of the whole object with it.
fn put(bench: &Bench<'_>, key: &str, text: &str) {
    put_into(bench, ["acme-docs", "us-east-1"], key, text);
}

fn put_into(bench: &Bench<'_>, [bucket, region]: [&str; 2], key: &str, text: &str) {
    bench.write("body", text);
    let body = bench.folder.path().join("body").display().to_string();
    let put = ["s3api", "put-object", "--bucket", bucket, "--region", region, "--key", key, "--body", &body];
    bench.cloud.unwrap().aws_args(&put);
}

fn delete(bench: &Bench<'_>, key: &str) {
    bench.cloud.unwrap().aws_args(&[
        "s3api",
        "delete-object",
        "--bucket",
        "acme-docs",
        "--region",
        "us-east-1",
        "--key",
        key,
    ]);
}

/// When the newest version in a bucket was written: the moment that includes everything until now.
fn newest(bench: &Bench<'_>, [bucket, region]: [&str; 2]) -> String {
    let list =
        bench.cloud.unwrap().aws(&format!("s3api list-object-versions --bucket {bucket} --region {region}"));
    let all = [&list["Versions"], &list["DeleteMarkers"]].into_iter().filter_map(Value::as_array).flatten();
    all.map(|one| one["LastModified"].as_str().unwrap().to_owned()).max().unwrap()
}

/// The keys and texts of a bucket in Oregon.
fn texts(bench: &Bench<'_>, bucket: &str) -> Vec<(String, String)> {
    let standin = bench.cloud.unwrap();
    let region = ["--region", "us-west-2"];
    let list = standin.aws_args(&[&["s3api", "list-objects-v2", "--bucket", bucket][..], &region].concat());
    let keys = list["Contents"].as_array().into_iter().flatten().map(|one| one["Key"].as_str().unwrap());
    keys.map(|key| {
        let file = bench.folder.path().join("got").display().to_string();
        let get = ["s3api", "get-object", "--bucket", bucket, "--key", key, &file];
        standin.aws_args(&[&get[..], &region].concat());
        (key.to_owned(), bench.read("got"))
    })
    .collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

/// Run a restore of the data set to a moment.
fn restore(bench: &Bench<'_>, moment: &str, words: &str) -> Ran {
    bench.run(&format!("restore policies --service files --data docs --yes --to-time {moment} {words}"))
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn versions_of_a_moment_are_restored_and_verified() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    for (key, text) in [("a b+ü.txt", "first"), ("dir/gone", "old"), ("dir/kept", "kept"), ("dir/never", "x")]
    {
        put(&bench, key, text);
    }
    delete(&bench, "dir/never");
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    put(&bench, "a b+ü.txt", "ruined");
    delete(&bench, "dir/gone");
    put(&bench, "dir/new", "new");
    let docs = ["acme-docs", "us-east-1"];
    let versions = |[bucket, region]: [&str; 2]| {
        standin.aws(&format!("s3api list-object-versions --bucket {bucket} --region {region}"))
    };
    let before = versions(docs);

    let plan = restore(&bench, &moment, "--into acme-restored --dry-run").expect(0);
    assert!(plan.stdout.contains("Objects of the moment: 3 objects (12 bytes)."), "{}", plan.stdout);
    assert_eq!(texts(&bench, "acme-restored"), pairs(&[]), "a dry run writes nothing");

    let ran = restore(&bench, &moment, "--into acme-restored --format json").expect(0);
    let wanted = [("a b+ü.txt", "first"), ("dir/gone", "old"), ("dir/kept", "kept")];
    assert_eq!(texts(&bench, "acme-restored"), pairs(&wanted));
    let found = report(&ran);
    assert_eq!(found["restored"], json!({"objects": 3, "bytes": 12}), "{found}");
    assert_eq!((&found["absent"], &found["complete"]), (&json!(2), &json!(true)), "{found}");
    let verified: u64 =
        found["verified"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((verified, found["verified"].get("data")), (3, None), "{found}");
    assert_eq!(versions(docs), before, "nothing is written to the source");

    // What is offered for the policy is a valid statement there.
    let rate = found["measured"]["restore_throughput"].as_str().unwrap_or("1KiB/s");
    let on = found["measured"]["on"].as_str().unwrap();
    let statement = format!(
        "  restore-throughput: {{ value: {rate}, measured: {on}, because: a restore of 3 objects }}\n"
    );
    bench.write("policies/all.yaml", &POLICY.replace("  detection", &format!("{statement}  detection")));
    bench.run("validate policies").expect(0);

    // Only a part, put elsewhere.
    restore(&bench, &moment, "--prefix dir/ --into acme-restored/november/").expect(0);
    let part = [("november/dir/gone", "old"), ("november/dir/kept", "kept")];
    assert_eq!(texts(&bench, "acme-restored"), pairs(&[&wanted[..], &part].concat()));
}

/// A bucket that others use is written to only if it is named again, and nothing there is deleted.
#[test]
fn live_data_is_restored_in_place_only_with_its_consent() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    put(&bench, "a", "first");
    put(&bench, "b", "same");
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    put(&bench, "a", "ruined");
    put(&bench, "c", "newer");
    let refused = restore(&bench, &moment, "--into acme-docs").expect(4);
    assert!(refused.stderr.contains("--over-live acme-docs"), "{}", refused.stderr);
    let list = || {
        let found = standin.aws("s3api list-object-versions --bucket acme-docs --region us-east-1");
        found["Versions"].as_array().unwrap().len()
    };
    assert_eq!(list(), 4);
    let ran = restore(&bench, &moment, "--into acme-docs --over-live acme-docs --format json").expect(0);
    let found = report(&ran);
    assert_eq!(found["restored"]["objects"], 1, "{found}");
    assert_eq!(found["there"]["objects"], 1, "what is the version already is not copied: {found}");
    assert_eq!(found["newer"], json!(["c"]), "{found}");
    assert_eq!(list(), 5, "one more version, and none less");
    put(&bench, "a", "ruined again");
    restore(&bench, &moment, "--into acme-docs --over-live acme-docs").expect(0);
    let head = standin.aws("s3api head-object --bucket acme-docs --key a --region us-east-1");
    assert_eq!(head["ContentLength"], 5, "a complete restore can be made once more");
}

/// Whoever changes the policies does not change what is live.
#[test]
fn bucket_of_an_earlier_run_and_that_of_the_journal_are_not_written_to() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    bench.run("apply policies --yes").expect(0);
    put(&bench, "a", "first");
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    bench.write("policies/all.yaml", &POLICY.replace("bucket: acme-docs", "bucket: acme-new"));
    let refused = |words: &str| {
        let ran = restore(&bench, &moment, words).expect(4);
        assert!(ran.stderr.starts_with("E0770\n"), "{}", ran.stderr);
        ran.stderr.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = refused("--into acme-docs-us-west-2");
    assert!(said.contains("`acme-docs-us-west-2` is not in the policies any more"), "{said}");
    let said = refused("--into acme-restored --journal s3://acme-restored/journal");
    assert!(said.contains("`acme-restored` holds the journal"), "{said}");
}

/// While the region of the primary bucket is lost, the copy is read. Nothing shows what it lacks, so it is never complete.
#[test]
fn copy_at_another_site_is_restored_while_the_primary_region_is_lost() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    bench.run("apply policies --yes").expect(0);
    put(&bench, "a", "first");
    let copy = ["acme-docs-us-west-2", "us-west-2"];
    let moment = newest(&bench, copy);
    put(&bench, "a", "ruined");
    let weather = Weather::losing_region(standin.url(), "us-east-1", Fault::Hang);
    let words =
        "restore policies --service files --data docs --from oregon --into acme-restored --yes --to-time";
    let mut words: Vec<&str> = words.split(' ').collect();
    words.push(&moment);
    let mut command = bench.command(&words);
    aws_environment(&mut command, &weather.url());
    let ran = Ran::from(command.output().unwrap()).expect(1);
    assert!(ran.stdout.contains("(the copy at oregon)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("! a copy is read:"), "{}", ran.stdout);
    assert!(ran.stdout.contains("NOT COMPLETE"), "{}", ran.stdout);
    assert_eq!(texts(&bench, "acme-restored"), pairs(&[("a", "first")]));
}

/// Killed after a copy took effect and before anything was recorded of it: nothing is copied twice.
#[test]
fn restore_that_was_killed_is_continued() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    for key in 0..8 {
        put(&bench, &format!("key-{key}"), &format!("text {key}"));
    }
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    // A restore of one object shows how many requests come before the first copy.
    let copies = |weather: &Weather| -> Vec<bool> {
        weather.requests().iter().map(|request| request.header("x-amz-copy-source").is_some()).collect()
    };
    let run = |url: &str, into: &str| {
        let words = format!(
            "restore policies --service files --data docs --yes --parallelism 1 --to-time {moment} --into {into}"
        );
        let mut command = bench.command(&words.split(' ').collect::<Vec<_>>());
        aws_environment(&mut command, url);
        command
    };
    let calm = Weather::start(standin.url(), 0, &[]);
    Ran::from(run(&calm.url(), "acme-restored/calm/").output().unwrap()).expect(0);
    let requests = copies(&calm);
    let fifth = requests.iter().enumerate().filter(|(_, copies)| **copies).nth(4).unwrap().0 as u64 + 1;

    let (tell, told) = mpsc::channel();
    let weather = Weather::stopping(standin.url(), Stop { number: fifth, after: true, tell });
    let mut command = run(&weather.url(), "acme-restored/killed/");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    told.recv_timeout(Duration::from_secs(60)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let there = |bench: &Bench<'_>| {
        let all = texts(bench, "acme-restored").into_iter();
        all.filter(|(key, _)| key.starts_with("killed/")).count()
    };
    assert_eq!(there(&bench), 5);

    let ran = restore(&bench, &moment, "--into acme-restored/killed/ --format json").expect(0);
    assert!(ran.stderr.contains("recorded 4 objects"), "{}", ran.stderr);
    let found = report(&ran);
    assert_eq!(
        (&found["there"]["objects"], &found["restored"]["objects"]),
        (&json!(5), &json!(3)),
        "{found}"
    );
    assert_eq!(there(&bench), 8);
    let list = "s3api list-object-versions --bucket acme-restored --region us-west-2 --prefix killed/";
    assert_eq!(standin.aws(list)["Versions"].as_array().unwrap().len(), 8, "each was written once");
}

/// What somebody else has put there stays, and is told.
#[test]
fn object_that_is_not_the_version_is_found_and_stays() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    put(&bench, "a", "first");
    put(&bench, "b", "other");
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    let restored = ["acme-restored", "us-west-2"];
    restore(&bench, &moment, "--into acme-restored").expect(0);
    // The same size, so that only a checksum shows it.
    put_into(&bench, restored, "a", "FIRST");
    let refused = restore(&bench, &moment, "--into acme-restored").expect(4);
    assert!(refused.stderr.starts_with("E0770\n"), "{}", refused.stderr);
    let said = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ").replace(" │ ", " ");
    assert!(said.contains("`a` (its CRC") || said.contains("`a` (its SHA"), "{said}");
    assert_eq!(texts(&bench, "acme-restored"), pairs(&[("a", "FIRST"), ("b", "other")]));
}

/// Without a checksum of the whole object, the data is read; an upload in parts of shortly before the moment is uncertain.
#[test]
fn object_without_a_checksum_is_read_and_one_in_parts_is_uncertain() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    standin.put_bare("acme-docs", "us-east-1", "plain", "no checksum");
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    let ran = restore(&bench, &moment, "--into acme-restored --format json").expect(0);
    assert_eq!(report(&ran)["verified"], json!({"data": 1}), "{}", ran.stdout);

    bench.write("part", &"part ".repeat(100));
    let part = bench.folder.path().join("part").display().to_string();
    let docs = ["--bucket", "acme-docs", "--region", "us-east-1", "--key", "parts"];
    let call = |more: &[&str]| standin.aws_args(&[&["s3api"], more, &docs].concat());
    let upload = call(&["create-multipart-upload"])["UploadId"].as_str().unwrap().to_owned();
    let etag = call(&["upload-part", "--upload-id", &upload, "--part-number", "1", "--body", &part]);
    let parts = json!({"Parts": [{"PartNumber": 1, "ETag": etag["ETag"]}]}).to_string();
    call(&["complete-multipart-upload", "--upload-id", &upload, "--multipart-upload", &parts]);
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    let ran = restore(&bench, &moment, "--into acme-restored/parts/").expect(1);
    assert!(ran.stdout.contains("Restored, but not certain: 1\n  parts  (version "), "{}", ran.stdout);
    assert!(ran.stdout.contains("otherwise nothing is known to have been there"), "{}", ran.stdout);
    assert!(ran.stdout.contains("NOT COMPLETE"), "{}", ran.stdout);
    let there = texts(&bench, "acme-restored").into_iter().find(|(key, _)| key == "parts/parts");
    assert_eq!(there.unwrap().1, "part ".repeat(100));
}

/// Lists of several pages, while many calls are throttled, reset, or lose their answers.
#[test]
fn restore_outlasts_bad_weather_and_lists_of_many_pages() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    // Two pages of versions under one key and around it.
    for number in 0..1010 {
        let key = if number < 1000 { "many/same".to_owned() } else { format!("many/{number}") };
        standin.put_bare("acme-docs", "us-east-1", &key, &format!("text {number}"));
    }
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    let chances = [(Fault::Throttle, 8), (Fault::Lose, 8), (Fault::Reset, 8)];
    let weather = Weather::start(standin.url(), 7, &chances);
    let words =
        format!("restore policies --service files --data docs --yes --into acme-restored --to-time {moment}");
    let mut command = bench.command(&words.split(' ').collect::<Vec<_>>());
    aws_environment(&mut command, &weather.url());
    Ran::from(command.output().unwrap()).expect(0);
    let mut wanted: Vec<(String, String)> =
        (1000..1010).map(|number| (format!("many/{number}"), format!("text {number}"))).collect();
    wanted.push(("many/same".to_owned(), "text 999".to_owned()));
    assert_eq!(texts(&bench, "acme-restored"), wanted);
    assert!(weather.faults().values().sum::<u64>() > 10, "{:?}", weather.faults());
}

/// A large object is copied in parts, with its metadata and tags.
#[test]
fn large_object_is_copied_in_parts() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    let text = "0123456789abcde\n".repeat(400_000);
    bench.write("body", &text);
    let body = bench.folder.path().join("body").display().to_string();
    let put = ["s3api", "put-object", "--bucket", "acme-docs", "--region", "us-east-1", "--key", "large"];
    let more = [
        "--body",
        &body,
        "--metadata",
        "made-by=test",
        "--content-type",
        "text/x-rows",
        "--tagging",
        "a=1&b=2",
    ];
    standin.aws_args(&[&put[..], &more].concat());
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    let weather = Weather::start(standin.url(), 0, &[]);
    let words = format!(
        "restore policies --service files --data docs --yes --into acme-restored --part-size 5MiB --to-time {moment}"
    );
    let mut command = bench.command(&words.split(' ').collect::<Vec<_>>());
    aws_environment(&mut command, &weather.url());
    let ran = Ran::from(command.output().unwrap()).expect(0);
    assert!(ran.stdout.contains("Copied and verified: 1 object (6.1 MiB)."), "{}", ran.stdout);
    let sent = |header: &str| -> Vec<String> {
        weather.requests().iter().filter_map(|request| request.header(header).map(str::to_owned)).collect()
    };
    let mut ranges = sent("x-amz-copy-source-range");
    ranges.sort();
    assert_eq!(ranges, ["bytes=0-5242879", "bytes=5242880-6399999"]);
    // The stand-in keeps no tags of an upload in parts, so only the request shows them.
    let tags = sent("x-amz-tagging");
    assert_eq!(tags, ["a=1&b=2"]);
    assert!(texts(&bench, "acme-restored") == pairs(&[("large", &text)]), "the data is the same");
    let restored = "--bucket acme-restored --key large --region us-west-2";
    let head = standin.aws(&format!("s3api head-object {restored}"));
    assert_eq!((&head["Metadata"]["made-by"], &head["ContentType"]), (&json!("test"), &json!("text/x-rows")));
}

/// What a restore cannot do is said before it begins.
#[test]
fn restore_from_what_cannot_be_read_is_refused() {
    let standin = Standin::start();
    let bench = buckets(&standin);
    put(&bench, "a", "first");
    let moment = newest(&bench, ["acme-docs", "us-east-1"]);
    // It has no daily or weekly backups.
    let point = restore(&bench, &moment, "--from backup --into acme-restored").expect(4);
    assert!(point.stderr.starts_with("E0771\n"), "{}", point.stderr);
    let missing = restore(&bench, &moment, "--into acme-nowhere").expect(1);
    assert!(missing.stderr.contains("aws s3 mb s3://acme-nowhere"), "{}", missing.stderr);
    standin.bucket_of_another_account("acme-theirs", "us-west-2");
    let theirs = restore(&bench, &moment, "--into acme-theirs").expect(1);
    assert!(theirs.stderr.contains("acme-theirs"), "{}", theirs.stderr);
    let later = restore(&bench, "2199-01-01T00:00:00Z", "--into acme-restored").expect(64);
    assert!(later.stderr.contains("has not come yet"), "{}", later.stderr);
    let site = restore(&bench, &moment, "--from tokyo --into acme-restored").expect(64);
    assert!(site.stderr.contains("there is `virginia`, `oregon`"), "{}", site.stderr);
    // Nothing is not everything: the moment or the prefix may be wrong.
    for words in
        ["--into acme-restored --prefix nothing/", "--into acme-restored --prefix nothing/ --dry-run"]
    {
        let nothing = restore(&bench, &moment, words).expect(1);
        assert!(nothing.stdout.contains("NOTHING WAS RESTORED"), "{}", nothing.stdout);
    }
    // Without versions nobody knows what was there.
    let suspend = "put-bucket-versioning --versioning-configuration Status=Suspended";
    standin.aws(&format!("s3api {suspend} --bucket acme-docs --region us-east-1"));
    let ran = restore(&bench, &moment, "--into acme-restored").expect(1);
    assert!(ran.stdout.contains("! versioning of the bucket is suspended"), "{}", ran.stdout);
}
