//! What a restore job has restored, compared object by object with the versions of the moment. Nothing is written.

use futures::{StreamExt as _, stream};
use holdfast_compiler::restore::{
    At, Counted, FromPoint, Gap, History, JobState, KeyState, Problem, Report, Verified, Version, Versioning,
};

use super::Request;
use super::compare::{Compared, WrittenBy, compare};
use super::plan::blank;
use super::walk::{Found, Walk};
use crate::cloud::{BucketPlace, CloudError, Current, Cursor, Objects};

/// What became of a key.
enum Ended {
    /// It is an object of the moment, and that was seen in this way.
    Same(Verified),
    /// There is nothing to compare.
    Nothing,
    /// It is not as it was at the moment: a word and the reason.
    Wrong(&'static str, String),
}

/// Compare the bucket that a job wrote to with the versions of the source at the moment. `from` is what is reported of the job. `tell` hears
/// after each key how many objects were compared.
///
/// # Errors
/// A list cannot be read.
pub async fn verify(
    objects: &dyn Objects,
    request: &Request,
    from: FromPoint,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Report, CloudError> {
    let history = History { replica: request.replica, ..objects.history(&request.source).await? };
    let mut report = Report { only_planned: false, ..blank(request, &history) };
    let mut from = from;
    let walk = Walk::new(objects, request, &history);
    let found =
        stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|found| (found, walk))) });
    let look = |found: Result<Found, CloudError>| async move {
        Ok::<_, CloudError>(match found? {
            Found::Foreign(there) => (None, Some(there), Ended::Nothing),
            Found::Key { state, there } => {
                let ended = look(objects, request, &state, there.as_ref()).await;
                (Some(state), there, ended)
            }
        })
    };
    let mut all = Box::pin(found.map(look).buffer_unordered(request.parallelism.max(1)));
    let mut compared = 0;
    while let Some(one) = all.next().await {
        let (state, there, ended) = one?;
        match state {
            Some(state) => count(&state, there.is_some(), ended, &mut report),
            // Its versions may have been removed since: nothing shows what it was.
            None => {
                let there = there.into_iter();
                there.for_each(|there| {
                    from.uncompared.add(there.size);
                    report.foreign.push(there.key);
                });
            }
        }
        compared += 1;
        tell(compared);
        // A cloud that answers at once would not let a signal be seen.
        tokio::task::yield_now().await;
    }
    for problems in [&mut report.uncertain, &mut report.unknown, &mut report.failed] {
        problems.sort_by(|one, other| one.key.cmp(&other.key));
    }
    report.foreign.sort();
    Ok(said(report, from))
}

/// Count what a job wrote, when there is nothing to compare it with, for this reason.
///
/// # Errors
/// The list cannot be read.
pub async fn count_only(
    objects: &dyn Objects,
    request: &Request,
    from: FromPoint,
    why: String,
) -> Result<Report, CloudError> {
    let from = FromPoint { uncompared: counted(objects, &request.into).await?, ..from };
    let report = blank_of_a_point(request, from.clone());
    Ok(said(Report { only_planned: false, gaps: vec![Gap::Uncompared(why)], ..report }, from))
}

/// A report of nothing yet.
#[must_use]
pub fn blank_of_a_point(request: &Request, from: FromPoint) -> Report {
    let history = History { replica: false, rules: Ok(Vec::new()), versioning: Versioning::Enabled };
    Report { gaps: Vec::new(), point: Some(from), ..blank(request, &history) }
}

/// The report of a job, with what the service says of it.
fn said(mut report: Report, from: FromPoint) -> Report {
    // What it says of a job that failed is shown with its state.
    let completed = from.job.as_ref().filter(|job| job.state == JobState::Completed);
    let said = completed.and_then(|job| job.said.clone());
    report.gaps.extend(said.map(Gap::Job));
    report.point = Some(from);
    report
}

/// The objects of a bucket.
///
/// # Errors
/// The list cannot be read.
pub async fn counted(objects: &dyn Objects, place: &BucketPlace) -> Result<Counted, CloudError> {
    let (mut all, mut after) = (Counted::default(), None::<Cursor>);
    loop {
        let page = objects.current(place, "", after.as_ref()).await?;
        page.items.iter().for_each(|one| all.add(one.size));
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn look(objects: &dyn Objects, request: &Request, state: &KeyState, there: Option<&Current>) -> Ended {
    match (&state.at, there) {
        (At::Object(version), Some(there)) => same(objects, request, version, &there.key).await,
        (At::Object(_), None) => Ended::Wrong(
            "missing",
            "it is not there: the recovery point lacks it, or the job did not restore it".to_owned(),
        ),
        (At::Absent, Some(_)) => Ended::Wrong(
            "deleted",
            "it did not exist at the moment, and the recovery point still had it; it stays".to_owned(),
        ),
        (At::Absent, None) | (At::Unknown, _) => Ended::Nothing,
    }
}

async fn same(objects: &dyn Objects, request: &Request, version: &Version, key: &str) -> Ended {
    let (from, to) = (&request.source, &request.into);
    match compare(objects, from, version, to, key, None, WrittenBy::Anybody).await {
        Ok(Compared::Same(how, _)) => Ended::Same(how),
        Ok(Compared::Different(how)) => {
            Ended::Wrong("differs", format!("it is restored, and is not the version of the moment: {how}"))
        }
        Err(error) => Ended::Wrong("unverified", format!("it is restored, and cannot be compared: {error}")),
    }
}

fn count(state: &KeyState, there: bool, ended: Ended, report: &mut Report) {
    let version = match &state.at {
        At::Object(version) => Some(version),
        At::Absent | At::Unknown => None,
    };
    let size = version.and_then(|version| version.object()).map_or(0, |stored| stored.size);
    if version.is_some() {
        report.wanted.add(size);
    }
    match ended {
        Ended::Wrong(word, why) => {
            let version = version.map(|version| version.id.clone());
            let (key, word) = (state.key.clone(), word.to_owned());
            report.failed.push(Problem { key, version, word, why, instead: None });
        }
        Ended::Same(how) => {
            report.restored.add(size);
            *report.verified.entry(how).or_default() += 1;
            if !state.doubts.is_empty() {
                report.uncertain.push(Problem::doubts(state));
            }
        }
        Ended::Nothing if state.at == At::Absent => report.absent += 1,
        Ended::Nothing if there => report.uncertain.push(Problem::doubts(state)),
        Ended::Nothing => report.unknown.push(Problem::doubts(state)),
    }
}
