//! Shared code of tests: the packages they need, the AWS stand-in, the AWS command line tool, and the binary.

pub(crate) mod dns;
pub(crate) mod packages;
pub(crate) mod page;
pub(crate) mod side_by_side;
pub(crate) mod terminal;
pub(crate) mod weather;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::Mutex;

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;
use serde_json::Value;

/// The findings of the compiler in a fixture, warnings included. A second line `# as of: DATE` sets `--as-of`.
pub(crate) fn findings(sources: &Sources) -> Vec<Diagnostic> {
    let target = TargetAccounts::one("aws", "000000000000".to_owned());
    let mut lines = sources.iter().filter_map(|(_, source)| source.text.lines().nth(1));
    let as_of = lines.find_map(|line| Date::parse(line.strip_prefix("# as of: ")?));
    match compile(sources, Options { as_of }) {
        Err(findings) => findings,
        Ok(compiled) => lower(&compiled.policy, &target).err().unwrap_or(compiled.warnings),
    }
}

/// A lock of the ledger of the shipped policies, which every apply of it has to allow.
pub(crate) const LOCKED_LEDGER: &str = "    lock: { mode: governance, keep: 1d }\n";

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A running stand-in for AWS; it ends when this value is dropped. Every test has its own.
pub(crate) struct Standin {
    url: String,
    server: Child,
    cli: Mutex<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Standin {
    /// Start one on a free port.
    pub(crate) fn start() -> Self {
        Self::begin("false", None)
    }

    /// Start one that delivers messages to whoever has a certificate of this authority.
    pub(crate) fn trusting(authority: &Path) -> Self {
        Self::begin("false", Some(authority))
    }

    /// Start one that enforces signatures and policies, except for the account's own key.
    pub(crate) fn guarded() -> Self {
        Self::begin("true", None)
    }

    fn begin(guarded: &str, authority: Option<&Path>) -> Self {
        let python = packages::python();
        let folder = root().join("fixtures/standin");
        let mut server = Command::new(&python)
            .arg(folder.join("start.py"))
            .args(["0", "--exit-with-stdin"])
            .env("AUTH", guarded)
            .envs(authority.map(|authority| ("SSL_CERT_FILE", authority)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "the stand-in did not start: {line:?}");
        let mut command = Command::new(&python);
        command.arg(folder.join("aws_cli.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        aws_environment(&mut command, &url);
        let mut cli = command.spawn().unwrap();
        let (input, output) = (cli.stdin.take().unwrap(), BufReader::new(cli.stdout.take().unwrap()));
        Self { url, server, cli: Mutex::new((cli, input, output)) }
    }

    /// The URL on which it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Pause it until it is resumed.
    pub(crate) fn pause(&self) {
        signal(self.server.id(), "STOP");
    }

    /// Resume it.
    pub(crate) fn resume(&self) {
        signal(self.server.id(), "CONT");
    }

    /// Run the AWS command line tool and read its answer. The words are separated by spaces.
    pub(crate) fn aws(&self, words: &str) -> Value {
        self.aws_args(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// The same with arguments that may hold spaces.
    pub(crate) fn aws_args(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.try_aws(arguments);
        assert_eq!(code, 0, "aws {arguments:?}: {err}");
        if out.trim().is_empty() { Value::Null } else { serde_json::from_str(&out).unwrap() }
    }

    /// The same for another account of the stand-in.
    pub(crate) fn aws_as(&self, account: &str, arguments: &[&str]) -> Value {
        let (code, out, err) = self.ask_aws(&serde_json::json!({"as": account, "arguments": arguments}));
        assert_eq!(code, 0, "aws {arguments:?}: {err}");
        if out.trim().is_empty() { Value::Null } else { serde_json::from_str(&out).unwrap() }
    }

    /// Exit code, stdout and stderr of the AWS command line tool.
    pub(crate) fn try_aws(&self, arguments: &[&str]) -> (i64, String, String) {
        self.ask_aws(&serde_json::json!(arguments))
    }

    /// The same for what `aws_cli.py` is asked.
    pub(crate) fn ask_aws(&self, request: &Value) -> (i64, String, String) {
        let mut cli = self.cli.lock().unwrap();
        writeln!(cli.1, "{request}").unwrap();
        let mut line = String::new();
        cli.2.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (answer["exit"].as_i64().unwrap(), text("out"), text("err"))
    }

    /// Empty it.
    pub(crate) fn reset(&self) {
        self.raw("POST /_ministack/reset HTTP/1.1\r\n", "");
    }

    /// Forget all jobs of S3 Batch Operations.
    pub(crate) fn forget_jobs(&self) {
        let head = "DELETE /v20180820/jobs HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 \
                    Credential=000000000001/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n";
        self.raw(head, "");
    }

    /// Another account makes a bucket.
    pub(crate) fn bucket_of_another_account(&self, name: &str, region: &str) {
        let head = format!(
            "PUT /{name} HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential=000000000002/20260101/{region}/s3/aws4_request, SignedHeaders=host, Signature=0\r\n"
        );
        let place = format!("<LocationConstraint>{region}</LocationConstraint>");
        let place = format!("<CreateBucketConfiguration>{place}</CreateBucketConfiguration>");
        self.raw(&head, if region == "us-east-1" { "" } else { &place });
    }

    /// Write an object without any checksum, as tools did before they sent one.
    pub(crate) fn put_bare(&self, bucket: &str, region: &str, key: &str, text: &str) {
        let head = format!(
            "PUT /{bucket}/{key} HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential=000000000001/20260101/{region}/s3/aws4_request, SignedHeaders=host, Signature=0\r\n"
        );
        self.raw(&head, text);
    }

    fn raw(&self, head: &str, body: &str) {
        let address = self.url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let length = body.len();
        let request = format!("{head}Host: x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.contains(" 200"), "{answer}");
    }

    /// Create a hosted zone, which policies require, and return its id.
    pub(crate) fn zone(&self, name: &str) -> String {
        let made = self.aws(&format!("route53 create-hosted-zone --name {name} --caller-reference {name}"));
        made["HostedZone"]["Id"].as_str().unwrap().trim_start_matches("/hostedzone/").to_owned()
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        // Closing their input would end both too, but more slowly. Both were started here.
        let _ = self.server.kill();
        let _ = self.server.wait();
        if let Ok(cli) = self.cli.get_mut() {
            let _ = cli.0.kill();
            let _ = cli.0.wait();
        }
    }
}

/// Send a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// All resources, as the AWS command line tool sees them, without what differs each time: dates, and the ids of
/// health checks, which are replaced by the name and address they check.
pub(crate) fn view(standin: &Standin) -> Vec<String> {
    let list = |words: &str, name: &str| standin.aws(words)[name].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut seen = Vec::new();
    for bucket in list("s3api list-buckets", "Buckets") {
        let name = text(&bucket["Name"]);
        let located = standin.aws(&format!("s3api get-bucket-location --bucket {name}"));
        let region = located["LocationConstraint"].as_str().unwrap_or("us-east-1").to_owned();
        for setting in ["versioning", "encryption", "ownership-controls", "tagging", "replication"] {
            let command = format!("get-bucket-{setting}");
            let words = ["s3api", &command, "--bucket", &name, "--region", &region];
            seen.push(format!("bucket {name} {region} {setting} {}", standin.try_aws(&words).1));
        }
        let block = format!("s3api get-public-access-block --bucket {name} --region {region}");
        seen.push(format!("bucket {name} {}", standin.aws(&block)));
    }
    for role in list("iam get-account-authorization-details --filter Role", "RoleDetailList") {
        let parts = ["RoleName", "AssumeRolePolicyDocument", "RolePolicyList", "Tags"];
        seen.push(format!("role {:?}", parts.map(|part| role[part].to_string())));
    }
    let mut checks = std::collections::BTreeMap::new();
    for check in list("route53 list-health-checks", "HealthChecks") {
        let id = text(&check["Id"]);
        let tags = standin
            .aws(&format!("route53 list-tags-for-resource --resource-type healthcheck --resource-id {id}"));
        let config = check["HealthCheckConfig"].to_string();
        let mut tags: Vec<String> =
            tags["ResourceTagSet"]["Tags"].as_array().unwrap().iter().map(Value::to_string).collect();
        tags.sort();
        seen.push(format!("health check {config} {tags:?}"));
        checks.insert(id, config);
    }
    for zone in list("route53 list-hosted-zones", "HostedZones") {
        let words = format!("route53 list-resource-record-sets --hosted-zone-id {}", text(&zone["Id"]));
        for mut record in list(&words, "ResourceRecordSets") {
            if let Some(id) = record["HealthCheckId"].as_str() {
                record["HealthCheckId"] = checks[id].clone().into();
            }
            // The id of a zone differs each time.
            if record["AliasTarget"].is_object() {
                record["AliasTarget"]["HostedZoneId"] = Value::Null;
            }
            seen.push(format!("record {record}"));
        }
    }
    for region in REGIONS {
        seen.extend(backups(standin, region));
        seen.extend(keys(standin, region));
    }
    seen.sort();
    seen
}

/// The regions of the shipped policies.
const REGIONS: [&str; 6] =
    ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-1"];

/// The vaults, backup plans and selections of a region, without their ids.
fn backups(standin: &Standin, region: &str) -> Vec<String> {
    let list = |words: &str, name: &str| {
        let found = standin.aws(&format!("backup {words} --region {region}"));
        found[name].as_array().unwrap().clone()
    };
    let mut seen = Vec::new();
    for vault in list("list-backup-vaults", "BackupVaultList") {
        // A lock date is a date.
        let parts = ["BackupVaultName", "Locked", "MinRetentionDays"].map(|part| vault[part].to_string());
        let is_managed = vault["EncryptionKeyArn"].as_str().is_some_and(|key| key.contains(":key/"));
        let name = vault["BackupVaultName"].as_str().unwrap();
        let policy =
            format!("backup get-backup-vault-access-policy --backup-vault-name {name} --region {region}");
        let policy = standin.try_aws(&policy.split_whitespace().collect::<Vec<_>>()).1;
        seen.push(format!("vault {region} {parts:?} own key {is_managed} {policy}"));
    }
    for plan in list("list-backup-plans", "BackupPlansList") {
        let id = plan["BackupPlanId"].as_str().unwrap();
        let mut found = standin
            .aws(&format!("backup get-backup-plan --backup-plan-id {id} --region {region}"))["BackupPlan"]
            .clone();
        found["Rules"].as_array_mut().unwrap().iter_mut().for_each(|rule| rule["RuleId"] = Value::Null);
        seen.push(format!("backup plan {region} {found}"));
        for selection in
            list(&format!("list-backup-selections --backup-plan-id {id}"), "BackupSelectionsList")
        {
            seen.push(format!(
                "selection {region} {} {}",
                selection["SelectionName"], selection["IamRoleArn"]
            ));
        }
    }
    seen
}

/// The keys of a region, without their ids.
fn keys(standin: &Standin, region: &str) -> Vec<String> {
    let ask = |words: &str| standin.aws(&format!("kms {words} --region {region}"));
    let all = ask("list-keys")["Keys"].as_array().unwrap().clone();
    let mut seen = Vec::new();
    for id in all.iter().map(|key| key["KeyId"].as_str().unwrap()) {
        let found = ask(&format!("describe-key --key-id {id}"))["KeyMetadata"].clone();
        let aliases: Vec<String> = ask(&format!("list-aliases --key-id {id}"))["Aliases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alias| alias["AliasName"].to_string())
            .collect();
        let rotation = ask(&format!("get-key-rotation-status --key-id {id}"));
        let tags = ask(&format!("list-resource-tags --key-id {id}"))["Tags"].clone();
        let policy = ask(&format!("get-key-policy --key-id {id} --policy-name default"))["Policy"].clone();
        let parts = [&found["KeyState"], &found["MultiRegion"], &rotation["KeyRotationEnabled"]];
        seen.push(format!("key {region} {aliases:?} {parts:?} {tags} {policy}"));
    }
    seen
}

/// Check that two views are equal; otherwise print only the differences.
#[track_caller]
pub(crate) fn same_view(found: &[String], wanted: &[String]) {
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|thing| !other.contains(thing)).cloned().collect()
    };
    let (more, less) = (only(found, wanted), only(wanted, found));
    assert!(more.is_empty() && less.is_empty(), "there: {more:#?}\nwanted: {less:#?}");
    assert_eq!(found.len(), wanted.len(), "something exists twice");
}

/// The environment variables for AWS: endpoint and credentials.
pub(crate) fn aws_environment(command: &mut Command, url: &str) {
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "000000000001")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "");
}

/// The output of a command, and its exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
        let code = output.status.code().unwrap_or(-1);
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

impl Ran {
    /// Check the exit code, and return the output.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// A folder with policies, and a cloud to apply them to.
pub(crate) struct Bench<'a> {
    pub folder: tempfile::TempDir,
    pub cloud: Option<&'a Standin>,
}

impl<'a> Bench<'a> {
    /// A bench with the embedded cloud.
    pub(crate) fn local() -> Bench<'static> {
        Bench { folder: tempfile::tempdir().unwrap(), cloud: None }
    }

    /// A bench with a stand-in for AWS.
    pub(crate) fn aws(standin: &'a Standin) -> Self {
        Bench { folder: tempfile::tempdir().unwrap(), cloud: Some(standin) }
    }

    /// A bench with a stand-in that has the zones of the shipped policies, and with these.
    pub(crate) fn shipped(standin: &'a Standin) -> Self {
        standin.zone("acme.example");
        standin.zone("shop.example");
        let bench = Self::aws(standin);
        bench.shipped_policies();
        bench
    }

    /// Write a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The text of a file in the folder.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Copy the policies that ship with Holdfast, without the alarms, the Object Lock and the second account: they double what an apply
    /// makes, or need a role there, and have tests of their own.
    pub(crate) fn shipped_policies(&self) {
        self.all_shipped_policies();
        let parts = [
            ("policies/estate.yaml", "# Who is told when", "# What holds for every service"),
            ("policies/estate.yaml", "# Our account", "\n# A site is a cloud region"),
            ("policies/estate.yaml", "  # In an account of its own", "  # Asia"),
            ("policies/web-shop.yaml", ", stockholm", "]"),
            (
                "policies/archive.yaml",
                "    # Nobody deletes a version",
                "    backups:\n      - strategy: real-time\n        to: [singapore]",
            ),
        ];
        for (name, from, to) in parts {
            let text = self.read(name);
            let from = text.find(from).unwrap();
            let to = from + text[from..].find(to).unwrap();
            self.write(name, &format!("{}{}", &text[..from], &text[to..]));
        }
    }

    /// Copy the policies that ship with Holdfast.
    pub(crate) fn all_shipped_policies(&self) {
        for entry in std::fs::read_dir(root().join("policies")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "yaml") {
                let name = path.file_name().unwrap().to_str().unwrap();
                self.write(&format!("policies/{name}"), &std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// The shipped policies lock a vault and buckets for good, which every apply of them has to allow.
    fn lock(&self, arguments: &[&str]) -> Vec<String> {
        let applies = match arguments.first() {
            Some(&"apply") => arguments.iter().any(|path| ["policies", "a.yaml"].contains(path)),
            Some(&"plan") => arguments.contains(&"--out"),
            _ => false,
        };
        if !applies {
            return Vec::new();
        }
        let text = |path: &str| std::fs::read_to_string(self.folder.path().join(path)).unwrap_or_default();
        let (payments, archive, all) =
            (text("policies/payments.yaml"), text("policies/archive.yaml"), text("a.yaml"));
        let vault = payments.contains("lock: compliance") || all.contains("\"lock\":\"compliance\"");
        let ledger = payments.contains(LOCKED_LEDGER);
        let invoices =
            archive.contains("lock: { mode: governance") || all.contains("\"mode\":\"governance\"");
        let locks = [
            (vault, "backup-vault.ireland.compliance"),
            (ledger, "bucket-lock.payments.ledger.virginia"),
            (ledger, "bucket-lock.payments.ledger.oregon"),
            (ledger, "bucket-lock.payments.ledger.ireland"),
            (invoices, "bucket-lock.archive.invoices.tokyo"),
            (invoices, "bucket-lock.archive.invoices.singapore"),
        ];
        locks
            .iter()
            .filter(|(locked, _)| *locked)
            .map(|(_, what)| format!("--allow=lock:aws.{what}"))
            .collect()
    }

    /// The command, in the folder, on the cloud.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command
            .args(arguments)
            .args(self.lock(arguments))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command.env_remove("HOLDFAST_JOURNAL").env("NO_COLOR", "1");
        match self.cloud {
            None => {
                command.env("HOLDFAST_CLOUD", "local:cloud.json");
            }
            Some(standin) => {
                command.env("HOLDFAST_CLOUD", "aws");
                aws_environment(&mut command, standin.url());
            }
        }
        command
    }

    /// Run a command to its end. The words are separated by spaces.
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.command(&words.split_whitespace().collect::<Vec<_>>()).output().unwrap().into()
    }

    /// Plan the folder `policies` and return the pending steps: `("update", "aws.bucket.a.b.c")`.
    pub(crate) fn pending(&self) -> Vec<(String, String)> {
        let plan: Value =
            serde_json::from_str(&self.run("plan policies --format json").expect(0).stdout).unwrap();
        let changes = plan["resource_changes"].as_array().unwrap().iter();
        let pending = changes.filter(|change| change["change"]["actions"][0] != "no-op");
        pending
            .map(|change| {
                let actions = change["change"]["actions"].as_array().unwrap();
                let action = if actions.len() == 2 { "replace" } else { actions[0].as_str().unwrap() };
                let old = if change["deposed"].is_null() { "" } else { " (old)" };
                (action.to_owned(), format!("{}{old}", change["address"].as_str().unwrap()))
            })
            .collect()
    }
}
