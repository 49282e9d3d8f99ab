//! What can still be read of the estate of policies that do not compile: enough to find its journal.
//!
//! A policy is broken when somebody wants to know what was applied last. A document whose text is not valid YAML is
//! read key by key: each part of the text that begins with a key at the start of a line is read alone.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{S3Location, Site, trees};
use crate::provider::region::Region;
use crate::source::{SourceId, Sources, Span};
use crate::units::Duration;

/// The legible part of an estate.
#[derive(Debug)]
pub struct LegibleEstate {
    /// Its name.
    pub name: Option<String>,
    /// Its document.
    pub span: Span,
    /// Where it says that its journal is.
    pub journal: LegibleJournal,
}

/// Where an estate says that its journal is.
#[derive(Debug)]
pub enum LegibleJournal {
    /// It names no bucket: the journal is a folder beside the policies.
    Beside,
    /// In a bucket.
    S3 {
        /// Bucket and prefix.
        s3: S3Location,
        /// The bucket's region, if the site can be read.
        region: Option<Region>,
        /// The buckets with copies that can be read, with their regions.
        copies: Vec<(S3Location, Option<Region>)>,
        /// The lease, if it can be read.
        lease: Option<Duration>,
    },
    /// It says something about the journal that cannot be read.
    Illegible,
}

/// The estates in these sources, as far as they can be read.
#[must_use]
pub fn legible_estates(sources: &Sources) -> Vec<LegibleEstate> {
    let estates = sources.iter().flat_map(|(id, source)| {
        let parts = parts(&source.text);
        parts.into_iter().filter_map(move |range| estate(id, &source.text, range)).collect::<Vec<_>>()
    });
    estates.collect()
}

/// The byte ranges of the documents of a file.
fn parts(text: &str) -> Vec<Range<usize>> {
    cut(text, |line| line.trim_end() == "---" || line.starts_with("--- "))
}

/// The byte ranges between the lines that begin something.
fn cut(text: &str, begins: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if at > start && begins(line) {
            ranges.push(start..at);
            start = at;
        }
        at += line.len();
    }
    ranges.push(start..at);
    ranges
}

fn estate(source: SourceId, text: &str, range: Range<usize>) -> Option<LegibleEstate> {
    let written = text.get(range.clone())?;
    let (keys, broken) = match mapping(source, written) {
        Some(keys) => (keys, false),
        None => (by_key(source, written), true),
    };
    if keys.get("kind").and_then(Value::as_str) != Some("estate") {
        return None;
    }
    let journal = match keys.get("journal") {
        Some(journal) => place(journal, keys.get("sites")),
        None if broken && written.lines().any(|line| line.starts_with("journal")) => {
            LegibleJournal::Illegible
        }
        None => LegibleJournal::Beside,
    };
    let name = keys.get("name").and_then(Value::as_str).map(str::to_owned);
    Some(LegibleEstate { name, span: Span::new(source, range.start, range.end), journal })
}

/// The keys of a text that is one mapping.
fn mapping(source: SourceId, text: &str) -> Option<Map<String, Value>> {
    let mut findings = Vec::new();
    let trees = trees(source, text, &mut findings);
    let tree = trees.first().filter(|_| findings.is_empty())?;
    match tree.to_json(tree.root()?) {
        Value::Object(keys) => Some(keys),
        _ => None,
    }
}

/// The keys that can be read alone. Of a duplicate key, the first one counts, as in a document that is valid YAML.
fn by_key(source: SourceId, text: &str) -> Map<String, Value> {
    let mut keys = Map::new();
    for range in cut(text, |line| line.starts_with(|first: char| first.is_alphabetic() || first == '"')) {
        for (key, value) in text.get(range).and_then(|part| mapping(source, part)).unwrap_or_default() {
            keys.entry(key).or_insert(value);
        }
    }
    keys
}

fn place(journal: &Value, sites: Option<&Value>) -> LegibleJournal {
    let Some(keys) = journal.as_object() else { return LegibleJournal::Illegible };
    let text = |key: &str| keys.get(key).and_then(Value::as_str);
    let Some(s3) = keys.get("s3") else { return LegibleJournal::Beside };
    let Some(Ok(s3)) = s3.as_str().map(S3Location::parse) else { return LegibleJournal::Illegible };
    let region = |name: Option<&str>| {
        let site = name.and_then(|name| sites?.get(name)).cloned();
        site.and_then(|site| serde_json::from_value::<Site>(site).ok()).and_then(|site| site.region())
    };
    let copies = keys.get("copies").and_then(Value::as_array).into_iter().flatten().filter_map(|copy| {
        let text = |key: &str| copy.get(key).and_then(Value::as_str);
        Some((S3Location::parse(text("s3")?).ok()?, region(text("site"))))
    });
    LegibleJournal::S3 {
        s3,
        region: region(text("site")),
        copies: copies.collect(),
        lease: text("lease").and_then(Duration::parse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESTATE: &str = "kind: estate
name: acme
sites:
  oregon: { aws: us-west-2 }
journal: { site: oregon, s3: s3://acme-journal/holdfast, lease: 2m }
";

    fn read(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        sources.add("a.yaml", text);
        let shown = |estate: &LegibleEstate| {
            let place = match &estate.journal {
                LegibleJournal::Beside => "beside".to_owned(),
                LegibleJournal::Illegible => "illegible".to_owned(),
                LegibleJournal::S3 { s3, region, lease, copies } => {
                    let region = region.map_or("?", Region::as_str);
                    let lease = lease.map_or("?".to_owned(), |lease| lease.to_string());
                    let copies = copies
                        .iter()
                        .map(|(s3, region)| format!(" {s3} {}", region.map_or("?", Region::as_str)));
                    format!("{s3} {region} {lease}{}", copies.collect::<String>())
                }
            };
            format!("{} {place}", estate.name.as_deref().unwrap_or("?"))
        };
        legible_estates(&sources).iter().map(shown).collect()
    }

    #[test]
    fn journal_is_found_in_an_estate_with_unknown_and_broken_keys() {
        let whole = "acme s3://acme-journal/holdfast us-west-2 2m";
        let broken = [
            String::new(),
            "tirs: { x: }\n".to_owned(),
            "defaults: { encrypt: [\n".to_owned(),
            "defaults:\n\tencrypt: x\n".to_owned(),
            "name: twice\n".to_owned(),
            "---\nkind: service\n: : [\n".to_owned(),
        ];
        for more in broken {
            assert_eq!(read(&format!("{ESTATE}{more}")), [whole], "{more}");
            let before = format!("kind: service\nname: [\n---\n{more}");
            assert_eq!(read(&before), [""; 0], "{more}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        for (from, to, read_as) in [
            ("us-west-2", "mars", "acme s3://acme-journal/holdfast ? 2m"),
            ("lease: 2m", "lease: x", "acme s3://acme-journal/holdfast us-west-2 ?"),
            ("s3://acme-journal/holdfast", "acme-journal", "acme illegible"),
            ("s3: s3://acme-journal/holdfast, lease: 2m }", "s3: [", "acme illegible"),
            ("s3: s3://acme-journal/holdfast, lease: 2m }", "}", "acme beside"),
            (
                "lease: 2m",
                "copies: [{ site: oregon, s3: s3://acme-copy/x }, { site: mars, s3: s3://acme-far/x }, 7, { s3: [ }]",
                "acme illegible",
            ),
            (
                "lease: 2m",
                "copies: [{ site: oregon, s3: s3://acme-copy/x }, { site: mars, s3: s3://acme-far/x }, 7]",
                "acme s3://acme-journal/holdfast us-west-2 ? s3://acme-copy/x us-west-2 s3://acme-far/x ?",
            ),
            ("name: acme", "name: [acme", "? s3://acme-journal/holdfast us-west-2 2m"),
        ] {
            assert_eq!(read(&ESTATE.replace(from, to)), [read_as], "{to}");
        }
        assert_eq!(read(&format!("{ESTATE}---\n{ESTATE}")).len(), 2);
        assert!(read("").is_empty() && read("kind: service").is_empty());
    }
}
