//! What a user of the command line can rely on: determinism, exit codes, refusals, help.

mod audit;
mod bcp;
mod browser;
mod chain;
mod changes;
mod report;

use std::process::Stdio;

use crate::support::{Bench, root};
use holdfast_compiler::diagnostic::codes;
use serde_json::Value;

fn shipped() -> Bench<'static> {
    let bench = Bench::local();
    bench.shipped_policies();
    bench
}

#[test]
fn shipped_policies_apply_and_then_plan_no_changes() {
    let bench = shipped();
    let plan = bench.run("plan policies --detailed-exitcode").expect(2);
    assert!(plan.stdout.ends_with("to create, 0 to update, 0 to replace, 0 to delete; 2 to keep.\n"));
    let applied = bench.run("apply policies --yes").expect(0);
    assert!(applied.stdout.contains("\nAPI calls: "), "{}", applied.stdout);
    let after = bench.run("plan policies --detailed-exitcode").expect(0);
    assert!(after.stdout.contains("No changes."), "{}", after.stdout);
}

#[test]
fn policies_with_six_sites_apply_and_then_plan_no_changes() {
    let policies = std::fs::read_to_string(root().join("policies/estate.yaml")).unwrap();
    for region in ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-1"]
    {
        assert!(policies.contains(region), "{region}");
    }
}

#[test]
fn same_state_gives_the_same_bytes() {
    let bench = shipped();
    for format in ["text", "json"] {
        let plan = || bench.run(&format!("plan policies --format {format}")).expect(0).stdout;
        assert_eq!(plan(), plan());
    }
    bench.run("plan policies --out one.plan").expect(0);
    bench.run("plan policies --out two.plan").expect(0);
    assert_eq!(bench.read("one.plan"), bench.read("two.plan"));
    assert_eq!(bench.run("graph policies --format dot"), bench.run("graph policies --format dot"));
}

#[test]
fn order_of_files_does_not_change_the_plan() {
    let bench = shipped();
    let files = ["archive", "continuity", "drills", "estate", "payments", "web-shop"]
        .map(|name| format!("policies/{name}.yaml"));
    // The next command names the paths as they were given.
    let plan = |paths: &str| {
        let text = bench.run(&format!("plan {paths}")).expect(0).stdout;
        text.lines()
            .filter(|line| !line.starts_with("  holdfast plan "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let whole = plan("policies");
    let mut backwards = files.clone();
    backwards.reverse();
    for order in [files, backwards] {
        assert_eq!(plan(&order.join(" ")), whole);
    }
}

/// A YAML document with the keys of every mapping in reverse order.
fn turned_round(value: serde_yaml::Value) -> serde_yaml::Value {
    match value {
        serde_yaml::Value::Mapping(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.reverse();
            let entries = entries.into_iter().map(|(key, value)| (key, turned_round(value)));
            serde_yaml::Value::Mapping(entries.collect())
        }
        serde_yaml::Value::Sequence(items) => {
            serde_yaml::Value::Sequence(items.into_iter().map(turned_round).collect())
        }
        other => other,
    }
}

#[test]
fn order_of_keys_does_not_change_the_plan() {
    let (bench, other) = (shipped(), Bench::local());
    // Other file names too: everything in one file, the services before the estate.
    let mut documents = Vec::new();
    for name in ["web-shop", "payments", "drills", "archive", "continuity", "estate"] {
        let text = bench.read(&format!("policies/{name}.yaml"));
        for document in text.split("\n---\n") {
            let value = serde_yaml::from_str(document).unwrap();
            documents.push(serde_yaml::to_string(&turned_round(value)).unwrap());
        }
    }
    other.write("policies/all.yaml", &documents.join("---\n"));
    // The same except for the places in the text.
    let plan = |bench: &Bench<'_>| {
        let text = bench.run("plan policies --format json").expect(0).stdout;
        let mut plan: Value = serde_json::from_str(&text).unwrap();
        for change in plan["resource_changes"].as_array_mut().unwrap() {
            assert!(change["place"]["line"].as_u64().unwrap() > 0);
            change["place"] = Value::Null;
        }
        plan
    };
    assert_eq!(plan(&bench), plan(&other));
    assert_eq!(plan(&bench)["plan_digest"].as_str().unwrap().len(), 64);
}

#[test]
fn file_errors_are_reported_as_findings() {
    let bench = Bench::local();
    bench.write("policies/a.yaml", "# nothing\n");
    bench.write("folder/readme.txt", "no policy");
    std::fs::write(bench.folder.path().join("latin.yaml"), b"kind: caf\xe9\n").unwrap();
    std::fs::write(bench.folder.path().join("huge.yaml"), vec![b'#'; 5 * 1024 * 1024]).unwrap();
    for (path, code, says) in [
        ("nowhere", "E0001", "nowhere: there is no such file or folder"),
        ("folder", "E0002", "folder: there are no policies in this folder"),
        ("policies", "E0003", "policies/a.yaml: there is no policy in this file"),
        ("latin.yaml", "E0004", "latin.yaml: this is not UTF-8 text (line 1, byte 9)"),
        ("huge.yaml", "E0005", "huge.yaml: a policy file is at most 4 MiB"),
    ] {
        let ran = bench.run(&format!("validate {path}")).expect(3);
        assert!(ran.stderr.starts_with(&format!("{code}\n")) && ran.stderr.contains(says), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn wrong_usage_exits_with_64() {
    let bench = shipped();
    for words in ["", "plan", "frobnicate", "plan policies --format xml", "explain E9999"] {
        let ran = bench.run(words).expect(64);
        assert!(!ran.stderr.is_empty(), "{words}");
    }
    let ran = bench.run("plan policies --cloud gcp").expect(64);
    assert!(ran.stderr.contains("`aws`, `local` or `local:FILE`"), "{}", ran.stderr);
    bench.run("--help").expect(0);
    bench.run("--version").expect(0);
}

#[test]
fn every_code_has_a_page() {
    let bench = Bench::local();
    let list = bench.run("explain").expect(0).stdout;
    assert_eq!(list.lines().count(), codes::PAGES.len());
    for (code, _) in codes::PAGES {
        let page = bench.run(&format!("explain {code}")).expect(0).stdout;
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        for part in ["## What it means", "## Why it matters", "## Example", "## Cure"] {
            assert!(page.contains(part), "{code}: {part}");
        }
    }
}

#[test]
fn committed_schema_equals_the_printed_one() {
    for (words, file) in [("schema", "holdfast.schema.json"), ("schema --controls", "controls.schema.json")] {
        let printed = Bench::local().run(words).expect(0).stdout;
        let path = root().join("schema").join(file);
        if std::env::var_os("HOLDFAST_BLESS").is_some() {
            std::fs::write(&path, &printed).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), printed, "HOLDFAST_BLESS=1 writes it anew");
    }
}

#[test]
fn second_apply_is_refused_while_one_runs() {
    let bench = shipped();
    bench.write("lock-holder/lock", "");
    let lock =
        std::fs::File::options().write(true).open(bench.folder.path().join("lock-holder/lock")).unwrap();
    lock.lock().unwrap();
    let refused = bench.run("apply policies --yes --journal lock-holder").expect(4);
    assert!(refused.stderr.starts_with("E0702\n"), "{}", refused.stderr);
    drop(lock);
    bench.run("apply policies --yes --journal lock-holder").expect(0);
}

#[test]
fn changed_journal_is_detected_and_refused() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let file = "policies/.holdfast/journal/000001.jsonl";
    let journal = bench.read(file);
    let lines: Vec<&str> = journal.lines().collect();
    let without = |line: usize| {
        let kept = lines.iter().enumerate().filter(|(nth, _)| *nth != line);
        kept.map(|(_, text)| format!("{text}\n")).collect::<String>()
    };
    for (damaged, place) in [
        (journal.replacen("acme-payments-ledger", "acme-payments-ledges", 1), "line "),
        (without(4), "line 5"),
        (without(0), "line 1"),
    ] {
        bench.write(file, &damaged);
        let refused = bench.run("plan policies").expect(4);
        assert!(
            refused.stderr.starts_with("E0703\n") && refused.stderr.contains(place),
            "{}",
            refused.stderr
        );
    }
    // A killed run leaves an incomplete last line, which never counts.
    let half = &journal[..journal.len() - 20];
    bench.write(file, half);
    bench.run("plan policies --detailed-exitcode").expect(0);
    bench.write("policies/payments.yaml", &bench.read("policies/payments.yaml").replace("60s", "30s"));
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn plan_fits_eighty_columns() {
    let bench = shipped();
    let plan = bench.run("plan policies").expect(0).stdout;
    for line in plan.lines() {
        // A name or ARN without blanks cannot be wrapped, and a command that is to be pasted is not.
        let whole = line.contains("arn:") || line.starts_with("  holdfast plan ");
        let long = line.chars().count() > 80 && line.trim().contains(' ') && !whole;
        assert!(!long, "{line}");
    }
}

#[test]
fn colours_are_used_only_where_requested() {
    let bench = shipped();
    assert!(!bench.run("plan policies").stdout.contains('\u{1b}'));
    let coloured = bench.run("plan policies --color always").stdout;
    assert!(coloured.contains("\u{1b}[32m+\u{1b}[0m"), "{coloured}");
}

#[test]
fn closed_pipe_is_not_an_error() {
    let bench = shipped();
    let mut child =
        bench.command(&["plan", "policies"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn json_plan_uses_the_vocabulary_of_terraform() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let payments = bench.read("policies/payments.yaml");
    bench
        .write("policies/payments.yaml", &payments.replace("every: 10s", "every: 30s").replace("60s", "30s"));
    // Remove the archive, and the drill that mentions it.
    for file in ["archive", "drills"] {
        std::fs::remove_file(bench.folder.path().join(format!("policies/{file}.yaml"))).unwrap();
    }
    let plan: Value =
        serde_json::from_str(&bench.run("plan policies --format json").expect(0).stdout).unwrap();
    assert_eq!(plan["format_version"], "4.6");
    let change = |address: &str, deposed: bool| {
        let changes = plan["resource_changes"].as_array().unwrap();
        let found = changes.iter().find(|c| c["address"] == address && c["deposed"].is_null() != deposed);
        found.unwrap_or_else(|| panic!("{address}"))["change"].clone()
    };
    let check = change("aws.health-check.payments.api.oregon", false);
    assert_eq!(check["actions"], serde_json::json!(["create", "delete"]));
    assert_eq!(check["replace_paths"], serde_json::json!([["interval"]]));
    assert_eq!((&check["before"]["interval"], &check["after"]["interval"]), (&10.into(), &30.into()));
    assert_eq!(
        change("aws.health-check.payments.api.oregon", true)["actions"],
        serde_json::json!(["delete"])
    );
    let record = change("aws.record.payments.api.oregon", false);
    assert_eq!(record["actions"], serde_json::json!(["update"]));
    assert_eq!(record["after_unknown"], serde_json::json!({"health-check": true}));
    assert_eq!(record["after"]["ttl"], 30);
    assert_eq!(change("aws.role.archive.contracts", false)["actions"], serde_json::json!(["delete"]));
    assert_eq!(change("aws.bucket.web-shop.orders.ireland", false)["actions"], serde_json::json!(["no-op"]));
    let left = plan["left_in_place"].as_array().unwrap();
    let tokyo = left.iter().find(|left| left["address"] == "aws.bucket.archive.contracts.tokyo").unwrap();
    assert!(tokyo["reason"].as_str().unwrap().starts_with("it holds data"), "{tokyo}");
    assert_eq!(plan["leaving_services"], serde_json::json!(["archive"]));
}

/// Each ends with a report and exit code 3, within a small address space.
#[test]
fn hostile_files_are_refused_in_bounded_memory() {
    let bench = Bench::local();
    let levels = (1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1));
    let bomb = format!("a0: &a0 [x, x, x, x, x, x]\n{}", levels.collect::<String>());
    assert!(bomb.len() < 2_048, "{}", bomb.len());
    bench.write("bomb.yaml", &bomb);
    bench.write("deep.yaml", &"[".repeat(100_000));
    bench.write("large.yaml", &"# fifty megabytes\n".repeat(2_800_000));
    bench.write("nul.yaml", "kind: service\0\nname: a\0\n");
    for (file, code) in [("bomb", "E0104"), ("deep", "E0104"), ("large", "E0005"), ("nul", "E0101")] {
        let output = std::process::Command::new("sh")
            .args(["-c", "ulimit -v 400000; exec \"$0\" validate \"$1\""])
            .arg(env!("CARGO_BIN_EXE_holdfast"))
            .arg(format!("{file}.yaml"))
            .current_dir(bench.folder.path())
            .output()
            .unwrap();
        let report = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{file}: {report}");
        assert!(report.starts_with(code), "{file}: {report}");
        assert!(report.len() < 4_096, "{file}: {} bytes", report.len());
    }
}

#[test]
fn shipped_policies_have_no_findings() {
    let bench = shipped();
    for day in ["", " --as-of 2026-11-23"] {
        let ran = bench.run(&format!("validate policies{day}")).expect(0);
        assert_eq!(ran.stderr, "");
        assert!(ran.stdout.starts_with("Estate acme is valid: "), "{}", ran.stdout);
    }
    // A year later, every drill and review is overdue and reported.
    let ran = bench.run("validate policies --as-of 2027-11-23").expect(0);
    for code in ["W0803", "W1003", "W1004", "W1011"] {
        assert!(ran.stderr.contains(code), "{code} is not in {}", ran.stderr);
    }
}

#[test]
fn every_number_of_the_objectives_has_a_source() {
    let bench = shipped();
    let text = bench.run("objectives policies --format json").expect(0).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut terms = 0;
    for service in document["services"].as_array().unwrap() {
        for one in service["objectives"].as_array().unwrap() {
            for bound in
                std::iter::once(&one["rto"]).chain(one["data"].as_array().unwrap().iter().map(|d| &d["rpo"]))
            {
                let all = bound["terms"].as_array().unwrap();
                let sum: Option<u64> = all.iter().map(|term| term["seconds"].as_u64()).sum();
                assert_eq!(bound["seconds"].as_u64(), sum, "{bound}");
                assert!(all.iter().all(|term| !term["source"].as_str().unwrap().is_empty()), "{bound}");
                assert_ne!(bound["met"], false, "{bound}");
                terms += all.len();
            }
        }
    }
    assert!(terms > 40, "only {terms}");
    // The table shows the same numbers.
    let table = bench.run("objectives policies").expect(0).stdout;
    assert!(table.contains("RTO  32 min 48 s · within 1 h (tier mission-critical"), "{table}");
    assert_eq!(document["services"][1]["objectives"][0]["rto"]["seconds"], 32 * 60 + 48);
}

#[test]
fn rehearsal_stays_below_the_bounds_that_objectives_prints() {
    let bench = shipped();
    let rehearsed = bench.run("rehearse policies --lose virginia --runs 200 --format json").expect(0).stdout;
    let rehearsed: Value = serde_json::from_str(&rehearsed).unwrap();
    let bounds = bench.run("objectives policies --format json").expect(0).stdout;
    let bounds: Value = serde_json::from_str(&bounds).unwrap();
    let loss = bounds["losses"].as_array().unwrap().iter().find(|loss| loss["site"] == "virginia").unwrap();
    let (ran, bound) = (&rehearsed["services"][0], &loss["services"][0]);
    assert_eq!(ran["name"], bound["name"]);
    assert_eq!(ran["rto"]["bound_seconds"], bound["rto"]["seconds"]);
    let seconds = |measure: &str| ran["rto"][measure].as_u64().unwrap();
    assert!(0 < seconds("median_seconds") && seconds("median_seconds") < seconds("worst_seconds"));
    assert!(seconds("worst_seconds") <= seconds("bound_seconds"), "{ran:#}");
    let spared: Vec<_> =
        rehearsed["not_affected"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(spared, ["archive", "web-shop"]);
    // The last event is that the service is back.
    let worst = &rehearsed["worst_run"];
    let last = worst["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["seconds"], &last["what"]), (&worst["back_seconds"], &"is back".into()));
    let phases = worst["phases"][0]["seconds"].as_object().unwrap();
    let spent: u64 = phases.values().map(|seconds| seconds.as_u64().unwrap()).sum();
    assert_eq!(Some(spent), worst["back_seconds"].as_u64());
}

#[test]
fn rehearsal_is_the_same_for_the_same_seed() {
    let bench = shipped();
    let run = |words: &str| bench.run(&format!("rehearse policies --runs 50 {words}")).expect(0).stdout;
    for format in ["text", "json"] {
        let once = run(&format!("--lose virginia --seed 7 --format {format}"));
        assert_eq!(once, run(&format!("--lose virginia --seed 7 --format {format}")));
        assert_ne!(once, run(&format!("--lose virginia --seed 8 --format {format}")));
    }
    let text = run("--disruption account-compromise --at 2026-03-29T01:30:00Z");
    assert!(text.contains("at 2026-03-29T01:30:00Z"), "{text}");
}

#[test]
fn rehearsal_refuses_what_it_cannot_play() {
    let bench = shipped();
    for (words, says) in [
        ("", "name a site with `--lose SITE`"),
        ("--lose virgina", "there is no site `virgina`: did you mean `virginia`?"),
        ("--lose x", "the estate has `frankfurt`, `ireland`"),
        (
            "--lose virginia --away incident-comander",
            "no contact `incident-comander`: did you mean `incident-commander`?",
        ),
        ("--lose virginia --disruption corruption", "`--lose` is for the loss of a site"),
        ("--lose virginia --runs 0", "0 is not in 1..=100000"),
        ("--lose virginia --runs 100001", "100001 is not in 1..=100000"),
        ("--lose virginia --at yesterday", "not a moment"),
        ("--lose virginia --at 9999-12-31T23:59:59Z", "out of range"),
    ] {
        let refused = bench.run(&format!("rehearse policies {words}")).expect(64);
        assert!(refused.stderr.contains(says) && refused.stdout.is_empty(), "{words}: {}", refused.stderr);
    }
}

#[test]
fn effective_settings_are_shown_with_their_origin() {
    let bench = shipped();
    let text = bench.run("explain --effective payments policies").expect(0).stdout;
    for line in ["set by tier mission-critical", "set by the estate", "set by the service", "built in: "] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let ran = bench.run("explain --effective paymets policies").expect(64);
    assert_eq!(ran.stderr, "error: there is no service `paymets`: did you mean `payments`?\n");
}

#[test]
fn today_is_the_date_of_the_clock() {
    let bench = Bench::local();
    bench.shipped_policies();
    let day = || {
        let said = std::process::Command::new("date").args(["-u", "+%F"]).output().unwrap();
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    };
    let said = |day: &str| {
        let ran = bench.run(&format!("validate policies --format json --as-of {day}"));
        (ran.code, ran.stdout)
    };
    // Midnight may pass in between.
    let before = said(&day());
    let today = said("today");
    assert!([before, said(&day())].contains(&today), "{today:?}");
    bench.run("validate policies --as-of yesterday").expect(64);
}
