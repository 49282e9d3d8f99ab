//! Copying, comparing and recording, several objects at a time.

use std::time::Instant;

use futures::{StreamExt as _, stream};
use holdfast_compiler::restore::{At, Counted, KeyState, Measured, Problem, Report, Verified, Version};
use holdfast_compiler::units::{Date, Throughput};

use super::compare::{Compared, compare};
use super::plan::{blank, obstacle};
use super::record::Done;
use super::walk::{Found, Walk};
use super::{Record, Request, Survey};
use crate::cloud::{CloudError, Current, Guard, Objects};

/// The codes of a write whose guard does not hold (Amazon S3 API Reference, `CopyObject`).
const TAKEN: [&str; 2] = ["PreconditionFailed", "ConditionalRequestConflict"];

/// What became of an object.
enum Outcome {
    /// It was copied and verified.
    Copied(Verified),
    /// It was there already, and verified.
    There(Verified),
    /// It is not restored, or not verified: a word and the reason.
    Failed(&'static str, String),
}

/// What became of a key.
struct Ended {
    state: KeyState,
    there: Option<Current>,
    outcome: Option<Outcome>,
}

/// Restore what was surveyed. `tell` hears after each key how many objects are done.
///
/// # Errors
/// A list cannot be read any more. What was restored until then is recorded.
pub async fn run(
    objects: &dyn Objects,
    request: &Request,
    survey: &Survey,
    record: &Record,
    on: Date,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Report, CloudError> {
    let began = Instant::now();
    let mut report = Report { only_planned: false, ..blank(request, &survey.history) };
    let walk = Walk::new(objects, request, &survey.history);
    let found =
        stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|found| (found, walk))) });
    let restore = |found: Result<Found, CloudError>| async move {
        let Found { state, there } = found?;
        let outcome = match &state.at {
            At::Object(version) => Some(restore(objects, request, record, version, there.as_ref()).await),
            At::Absent | At::Unknown => None,
        };
        Ok::<_, CloudError>(Ended { state, there, outcome })
    };
    let mut all = Box::pin(found.map(restore).buffer_unordered(request.parallelism.max(1)));
    while let Some(ended) = all.next().await {
        count(ended?, &mut report);
        tell(report.restored.objects + report.there.objects);
    }
    sort(&mut report);
    if report.failed.is_empty() {
        // Without that line, the next run is a continuation: it finds everything there.
        let _ = record.end();
    }
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A rate of some of the objects is no rate of all of them.
    let copied = Some(report.restored).filter(|copied| copied.objects > 0 && report.failed.is_empty());
    report.measured = copied.map(|copied| measured(on, milliseconds, copied));
    Ok(report)
}

fn measured(on: Date, milliseconds: u64, copied: Counted) -> Measured {
    Measured { on, milliseconds, copied, throughput: Throughput::measured(copied.bytes, milliseconds) }
}

fn count(ended: Ended, report: &mut Report) {
    let Ended { state, there, outcome } = ended;
    let (version, outcome) = match (&state.at, outcome) {
        (At::Object(version), Some(outcome)) => (version, outcome),
        (At::Unknown, _) => {
            report.unknown.push(Problem::doubts(&state));
            return;
        }
        _ => {
            report.absent += 1;
            report.newer.extend(there.map(|there| there.key));
            return;
        }
    };
    let size = version.object().map_or(0, |stored| stored.size);
    report.wanted.add(size);
    let how = match outcome {
        Outcome::Copied(how) => {
            report.restored.add(size);
            how
        }
        Outcome::There(how) => {
            report.there.add(size);
            how
        }
        Outcome::Failed(word, why) => {
            let (word, version) = (word.to_owned(), Some(version.id.clone()));
            report.failed.push(Problem { key: state.key, version, word, why, instead: None });
            return;
        }
    };
    *report.verified.entry(how).or_default() += 1;
    if !state.doubts.is_empty() {
        report.uncertain.push(Problem::doubts(&state));
    }
}

/// Objects end in any order; the report has the order of the keys.
fn sort(report: &mut Report) {
    for problems in [&mut report.uncertain, &mut report.unknown, &mut report.failed] {
        problems.sort_by(|one, other| one.key.cmp(&other.key));
    }
    report.newer.sort();
}

/// Restore one object.
async fn restore(
    objects: &dyn Objects,
    request: &Request,
    record: &Record,
    version: &Version,
    there: Option<&Current>,
) -> Outcome {
    if let Some(problem) = obstacle(version) {
        return Outcome::Failed("archived", problem.why);
    }
    let error = |error: CloudError| Outcome::Failed("error", error.to_string());
    let key = request.destination(&version.key);
    let (from, to) = (&request.source, &request.into);
    if let (Some(_), Some(done)) = (there, record.done(version)) {
        match objects.head(to, &key, None).await {
            // A version never changes. Without versioning, an object does.
            Ok(head) if done.is_version(head.version.as_deref()) => return Outcome::There(done.how()),
            Ok(_) => {}
            Err(why) => return error(why),
        }
    }
    let guard = match there {
        None => Guard::Absent,
        Some(there) => match compare(objects, from, version, to, &key, None).await {
            Ok(Compared::Same(how, head)) => {
                return match record.done(version) {
                    Some(_) => Outcome::There(how),
                    None => recorded(record, version, head.version, how, Outcome::There),
                };
            }
            Ok(Compared::Different(_)) if request.over && record.done(version).is_none() => {
                Guard::Is(there.etag.clone())
            }
            Ok(Compared::Different(how)) => {
                let when = match record.done(version) {
                    Some(done) => format!(
                        "it was restored (verified by {}), and somebody changed it since",
                        done.how().word()
                    ),
                    None => "something else is there".to_owned(),
                };
                let cure =
                    format!("it stays; to restore it all the same, remove {}", record.path().display());
                return Outcome::Failed("changed", format!("{when}: {how}; {cure}"));
            }
            Err(why) => return error(why),
        },
    };
    if there.is_none() && request.over && record.done(version).is_some() {
        let path = record.path().display();
        let why =
            format!("it was restored, and somebody deleted it since; to restore it again, remove {path}");
        return Outcome::Failed("deleted", why);
    }
    let became = match objects.copy(from, version, to, &key, &guard, request.part_size).await {
        Ok(became) => became,
        // It is ours if the answer to an earlier attempt was lost.
        Err(why) if TAKEN.contains(&why.code.as_str()) => {
            return match compare(objects, from, version, to, &key, None).await {
                Ok(Compared::Same(how, head)) => {
                    recorded(record, version, head.version, how, Outcome::Copied)
                }
                _ => Outcome::Failed(
                    "taken",
                    "somebody else wrote the key in the meantime; it stays".to_owned(),
                ),
            };
        }
        Err(why) => return error(why),
    };
    match compare(objects, from, version, to, &key, became.as_deref()).await {
        Ok(Compared::Same(how, _)) => recorded(record, version, became, how, Outcome::Copied),
        Ok(Compared::Different(how)) => {
            Outcome::Failed("differs", format!("it was copied, and the copy is not the version: {how}"))
        }
        Err(error) => {
            Outcome::Failed("unverified", format!("it was copied, and cannot be verified: {error}"))
        }
    }
}

/// Record an object before it counts.
fn recorded(
    record: &Record,
    version: &Version,
    became: Option<String>,
    how: Verified,
    outcome: fn(Verified) -> Outcome,
) -> Outcome {
    let (key, id) = (version.key.clone(), version.id.clone());
    match record.add(&Done { key, version: id, became, verified: how.word().to_owned() }) {
        Ok(()) => outcome(how),
        Err(error) => {
            Outcome::Failed("unrecorded", format!("it is restored, and cannot be recorded: {error}"))
        }
    }
}
