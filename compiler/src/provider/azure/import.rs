//! An import proposes nothing for Azure yet, and says so for each container that it has seen.

use super::storage::container;
use crate::import::candidate::{Candidate, Given};
use crate::import::survey::{LeftOut, Survey};
use crate::provider::region::Region;

pub(super) fn found_regions(_: &Survey, _: &str) -> Vec<Region> {
    Vec::new()
}

pub(super) fn candidates<'a>(survey: &'a Survey, _: Given<'a>, out: &mut Vec<LeftOut>) -> Vec<Candidate<'a>> {
    let all = survey.of(container::KIND).map(|found| {
        LeftOut::new(
            format!("container {}", found.id),
            "an import proposes nothing for Azure yet: write it into a policy",
        )
    });
    out.extend(all);
    Vec::new()
}
