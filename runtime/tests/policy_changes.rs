//! Each of many ways to weaken the shipped policies is at the top of the plan as weaker, and its reverse as stronger.

use std::process::Command;

use crate::support::Bench;
use serde_json::Value;

/// What is done, in which file, the text of the shipped policies, the weaker text, and the statement that is named.
const WEAKER: &[[&str; 5]] = &[
    [
        "objective is looser",
        "estate",
        "rto: 1h\n",
        "rto: 3h\n",
        "estate, tiers.mission-critical.objectives.rto",
    ],
    [
        "objective is undecided",
        "estate",
        "account-compromise: { rto: 48h, rpo: 36h }",
        "account-compromise: { rto: 48h, rpo: undecided }",
        "estate, tiers.mission-critical.objectives.account-compromise.rpo",
    ],
    [
        "service says an objective that is looser than the default",
        "web-shop",
        "depends-on: [payments]\n",
        "depends-on: [payments]\nobjectives: { rto: 8h }\n",
        "service web-shop, objectives.rto",
    ],
    [
        "tier is left",
        "payments",
        "tier: mission-critical\n",
        "objectives: { corruption: { rto: 36h, rpo: 1h } }\n",
        "service payments, tier",
    ],
    [
        "retention is shorter",
        "payments",
        "keep: 35d",
        "keep: 7d",
        "service payments, data.ledger.backups[daily].keep",
    ],
    [
        "lock is removed",
        "payments",
        "        lock: compliance\n",
        "",
        "service payments, data.ledger.backups[daily].lock",
    ],
    [
        "backup is removed",
        "payments",
        "      - strategy: daily
        at: \"03:00\"
        to: [ireland]
        windows: { start: 1h, complete: 8h }
        keep: 35d
        lock: compliance
",
        "",
        "service payments, data.ledger.backups[daily]",
    ],
    [
        "backup goes to fewer sites",
        "archive",
        "to: [singapore, oregon]",
        "to: [singapore]",
        "service archive, data.contracts.backups[real-time].to[oregon]",
    ],
    [
        "standby is removed",
        "payments",
        "standby: [oregon, ireland]",
        "standby: [oregon]",
        "service payments, standby[ireland]",
    ],
    ["probe is slower", "payments", "every: 10s", "every: 30s", "service payments, traffic.api.probe.every"],
    [
        "probe counts more failures than it does without a number",
        "web-shop",
        "failures: 2, ",
        "failures: 5, ",
        "service web-shop, traffic.www.probe.failures",
    ],
    [
        "answers are cached for longer than without a TTL",
        "web-shop",
        "    ttl: 30s\n",
        "    ttl: 120s\n",
        "service web-shop, traffic.www.ttl",
    ],
    [
        "waiver is added",
        "archive",
        "objectives: { rto: 24h, rpo: 1h }\n",
        "objectives: { rto: 24h, rpo: 1h }\nwaivers: [{ code: W0914, because: asked by nobody, owner: records-office, until: 2027-06-30 }]\n",
        "service archive, waivers[W0914]",
    ],
    [
        "waiver is longer",
        "web-shop",
        "until: 2027-06-30",
        "until: 2029-06-30",
        "service web-shop, waivers[W0914].until",
    ],
    [
        "deputy is removed",
        "continuity",
        "    deputy: shop-oncall\n",
        "",
        "continuity, contacts.records-office.deputy",
    ],
    [
        "person answers later",
        "continuity",
        "answers-within: 4h",
        "answers-within: 9h",
        "continuity, contacts.records-office.answers-within",
    ],
    [
        "way to reach somebody is removed",
        "continuity",
        "      - mail: noor.haddad@acme.example\n",
        "",
        "continuity, contacts.chief-financial-officer.reach[mail]",
    ],
    [
        "deadline is later",
        "continuity",
        "        within: 72h\n",
        "        within: 90h\n",
        "continuity, levels[1].deadlines[Report of the personal data that was touched].within",
    ],
    [
        "somebody is not told",
        "continuity",
        "tell: [deputy-commander, chief-financial-officer, security-oncall]",
        "tell: [deputy-commander, chief-financial-officer]",
        "continuity, levels[1].tell[security-oncall]",
    ],
    ["budget is smaller", "continuity", "limit: 250000", "limit: 1000", "continuity, budget.limit"],
    ["drill is rarer", "drills", "every: 180d", "every: 900d", "drill restore-the-ledger, every"],
    ["drill shows less", "drills", "type: full-scale", "type: tabletop", "drill lose-virginia, type"],
    [
        "assumption is worse",
        "estate",
        "      value: 5m\n      because: client",
        "      value: 9m\n      because: client",
        "estate, defaults.assumptions.keep-alive.value",
    ],
    ["journal has no copy", "estate", "copies: [ireland]", "copies: []", "estate, journal.copies[ireland]"],
    [
        "fewer people approve",
        "estate",
        "name: acme\n",
        "name: acme\napprovals: { required: 1, signers: signers }\n",
        "estate, approvals.required",
    ],
];

fn git(bench: &Bench<'_>, words: &[&str]) {
    let identity = ["-c", "user.name=alice", "-c", "user.email=alice@acme.example"];
    let ran =
        Command::new("git").current_dir(bench.folder.path()).args(identity).args(words).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// A line of a list of signers, with a new key.
fn signer(bench: &Bench<'_>, who: &str) -> String {
    let made = Command::new("ssh-keygen")
        .current_dir(bench.folder.path())
        .args(["-q", "-t", "ed25519", "-N", "", "-f", who])
        .status();
    assert!(made.unwrap().success());
    format!("{who}@acme.example {}", bench.read(&format!("{who}.pub")))
}

/// The first change of the policies in the plan: its judgement, its statement, and whether the text lists it first.
fn first(bench: &Bench<'_>, base: &str, code: i32) -> (String, String) {
    let ran = bench
        .run(&format!("plan policies --quiet --format json --fail-on weaker --base {base}"))
        .expect(code);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    let change = &plan["policy_changes"]["changes"][0];
    let text = |key: &str| change[key].as_str().unwrap_or_else(|| panic!("{plan:#}")).to_owned();
    let said = (text("judgement"), format!("{}, {}", text("document"), text("path")));
    let shown = bench.run(&format!("plan policies --quiet --base {base}")).expect(0).stdout;
    let heading = format!("Policy changes since {base}");
    let top: Vec<&str> = shown.lines().skip_while(|line| *line != heading).take(2).collect();
    assert_eq!(top, [heading, format!("  {}", said.0)], "{shown}");
    said
}

#[test]
fn weakening_is_on_top_of_the_plan_and_its_reverse_is_strengthening() {
    let bench = Bench::local();
    bench.shipped_policies();
    let signers: String = ["bob", "carol"].map(|who| signer(&bench, who)).concat();
    bench.write("policies/signers", &signers);
    git(&bench, &["init", "-q", "-b", "main", "."]);
    for [what, file, from, to, statement] in WEAKER {
        let name = format!("policies/{file}.yaml");
        let shipped = bench.read(&name);
        let (strong, weak) = match *what {
            // One more approver than the weaker text.
            "fewer people approve" => (
                shipped.replacen(from, &to.replace("required: 1", "required: 2"), 1),
                shipped.replacen(from, to, 1),
            ),
            // Otherwise a missed objective is an error of the weaker text.
            "lock is removed" | "backup is removed" => {
                let tier = "tier: mission-critical\n";
                let asks = "objectives: { account-compromise: { rto: undecided, rpo: undecided } }\n";
                let asks_less = shipped.replacen(tier, &format!("{tier}{asks}"), 1);
                (asks_less.clone(), asks_less.replacen(from, to, 1))
            }
            // A site without a standby has no endpoint.
            "standby is removed" => {
                (shipped.clone(), shipped.replacen(from, to, 1).replace("      ireland: 203.0.113.10\n", ""))
            }
            _ => (shipped.clone(), shipped.replacen(from, to, 1)),
        };
        assert_ne!(strong, weak, "{what}: `{from}` is not in {name}");
        for (text, branch) in [(&strong, "strong"), (&weak, "weak")] {
            bench.write(&name, text);
            git(&bench, &["add", "policies"]);
            git(&bench, &["commit", "-q", "--allow-empty", "-m", what]);
            git(&bench, &["branch", "-f", branch]);
        }
        assert_eq!(first(&bench, "strong", 3), ("weaker".to_owned(), (*statement).to_owned()), "{what}");
        bench.write(&name, &strong);
        assert_eq!(first(&bench, "weak", 0), ("stronger".to_owned(), (*statement).to_owned()), "{what}");
        bench.write(&name, &shipped);
    }
}

#[test]
fn nothing_is_weaker_where_only_comments_and_layout_change() {
    let bench = Bench::local();
    bench.shipped_policies();
    git(&bench, &["init", "-q", "-b", "main", "."]);
    git(&bench, &["add", "policies"]);
    git(&bench, &["commit", "-q", "-m", "first"]);
    let text =
        bench.read("policies/archive.yaml").replace("standby: [singapore]", "standby:\n  - singapore # far");
    bench.write("policies/archive.yaml", &text);
    let shown = bench.run("plan policies --quiet --base HEAD --fail-on weaker").expect(0).stdout;
    assert!(shown.contains("\nPolicy changes since HEAD: none\n"), "{shown}");
}
