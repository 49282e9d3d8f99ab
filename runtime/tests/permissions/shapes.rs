//! Every request fits the service models of AWS: `fixtures/standin/shapes.py` checks it with botocore's.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::packages;
use crate::support::root;
use crate::support::weather::Request;

/// The services, with the name that their signatures have.
const SERVICES: [(&str, &str); 9] = [
    ("backup", "backup"),
    ("cloudwatch", "monitoring"),
    ("events", "events"),
    ("iam", "iam"),
    ("kms", "kms"),
    ("route53", "route53"),
    ("s3", "s3"),
    ("sns", "sns"),
    ("sts", "sts"),
];

/// How the paths of S3's control plane begin.
pub(crate) const CONTROL: &str = "/v20180820/";

/// What is wrong with each request, as `PUT /bucket: what`.
pub(crate) fn faults(requests: &[Request]) -> Vec<String> {
    let of = |request: &Request| {
        let service = SERVICES.iter().find(|(_, signed)| request.is_for(signed)).map(|(service, _)| service);
        let (method, target) = request.line().split_once(' ').unwrap();
        let headers: serde_json::Map<String, Value> =
            request.headers().map(|(name, value)| (name.to_lowercase(), value.into())).collect();
        let service = service.unwrap_or_else(|| panic!("{}", request.line()));
        // The control plane of S3 has the same name in signatures.
        let service = if target.starts_with(CONTROL) { &"s3control" } else { service };
        json!({
            "service": service, "method": method, "target": target, "headers": headers, "body": request.body(),
            "hex": request.hex(),
        })
    };
    let mut python = Command::new(packages::python());
    python.arg(root().join("fixtures/standin/shapes.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().unwrap();
    let mut input = python.stdin.take().unwrap();
    let lines: Vec<String> = requests.iter().map(|request| format!("{}\n", of(request))).collect();
    let writer =
        std::thread::spawn(move || lines.iter().try_for_each(|line| input.write_all(line.as_bytes())));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Vec<String>> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), requests.len(), "every request is judged");
    let all = requests.iter().zip(answers);
    all.flat_map(|(request, wrong)| wrong.into_iter().map(|what| format!("{}: {what}", request.line())))
        .collect()
}
