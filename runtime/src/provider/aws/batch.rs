//! Splitting a batch into changes within the limits of Route 53.
//!
//! A change holds at most 1,000 `ResourceRecord` elements and 32,000 characters in their values; with UPSERT
//! both count twice. Source: Amazon Route 53 Developer Guide, "Quotas": "Maximums on
//! ChangeResourceRecordSets requests".

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

/// Group bundles into as few changes as possible, in their order.
pub(super) fn split(bundles: Vec<Bundle>) -> Vec<Vec<Bundle>> {
    let mut chunks: Vec<Vec<Bundle>> = Vec::new();
    let mut total = Cost::default();
    for bundle in bundles {
        let cost = bundle.changes.iter().map(cost).fold(Cost::default(), Cost::plus);
        let last = chunks.last_mut();
        match last.filter(|chunk| chunk.iter().all(|other| other.zone == bundle.zone)) {
            Some(chunk) if total.plus(cost).fits() => {
                total = total.plus(cost);
                chunk.push(bundle);
            }
            _ => {
                total = cost;
                chunks.push(vec![bundle]);
            }
        }
    }
    chunks
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

    fn change(action: ChangeAction, records: usize, length: usize) -> Change {
        let record = ResourceRecord::builder().value("x".repeat(length)).build().unwrap();
        let set = ResourceRecordSet::builder().name("a.example.com").r#type(RrType::Txt);
        let set = set.set_resource_records(Some(vec![record; records])).build().unwrap();
        Change::builder().action(action).resource_record_set(set).build().unwrap()
    }

    fn sizes(bundles: Vec<Vec<Change>>) -> Vec<usize> {
        let bundle = |(at, changes)| Bundle { at, zone: "Z".to_owned(), changes };
        split(bundles.into_iter().enumerate().map(bundle).collect()).iter().map(Vec::len).collect()
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
