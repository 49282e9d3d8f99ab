//! Estates from seeds: the same seed gives the same text on every machine.

use std::fmt::Write as _;

/// A small generator of numbers (SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`.
    pub(crate) fn from(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(crate) fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[usize::try_from(self.next() % all.len() as u64).unwrap()]
    }
}

const PEOPLE: [&str; 4] = ["ann", "bob", "cem", "dia"];
const ZONES: [&str; 5] =
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland"];

/// The text of an estate: one file.
pub(crate) fn estate(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    // What the language has learned since, so that the rest of an estate stays what it was.
    let mut later = Dice::new(seed ^ 0x5eed);
    let mut out = String::new();
    let shares = if dice.chance(30) { ", shares: [grid]" } else { "" };
    let key = |dice: &mut Dice, region: &str, of: u64| {
        let id = if dice.chance(30) { 7 } else { of };
        if dice.chance(60) {
            let kind = if id == 7 { "mrk-" } else { "" };
            let tail = if id == 7 {
                "00000000000000000000000000000007".to_owned()
            } else {
                format!("00000000-0000-4000-8000-00000000000{id}")
            };
            format!(", kms-key: \"arn:aws:kms:{region}:111122223333:key/{kind}{tail}\"")
        } else {
            String::new()
        }
    };
    // A vault in another account, or with a key of its own: another one, the site's, or the one that AWS manages.
    let vault = |dice: &mut Dice, region: &str, of: u64| {
        if dice.chance(60) {
            return String::new();
        }
        let account = dice.pick(&["", "account: '222233334444', ", "account: '111122223333', "]);
        let owner = dice.pick(&["111122223333", "222233334444"]);
        let own = format!("arn:aws:kms:{region}:{owner}:key/00000000-0000-4000-8000-00000000001{of}");
        let key = [own.as_str(), "alias/aws/backup"];
        format!(", vault: {{ {account}kms-key: \"{}\" }}", dice.pick(&key))
    };
    let account = if dice.chance(70) { "account: '111122223333'\n" } else { "" };
    let (one, two, mut three) =
        (key(&mut dice, "us-east-1", 1), key(&mut dice, "us-west-2", 2), key(&mut dice, "eu-west-1", 3));
    // The third site is sometimes in another account, with a key that is there.
    if !account.is_empty() && later.chance(40) {
        if three.is_empty() {
            ", kms-key: managed".clone_into(&mut three);
        }
        three.push_str(", account: { id: '222233334444', role: recovery }");
    }
    let vaults = [
        vault(&mut dice, "us-east-1", 1),
        vault(&mut dice, "us-west-2", 2),
        vault(&mut dice, "eu-west-1", 3),
    ];
    let [at_one, at_two, at_three] = &vaults;
    // Everything at a site is in one account.
    let own =
        |vault: &str| vault.replace("account: '222233334444', ", "").replace("account: '111122223333', ", "");
    // A vault that another account copies into has a key of its own.
    let own = |vault: &str| own(vault).replace("\"alias/aws/backup\"", "managed");
    let at_three = &if three.contains("account:") { own(at_three) } else { at_three.clone() };
    let _ = write!(
        out,
        "kind: estate
name: acme
{account}sites:
  one: {{ aws: us-east-1{one}{shares}{at_one} }}
  two: {{ aws: us-west-2{two}{shares}{at_two} }}
  three: {{ aws: eu-west-1{three}{at_three} }}
defaults:
  objectives: {{ rto: 9999d, rpo: 9999d, corruption: {{ rto: 9999d, rpo: 9999d }}, account-compromise: {{ rto: 9999d, rpo: 9999d }}, key-loss: {{ rto: 9999d, rpo: 9999d }} }}
  assumptions:
    detection: {{ value: {}m, because: generated }}
    noticed: {{ value: {}h, because: generated }}
    keep-alive: {{ value: {}s, because: generated }}
    backup-copy: {{ value: {}m, because: generated }}
    restore-throughput: {{ value: {}MiB/s, because: generated }}
---
kind: continuity
name: plan
contacts:
",
        dice.from(1, 60),
        dice.from(1, 60),
        dice.from(0, 600),
        dice.from(5, 240),
        dice.from(20, 400),
    );
    for person in PEOPLE {
        let _ = writeln!(
            out,
            "  {person}: {{ name: P, reach: [{{ phone: '1' }}], answers-within: {}m }}",
            dice.from(0, 60)
        );
    }
    out.push_str("levels:\n");
    // Sometimes nobody decides.
    let decided = !dice.chance(10);
    for level in 1..=5 {
        let which = match level {
            1 if decided => ", disruptions: [site-loss, key-loss]",
            1 => ", disruptions: [key-loss]",
            2 if decided => ", disruptions: [corruption, account-compromise]",
            2 => ", disruptions: [account-compromise]",
            _ => "",
        };
        let who = dice.pick(&PEOPLE);
        let _ = writeln!(
            out,
            "  - {{ level: {level}, name: l{level}, means: x, declared-by: {who}, within: {}m{which} }}",
            dice.from(5, 90)
        );
    }
    let count = dice.from(1, 3);
    let mut homes: Vec<&str> = Vec::new();
    for nth in 0..count {
        let home = if dice.chance(75) { "one" } else { "two" };
        service([&mut dice, &mut later], &mut out, usize::try_from(nth).unwrap(), home, &homes);
        homes.push(home);
    }
    out
}

fn service([dice, later]: [&mut Dice; 2], out: &mut String, nth: usize, home: &str, homes: &[&str]) {
    let standby = if home == "one" { "two" } else { "one" };
    let _ = write!(out, "---\nkind: service\nname: s{nth}\nprimary: {home}\nstandby: [{standby}, three]\n");
    let needs: Vec<String> = homes
        .iter()
        .enumerate()
        .filter(|(_, other)| **other == home)
        .filter(|_| dice.chance(40))
        .map(|(other, _)| format!("s{other}"))
        .collect();
    if !needs.is_empty() {
        let _ = writeln!(out, "depends-on: [{}]", needs.join(", "));
    }
    let sets = dice.from(0, 2);
    let traffic = dice.chance(50);
    let (mut restores, mut existing) = (Vec::new(), Vec::new());
    if sets > 0 {
        out.push_str("data:\n");
    }
    for set in 0..sets {
        let encrypt = if dice.chance(50) { "    encrypt: aws:kms\n" } else { "" };
        let _ = write!(out, "  d{set}:\n    bucket: acme-s{nth}-d{set}\n{encrypt}");
        if dice.chance(75) {
            let _ = writeln!(out, "    size: {{ value: {}GiB, because: generated }}", dice.from(1, 3000));
        }
        if dice.chance(10) {
            existing.push(set);
        }
        if dice.chance(20) {
            out.push_str("    backfilled: { value: 2026-01-01, because: generated }\n");
        }
        if later.chance(30) {
            let _ = writeln!(out, "    keep-versions: {}d", later.from(1, 20));
        }
        out.push_str("    backups:\n");
        let live = dice.chance(40);
        if live {
            // Sometimes away from where the users go.
            let to = if dice.chance(80) { standby } else { "three" };
            let _ = writeln!(out, "      - {{ strategy: real-time, to: [{to}] }}");
        }
        restores.push((set, live));
        let rules = if live { dice.from(0, 1) } else { if dice.chance(20) { 2 } else { 1 } };
        for _ in 0..rules {
            rule(dice, out, home, standby);
        }
    }
    if traffic {
        let probe = if dice.chance(50) { "https: /" } else { "tcp: 443" };
        let _ = write!(
            out,
            "traffic:
  t:
    zone: a.example
    record: s{nth}.a.example
    ttl: {}s
    probe: {{ {probe}, every: {}, failures: {} }}
    endpoints: {{ {home}: 192.0.2.1, {standby}: 192.0.2.2, three: 192.0.2.3 }}
",
            dice.from(10, 300),
            dice.pick(&["10s", "30s"]),
            dice.from(1, 6),
        );
    }
    if !existing.is_empty() {
        let buckets: Vec<String> = existing.iter().map(|set| format!("bucket.d{set}.{home}: {{}}")).collect();
        let _ = writeln!(out, "existing: {{ {} }}", buckets.join(", "));
    }
    let needed: Vec<u64> = restores.iter().filter(|(_, live)| !live).map(|(set, _)| *set).collect();
    procedure(dice, out, "recovery", 0, traffic, &needed);
    let all: Vec<u64> = restores.iter().map(|(set, _)| *set).collect();
    out.push_str("recovery-from:\n");
    for key in ["corruption", "account-compromise", "key-loss"] {
        let none = key == "key-loss" && dice.chance(50);
        procedure(dice, out, key, 2, false, if none { &[] } else { &all });
    }
}

fn rule(dice: &mut Dice, out: &mut String, home: &str, standby: &str) {
    let weekly = dice.chance(20);
    let on = dice.pick(&["monday", "saturday", "sunday"]);
    let strategy = if weekly { format!("weekly, on: {on}") } else { "daily".to_owned() };
    let keep = if weekly { dice.from(10, 40) } else { dice.from(2, 9) };
    let keep = if dice.chance(50) { keep } else { 90 };
    let lock = if dice.chance(50) { ", lock: compliance" } else { "" };
    let to =
        if dice.chance(30) { format!("{standby}, three") } else { dice.pick(&[standby, "three"]).to_owned() };
    let to = if dice.chance(15) { format!("{home}, {to}") } else { to };
    let (hour, minute) = (dice.from(0, 23), dice.pick(&["00", "30"]));
    let _ = writeln!(
        out,
        "      - {{ strategy: {strategy}, at: '{hour:02}:{minute}', zone: {}, windows: {{ start: {}h, complete: {}h }}, keep: {keep}d{lock}, to: [{to}] }}",
        dice.pick(&ZONES),
        dice.from(1, 3),
        dice.from(1, 9),
    );
}

/// A procedure: some steps of some people, in an order that leaves choices.
fn procedure(dice: &mut Dice, out: &mut String, key: &str, indent: usize, traffic: bool, restores: &[u64]) {
    let pad = " ".repeat(indent);
    let mut steps: Vec<String> = Vec::new();
    for _ in 0..dice.from(0, 4) {
        steps.push(format!("takes: {}m", dice.from(1, 180)));
    }
    for set in restores {
        let takes = if dice.chance(70) { format!(", takes: {}m", dice.from(1, 600)) } else { String::new() };
        steps.push(format!("does: restore data.d{set}{takes}"));
    }
    if traffic && dice.chance(50) {
        steps.push(format!("does: failover traffic.t, takes: {}m", dice.from(1, 30)));
    }
    for nth in (1..steps.len()).rev() {
        steps.swap(nth, usize::try_from(dice.from(0, nth as u64)).unwrap());
    }
    if dice.chance(60) {
        steps.push(format!("does: verify, takes: {}m", dice.from(1, 60)));
    }
    if dice.chance(25) {
        steps.insert(0, format!("does: declare, takes: {}m", dice.from(1, 60)));
    }
    if steps.is_empty() {
        steps.push("takes: 10m".to_owned());
    }
    let _ = writeln!(out, "{pad}{key}:");
    let people = usize::try_from(dice.from(1, 4)).unwrap();
    for (nth, step) in steps.iter().enumerate() {
        let by = if dice.chance(70) || step.starts_with("does: declare") {
            format!(", by: {}", dice.pick(&PEOPLE[..people]))
        } else {
            String::new()
        };
        let after: Vec<String> =
            (0..nth).filter(|_| dice.chance(25)).map(|earlier| format!("x{earlier}")).collect();
        let after = if after.is_empty() { String::new() } else { format!(", after: [{}]", after.join(", ")) };
        let _ = writeln!(out, "{pad}  - {{ step: x{nth}, {step}{by}{after} }}");
    }
}
