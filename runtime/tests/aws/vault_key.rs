//! A vault that somebody made with a key of theirs, where the policy names none.

use crate::support::{Bench, Standin};

const POLICY: &str = r#"
kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, ireland: { aws: eu-west-1 } }
---
kind: service
name: files
primary: virginia
data:
  docs:
    bucket: acme-vault-key
    size: { value: 1GiB, because: the test is small }
    backups: [{ strategy: daily, at: "03:00", keep: 35d, to: [ireland] }]
assumptions:
  backup-copy: { value: 1h, because: the test is about keys }
  detection: { value: 5m, because: the same }
  restore-throughput: { value: 1MiB/s, because: the same }
objectives: { rto: 24h, rpo: 48h }
recovery: [{ step: restore, does: restore data.docs }]
"#;

/// AWS Backup shows the ARN of a vault's key and not whose it is: it is compared with what the alias of the default key stands for.
#[test]
fn key_of_a_vault_that_no_policy_names_must_be_the_default_one() {
    let standin = Standin::start();
    standin.reset();
    let aws = |service: &str, operation: &str, more: &[&str]| {
        standin.aws_args(&[&[service, operation, "--region", "eu-west-1"], more].concat())
    };
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    let vaults = aws("backup", "list-backup-vaults", &[]);
    let vault = vaults["BackupVaultList"][0]["BackupVaultName"].as_str().unwrap().to_owned();
    let key = aws("kms", "create-key", &[])["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    aws("backup", "delete-backup-vault", &["--backup-vault-name", &vault]);
    aws("backup", "create-backup-vault", &["--backup-vault-name", &vault, "--encryption-key-arn", &key]);

    let refused = bench.run("plan policies").expect(3).stderr;
    let refused = refused.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    let why = format!(
        "it is encrypted with the key `{key}`, and the policy asks for the account's own for AWS Backup"
    );
    assert!(refused.contains(&why), "{refused}");
    let status = bench.run("status policies").expect(3).stdout;
    let status = status.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        status.contains("No plan can be made: E0606: aws.backup-vault.ireland cannot be used"),
        "{status}"
    );
    assert!(status.contains("and perhaps more: no plan can be made."), "{status}");

    aws("kms", "create-alias", &["--alias-name", "alias/aws/backup", "--target-key-id", &key]);
    let plan = bench.run("plan policies").stdout;
    assert!(plan.contains("aws.backup-vault.ireland"), "{plan}");
    assert!(!plan.contains("cannot be used"), "{plan}");
}
