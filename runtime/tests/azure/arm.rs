//! OURS: a server that answers as Azure Resource Manager documents it (`fixtures/azure/arm.py`). Schema-conformant, not Azure.
//!
//! Two things that are not ours hold it and Holdfast to Microsoft's word: Microsoft's SDK for Python drives the server, and Microsoft's
//! mappers are held against every request of Holdfast.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Bench, Ran, packages, root};

pub(crate) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
/// The resource group of the policies.
pub(crate) const GROUP: &str = "acme-recovery";

/// A running server with a bench whose policies are applied to it. It ends when this value is dropped.
pub(crate) struct Arm {
    pub(crate) bench: Bench<'static>,
    url: String,
    control: String,
    server: Child,
}

fn openssl(bench: &Bench<'_>, words: &str) {
    let made =
        Command::new("openssl").args(words.split(' ')).current_dir(bench.folder.path()).output().unwrap();
    assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
}

impl Arm {
    /// Start one on free ports, with a certificate of its own authority, and with the resource group.
    pub(crate) fn start() -> Self {
        let bench = Bench::local();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            &bench,
            &format!("req -x509 {key} -keyout ca.key -out authority.pem -days 2 -subj /CN=authority"),
        );
        openssl(&bench, &format!("req {key} -keyout server.key -out server.csr -subj /CN=arm"));
        bench.write("names", "subjectAltName=IP:127.0.0.1\n");
        openssl(
            &bench,
            "x509 -req -in server.csr -CA authority.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        );
        let mut server = Command::new("python3")
            .arg(root().join("fixtures/azure/arm.py"))
            .args(["server.pem", "server.key"].map(|name| bench.folder.path().join(name)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It tells of every client that ends a connection.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let mut next = || {
            let line = lines.next().unwrap().unwrap();
            line.rsplit(' ').next().unwrap().to_owned()
        };
        let (url, control) = (next(), next());
        let arm = Self { bench, url, control, server };
        arm.group(GROUP);
        arm
    }

    /// Somebody makes a resource group.
    pub(crate) fn group(&self, name: &str) {
        let path = format!("/arm/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}?api-version=2021-04-01");
        assert_eq!(self.control("PUT", &path, r#"{"location": "westeurope"}"#).0, 201);
    }

    /// Ask the control port: status and answer.
    fn control(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let address = self.control.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close"
        );
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Somebody else writes something in the resource group.
    pub(crate) fn other(&self, method: &str, below: &str, api: &str, body: &Value) -> Value {
        let path = format!("/arm{}?api-version={api}", path_of(below));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.control(method, &path, &body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// What is there, below the resource group.
    pub(crate) fn get(&self, below: &str) -> Value {
        self.other("GET", below, "2025-06-01", &Value::Null)
    }

    /// Say what goes wrong from now on: rules of `fixtures/azure/faults.py`.
    pub(crate) fn faults(&self, rules: &Value) {
        assert_eq!(self.control("POST", "/faults", &rules.to_string()).0, 200);
    }

    /// Only these actions are allowed from now on.
    pub(crate) fn role(&self, actions: &Value) {
        assert_eq!(self.control("POST", "/role", &actions.to_string()).0, 200);
    }

    /// How often somebody has asked for a token.
    pub(crate) fn tokens(&self) -> u64 {
        self.control("GET", "/tokens", "").1["given"].as_u64().unwrap()
    }

    /// The command, as the managed identity of an App Service, which this server gives tokens.
    pub(crate) fn managed(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        for name in ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"] {
            command.env_remove(name);
        }
        command
            .env("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
            .env("IDENTITY_ENDPOINT", format!("{}/identity", self.control))
            .env("IDENTITY_HEADER", "only-for-tests");
        command
    }

    /// Wait until a request hangs.
    pub(crate) fn hangs(&self) {
        assert_eq!(self.control("GET", "/hangs", "").0, 200);
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.control("GET", "/requests", "").1["requests"].as_array().unwrap().clone()
    }

    /// Everything that is there, by account.
    pub(crate) fn everything(&self) -> Value {
        self.control("GET", "/everything", "").1
    }

    /// How many requests so far are not questions.
    pub(crate) fn writes(&self) -> usize {
        self.requests().iter().filter(|request| request["method"] != "GET").count()
    }

    /// The command, as somebody who is signed in with a secret.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bench.command(arguments);
        for name in [
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "ALL_PROXY",
            "NO_PROXY",
            "AZURE_TOKEN_CREDENTIALS",
            "AZURE_FEDERATED_TOKEN_FILE",
        ] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
            .env("HOLDFAST_CLOUD", "azure")
            .env("HOLDFAST_AZURE_ENDPOINT", &self.url)
            .env("AZURE_AUTHORITY_HOST", &self.url)
            .env("AZURE_TENANT_ID", "99999999-8888-7777-6666-555555555555")
            .env("AZURE_CLIENT_ID", "23232323-4545-6767-8989-010101010101")
            .env("AZURE_CLIENT_SECRET", "only-for-tests")
            .env("SSL_CERT_FILE", self.file("authority.pem"));
        command
    }

    /// A file of the bench.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.bench.folder.path().join(name)
    }

    /// Run a command to its end. The words are separated by spaces.
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.command(&words.split_whitespace().collect::<Vec<_>>()).output().unwrap().into()
    }

    /// Run Microsoft's SDK: `exercise`, or `read`, whose answer is returned.
    pub(crate) fn sdk(&self, does: &str) -> Value {
        let script = root().join("fixtures/azure/sdk.py");
        let mut command = Command::new(packages::azure_sdk());
        command.arg(script).arg(does).arg(&self.url).arg(self.file("authority.pem"));
        let ran: Ran = command.args([&token(), SUBSCRIPTION, GROUP]).output().unwrap().into();
        serde_json::from_str(&ran.expect(0).stdout).unwrap_or(Value::Null)
    }

    /// Hold every request so far against Microsoft's mappers: what is wrong, and how many had a body.
    pub(crate) fn mapped(&self) -> (Vec<String>, usize) {
        let mut command = packages::node();
        command.arg(root().join("fixtures/azure/mappers.mjs")).arg(packages::azure_mappers());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = json!({"requests": self.requests()}).to_string();
        child.stdin.take().unwrap().write_all(requests.as_bytes()).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap()).expect(0);
        let faults =
            ran.stdout.lines().filter_map(|line| line.strip_prefix("fault: ")).map(str::to_owned).collect();
        let held = ran.stdout.lines().last().unwrap();
        let count = held.strip_prefix("held ").unwrap().split(' ').next().unwrap().parse().unwrap();
        (faults, count)
    }
}

impl Drop for Arm {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The path of something below the resource group: of an account and what is below that, unless it begins with a provider or an action.
pub(crate) fn path_of(below: &str) -> String {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
    if below.is_empty() {
        group
    } else if below.starts_with("/providers/") || below.starts_with("/moveResources") {
        format!("{group}{below}")
    } else {
        format!("{group}/providers/Microsoft.Storage/storageAccounts{below}")
    }
}

/// What the server's authority gives: see `token` in `fixtures/azure/arm.py`.
fn token() -> String {
    let script = "import arm; print(arm.token())";
    let mut command = Command::new("python3");
    command.args(["-B", "-c", script]).current_dir(root().join("fixtures/azure"));
    Ran::from(command.output().unwrap()).expect(0).stdout.trim().to_owned()
}

#[test]
fn microsofts_sdk_can_do_everything_on_the_server() {
    let arm = Arm::start();
    arm.sdk("exercise");
    // Its own requests fit its own descriptions, so those are read right.
    let (faults, count) = arm.mapped();
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 20, "{count}");
}

#[test]
fn request_that_does_not_fit_the_mappers_is_found() {
    let arm = Arm::start();
    arm.sdk("exercise");
    let (token, url) = (token(), &arm.url);
    let bodies = [
        ("/one", r#"{"sku":{"tier":"Premium"},"kind":"StorageV2","location":1}"#),
        (
            "/one/blobServices/default",
            r#"{"properties":{"deleteRetentionPolicy":{"enabled":true,"days":400},"more":1}}"#,
        ),
        (
            "/one/objectReplicationPolicies/default",
            r#"{"properties":{"rules":[{"sourceContainer":"a"}],"policyId":"x"}}"#,
        ),
    ];
    for (below, body) in bodies {
        let mut command = Command::new("curl");
        command.args([
            "-s",
            "-X",
            "PUT",
            "-H",
            &format!("Authorization: Bearer {token}"),
            "-d",
            body,
            "--cacert",
        ]);
        command.arg(arm.file("authority.pem")).arg(format!("{url}{}?api-version=2025-06-01", path_of(below)));
        Ran::from(command.output().unwrap()).expect(0);
    }
    let (faults, _) = arm.mapped();
    for part in [
        "one.sku.name: is required",
        "one.sku.tier: is read-only",
        "one.location: 1 is not a String",
        "deleteRetentionPolicy.days: 400 is out of bounds",
        "properties.more: is not known",
        "rules[0].destinationContainer: is required",
        "properties.policyId: is read-only",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:#?}");
    }
    assert_eq!(faults.len(), 7, "{faults:#?}");
}
