//! Lists of signers: the `allowed_signers` files of OpenSSH (`ssh-keygen(1)`, "ALLOWED SIGNERS").
//!
//! A line is `PRINCIPALS [OPTIONS] KEY`. Holdfast is stricter than OpenSSH in two points: times must be in UTC,
//! because local times depend on the machine, and certificate authorities are refused, because others decide whom
//! they certify.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey};

use super::Namespace;

/// The largest list that is read, in bytes: about a thousand people.
pub const MAX_BYTES: u64 = 256 * 1024;

/// What is wrong with a list, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct SignersError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// A list of accepted keys.
#[derive(Debug, Clone)]
pub struct Signers {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    principals: Patterns,
    namespaces: Option<Patterns>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    key: KeyData,
}

impl Signers {
    /// Parse a list.
    ///
    /// # Errors
    /// The first invalid line.
    pub fn parse(text: &str) -> Result<Self, SignersError> {
        let mut entries = Vec::new();
        for (nth, line) in text.lines().enumerate() {
            let line = line.trim_matches([' ', '\t', '\r']);
            if !line.is_empty() && !line.starts_with('#') {
                entries.push(Entry::parse(line).map_err(|what| SignersError { line: nth + 1, what })?);
            }
        }
        Ok(Self { entries })
    }

    /// How many different people can approve: the number of names or of keys, whichever is lower.
    #[must_use]
    pub fn people(&self) -> usize {
        let approves = |entry: &&Entry| entry.is_for(Namespace::Approval);
        let usable: Vec<&Entry> = self.entries.iter().filter(approves).collect();
        let keys: BTreeSet<&KeyData> = usable.iter().map(|entry| &entry.key).collect();
        let patterns: Vec<&str> = usable.iter().flat_map(|entry| entry.principals.positive()).collect();
        // A pattern can match any number of people.
        if patterns.iter().any(|pattern| pattern.contains(['*', '?'])) {
            return keys.len();
        }
        let names: BTreeSet<String> = patterns.iter().map(|name| name.to_lowercase()).collect();
        names.len().min(keys.len())
    }

    /// The name that the list has for a key and a purpose; `None` if there is not exactly one.
    #[must_use]
    pub fn principal_of(&self, key: &KeyData, namespace: Namespace) -> Option<&str> {
        let of_key = self.entries.iter().filter(|entry| entry.key == *key && entry.is_for(namespace));
        let names: BTreeSet<&str> = of_key.flat_map(|entry| entry.principals.positive()).collect();
        let mut names = names.into_iter();
        match (names.next(), names.next()) {
            (Some(only), None) if !only.contains(['*', '?']) => Some(only),
            _ => None,
        }
    }

    /// Whether the list contains a key, under any name.
    #[must_use]
    pub fn knows(&self, key: &KeyData) -> bool {
        self.entries.iter().any(|entry| entry.key == *key)
    }

    /// Whether the list contains a key under a name, ignoring case, purpose and time. Used to exclude the author.
    #[must_use]
    pub(super) fn has(&self, key: &KeyData, principal: &str) -> bool {
        let name = principal.to_lowercase();
        self.entries.iter().any(|entry| entry.key == *key && entry.principals.folded().matches(&name))
    }

    /// The names that the list has for a key, in lower case, without patterns.
    #[must_use]
    pub(super) fn names_of(&self, key: &KeyData) -> BTreeSet<String> {
        let of_key = self.entries.iter().filter(|entry| entry.key == *key);
        let names = of_key.flat_map(|entry| entry.principals.positive());
        names.filter(|name| !name.contains(['*', '?'])).map(str::to_lowercase).collect()
    }

    /// Check that a key may sign for a purpose now, under any name.
    ///
    /// # Errors
    /// The reason it may not, as a clause.
    pub fn lets(&self, key: &KeyData, namespace: Namespace, now: Timestamp) -> Result<(), &'static str> {
        let of_key: Vec<&Entry> = self.entries.iter().filter(|entry| entry.key == *key).collect();
        if of_key.is_empty() {
            return Err("its key is not in the list");
        }
        if of_key.iter().any(|entry| entry.is_for(namespace) && entry.is_valid(now)) {
            return Ok(());
        }
        Err("its key is in the list, but for another purpose or another time")
    }

    /// Check that a key may sign under a name for a purpose now.
    ///
    /// # Errors
    /// The reason it may not, as a clause about the key, for the best matching line.
    pub fn may_sign(
        &self,
        key: &KeyData,
        principal: &str,
        namespace: Namespace,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let of_key: Vec<&Entry> = self.entries.iter().filter(|entry| entry.key == *key).collect();
        if of_key.is_empty() {
            return Err("it is not in the list");
        }
        let named: Vec<&Entry> =
            of_key.into_iter().filter(|entry| entry.principals.matches(principal)).collect();
        if named.is_empty() {
            return Err("it belongs to somebody else");
        }
        let meant: Vec<&Entry> = named.into_iter().filter(|entry| entry.is_for(namespace)).collect();
        if meant.is_empty() {
            return Err("it is for other namespaces (`namespaces=`)");
        }
        let valid = meant.into_iter().any(|entry| entry.is_valid(now));
        if valid { Ok(()) } else { Err("it is not valid at this time") }
    }
}

/// The fingerprint of a key, as `ssh-keygen -l` shows it.
pub(super) fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

impl Entry {
    fn parse(line: &str) -> Result<Self, String> {
        let (principals, rest) = word(line).ok_or("the names are not closed with `\"`")?;
        let (options, key) = match key(rest) {
            Some(key) => ("", key),
            None => {
                let (options, rest) = word(rest).ok_or("an option is not closed with `\"`")?;
                (options, key(rest).ok_or("there is no key that can be read (ed25519, ecdsa, rsa, sk)")?)
            }
        };
        let principals = Patterns::new(principals.trim_matches('"'));
        let (mut namespaces, mut valid_after, mut valid_before) = (None, None, None);
        for option in list(options) {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, value.strip_prefix('"').and_then(|v| v.strip_suffix('"'))),
                None => (option, None),
            };
            let twice = || format!("`{name}` is given twice");
            match (name.to_ascii_lowercase().as_str(), value) {
                ("namespaces", Some(value)) => {
                    if namespaces.replace(Patterns::new(value)).is_some() {
                        return Err(twice());
                    }
                }
                ("valid-after", Some(value)) => {
                    if valid_after.replace(time(value)?).is_some() {
                        return Err(twice());
                    }
                }
                ("valid-before", Some(value)) => {
                    if valid_before.replace(time(value)?).is_some() {
                        return Err(twice());
                    }
                }
                ("cert-authority", _) => {
                    return Err("certificate authorities cannot approve: list the keys themselves".to_owned());
                }
                _ => return Err("it has an unknown option".to_owned()),
            }
        }
        if let (Some(after), Some(before)) = (valid_after, valid_before)
            && before <= after
        {
            return Err("the key is never valid: `valid-before` is not after `valid-after`".to_owned());
        }
        Ok(Self { principals, namespaces, valid_after, valid_before, key })
    }

    fn is_for(&self, namespace: Namespace) -> bool {
        self.namespaces.as_ref().is_none_or(|namespaces| namespaces.matches(namespace.as_str()))
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.valid_after.is_none_or(|after| after <= now)
            && self.valid_before.is_none_or(|before| now <= before)
    }
}

/// The first word of a line, and the rest. Blanks in double quotes do not end a word.
fn word(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let end = line.find(|c: char| {
        quoted ^= c == '"';
        !quoted && (c == ' ' || c == '\t')
    });
    if end.is_none() && quoted {
        return None;
    }
    let (word, rest) = line.split_at_checked(end.unwrap_or(line.len()))?;
    Some((word, rest.trim_start_matches([' ', '\t'])))
}

/// The parts of a comma-separated list. Commas in double quotes do not separate.
fn list(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        !quoted && c == ','
    })
    .filter(|part| !part.is_empty())
}

/// Parses a key of a supported algorithm: the algorithm and Base64. The comment after them is ignored.
fn key(text: &str) -> Option<KeyData> {
    let mut words = text.split_ascii_whitespace();
    let (algorithm, base64) = (words.next()?, words.next()?);
    let key = PublicKey::from_openssh(&format!("{algorithm} {base64}")).ok()?.key_data().clone();
    (!key.is_dsa() && !key.is_other()).then_some(key)
}

/// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || "write a time like 20261231Z or 202612312359Z".to_owned();
    let Some(digits) = text.strip_suffix(['Z', 'z']) else {
        return Err("a time must be in UTC and end in `Z`: otherwise it depends on the machine".to_owned());
    };
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole = format!("{digits:0<14}");
    let time = DateTime::strptime("%Y%m%d%H%M%S", whole).map_err(|_| wrong())?;
    time.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

/// A list of patterns (`ssh_config(5)`, "PATTERNS"): `*` and `?` are wildcards, `!` negates.
#[derive(Debug, Clone)]
struct Patterns(Vec<String>);

impl Patterns {
    fn new(text: &str) -> Self {
        Self(text.split(',').map(str::to_owned).collect())
    }

    fn positive(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|pattern| !pattern.starts_with('!'))
    }

    /// The patterns in lower case.
    fn folded(&self) -> Self {
        Self(self.0.iter().map(|pattern| pattern.to_lowercase()).collect())
    }

    fn matches(&self, name: &str) -> bool {
        let negated = self.0.iter().filter_map(|pattern| pattern.strip_prefix('!'));
        !negated.into_iter().any(|pattern| glob(pattern, name))
            && self.positive().any(|pattern| glob(pattern, name))
    }
}

/// Whether a pattern matches a whole name. It backtracks only to the last `*`, so the time is at most the product of
/// both lengths.
fn glob(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    let mut back = None;
    loop {
        let here = name.clone();
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                back = Some((pattern.clone(), here.clone()));
                name = here;
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((after, mut from)) = back.take() else { return false };
                if from.next().is_none() {
                    return false;
                }
                back = Some((after.clone(), from.clone()));
                (pattern, name) = (after, from);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const ALICE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti alice";
    const BOB: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2vWjeq7Y0dVvRvMwcMUOZPpI2BDLXpS0R/5lqD3dzA bob";

    #[test]
    fn principal_patterns_match_like_ssh() {
        for (pattern, name, fits) in [
            ("", "", true),
            ("a", "a", true),
            ("a", "A", false),
            ("*", "", true),
            ("*@acme.example", "alice@acme.example", true),
            ("*@acme.example", "alice@acme.example.org", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbx", true),
            ("*a*b", "xxaxxbx", false),
            ("a*", "ba", false),
        ] {
            assert_eq!(glob(pattern, name), fits, "{pattern} {name}");
        }
        let hostile = "*a".repeat(2_000);
        assert!(!glob(&hostile, &"a".repeat(1_999)));
        let all_but = Patterns::new("*@acme.example,!eve@acme.example");
        assert!(all_but.matches("alice@acme.example") && !all_but.matches("eve@acme.example"));
    }

    #[test]
    fn list_limits_keys_by_principal_time_and_namespace() {
        let text = format!(
            "# people\n\nalice@acme.example,a@acme.example namespaces=\"git,approval@*\",valid-after=\"20260101Z\",\
             valid-before=\"202612312359Z\" {ALICE}\n\"bob@acme.example\"\t{BOB}\n"
        );
        let signers = Signers::parse(&text).unwrap();
        let (alice, bob) = (key(ALICE).unwrap(), key(BOB).unwrap());
        let may =
            |key, name: &str, at: &str| signers.may_sign(key, name, Namespace::Approval, at.parse().unwrap());
        let now = "2026-11-23T12:00:00Z";
        assert_eq!(may(&alice, "alice@acme.example", now), Ok(()));
        assert_eq!(
            may(&alice, "alice@acme.example", "2027-01-01T00:00:00Z"),
            Err("it is not valid at this time")
        );
        assert_eq!(
            may(&alice, "alice@acme.example", "2025-12-31T23:59:59Z"),
            Err("it is not valid at this time")
        );
        assert_eq!(may(&alice, "bob@acme.example", now), Err("it belongs to somebody else"));
        assert_eq!(may(&bob, "bob@acme.example", now), Ok(()));
        assert_eq!(signers.principal_of(&alice, Namespace::Approval), None, "two names");
        assert_eq!(signers.principal_of(&bob, Namespace::Approval), Some("bob@acme.example"));
        assert_eq!(signers.people(), 2);
    }

    #[test]
    fn people_who_cannot_approve_are_not_counted() {
        let people = |text: &str| Signers::parse(text).unwrap().people();
        assert_eq!(people(&format!("a,b,c {ALICE}\n")), 1, "one key");
        assert_eq!(people(&format!("a {ALICE}\nA {BOB}\n")), 1, "one name");
        assert_eq!(people(&format!("*@acme.example {ALICE}\n*@acme.example {BOB}\n")), 2);
        assert_eq!(people(&format!("a {ALICE}\nb namespaces=\"git\" {BOB}\n")), 1);
        assert_eq!(people("# nobody\n"), 0);
    }

    #[test]
    fn invalid_list_is_refused_with_its_line() {
        for (line, says) in [
            ("alice", "no key"),
            ("alice ssh-ed25519 nonsense", "no key"),
            ("alice frobnicate ", "no key"),
            (&format!("alice cert-authority {ALICE}"), "certificate authorities"),
            (&format!("alice no-touch {ALICE}"), "unknown option"),
            (&format!("alice namespaces=git {ALICE}"), "unknown option"),
            (&format!("alice valid-after=\"20260101\" {ALICE}"), "UTC"),
            (&format!("alice valid-after=\"20261301Z\" {ALICE}"), "20261231Z"),
            (&format!("alice valid-after=\"20270101Z\",valid-before=\"20260101Z\" {ALICE}"), "never valid"),
            (&format!("\"alice {ALICE}"), "closed"),
        ] {
            let error = Signers::parse(&format!("# who\n{line}\n")).unwrap_err();
            assert_eq!(error.line, 2);
            assert!(error.what.contains(says), "{line}: {error}");
        }
    }
}
