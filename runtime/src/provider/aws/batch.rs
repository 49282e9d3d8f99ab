//! Splitting a batch into changes within the limits of Route 53.
//!
//! A change holds at most 1,000 `ResourceRecord` elements and 32,000 characters in their values; with UPSERT
//! both count twice. Source: Amazon Route 53 Developer Guide, "Quotas": "Maximums on
//! ChangeResourceRecordSets requests".

use std::collections::BTreeMap;

use aws_sdk_route53::types::{Change, ChangeAction};

const RECORDS: usize = 1_000;
const CHARACTERS: usize = 32_000;

/// The changes of one command, which are never split.
#[derive(Debug)]
pub(super) struct Bundle {
    /// The command's index in its batch.
    pub(super) at: usize,
    /// The zone's id.
    pub(super) zone: String,
    /// Deletes of the displaced records, then the command's own change.
    pub(super) changes: Vec<Change>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    records: usize,
    characters: usize,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self { records: self.records + other.records, characters: self.characters + other.characters }
    }

    fn fits(self) -> bool {
        self.records <= RECORDS && self.characters <= CHARACTERS
    }
}

/// Group bundles into as few changes as possible. Changes of one name stay together, because half of a failover pair would
/// answer wrongly: they are all sent where the last of them is in order.
pub(super) fn split(bundles: Vec<Bundle>) -> Vec<Vec<Bundle>> {
    let mut chunks: Vec<Vec<Bundle>> = Vec::new();
    let mut total = Cost::default();
    for group in by_name(bundles) {
        let cost =
            group.iter().flat_map(|bundle| &bundle.changes).map(cost).fold(Cost::default(), Cost::plus);
        let zone = group.first().map(|bundle| bundle.zone.clone());
        let last = chunks.last_mut();
        match last.filter(|chunk| chunk.first().map(|bundle| &bundle.zone) == zone.as_ref()) {
            Some(chunk) if total.plus(cost).fits() => {
                total = total.plus(cost);
                chunk.extend(group);
            }
            _ => {
                total = cost;
                chunks.push(group);
            }
        }
    }
    chunks
}

fn by_name(bundles: Vec<Bundle>) -> Vec<Vec<Bundle>> {
    let name = |bundle: &Bundle| {
        let set = bundle.changes.last().and_then(|change| change.resource_record_set());
        // A bundle without a name is alone.
        let name = set.map_or_else(|| bundle.at.to_string(), |set| set.name().to_lowercase());
        (bundle.zone.clone(), name)
    };
    let last: BTreeMap<(String, String), usize> =
        bundles.iter().enumerate().map(|(place, bundle)| (name(bundle), place)).collect();
    let mut groups: BTreeMap<usize, Vec<Bundle>> = BTreeMap::new();
    for bundle in bundles {
        let place = last.get(&name(&bundle)).copied().unwrap_or_default();
        groups.entry(place).or_default().push(bundle);
    }
    groups.into_values().collect()
}

/// The cost of a change. An alias has no `ResourceRecord`, but is counted as one to be safe.
fn cost(change: &Change) -> Cost {
    let records = change.resource_record_set().map(|set| set.resource_records()).unwrap_or_default();
    let characters = records.iter().map(|record| record.value().chars().count()).sum();
    let cost = Cost { records: records.len().max(1), characters };
    if *change.action() == ChangeAction::Upsert { cost.plus(cost) } else { cost }
}

#[cfg(test)]
mod tests {
    use aws_sdk_route53::types::{ResourceRecord, ResourceRecordSet, RrType};

    use super::*;

    /// An action with the number of its records and their length.
    type Made = (ChangeAction, usize, usize);

    fn change(action: ChangeAction, records: usize, length: usize) -> Made {
        (action, records, length)
    }

    fn named(name: &str, (action, records, length): Made) -> Change {
        let record = ResourceRecord::builder().value("x".repeat(length)).build().unwrap();
        let set = ResourceRecordSet::builder().name(name).r#type(RrType::Txt);
        let set = set.set_resource_records(Some(vec![record; records])).build().unwrap();
        Change::builder().action(action).resource_record_set(set).build().unwrap()
    }

    /// The sizes of the batches of bundles that each have a name of their own.
    fn sizes(bundles: Vec<Vec<Made>>) -> Vec<usize> {
        let named = |at: usize, made: Vec<Made>| {
            let name = format!("{at}.example.com");
            let changes = made.into_iter().map(|made| named(&name, made)).collect();
            Bundle { at, zone: "Z".to_owned(), changes }
        };
        let bundles = bundles.into_iter().enumerate().map(|(at, made)| named(at, made));
        split(bundles.collect()).iter().map(Vec::len).collect()
    }

    #[test]
    fn changes_of_one_name_are_never_split() {
        let names = ["www", "a", "b", "WWW", "c"];
        let bundle = |(at, name): (usize, &&str)| {
            let changes = vec![named(&format!("{name}.example.com"), change(ChangeAction::Create, 400, 1))];
            Bundle { at, zone: "Z".to_owned(), changes }
        };
        let chunks = split(names.iter().enumerate().map(bundle).collect());
        let places: Vec<Vec<usize>> =
            chunks.iter().map(|chunk| chunk.iter().map(|bundle| bundle.at).collect()).collect();
        assert_eq!(places, [vec![1, 2], vec![0, 3], vec![4]]);
    }

    #[test]
    fn batch_is_split_at_a_thousand_records() {
        let one = || vec![change(ChangeAction::Create, 1, 9)];
        assert_eq!(sizes((0..1_000).map(|_| one()).collect()), [1_000]);
        assert_eq!(sizes((0..1_001).map(|_| one()).collect()), [1_000, 1]);
        let upsert = || vec![change(ChangeAction::Upsert, 1, 9)];
        assert_eq!(sizes((0..501).map(|_| upsert()).collect()), [500, 1]);
    }

    #[test]
    fn batch_is_split_at_the_character_limit() {
        let long = |action: ChangeAction| vec![change(action, 1, 16_000)];
        assert_eq!(sizes(vec![long(ChangeAction::Create), long(ChangeAction::Create)]), [2]);
        assert_eq!(sizes(vec![long(ChangeAction::Upsert), long(ChangeAction::Create)]), [1, 1]);
    }

    #[test]
    fn changes_of_one_command_stay_in_one_batch() {
        let pair = || vec![change(ChangeAction::Delete, 300, 1), change(ChangeAction::Create, 300, 1)];
        assert_eq!(sizes(vec![pair(), pair()]), [1, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }

    #[test]
    fn batch_holds_changes_of_one_zone_only() {
        let bundle = |at, zone: &str| Bundle { at, zone: zone.to_owned(), changes: Vec::new() };
        let chunks = split(vec![bundle(0, "Z1"), bundle(1, "Z2"), bundle(2, "Z2")]);
        assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    }
}
