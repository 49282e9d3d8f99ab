//! What only GitHub has: merged pull requests, runs of workflows, and their artifacts.

use serde_json::{Value, json};

use super::server::{Answer, Request, State, page};

const ROOT: &str = "/repos/acme/policies";
/// Who has opened pull request 7.
const OPENER: &str = "alice";

/// The repository `acme/policies`.
#[derive(Default)]
pub(crate) struct Repository {
    /// The commits that are merges of pull request 7, each with the last commit of the pull request.
    pub(crate) merged: Vec<(String, String)>,
    /// What people wrote in reviews of it: the author and the text.
    pub(crate) reviews: Vec<(String, String)>,
    /// Whether its conversation may not be read.
    pub(crate) locked: bool,
    runs: Vec<Run>,
}

/// A run of a workflow with one artifact.
struct Run {
    head: String,
    fork: bool,
    name: String,
    expired: bool,
    archive: Vec<u8>,
}

impl Repository {
    /// A run for a commit keeps an artifact. `fork`: whether the commit is of a fork.
    pub(crate) fn keep(&mut self, head: &str, fork: bool, name: &str, archive: Vec<u8>) {
        self.runs.push(Run { head: head.to_owned(), fork, name: name.to_owned(), expired: false, archive });
    }

    /// All artifacts expire.
    pub(crate) fn expire(&mut self) {
        self.runs.iter_mut().for_each(|run| run.expired = true);
    }

    fn pulls(&self, commit: &str) -> Value {
        let of = |(merge, head): &(String, String)| {
            json!({
                "number": 7, "merged_at": "2026-11-24T12:00:00Z", "merge_commit_sha": merge,
                "user": { "login": OPENER }, "head": { "sha": head }, "base": { "repo": { "full_name": "acme/policies" } },
            })
        };
        // A pull request is listed for each of its commits, too.
        self.merged.iter().filter(|(merge, head)| merge == commit || head == commit).map(of).collect()
    }

    fn runs(&self, query: &str) -> Value {
        let wanted = |run: &&(usize, &Run)| query.contains(&format!("head_sha={}&", run.1.head));
        let runs: Vec<(usize, &Run)> = self.runs.iter().enumerate().collect();
        let runs: Vec<Value> = runs.iter().filter(wanted).map(|(nth, run)| {
            let from = if run.fork { 2 } else { 1 };
            json!({ "id": 500 + nth, "head_sha": run.head, "head_repository": { "id": from }, "repository": { "id": 1 } })
        }).collect();
        json!({ "total_count": runs.len(), "workflow_runs": runs })
    }

    fn artifacts(&self, run: &str) -> Value {
        let nth = run.parse::<usize>().unwrap() - 500;
        let run = &self.runs[nth];
        let artifact = json!({
            "id": 900 + nth, "name": run.name, "expired": run.expired,
            // The later run is the newer one.
            "created_at": format!("2026-11-24T10:00:{nth:02}Z"), "workflow_run": { "head_sha": run.head },
        });
        json!({ "total_count": 1, "artifacts": [artifact] })
    }
}

/// The answer to a GET, if it is about something that only GitHub has.
pub(crate) fn get(state: &State, request: &Request) -> Option<Answer> {
    let repository = &state.repository;
    if let Some(id) = request.path.strip_prefix("/storage/") {
        // The storage is elsewhere: it must not see the token.
        let body = repository.runs[id.parse::<usize>().unwrap()].archive.clone();
        let status = if request.header("authorization").is_some() { 400 } else { 200 };
        return Some(Answer { status, headers: String::new(), body });
    }
    let (path, query) =
        request.path.strip_prefix(ROOT)?.split_once('?').unwrap_or((request.path.strip_prefix(ROOT)?, ""));
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    Some(match parts.as_slice() {
        ["commits", commit, "pulls"] => Answer::json(200, &repository.pulls(commit)),
        ["pulls", "7", "reviews"] => {
            let review =
                |(author, text): &(String, String)| json!({ "user": { "login": author }, "body": text });
            page(&repository.reviews.iter().map(review).collect::<Vec<_>>(), query)
        }
        ["issues", "7", "comments"] if repository.locked => {
            Answer::json(403, &json!({ "message": "Resource not accessible by integration" }))
        }
        ["actions", "runs"] => Answer::json(200, &repository.runs(query)),
        ["actions", "runs", run, "artifacts"] => Answer::json(200, &repository.artifacts(run)),
        ["actions", "artifacts", _, "zip"] if !request.may_write() => {
            Answer::json(403, &json!({ "message": "Resource not accessible by integration" }))
        }
        ["actions", "artifacts", id, "zip"] => {
            let nth = id.parse::<usize>().unwrap() - 900;
            let headers = format!("Location: {}/storage/{nth}\r\n", state.url);
            Answer { status: 302, headers, body: Vec::new() }
        }
        _ => return None,
    })
}
