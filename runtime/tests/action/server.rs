//! A stand-in for the part of the APIs of GitHub and GitLab that the action calls: comments on pull requests, in pages. It is
//! neither of them: it knows one token and one pull request, and refuses a body of more than 65,536 characters as GitHub does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The token that may write.
pub(crate) const TOKEN: &str = "token-of-the-job";
/// Who writes with that token.
pub(crate) const BOT: &str = "github-actions[bot]";

/// Where a new comment is written, on GitHub and on GitLab.
const NEW: [&str; 2] = ["/repos/acme/policies/issues/7/comments", "/projects/9/merge_requests/7/notes"];

/// The server. It ends with the process of the test.
pub(crate) struct Forge {
    pub(crate) url: String,
    comments: Arc<Mutex<Vec<Value>>>,
    requests: Arc<Mutex<Vec<String>>>,
    faults: Arc<Mutex<Vec<Fault>>>,
}

/// A request that is answered with an error.
struct Fault {
    method: &'static str,
    status: u16,
    /// Whether the server does what is asked all the same.
    done: bool,
}

impl Forge {
    /// Start one with these comments: author and text.
    pub(crate) fn start(comments: &[(&str, &str)]) -> Self {
        let comments = comments.iter().enumerate().map(|(nth, (author, body))| comment(nth, author, body));
        let comments = Arc::new(Mutex::new(comments.collect::<Vec<Value>>()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let faults = Arc::new(Mutex::new(Vec::new()));
        let (all, log, wrong) = (Arc::clone(&comments), Arc::clone(&requests), Arc::clone(&faults));
        std::thread::spawn(move || {
            listener.incoming().for_each(|stream| answer(stream.unwrap(), &all, &log, &wrong))
        });
        Self { url, comments, requests, faults }
    }

    /// Answer the next request of this method with an error, after doing what is asked or without.
    pub(crate) fn fail_next(&self, method: &'static str, status: u16, done: bool) {
        self.faults.lock().unwrap().push(Fault { method, status, done });
    }

    /// The comments: author and text.
    pub(crate) fn comments(&self) -> Vec<(String, String)> {
        let text = |comment: &Value, path: &str| comment.pointer(path).unwrap().as_str().unwrap().to_owned();
        let comments = self.comments.lock().unwrap();
        comments.iter().map(|one| (text(one, "/user/login"), text(one, "/body"))).collect()
    }

    /// Methods and paths, in their order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn comment(nth: usize, author: &str, body: &str) -> Value {
    // GitHub knows the author by login, GitLab by id.
    let id = if author == BOT { 5 } else { 6 };
    json!({ "id": 1_000 + nth, "user": { "login": author }, "author": { "id": id }, "body": body })
}

fn answer(
    stream: TcpStream,
    comments: &Mutex<Vec<Value>>,
    log: &Mutex<Vec<String>>,
    faults: &Mutex<Vec<Fault>>,
) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let of = |line: &String| {
            Some(line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name))?.1.to_owned())
        };
        head.iter().find_map(of)
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let words: Vec<&str> = head.first().map_or("", String::as_str).split(' ').collect();
    let (method, path) = (words[0], words[1]);
    log.lock().unwrap().push(format!("{method} {path}"));
    let may_write = header("authorization").as_deref() == Some(&format!("Bearer {TOKEN}"))
        || header("private-token").as_deref() == Some(TOKEN);
    let text = || serde_json::from_slice::<Value>(&body).unwrap()["body"].as_str().unwrap().to_owned();
    let mut comments = comments.lock().unwrap();
    let too_long = || text().encode_utf16().count() > 65_536;
    let mut faults = faults.lock().unwrap();
    let fault = faults.iter().position(|fault| fault.method == method).map(|nth| faults.remove(nth));
    let (status, answer) = match method {
        _ if fault.as_ref().is_some_and(|fault| !fault.done) => (500, json!({ "message": "not done" })),
        "GET" if path == "/user" => (200, json!({ "id": 5 })),
        "GET" => (200, page(&comments, path)),
        _ if !may_write => (403, json!({ "message": "Resource not accessible by integration" })),
        _ if too_long() => (422, json!({ "message": "body is too long (maximum is 65536 characters)" })),
        "POST" if NEW.contains(&path) => {
            let new = comment(comments.len(), BOT, &text());
            comments.push(new.clone());
            (201, new)
        }
        "PATCH" | "PUT" => {
            let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
            let found = comments.iter_mut().find(|one| one["id"] == id).unwrap();
            found["body"] = Value::from(text());
            (200, found.clone())
        }
        _ => (404, json!({ "message": "Not Found" })),
    };
    let status = fault.map_or(status, |fault| fault.status);
    let answer = answer.to_string();
    let head =
        format!("HTTP/1.1 {status} .\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    let _ = reader.get_mut().write_all(format!("{head}{answer}").as_bytes());
}

/// A page of the comments, 100 each.
fn page(comments: &[Value], path: &str) -> Value {
    let number = path.rsplit("page=").next().unwrap().parse::<usize>().unwrap();
    Value::from(comments.iter().skip((number - 1) * 100).take(100).cloned().collect::<Vec<_>>())
}
