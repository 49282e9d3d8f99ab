//! The journal of policies that do not compile.

use crate::journal::{policies, said};
use crate::support::Bench;

/// A bench with one run in the default journal.
fn applied() -> Bench<'static> {
    let bench = Bench::local();
    policies(&bench, 1, "");
    bench.run("apply . --yes").expect(0);
    bench
}

#[test]
fn journal_is_read_whatever_is_wrong_with_the_policies() {
    let bench = applied();
    let whole = bench.read("estate.yaml");
    let first = whole.split("---").next().unwrap().to_owned();
    let wrong = [
        ("", whole.replace("primary: virginia", "primary: mars")),
        ("", format!("{whole}---\nkind: service\nname: [\n")),
        ("", whole.replace("defaults:", "defaults: [")),
        ("", first),
        ("", whole.replace("kind: estate", "kind: estat")),
        ("other.yaml", "\t- {".to_owned()),
        ("other.yaml", "kind: estate\nname: other\n".to_owned()),
    ];
    for (file, text) in wrong {
        bench.write("other.yaml", if file.is_empty() { "kind: service\n" } else { &text });
        bench.write("estate.yaml", if file.is_empty() { &text } else { &whole });
        bench.run("plan .").expect(3);
        for command in ["journal log", "journal verify", "journal show 1", "journal log ."] {
            let ran = bench.run(command).expect(0);
            assert!(
                ran.stderr.starts_with("warning: the policies are not valid"),
                "{command}: {}",
                ran.stderr
            );
            assert!(ran.stderr.contains(".holdfast/journal: "), "{command}: {}", ran.stderr);
            assert_eq!(ran.stderr.lines().count(), 1, "{command}: {}", ran.stderr);
            assert!(
                ran.stdout.contains("run") && !ran.stdout.contains("No runs"),
                "{command}: {}",
                ran.stdout
            );
        }
    }
}

#[test]
fn journal_is_not_guessed_where_the_estate_names_one_that_cannot_be_read() {
    let bench = applied();
    let whole = bench.read("estate.yaml");
    bench.write("estate.yaml", &whole.replace("defaults:", "journal: { site: oregon, s3: [\ndefaults:"));
    let refused = bench.run("journal log").expect(3);
    assert!(refused.stdout.is_empty() && refused.stderr.starts_with("E01"), "{}", refused.stderr);
    bench.run("journal log --journal .holdfast/journal").expect(0);
    bench.run("journal log no-such-folder").expect(3);
    bench.write("empty/none", "");
    bench.run("journal log empty").expect(3);
}

#[test]
fn trust_anchor_says_which_journal_is_read() {
    let bench = applied();
    bench.write("estate.yaml", "kind: estate\nname: acme\nsites: [\n");
    let anchor = |journal: &str| {
        format!(
            "kind: trust\nestates:\n  acme:\n    cloud: local:cloud.json\n    accounts: [\"000000000000\"]\n    \
             journal: {{ at: {journal}, head: none }}\n"
        )
    };
    bench.write("anchor.yaml", &anchor(".holdfast/journal"));
    let ran = bench.run("journal verify --trust anchor.yaml").expect(0);
    assert!(said(&ran).ends_with("the trust anchor names it"), "{}", ran.stderr);
    bench.write("anchor.yaml", &anchor("elsewhere"));
    bench.run("journal verify --trust anchor.yaml").expect(4);
    // Not even the name of the estate can be read: an anchor of one estate can mean only that one.
    bench.write("estate.yaml", "[\n");
    let ran = bench.run("journal log --trust anchor.yaml").expect(0);
    assert_eq!(ran.stdout, "No runs.\n");
}
