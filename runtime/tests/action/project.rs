//! What only GitLab has: merged merge requests, their pipelines, and the files that jobs keep. No description of GitLab's API is
//! installed here, so nothing validates these answers: they have the members that GitLab's documentation names.

use serde_json::{Value, json};

use super::server::{Answer, Request, State, page};

const ROOT: &str = "/projects/9";
/// Who has opened merge request 7.
const OPENER: &str = "alice";

/// The project 9.
#[derive(Default)]
pub(crate) struct Project {
    /// The commits that are merges of merge request 7.
    pub(crate) merged: Vec<String>,
    /// Its pipelines, the oldest first: the project each runs in, and the plan that its job keeps.
    pub(crate) pipelines: Vec<(u64, Vec<u8>)>,
}

impl Project {
    fn merge_requests(&self, commit: &str) -> Value {
        let merged = self.merged.iter().filter(|merge| *merge == commit);
        let of = |merge: &String| {
            json!({
                "iid": 7, "state": "merged", "target_project_id": 9, "merge_commit_sha": merge, "squash_commit_sha": null,
                "sha": "5f3d0c1be2a94e0d8c7b6a5948372615f0e1d2c3", "author": { "username": OPENER },
            })
        };
        merged.map(of).collect()
    }

    fn pipelines(&self) -> Value {
        let one = |(nth, (project, _)): (usize, &(u64, Vec<u8>))| json!({ "id": 500 + nth, "project_id": project, "source": "merge_request_event" });
        // The newest first.
        self.pipelines.iter().enumerate().rev().map(one).collect()
    }
}

/// The answer to a GET.
pub(crate) fn get(state: &State, request: &Request) -> Answer {
    let project = &state.project;
    if let Some(id) = request.path.strip_prefix("/files/") {
        // The storage is elsewhere: it must not see the token.
        assert_eq!(request.header("private-token"), None);
        let (_, plan) = &project.pipelines[id.parse::<usize>().unwrap() - 500];
        return Answer { status: 200, headers: String::new(), body: plan.clone() };
    }
    let path = request.path.strip_prefix(ROOT).unwrap();
    let asked = path.split('?').next().unwrap();
    let parts: Vec<&str> = asked.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["merge_requests", "7"] => Answer::json(200, &json!({ "iid": 7, "author": { "username": OPENER } })),
        ["merge_requests", "7", "notes"] => page(&state.comments, path),
        ["merge_requests", "7", "pipelines"] => Answer::json(200, &project.pipelines()),
        ["repository", "commits", commit, "merge_requests"] => {
            Answer::json(200, &project.merge_requests(commit))
        }
        ["pipelines", id, "jobs"] => {
            let id = id.parse::<u64>().unwrap();
            let jobs = json!([
                { "id": id, "name": "plan", "artifacts_file": { "filename": "artifacts.zip" } },
                { "id": 9_000, "name": "lint", "artifacts_file": null },
            ]);
            Answer::json(200, &jobs)
        }
        ["jobs", id, "artifacts", "change.plan"] => {
            let headers = format!("Location: {}/files/{id}\r\n", state.url);
            Answer { status: 302, headers, body: Vec::new() }
        }
        _ => Answer::json(404, &json!({ "message": "404 Not Found" })),
    }
}
