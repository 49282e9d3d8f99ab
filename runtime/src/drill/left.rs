//! What a drill made, taken back: at its end, and after one that was killed.

use holdfast_compiler::drill::{Finding, Outcome, Record};

use super::DrillError;
use super::error::not_ready;
use super::full_scale::go_home;
use super::order::{Front, Order};
use super::session::{Session, now};
use crate::cloud::{BucketPlace, CloudError, Objects};
use crate::estate::Selection;
use crate::journal::{self, DrillMade, Event};

/// Remove every version under a prefix. Returns how many there were.
///
/// # Errors
/// They cannot be listed or removed.
pub(super) async fn remove(
    objects: &dyn Objects,
    place: &BucketPlace,
    prefix: &str,
) -> Result<u64, CloudError> {
    let mut removed = 0;
    loop {
        // What was listed is gone afterwards, so the list begins anew.
        let page = objects.versions(place, prefix, None).await?;
        if page.items.is_empty() {
            return Ok(removed);
        }
        for version in page.items {
            objects.remove(place, &version.key, &version.id).await?;
            removed += 1;
        }
    }
}

/// Take back what a drill left that was killed, and record that it was aborted. Says what it did.
///
/// # Errors
/// Something of it cannot be taken back: it stays recorded, so that the next run finds it again.
pub(super) async fn take_back(
    session: &mut Session,
    selection: &Selection,
    order: &Order,
    front: &dyn Front,
) -> Result<(), DrillError> {
    let Some(open) = journal::open_drill(&session.history.entries, &session.context) else { return Ok(()) };
    let (name, at) = (open.began.drill.clone(), open.at.to_owned());
    let left: Vec<DrillMade> = open.left.into_iter().cloned().collect();
    let began = open.began.record.clone();
    front.tell(&format!("the drill {name}, begun at {at}, did not end: it is rolled back"));
    let mut gone = Vec::new();
    for made in &left {
        gone.push(match made {
            DrillMade::Objects { provider, bucket, region, prefix } => {
                let cloud = session.cloud().await?;
                let objects = cloud.objects(provider).ok_or_else(|| {
                    DrillError::Usage(format!("the cloud `{}` has no objects", cloud.name()))
                })?;
                let place = BucketPlace { bucket: bucket.clone(), region: region.clone() };
                let removed = remove(objects, &place, prefix).await?;
                format!("{removed} objects of s3://{bucket}/{prefix} were removed")
            }
            DrillMade::Evacuation { sites } => {
                let posture = journal::posture(&session.history.entries, &session.context);
                let still = |site: &&String| posture.sites().any(|one| one == *site);
                let still: Vec<String> = sites.iter().filter(still).cloned().collect();
                if still.is_empty() {
                    format!("{} was not evacuated any more", sites.join(", "))
                } else {
                    go_home(session, selection, &still, &order.consents, front).await.map_err(|cause| {
                        let message = format!(
                            "the drill {name} was killed while {} was evacuated, and the return failed: {cause}",
                            still.join(", ")
                        );
                        let cure = "add `--allow return:SERVICE.DATA` for each of its data sets, or return with `holdfast plan --return`, and hold the drill then";
                        DrillError::NotReady(vec![not_ready(message, cure)])
                    })?;
                    format!("users are back at {}", still.join(", "))
                }
            }
        });
    }
    let what = if gone.is_empty() { "it had made nothing".to_owned() } else { gone.join("; ") };
    front.tell(&what);
    let cause = format!("the drill was killed before its end; the next run rolled it back: {what}");
    let record = Record {
        ended: now(),
        findings: vec![Finding { cause, owner: began.lead.clone() }],
        outcome: Outcome::Aborted,
        ..began
    };
    let log = session.log(&record).await?;
    for made in left {
        log.add(Event::DrillRemoved(made)).await?;
    }
    log.end(&record).await?;
    session.history = session.workspace.history(&session.journal).await?;
    Ok(())
}
