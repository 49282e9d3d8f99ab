//! Two buckets that are copied to each other, compared version by version.

use std::cmp::Ordering;

use futures::try_join;
use holdfast_compiler::restore::Apart;

use super::versions::Versions;
use crate::cloud::{BucketPlace, CloudError, Objects};

/// Lists both, and says of each key where the newer versions are. Nothing is changed.
///
/// # Errors
/// One of the lists cannot be read, or is not in order.
pub async fn apart(
    objects: &dyn Objects,
    home: &BucketPlace,
    away: &BucketPlace,
) -> Result<Apart, CloudError> {
    let (mut of_home, mut of_away) = (Versions::new(objects, home, ""), Versions::new(objects, away, ""));
    let (mut here, mut there) = try_join!(of_home.next(), of_away.next())?;
    let mut apart = Apart::default();
    loop {
        let order = match (&here, &there) {
            (None, None) => return Ok(apart),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((home, _)), Some((away, _))) => home.cmp(away),
        };
        let of = |side: &Option<(String, Vec<_>)>| side.clone().unwrap_or_default();
        let ((home_key, home_versions), (away_key, away_versions)) = (of(&here), of(&there));
        match order {
            Ordering::Less => apart.add(&home_key, &home_versions, &[]),
            Ordering::Greater => apart.add(&away_key, &[], &away_versions),
            Ordering::Equal => apart.add(&home_key, &home_versions, &away_versions),
        }
        if order.is_le() {
            here = of_home.next().await?;
        }
        if order.is_ge() {
            there = of_away.next().await?;
        }
    }
}
