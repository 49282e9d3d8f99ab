//! A user of the guarded stand-in who has exactly the documents of the permissions page.

use holdfast::provider::aws::permissions_page::boundary;
use serde_json::{Value, json};

use crate::permissions::ACCOUNT;
use crate::support::{Bench, Ran, Standin};

/// The user, with a folder of policies and hosted zones that exist.
pub(crate) struct User<'a> {
    pub(crate) bench: Bench<'a>,
    standin: &'a Standin,
    key: Value,
    zones: [String; 2],
}

impl<'a> User<'a> {
    /// A user of an account with nothing but the zones of the shipped policies and the bucket of the journal.
    pub(crate) fn new(standin: &'a Standin) -> Self {
        let zones = ["acme.example", "shop.example"].map(|name| standin.zone(name));
        standin.aws("s3api create-bucket --bucket team-journal");
        let made = standin.aws("iam create-user --user-name holdfast");
        assert!(made["User"]["Arn"].as_str().unwrap().contains(ACCOUNT));
        let key = standin.aws("iam create-access-key --user-name holdfast")["AccessKey"].clone();
        let bench = Bench::aws(standin);
        bench.shipped_policies();
        let user = Self { bench, standin, key, zones };
        let document = user.filled(&boundary());
        standin.aws_args(&[
            "iam",
            "create-policy",
            "--policy-name",
            "holdfast-boundary",
            "--policy-document",
            &document,
        ]);
        user
    }

    /// A document of the page with its capitals filled in.
    fn filled(&self, document: &Value) -> String {
        let mut document = document.clone();
        for statement in document["Statement"].as_array_mut().unwrap() {
            // What the stand-in does not know: the key of a boundary, and ARNs of health checks.
            if !statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"].is_null() {
                statement.as_object_mut().unwrap().remove("Condition");
            }
            if statement["Resource"] == "arn:aws:route53:::healthcheck/*" {
                statement["Resource"] = json!("*");
            }
        }
        let zone = |id: &String| format!("arn:aws:route53:::hostedzone/{id}");
        let zones = json!(self.zones.each_ref().map(zone)).to_string();
        let text = document.to_string().replace("ACCOUNT", ACCOUNT).replace("PREFIX-*", "acme-*");
        let text = text.replace("JOURNAL-PREFIX", "acme").replace(":::JOURNAL", ":::team-journal");
        let text = text.replace(":::DESTINATION", ":::rescue").replace("RESTORE-ROLE", "restore-AWSBackup");
        text.replace("\"arn:aws:route53:::hostedzone/ZONE\"", &zones)
    }

    /// Run a command as this user, who has the permissions of a document and no others.
    pub(crate) fn run(&self, document: &Value, words: &str) -> Ran {
        self.run_at(self.standin.url(), document, words)
    }

    /// The same through a proxy.
    pub(crate) fn run_at(&self, url: &str, document: &Value, words: &str) -> Ran {
        let document = self.filled(document);
        self.standin.aws_args(&[
            "iam",
            "put-user-policy",
            "--user-name",
            "holdfast",
            "--policy-name",
            "holdfast",
            "--policy-document",
            &document,
        ]);
        let words = format!("{words} --journal s3://team-journal/acme");
        let mut command = self.bench.command(&words.split_whitespace().collect::<Vec<_>>());
        command.env("AWS_ENDPOINT_URL", url);
        command.env("AWS_ACCESS_KEY_ID", self.key["AccessKeyId"].as_str().unwrap());
        command.env("AWS_SECRET_ACCESS_KEY", self.key["SecretAccessKey"].as_str().unwrap());
        command.env("HOLDFAST_ROLE_BOUNDARY", format!("arn:aws:iam::{ACCOUNT}:policy/holdfast-boundary"));
        Ran::from(command.output().unwrap())
    }
}
