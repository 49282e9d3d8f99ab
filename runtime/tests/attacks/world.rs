//! An estate on the embedded cloud, with its approvers and a trust anchor; and what an attacker does to its files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use holdfast::planfile::PlanFile;
use serde_json::Value;

use crate::support::{Bench, Ran};

/// The data of one service.
pub(crate) const FILES: &str = "kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs: { bucket: acme-docs, backups: [{ strategy: real-time, to: [oregon] }] }
recovery: [{ step: read-the-copy, takes: 30m }]
";
/// A rule that requires two approvals.
pub(crate) const TWO: &str = "approvals: { required: 2, signers: people }\n";
/// The consents to take over the resources of the estate `acme`.
pub(crate) const TAKEN: &str = " --allow adopt:aws.bucket.files.docs.virginia --allow adopt:aws.bucket.files.docs.oregon \
     --allow adopt:aws.replication.files.docs";
/// The beginning of an estate with two sites.
const ESTATE: &str = "sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { detection: { value: 5m, because: the monitoring pages after five minutes } } }\n";
/// The trust anchor, without the head.
const ANCHOR: &str = "kind: trust
estates:
  acme:
    cloud: local:../cloud.json
    accounts: [\"000000000000\"]
    journal: { at: ../journal, head: HEAD }
    approvals: { required: 2, signers: people }
    runners: runners
";

/// A folder with the estate `acme` in `policies`, keys of alice, bob, carol, mallory and the runner, and an anchor in
/// `trust` that a command can name.
pub(crate) struct World {
    pub(crate) bench: Bench<'static>,
}

impl World {
    /// A world before its first run. `rule` is the estate's approval rule.
    pub(crate) fn new(rule: &str) -> Self {
        let world = Self { bench: Bench::local() };
        for who in ["alice", "bob", "carol", "mallory", "runner"] {
            keygen(world.path(), &["-q", "-t", "ed25519", "-N", "", "-C", who, "-f", who]);
        }
        let people: String = ["alice", "bob", "carol"].map(|who| world.signer(who)).concat();
        world.bench.write("policies/people", &people);
        world.bench.write("policies/theirs", &world.signer("mallory"));
        world.bench.write("trust/people", &people);
        world.bench.write("trust/runners", &world.signer("runner"));
        world.anchor("none");
        world.policies("acme", rule, FILES);
        world
    }

    /// A world after its first run, with the approvals that it needs.
    pub(crate) fn applied(rule: &str) -> Self {
        let world = Self::new(rule);
        world.plan("change.plan");
        if !rule.is_empty() {
            world.approve("change.plan", &["alice", "bob"]);
        }
        world.run("apply change.plan --runner-key runner").expect(0);
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.bench.folder.path()
    }

    /// A line of a list of signers.
    pub(crate) fn signer(&self, who: &str) -> String {
        format!("{who}@acme.example {}", self.bench.read(&format!("{who}.pub")))
    }

    /// Write the anchor, with this head of the journal.
    pub(crate) fn anchor(&self, head: &str) {
        self.bench.write("trust/anchor.yaml", &ANCHOR.replace("HEAD", head));
    }

    pub(crate) fn policies(&self, estate: &str, rule: &str, service: &str) {
        self.bench.write("policies/estate.yaml", &format!("kind: estate\nname: {estate}\n{ESTATE}{rule}"));
        self.bench.write("policies/files.yaml", service);
    }

    /// Policies that differ from what was applied.
    pub(crate) fn changed(&self) -> String {
        FILES.replace("acme-docs,", "acme-docs, encrypt: aws:kms,")
    }

    /// Save a plan of `policies`, made by `ci`.
    pub(crate) fn plan(&self, file: &str) {
        self.run(&format!("plan policies --author ci@acme.example --out {file}")).expect(0);
    }

    /// The same, by an attacker who also gives the consents to take over what another estate has.
    pub(crate) fn plan_taken(&self, file: &str) {
        self.run(&format!("plan policies --author ci@acme.example --allow many --out {file}{TAKEN}"))
            .expect(0);
    }

    pub(crate) fn approve(&self, file: &str, who: &[&str]) {
        for who in who {
            self.run(&format!("approve {file} --key {who} --as {who}@acme.example")).expect(0);
        }
    }

    /// Copy the approvals of one plan beside another.
    pub(crate) fn carry_approvals(&self, from: &str, to: &str) {
        let from = format!("{from}.");
        for (name, bytes) in self.tree() {
            let Some(rest) = name.strip_prefix(&from) else { continue };
            std::fs::write(self.path().join(format!("{to}.{rest}")), bytes).unwrap();
        }
    }

    /// Remove all approvals.
    pub(crate) fn forget_approvals(&self) {
        for name in self.tree().keys().filter(|name| name.contains(".approval")) {
            std::fs::remove_file(self.path().join(name)).unwrap();
        }
    }

    /// A command with the journal in `journal`.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = self.bench.command(&words.split_whitespace().collect::<Vec<_>>());
        command.env("HOLDFAST_JOURNAL", "journal").env_remove("HOLDFAST_TRUST").env_remove("SSH_AUTH_SOCK");
        command
    }

    pub(crate) fn run(&self, words: &str) -> Ran {
        self.command(words).output().unwrap().into()
    }

    /// Check that a command changes nothing and is refused, with this code among others.
    #[track_caller]
    pub(crate) fn refused(&self, words: &str, code: &str) -> Ran {
        self.refused_command(self.command(words), code)
    }

    /// The same for any command.
    #[track_caller]
    pub(crate) fn refused_command(&self, mut command: Command, code: &str) -> Ran {
        let cloud = self.cloud();
        let ran = Ran::from(command.output().unwrap());
        assert!(self.cloud() == cloud, "the cloud changed: {command:?}\n{}\n{}", ran.stdout, ran.stderr);
        let ran = ran.expect(4);
        let told = ran.stderr.lines().any(|line| line == code);
        assert!(told, "{command:?} is refused without {code}:\n{}", ran.stderr);
        assert!(!ran.stdout.contains("Applied"), "{}", ran.stdout);
        ran
    }

    /// The bytes of the cloud's file; empty if it does not exist.
    pub(crate) fn cloud(&self) -> Option<Vec<u8>> {
        std::fs::read(self.path().join("cloud.json")).ok()
    }

    /// Every file and its bytes.
    pub(crate) fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let (mut tree, mut folders) = (BTreeMap::new(), vec![self.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.path()).unwrap().to_str().unwrap().to_owned();
                    tree.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
        tree
    }

    /// Restore the folder.
    pub(crate) fn restore(&self, tree: &BTreeMap<String, Vec<u8>>) {
        for name in self.tree().keys().filter(|name| !tree.contains_key(*name)) {
            std::fs::remove_file(self.path().join(name)).unwrap();
        }
        for (name, bytes) in tree {
            let path = self.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// The head of the journal.
    pub(crate) fn head(&self) -> String {
        let verified = self.run("journal verify").expect(0).stdout;
        verified.lines().last().unwrap().strip_prefix("head ").unwrap().to_owned()
    }

    /// The content of a plan file.
    pub(crate) fn says(&self, file: &str) -> Value {
        serde_json::from_str(&self.bench.read(file)).unwrap()
    }

    /// Change values of a plan file, and recompute every digest.
    pub(crate) fn forge(&self, from: &str, to: &str, changes: &[(&str, Value)]) {
        let file = self.edited(from, changes).sealed().unwrap();
        self.bench.write(to, &file.text().unwrap());
    }

    /// Change values of a plan file, and keep its digest.
    pub(crate) fn edited(&self, from: &str, changes: &[(&str, Value)]) -> PlanFile {
        let mut file = self.says(from);
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = file.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
            match parent {
                Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
                other => drop(other.as_object_mut().unwrap().insert(key.to_owned(), value.clone())),
            }
        }
        serde_json::from_value(file).unwrap()
    }

    /// The policies of a plan file with a text replaced.
    pub(crate) fn policies_with(&self, file: &str, from: &str, to: &str) -> Value {
        let mut policies = self.says(file)["inputs"]["policies"].clone();
        let mut found = false;
        for policy in policies.as_array_mut().unwrap() {
            let text = policy["text"].as_str().unwrap().to_owned();
            found |= text.contains(from);
            policy["text"] = text.replace(from, to).into();
        }
        assert!(found, "{from}");
        policies
    }
}

/// Run ssh-keygen in a folder.
pub(crate) fn keygen(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    let done = command.args(arguments).current_dir(folder).env_remove("SSH_AUTH_SOCK").output();
    let done = done.expect("ssh-keygen is installed (openssh-client)");
    assert!(done.status.success(), "{done:?}");
}
