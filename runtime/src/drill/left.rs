//! What a drill made, taken back: at its end, and after one that was killed.

use holdfast_compiler::document::Form;
use holdfast_compiler::drill::{Finding, Outcome, Record, judge};

use super::DrillError;
use super::error::not_ready;
use super::exercise::{is_fresh, why_live};
use super::full_scale::go_home;
use super::order::{Front, Order};
use super::session::{Session, now};
use super::word::withdraw;
use crate::cloud::{BucketPlace, CloudError, Objects};
use crate::estate::Selection;
use crate::journal::{self, DrillMade, Event, OpenDrill};

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
            // A cloud that answers at once would not let a signal be seen.
            tokio::task::yield_now().await;
        }
    }
}

/// A drill that did not end, or left something.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    run: u64,
    at: String,
    runner: String,
    ended: bool,
    record: Record,
    made: Vec<DrillMade>,
    /// The sites that it evacuated, and that only it can have evacuated.
    evacuated: Vec<String>,
}

impl Left {
    fn of(open: &OpenDrill<'_>) -> Self {
        Self {
            run: open.run,
            at: open.at.to_owned(),
            runner: open.runner.to_owned(),
            ended: open.ended,
            record: open.began.record.clone(),
            made: open.left.iter().copied().cloned().collect(),
            evacuated: open.sites().filter(|_| open.evacuated).map(str::to_owned).collect(),
        }
    }

    /// A drill that did not end may still be held by somebody else. All but full-scale drills keep the journal claimed until they end.
    fn check_not_held(&self, session: &Session, order: &Order) -> Result<(), DrillError> {
        let is_over = self.ended || session.is_alone || order.take_over == Some(self.run);
        if is_over || self.record.form != Form::FullScale {
            return Ok(());
        }
        Err(DrillError::NotReady(vec![not_ready(
            format!(
                "the drill {}, begun at {} by {}, did not end, and may still be held",
                self.record.drill, self.at, self.runner
            ),
            format!(
                "ask whoever holds it; if it was killed, take it over: `--take-over {}`, and it is rolled back",
                self.run
            ),
        )]))
    }
}

/// Take back what drills left that were killed or could not return, and record that a killed one was aborted. Says what it did.
///
/// # Errors
/// Something of it cannot be taken back: it stays recorded, so that the next run finds it again.
pub(super) async fn take_back(
    session: &mut Session,
    selection: &Selection,
    order: &Order,
    front: &dyn Front,
) -> Result<(), DrillError> {
    while let Some(left) =
        journal::open_drill(&session.history.entries, &session.context).map(|open| Left::of(&open))
    {
        left.check_not_held(session, order)?;
        take_back_one(session, selection, order, &left, front).await?;
        session.history = session.workspace.history(&session.journal).await?;
    }
    Ok(())
}

async fn take_back_one(
    session: &Session,
    selection: &Selection,
    order: &Order,
    left: &Left,
    front: &dyn Front,
) -> Result<(), DrillError> {
    let name = &left.record.drill;
    front.tell(&match left.ended {
        true => format!("the drill {name}, begun at {}, ended and left something", left.at),
        false => format!("the drill {name}, begun at {}, did not end: it is rolled back", left.at),
    });
    let sites = left.evacuated.join(", ");
    if !left.evacuated.is_empty() {
        front
            .confirm(&format!("Return users to {sites}, which the drill {name} evacuated"))
            .map_err(|why| DrillError::NotConfirmed { why, what: format!("the return to {sites}") })?;
    }
    let claim = session.claim().await?;
    let now_left = journal::open_drill(claim.entries(), &session.context).map(|open| Left::of(&open));
    if now_left.as_ref() != Some(left) {
        return Err(DrillError::NotReady(vec![not_ready(
            format!("another run wrote to the journal while the drill {name} was being rolled back"),
            "run `holdfast drill run` again",
        )]));
    }
    let mut log = session.start(claim, &left.record).await?;
    if !left.evacuated.is_empty() {
        // From now on it is this process that returns. The return claims the journal itself.
        for made in left.made.iter().filter(|made| !made.sites().is_empty()) {
            log.add(Event::DrillMakes(made.clone())).await?;
        }
        log.close().await?;
        let home = go_home(session, selection, left.run, &left.evacuated, &order.consents, front).await;
        home.map_err(|cause| {
            let how = if left.ended { "did not return from" } else { "was killed while it evacuated" };
            let message = format!("the drill {name} {how} {sites}, and the return failed: {cause}");
            let cure = "add `--allow return:SERVICE.DATA` for each of its data sets, or return with `holdfast plan --return`, and hold the drill then";
            DrillError::NotReady(vec![not_ready(message, cure)])
        })?;
        log = session.log_last(&left.record, front).await?;
    }
    let mut gone = Vec::new();
    for made in &left.made {
        match give_back(session, left, made).await {
            Ok(what) => gone.push(what),
            Err(error) => {
                log.close().await?;
                return Err(error);
            }
        }
    }
    if !left.ended {
        withdraw(session, order, name, front);
    }
    let what = if gone.is_empty() { "nothing of it was left".to_owned() } else { gone.join("; ") };
    front.tell(&what);
    for made in left.made.iter().filter(|made| !made.is_kept()) {
        log.add(Event::DrillRemoved(made.clone())).await?;
    }
    if left.ended {
        log.close().await?;
        return Ok(());
    }
    let cause = format!("the drill was killed before its end; the next run rolled it back: {what}");
    let record = Record {
        ended: now(),
        findings: vec![Finding { cause, owner: left.record.lead.clone(), due: None }],
        outcome: Outcome::Aborted,
        ..left.record.clone()
    };
    log.end(&judge(session.policy(), record)).await?;
    Ok(())
}

/// Remove what a drill made, if only a drill can have made it. Returns what became of it, as a clause.
async fn give_back(session: &Session, left: &Left, made: &DrillMade) -> Result<String, DrillError> {
    let (provider, bucket, region, prefix) = match made {
        DrillMade::Evacuation { sites } if left.evacuated.is_empty() => {
            return Ok(format!("{} was not evacuated by it", sites.join(", ")));
        }
        DrillMade::Evacuation { sites } => return Ok(format!("users are back at {}", sites.join(", "))),
        DrillMade::Objects { bucket, prefix, kept: true, .. } => {
            return Ok(format!("what it restored may still be in s3://{bucket}/{prefix}, as was asked"));
        }
        DrillMade::Objects { provider, bucket, region, prefix, kept: false } => {
            (provider, bucket, region, prefix)
        }
    };
    let why = match is_fresh(prefix) {
        true => why_live(session, bucket),
        false => Some("others may have written there too".to_owned()),
    };
    if let Some(why) = why {
        return Ok(format!("what it restored may still be in s3://{bucket}/{prefix}: {why}"));
    }
    let cloud = session.cloud().await?;
    let objects = cloud
        .objects(provider)
        .ok_or_else(|| DrillError::Usage(format!("the cloud `{}` has no objects", cloud.name())))?;
    let place = BucketPlace { bucket: bucket.clone(), region: region.clone() };
    let removed = remove(objects, &place, prefix).await?;
    Ok(format!("{removed} objects of s3://{bucket}/{prefix} were removed"))
}
