//! A minimal client of the YAML language server, like an editor: it opens documents, reads diagnostics, and asks for
//! completions.
//!
//! Messages go over stdin and stdout, framed as in the Language Server Protocol 3.17.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::packages::language_server;

/// The timeout after which the server counts as hanging. It normally answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running language server; it ends when this value is dropped.
pub(crate) struct Server {
    process: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    settings: Value,
    requests: u64,
    published: BTreeMap<String, Vec<Value>>,
}

impl Server {
    /// Start a server that applies a schema to files that match a pattern, as in the setting `yaml.schemas`.
    pub(crate) fn start(schemas: &[(&Path, &str)]) -> Self {
        let mut process = language_server()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        // Read in another thread: a server that cannot write does not read either.
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let schemas: serde_json::Map<_, _> =
            schemas.iter().map(|(schema, pattern)| (uri(schema), json!(pattern))).collect();
        // The store is a list of schemas on the internet.
        let settings = json!({"schemas": schemas, "schemaStore": {"enable": false}});
        let (requests, published) = (0, BTreeMap::new());
        let mut server = Self { process, input, output: receiver, settings, requests, published };
        let capabilities = json!({
            "workspace": {"configuration": true},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}},
        });
        server
            .request("initialize", json!({"processId": null, "rootUri": null, "capabilities": capabilities}));
        server.notify("initialized", json!({}));
        // A document that is opened before the server has its settings is checked twice, the first time without a
        // schema. So wait until it has asked for them.
        while server.receive()["method"] != "workspace/configuration" {}
        server
    }

    /// Open a document that need not exist on the disk, and return its URI.
    pub(crate) fn open(&mut self, path: &Path, text: &str) -> String {
        let uri = uri(path);
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
        uri
    }

    /// The diagnostics of an open document. The server publishes them once for each, even if there are none.
    pub(crate) fn diagnostics(&mut self, uri: &str) -> &[Value] {
        while !self.published.contains_key(uri) {
            self.receive();
        }
        &self.published[uri]
    }

    /// The server's answer about a place in an open document: line and column from 0, columns in UTF-16 units.
    pub(crate) fn at(&mut self, method: &str, uri: &str, (line, column): (usize, usize)) -> Value {
        let place = json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": column}});
        self.request(method, place)
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["method"].is_null() && message["id"] == id {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].clone();
            }
        }
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The next message; requests of the server are answered first.
    fn receive(&mut self) -> Value {
        let message = self.output.recv_timeout(PATIENCE).expect("the language server speaks");
        let params = &message["params"];
        if message["method"] == "textDocument/publishDiagnostics" {
            let found = params["diagnostics"].as_array().unwrap().clone();
            self.published.insert(params["uri"].as_str().unwrap().to_owned(), found);
        } else if !message["method"].is_null() && !message["id"].is_null() {
            let mine =
                |item: &Value| if item["section"] == "yaml" { self.settings.clone() } else { Value::Null };
            let asked = params["items"].as_array();
            let answer = asked.map_or(Value::Null, |items| items.iter().map(mine).collect());
            self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": answer}));
        }
        message
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing its input would end it too, but more slowly.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The next message of the server, or `None` at the end of its output.
fn read(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" if line.is_empty() => return None,
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse().ok()?;
                }
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn uri(path: &Path) -> String {
    const PLAIN: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    format!("file://{}", utf8_percent_encode(path.to_str().unwrap(), PLAIN))
}
