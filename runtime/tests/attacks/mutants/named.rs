//! Checks that the text of a plan names everything that an apply changed, without using the code that writes the
//! text.

use std::collections::BTreeMap;

use holdfast_compiler::observation::Object;
use holdfast_compiler::printable::one_line;
use holdfast_compiler::provider::aws::route53::hosted_zone as hosted_zone_kind;
use holdfast_compiler::provider::aws::route53::record as record_kind;
use holdfast_compiler::provider::aws::s3::bucket as bucket_kind;
use holdfast_compiler::provider::aws::s3::replication as replication_kind;
use holdfast_compiler::resource::{Kind, Shape};
use serde_json::Value;

/// Values that the cloud generates: a plan shows them as known after the apply.
const MADE_BY_THE_CLOUD: [(Kind, &str); 3] =
    [(replication_kind::KIND, "role"), (record_kind::KIND, "zone-id"), (record_kind::KIND, "health-check")];
/// The defaults of a new bucket.
const OF_NEW_BUCKETS: [(&str, &str); 1] = [("bucket-key", "false")];

/// Every change between two states of a cloud that the text does not mention.
pub(super) fn unnamed(before: &[Object], after: &[Object], text: &str) -> Vec<String> {
    // Objects are matched by identity. The cloud generates ids and zones.
    let index = |objects: &'_ [Object]| -> BTreeMap<String, Object> {
        let ours = objects.iter().filter(|object| object.kind != hosted_zone_kind::KIND);
        ours.map(|object| (format!("{} {:?}", object.kind, object.identity()), object.clone())).collect()
    };
    let (before, after) = (index(before), index(after));
    let blocks = blocks(text);
    let mut unnamed = Vec::new();
    for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
        let (old, new) = (before.get(key), after.get(key));
        let Some(object) =
            new.or(old).filter(|_| old.map(|old| &old.attributes) != new.map(|new| &new.attributes))
        else {
            continue;
        };
        // S3 deletes a bucket with its settings, and the bucket is named.
        let bucket = object.identity().get("bucket").map(str::to_owned);
        let goes = |bucket: &String| {
            before.values().any(|one| one.id == *bucket && one.kind == bucket_kind::KIND)
                && !after.values().any(|one| one.id == *bucket && one.kind == bucket_kind::KIND)
        };
        if new.is_none() && bucket.as_ref().is_some_and(goes) {
            continue;
        }
        let of_it: Vec<&Block<'_>> = blocks.iter().filter(|block| block.is_about(object)).collect();
        if of_it.is_empty() {
            unnamed.push(format!("{key}: not named"));
        }
        let Some(new) = new else { continue };
        let names = new.attributes.keys().chain(old.into_iter().flat_map(|old| old.attributes.keys()));
        for name in names {
            let get = |object: Option<&Object>| {
                object.and_then(|o| o.attributes.get(name)).cloned().unwrap_or_default()
            };
            let (was, is) = (get(old), get(Some(new)));
            let by_itself = old.is_none() && of_new_bucket(object.kind, name, &is);
            if was == is || by_itself {
                continue;
            }
            // An update in two halves shows a part of the change in each.
            let id = of_it.first().map(|block| block.id).unwrap_or_default();
            let all = Block { id, lines: of_it.iter().flat_map(|block| &block.lines).copied().collect() };
            if !all.names(object.kind, name, old.is_some(), &was, &is) {
                unnamed.push(format!("{key}: {name}: {was} -> {is}"));
            }
        }
    }
    unnamed
}

fn of_new_bucket(kind: Kind, name: &str, value: &Value) -> bool {
    kind == bucket_kind::KIND && OF_NEW_BUCKETS.contains(&(name, value.to_string().as_str()))
}

/// The part of a text about one step.
struct Block<'a> {
    /// `bucket.files.docs.virginia`.
    id: &'a str,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in text.lines() {
        let head = ["  + ", "  ~ ", "  ± ", "  - "].iter().find_map(|sign| line.strip_prefix(sign));
        match (head, blocks.last_mut()) {
            (Some(head), _) => {
                blocks.push(Block { id: head.split(' ').next().unwrap_or_default(), lines: vec![line] });
            }
            (None, Some(block)) if line.starts_with("      ") => block.lines.push(line),
            // The rest belongs to no step.
            (None, _) if line.is_empty() => {}
            (None, Some(block)) => block.lines.push(""),
            (None, None) => {}
        }
    }
    blocks
}

impl Block<'_> {
    /// Whether it names, with all parts of the identity, the object that it changes or displaces.
    fn is_about(&self, object: &Object) -> bool {
        let lines = self.lines.join(" ");
        let words = lines.split_whitespace().collect::<Vec<_>>().join(" ");
        let kind = self.id.starts_with(&format!("{}.", object.kind));
        kind && object.identity().parts().all(|part| whole(&words, &one_line(part)))
    }

    /// Whether it shows the change of an attribute.
    fn names(&self, kind: Kind, name: &str, existed: bool, was: &Value, is: &Value) -> bool {
        let shape = kind.schema().attribute(name).map_or(Shape::Plain, |attribute| attribute.shape);
        let passages = self.passages(name);
        let all = passages.concat();
        if let (Shape::Set, true, [first, last]) = (shape, existed, passages.as_slice()) {
            // In two halves: from what it was to what serves both, and from there to what it is.
            let value = |value: &Value| solid(&one_line(&brief(value)));
            let from = solid(&first.concat()).starts_with(&format!("{}→", value(was)));
            return from && solid(&last.concat()).contains(&format!("→{}", value(is)));
        }
        passages.iter().any(|passage| match shape {
            Shape::Tags => changes(was, is).iter().all(|(key, was, is)| {
                let line = match was {
                    None => format!("{key} = {}", brief(is)),
                    Some(was) => format!("{key} = {} → {}", brief(was), brief(is)),
                };
                passage.iter().any(|said| solid(said) == solid(&one_line(&line)))
            }),
            Shape::Document if !existed => solid(&passage.concat()) == solid(&is.to_string()),
            Shape::Document => {
                let said = |sign: char, leaf: &str| {
                    let lines = all.iter().filter(|line| line.trim_start().starts_with(sign));
                    lines.map(|line| solid(line)).any(|line| whole(&line, &solid(leaf)))
                };
                let (old, new) = (leaves(was), leaves(is));
                new.iter().all(|(leaf, n)| old.get(leaf).is_some_and(|m| n <= m) || said('+', leaf))
                    && old.iter().all(|(leaf, n)| new.get(leaf).is_some_and(|m| n <= m) || said('-', leaf))
            }
            Shape::Plain | Shape::Set | Shape::LastPart | Shape::AtLeast => {
                let said = solid(&passage.concat());
                let before = if existed { format!("{} → ", brief(was)) } else { String::new() };
                let known = solid(&one_line(&format!("{before}{}", brief(is))));
                let rest = said.strip_prefix(&known);
                let notes = ["cannotchangeinplace", "drift:", "policyanddrift:", "policy:"];
                let named = rest
                    .is_some_and(|rest| rest.is_empty() || notes.iter().any(|note| rest.starts_with(note)));
                named || MADE_BY_THE_CLOUD.contains(&(kind, name)) && said.starts_with("knownafterapply")
            }
        })
    }

    /// The text after a name, line by line. Prose may begin with the same word.
    fn passages(&self, name: &str) -> Vec<Vec<&str>> {
        let starts = self.lines.iter().enumerate().filter_map(|(nth, line)| {
            let rest = line.strip_prefix("      ")?.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(' ')).then_some((nth, rest))
        });
        let inner = |line: &&&str| line.starts_with("       ");
        starts
            .map(|(nth, rest)| {
                [rest].into_iter().chain(self.lines[nth + 1..].iter().take_while(inner).copied()).collect()
            })
            .collect()
    }
}

/// Text without blanks, so that wrapping does not matter.
fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a text contains another one as whole words.
fn whole(text: &str, part: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.match_indices(part).any(|(at, _)| {
        let starts = part.starts_with(|c| !inside(c)) || !text[..at].ends_with(inside);
        let ends = part.ends_with(|c| !inside(c)) || !text[at + part.len()..].starts_with(inside);
        starts && ends
    })
}

/// A value on one line, as people write it.
fn brief(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(brief).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The tags that are added or changed. A removed tag has no line of its own.
fn changes(was: &Value, is: &Value) -> Vec<(String, Option<Value>, Value)> {
    let empty = serde_json::Map::new();
    let (was, is) = (was.as_object().unwrap_or(&empty), is.as_object().unwrap_or(&empty));
    let gone = was.keys().filter(|key| !is.contains_key(*key));
    let gone = gone.map(|key| (key.clone(), was.get(key).cloned(), Value::Null));
    let other = is.iter().filter(|(key, value)| was.get(*key) != Some(value));
    let other = other.map(|(key, value)| (key.clone(), was.get(key).cloned(), value.clone()));
    gone.chain(other).collect()
}

/// The leaves of a document, each with its key, and how often it occurs.
fn leaves(value: &Value) -> BTreeMap<String, usize> {
    fn walk(value: &Value, all: &mut BTreeMap<String, usize>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, all)),
            Value::Object(map) => map.values().for_each(|item| walk(item, all)),
            leaf => *all.entry(leaf.to_string()).or_default() += 1,
        }
    }
    let mut all = BTreeMap::new();
    walk(value, &mut all);
    all
}
