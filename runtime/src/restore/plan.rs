//! What a restore would do, from the lists of both sides. Nothing is changed.

use holdfast_compiler::restore::{At, Counted, History, Problem, Report, Retrieval, Version, Versioning};

use super::compare::{Compared, WrittenBy, compare};
use super::walk::{Found, Walk};
use super::{Record, Request};
use crate::cloud::{CloudError, Objects};

/// What a restore would do.
#[derive(Debug)]
pub struct Survey {
    /// What the source keeps.
    pub history: History,
    /// The report of the plan.
    pub report: Report,
}

/// Why a restore does not begin.
#[derive(Debug)]
pub enum Refused {
    /// Objects that are not of this restore are at the destination: their keys there, and how that was seen.
    Taken(Vec<(String, String)>),
    /// The destination keeps no versions, so that what is there would be lost.
    Unversioned,
}

/// List both sides.
///
/// # Errors
/// One of them cannot be read.
pub async fn survey(
    objects: &dyn Objects,
    request: &Request,
    record: &Record,
) -> Result<Result<Survey, Refused>, CloudError> {
    if request.over && objects.history(&request.into).await?.versioning != Versioning::Enabled {
        return Ok(Err(Refused::Unversioned));
    }
    let history = History { replica: request.replica, ..objects.history(&request.source).await? };
    let mut report = blank(request, &history);
    let mut taken = Vec::new();
    let mut walk = Walk::new(objects, request, &history);
    while let Some(found) = walk.next().await? {
        let (state, there) = match found {
            Found::Key { state, there } => (state, there),
            Found::Foreign(there) => {
                report.foreign.push(there.key);
                continue;
            }
        };
        match &state.at {
            At::Absent => {
                report.absent += 1;
                report.newer.extend(there.map(|there| there.key));
            }
            At::Unknown => report.unknown.push(Problem::doubts(&state)),
            At::Object(version) => {
                let Some(stored) = version.object() else { continue };
                report.wanted.add(stored.size);
                if let Some(problem) = obstacle(version) {
                    report.failed.push(problem);
                } else if !state.doubts.is_empty() {
                    report.uncertain.push(Problem::doubts(&state));
                }
                let ours = request.over || record.done(version).is_some();
                if let Some(there) = there.filter(|_| !ours) {
                    let (from, to) = (&request.source, &request.into);
                    match compare(objects, from, version, to, &there.key, None, WrittenBy::Anybody).await {
                        Ok(Compared::Same(..)) => {}
                        Ok(Compared::Different(how)) => taken.push((there.key, how)),
                        Err(error) => taken.push((there.key, format!("it cannot be compared: {error}"))),
                    }
                }
            }
        }
    }
    if !taken.is_empty() {
        return Ok(Err(Refused::Taken(taken)));
    }
    Ok(Ok(Survey { history, report }))
}

/// Why a version cannot be copied: it is archived.
pub(super) fn obstacle(version: &Version) -> Option<Problem> {
    let stored = version.object().filter(|stored| stored.is_archived())?;
    let cure = match stored.retrieval {
        Retrieval::Running => "it is being taken out of the archive: wait, and run this again",
        Retrieval::None | Retrieval::Done => {
            "take it out with `aws s3api restore-object`, wait, and run this again"
        }
    };
    let why = format!("it is archived ({}): {cure}", stored.class);
    let (key, version) = (version.key.clone(), Some(version.id.clone()));
    Some(Problem { key, version, word: "archived".to_owned(), why, instead: None })
}

/// A report of nothing yet.
pub(super) fn blank(request: &Request, history: &History) -> Report {
    Report {
        service: request.service.clone(),
        data: request.data.clone(),
        moment: request.moment,
        source: request.source.bucket.clone(),
        site: request.site.clone(),
        replica: request.replica,
        prefix: request.prefix.clone(),
        into: request.into.bucket.clone(),
        into_prefix: request.into_prefix.clone(),
        only_planned: true,
        wanted: Counted::default(),
        absent: 0,
        restored: Counted::default(),
        there: Counted::default(),
        verified: std::collections::BTreeMap::new(),
        uncertain: Vec::new(),
        unknown: Vec::new(),
        failed: Vec::new(),
        newer: Vec::new(),
        foreign: Vec::new(),
        gaps: history.gaps(&request.prefix, request.moment, request.now),
        measured: None,
        point: None,
    }
}
