//! Changes to plan files by an attacker who knows the format: any value, including the text of policies, and every
//! digest is recomputed afterwards.

use holdfast::planfile::PlanFile;
use serde_json::Value;

/// Pseudorandom numbers from a seed (xorshift64*, Marsaglia 2003 and Vigna 2016).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        // Similar seeds begin with similar numbers, so skip some.
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap() % end.max(1)
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// Whether an event with this probability in percent happens.
    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

/// A mutant of a plan file with valid digests, and a log of the changes; `None` if no plan can be derived from it.
pub(super) fn mutant(original: &Value, dice: &mut Dice) -> (Vec<String>, Option<String>) {
    let mut file = original.clone();
    let mut log = Vec::new();
    let policies = (0..=dice.below(3)).filter(|_| dice.percent(80)).count();
    (0..policies).for_each(|_| log.push(policy(&mut file, dice)));
    // Fields come last, because they may remove what the policies are found by.
    let fields = if policies == 0 { 1 } else { dice.below(5) / 4 };
    (0..fields).for_each(|_| log.push(field(&mut file, dice)));
    let sealed = serde_json::from_value::<PlanFile>(file).ok().and_then(|file| file.sealed().ok());
    (log, sealed.map(|file| file.text().unwrap()))
}

/// Change a scalar in the text of a policy to another value of its type: only there, or everywhere.
fn policy(file: &mut Value, dice: &mut Dice) -> String {
    let policies = file["inputs"]["policies"].as_array().unwrap();
    let texts: Vec<&str> = policies.iter().map(|policy| policy["text"].as_str().unwrap()).collect();
    let which = dice.below(texts.len());
    let places = scalars(texts[which]);
    let Some(&(from, to)) = places.get(dice.below(places.len())) else { return String::new() };
    let old = texts[which][from..to].to_owned();
    let new = alike(&old, dice);
    let log = format!("policy {which}: {old} -> {new}");
    if dice.percent(if is_name(&old) { 95 } else { 50 }) {
        for nth in 0..texts.len() {
            let text = file["inputs"]["policies"][nth]["text"].as_str().unwrap();
            let mut changed = text.to_owned();
            let same = |(from, to): &(usize, usize)| text[*from..*to] == old;
            for (from, to) in scalars(text).into_iter().rev().filter(same) {
                changed.replace_range(from..to, &new);
            }
            file["inputs"]["policies"][nth]["text"] = changed.into();
        }
        // The context names the estate, too.
        if file["inputs"]["context"]["estate"] == *old {
            file["inputs"]["context"]["estate"] = new.into();
        }
    } else {
        let mut changed = texts[which].to_owned();
        changed.replace_range(from..to, &new);
        file["inputs"]["policies"][which]["text"] = changed.into();
    }
    log
}

/// The positions of the scalars of a policy: everything between YAML's indicators, keys included.
fn scalars(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        // A colon is an indicator only before a blank.
        let mark = "\n{}[],\"".contains(c) || c == ':' && text[at + 1..].starts_with([' ', '\n']);
        if mark {
            let scalar = text[start..at].trim_start_matches([' ', '-']).trim_end();
            let from = at - text[start..at].trim_start_matches([' ', '-']).len();
            // Keys are changed like names: lower-case letters without a colon.
            let key = c == ':' && KEYS.contains(&scalar);
            if !scalar.is_empty() && !key && !FIXED.contains(&scalar) {
                places.push((from, from + scalar.len()));
            }
            start = at + c.len_utf8();
        }
    }
    places
}

/// The keywords of the language: changing one gives an invalid policy.
const KEYS: [&str; 36] = [
    "kind",
    "name",
    "sites",
    "aws",
    "kms-key",
    "defaults",
    "assumptions",
    "detection",
    "value",
    "because",
    "primary",
    "standby",
    "data",
    "bucket",
    "encrypt",
    "backups",
    "strategy",
    "to",
    "site",
    "traffic",
    "zone",
    "record",
    "ttl",
    "probe",
    "https",
    "http",
    "tcp",
    "every",
    "failures",
    "expect",
    "endpoints",
    "alias",
    "zone-id",
    "recovery",
    "step",
    "takes",
];

/// Values of types with only one value.
const FIXED: [&str; 3] = ["estate", "service", "real-time"];

/// Whether a scalar is a name that other places refer to.
fn is_name(scalar: &str) -> bool {
    let letters = scalar.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    letters && !scalar.starts_with("acme-") && !scalar.starts_with("others-")
}

/// Another value of the same type, which is usually valid too.
fn alike(old: &str, dice: &mut Dice) -> String {
    let number = dice.below(250);
    if old.parse::<std::net::IpAddr>().is_ok() {
        return format!("203.0.113.{number}");
    }
    if let Ok(old) = old.parse::<usize>() {
        return (if dice.percent(90) { 1 + dice.below(10) } else { old + number }).to_string();
    }
    let unit = old.trim_start_matches(|c: char| c.is_ascii_digit());
    if unit.len() < old.len() && ["s", "m", "h", "d"].contains(&unit) {
        return match (unit, old) {
            ("s", "10s" | "30s") if dice.percent(70) => dice.one(&["10s", "30s"]).to_owned(),
            _ => format!("{}{unit}", 1 + number),
        };
    }
    let pool: &[&str] = match old {
        _ if REGIONS.contains(&old) => &REGIONS,
        _ if old.starts_with('/') => &[
            "/",
            "/a",
            "/healthz?x=y",
            "/very/long/path/of/a/probe/that/does/not/fit/in/one/line/of/eighty/columns",
        ],
        "open" | "all is well" => &[
            "closed",
            "all is well",
            "a  b",
            "none",
            "true",
            "null",
            "ü→ö",
            "x = y",
            "A → B",
            "\\x1b[2J",
            "60",
        ],
        "AES256" | "aws:kms" => &["AES256", "aws:kms"],
        _ if old.starts_with("alias/") => &[
            "alias/a",
            "alias/b",
            "alias/aws/s3",
            "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ],
        _ if old.starts_with("acme-") || old.starts_with("others-") => &BUCKETS,
        _ if old.ends_with(".elb.amazonaws.com") => {
            &["b-1.us-east-1.elb.amazonaws.com", "c-2.us-west-2.elb.amazonaws.com"]
        }
        _ if old.ends_with(".example") => &HOSTS,
        _ => &[],
    };
    match pool {
        [] if dice.percent(85) => format!("{old}{}", dice.one(&["x", "-2", "0"])),
        [] => dice.one(&["virginia", "oregon", "docs", "files", "web", "true", "real-time", "w"]).to_owned(),
        pool if BUCKETS.as_slice() == pool && dice.percent(50) => format!("acme-{number}"),
        pool if HOSTS.as_slice() == pool && dice.percent(50) => format!("h{number}.acme.example"),
        pool => dice.one(pool).to_owned(),
    }
}

const REGIONS: [&str; 6] =
    ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-1"];
const BUCKETS: [&str; 5] = ["others-data", "others-copy", "others-logs", "acme-docs", "acme-docs-copy"];
const HOSTS: [&str; 6] = [
    "acme.example",
    "shop.example",
    "www.acme.example",
    "old.acme.example",
    "mail.acme.example",
    "www.shop.example",
];

/// Change a value anywhere in the file, or add, remove or move an item of a list or a mapping.
fn field(file: &mut Value, dice: &mut Dice) -> String {
    let mut places = Vec::new();
    pointers(file, String::new(), &mut places);
    // The texts of policies have their own mutations, and digests are recomputed.
    let aimed =
        |place: &String| !place.is_empty() && !place.starts_with("/inputs/policies") && place != "/digest";
    places.retain(aimed);
    let place = places[dice.below(places.len())].clone();
    let other = file.pointer(&places[dice.below(places.len())]).unwrap().clone();
    let value = file.pointer_mut(&place).unwrap();
    let old = value.to_string();
    match value {
        Value::Array(items) if dice.percent(50) && !items.is_empty() => {
            let (one, two) = (dice.below(items.len()), dice.below(items.len()));
            match dice.below(3) {
                0 => drop(items.remove(one)),
                1 => items.push(items[one].clone()),
                _ => items.swap(one, two),
            }
        }
        Value::Array(items) => items.push(other),
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let Some(key) = keys.get(dice.below(keys.len())) else { return format!("{place}: nothing") };
            match dice.percent(50) {
                true => drop(map.remove(key)),
                false => drop(map.insert(key.clone(), other)),
            }
        }
        Value::Number(number) => {
            *value = (number.as_u64().unwrap_or_default() + 1 + dice.below(60) as u64).into()
        }
        Value::Bool(on) => *on = !*on,
        Value::Null => *value = dice.one(&["x", "aws:kms", "Enabled", "others-data"]).into(),
        Value::String(text) => {
            let text = text.clone();
            *value = match dice.below(5) {
                0 => Value::Null,
                1 if other.is_string() => other,
                2 => format!("{text}x").into(),
                _ => alike(&text, dice).into(),
            };
        }
    }
    let new = file.pointer(&place).unwrap().to_string();
    let short = |text: &str| text.chars().take(80).collect::<String>();
    format!("{place}: {} -> {}", short(&old), short(&new))
}

fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, item)| pointers(item, format!("{at}/{nth}"), all));
        }
        Value::Object(map) => map.iter().for_each(|(key, item)| {
            pointers(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
        }),
        _ => {}
    }
    all.push(at);
}
