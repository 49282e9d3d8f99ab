//! A stand-in for the part of the APIs of GitHub and GitLab that the actions call. It is neither of them: it knows one token, one
//! pull request, and what a test has put there; it refuses a comment of more than 65,536 characters as GitHub does.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::github;
use super::openapi::OpenApi;
use super::project;

/// The token that may write.
pub(crate) const TOKEN: &str = "token-of-the-job";
/// Who writes with that token.
pub(crate) const BOT: &str = "github-actions[bot]";

/// Where a new comment is written, on GitHub and on GitLab.
const NEW: [&str; 2] = ["/repos/acme/policies/issues/7/comments", "/projects/9/merge_requests/7/notes"];

/// The server. It ends with the process of the test.
pub(crate) struct Forge {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Drop for Forge {
    /// Everything that was asked and answered was as GitHub describes it.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let wrong = &self.state.lock().unwrap().wrong;
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
}

/// What the server knows.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) url: String,
    pub(crate) comments: Vec<Value>,
    pub(crate) repository: github::Repository,
    pub(crate) project: project::Project,
    requests: Vec<String>,
    /// What is not as GitHub describes it.
    wrong: Vec<String>,
    faults: Vec<Fault>,
}

/// A request that is answered with an error.
struct Fault {
    method: &'static str,
    status: u16,
    /// Whether the server does what is asked all the same.
    done: bool,
}

/// A request, as far as the server reads it.
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// An answer: the status, further header lines, and the body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: String::new(), body: body.to_string().into_bytes() }
    }
}

impl Forge {
    /// Start one with these comments: author and text.
    pub(crate) fn start(comments: &[(&str, &str)]) -> Self {
        let comments = comments.iter().enumerate().map(|(nth, (author, body))| comment(nth, author, body));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State { url: url.clone(), comments: comments.collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let described = OpenApi::read();
        std::thread::spawn(move || {
            listener
                .incoming()
                .for_each(|stream| serve(stream.unwrap(), &mut shared.lock().unwrap(), &described))
        });
        Self { url, state }
    }

    /// Answer the next request of this method with an error, after doing what is asked or without.
    pub(crate) fn fail_next(&self, method: &'static str, status: u16, done: bool) {
        self.state.lock().unwrap().faults.push(Fault { method, status, done });
    }

    /// Somebody writes a comment.
    pub(crate) fn say(&self, author: &str, text: &str) {
        let comments = &mut self.state.lock().unwrap().comments;
        comments.push(comment(comments.len(), author, text));
    }

    /// The repository, to change what is in it.
    pub(crate) fn repository<T>(&self, change: impl FnOnce(&mut github::Repository) -> T) -> T {
        change(&mut self.state.lock().unwrap().repository)
    }

    /// The project of GitLab, to change what is in it.
    pub(crate) fn project<T>(&self, change: impl FnOnce(&mut project::Project) -> T) -> T {
        change(&mut self.state.lock().unwrap().project)
    }

    /// The comments: author and text.
    pub(crate) fn comments(&self) -> Vec<(String, String)> {
        let text = |comment: &Value, path: &str| comment.pointer(path).unwrap().as_str().unwrap().to_owned();
        let state = self.state.lock().unwrap();
        state.comments.iter().map(|one| (text(one, "/user/login"), text(one, "/body"))).collect()
    }

    /// Methods and paths, in their order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

fn comment(nth: usize, author: &str, body: &str) -> Value {
    // GitHub knows the author by login, GitLab by id.
    let id = if author == BOT { 5 } else { 6 };
    json!({ "id": 1_000 + nth, "user": { "login": author }, "author": { "id": id }, "body": body })
}

/// A comment as GitHub sends it.
fn on_github(comment: &Value) -> Value {
    json!({ "id": comment["id"], "user": comment["user"], "body": comment["body"] })
}

impl Request {
    /// A request without headers.
    pub(crate) fn new(method: &str, path: &str, body: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), head: Vec::new(), body: body.into() }
    }

    fn read(reader: &mut impl std::io::BufRead) -> Self {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let words: Vec<String> =
            head.first().map_or("", String::as_str).split(' ').map(str::to_owned).collect();
        let mut request = Self { method: words[0].clone(), path: words[1].clone(), head, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).unwrap();
        request
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let of = |line: &String| {
            Some(line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name))?.1.to_owned())
        };
        self.head.iter().find_map(of)
    }

    pub(crate) fn may_write(&self) -> bool {
        self.header("authorization").as_deref() == Some(&format!("Bearer {TOKEN}"))
            || self.header("private-token").as_deref() == Some(TOKEN)
    }

    /// The text of a comment.
    fn text(&self) -> String {
        serde_json::from_slice::<Value>(&self.body).unwrap()["body"].as_str().unwrap().to_owned()
    }
}

fn serve(stream: TcpStream, state: &mut State, described: &OpenApi) {
    let mut reader = BufReader::new(stream);
    let request = Request::read(&mut reader);
    state.requests.push(format!("{} {}", request.method, request.path));
    let nth = state.faults.iter().position(|fault| fault.method == request.method);
    let fault = nth.map(|nth| state.faults.remove(nth));
    let mut answer = match &fault {
        Some(fault) if !fault.done => Answer::json(fault.status, &json!({ "message": "not done" })),
        _ => answer(state, &request),
    };
    if let Some(fault) = fault {
        answer.status = fault.status;
    }
    if request.path.starts_with("/repos/") {
        described.exchange(&request, &mut answer, &mut state.wrong);
    }
    let Answer { status, headers, body } = answer;
    let head = format!(
        "HTTP/1.1 {status} .\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n",
        body.len()
    );
    let _ = reader.get_mut().write_all(&[head.as_bytes(), &body].concat());
}

fn answer(state: &mut State, request: &Request) -> Answer {
    let path = request.path.as_str();
    if request.method == "GET" {
        return match path {
            "/user" => Answer::json(200, &json!({ "id": 5 })),
            _ if path.starts_with("/projects/") || path.starts_with("/files/") => {
                project::get(state, request)
            }
            _ => github::get(state, request)
                .unwrap_or_else(|| page(&state.comments.iter().map(on_github).collect::<Vec<_>>(), path)),
        };
    }
    if !request.may_write() {
        return Answer::json(403, &json!({ "message": "Resource not accessible by integration" }));
    }
    if request.text().encode_utf16().count() > 65_536 {
        return Answer::json(422, &json!({ "message": "body is too long (maximum is 65536 characters)" }));
    }
    match request.method.as_str() {
        "POST" if NEW.contains(&path) => {
            let new = comment(state.comments.len(), BOT, &request.text());
            state.comments.push(new.clone());
            Answer::json(201, &on_github(&new))
        }
        "PATCH" | "PUT" => {
            let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
            let found = state.comments.iter_mut().find(|one| one["id"] == id).unwrap();
            found["body"] = Value::from(request.text());
            Answer::json(200, &on_github(found))
        }
        _ => Answer::json(404, &json!({ "message": "Not Found" })),
    }
}

/// A page of a list, 100 each.
pub(crate) fn page(all: &[Value], path: &str) -> Answer {
    let number = path.rsplit("page=").next().unwrap().parse::<usize>().unwrap();
    let page = all.iter().skip((number - 1) * 100).take(100).cloned().collect::<Vec<_>>();
    Answer::json(200, &Value::from(page))
}
