//! Copying, comparing and recording, several objects at a time.

use std::time::Instant;

use futures::{StreamExt as _, stream};
use holdfast_compiler::restore::{At, Counted, KeyState, Measured, Problem, Report, Verified, Version};
use holdfast_compiler::units::{Date, Throughput};

use super::compare::{Compared, WrittenBy, compare};
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
enum Ended {
    /// One of the source.
    Key { state: Box<KeyState>, there: Option<Current>, outcome: Option<Outcome> },
    /// One that only the destination has, which stays.
    Foreign(String),
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
        let (state, there) = match found? {
            Found::Key { state, there } => (state, there),
            Found::Foreign(there) => return Ok(Ended::Foreign(there.key)),
        };
        let outcome = match &state.at {
            At::Object(version) => Some(restore(objects, request, record, version, there.as_ref()).await),
            At::Absent | At::Unknown => None,
        };
        Ok::<_, CloudError>(Ended::Key { state, there, outcome })
    };
    let mut all = Box::pin(found.map(restore).buffer_unordered(request.parallelism.max(1)));
    while let Some(ended) = all.next().await {
        count(ended?, &mut report);
        tell(report.restored.objects + report.there.objects);
        // A cloud that answers at once would not let a signal be seen.
        tokio::task::yield_now().await;
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
    let (state, there, outcome) = match ended {
        Ended::Key { state, there, outcome } => (state, there, outcome),
        Ended::Foreign(key) => {
            report.foreign.push(key);
            return;
        }
    };
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
    report.foreign.sort();
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
    let guard = match there {
        None => Guard::Absent,
        Some(there) => match compare(objects, from, version, to, &key, None, WrittenBy::Anybody).await {
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
                        done.verified
                    ),
                    None => "something else is there".to_owned(),
                };
                let cure = match request.over {
                    true => format!("remove {}", record.path().display()),
                    false => "delete that key at the destination and run this again".to_owned(),
                };
                let why = format!("{when}: {how}; it stays; to restore it all the same, {cure}");
                return Outcome::Failed("changed", why);
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
        Err(why) if why.is_silence() || TAKEN.contains(&why.code.as_str()) => {
            return perhaps_copied(objects, request, record, version, &why).await;
        }
        Err(why) => return error(why),
    };
    match compare(objects, from, version, to, &key, became.as_deref(), WrittenBy::Us).await {
        Ok(Compared::Same(how, _)) => recorded(record, version, became, how, Outcome::Copied),
        Ok(Compared::Different(how)) => {
            Outcome::Failed("differs", format!("it was copied, and the copy is not the version: {how}"))
        }
        Err(error) => {
            Outcome::Failed("unverified", format!("it was copied, and cannot be verified: {error}"))
        }
    }
}

/// What became of a copy that has no answer, or was refused because the key is there: that may be the copy of an attempt whose answer was
/// lost.
async fn perhaps_copied(
    objects: &dyn Objects,
    request: &Request,
    record: &Record,
    version: &Version,
    why: &CloudError,
) -> Outcome {
    let key = request.destination(&version.key);
    let (from, to) = (&request.source, &request.into);
    match compare(objects, from, version, to, &key, None, WrittenBy::Anybody).await {
        Ok(Compared::Same(how, head)) => recorded(record, version, head.version, how, Outcome::Copied),
        Ok(Compared::Different(_)) | Err(_) if why.is_silence() => {
            Outcome::Failed("unknown", format!("S3 did not say whether it was written: {why}"))
        }
        Ok(Compared::Different(_)) => {
            Outcome::Failed("taken", "somebody else wrote the key in the meantime; it stays".to_owned())
        }
        Err(error) => {
            let why = format!("it may have been copied, and cannot be compared: {error}");
            Outcome::Failed("unverified", why)
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
