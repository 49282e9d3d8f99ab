//! `runtime/PERMISSIONS.md`: the permissions as IAM policy documents, with placeholders for a person to fill in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_compiler::provider::aws::iam::grant::{GRANTS, On as Grants, owned_by};
use holdfast_compiler::resource::{Permission, Scope};
use serde_json::{Value, json};

use super::permissions::{Use, calls, of};

const BEGIN: &str = "\
# Permissions on AWS

This page is generated from the calls that each kind declares. To regenerate it, run
`HOLDFAST_BLESS=1 cargo test -p holdfast permissions::`.

Replace before use: `ACCOUNT` with the twelve digits of the account, `PREFIX` with the common prefix of the estate's bucket
names (if there is none, name each bucket), `DESTINATION` with the bucket that a restore writes to, `RESTORE-ROLE` with the name of the
role that restore jobs write with, `ZONE` with the id of a hosted zone (one line for each), `JOURNAL` with the bucket of a shared journal and `JOURNAL-PREFIX` with its prefix; without
a shared journal, leave those two statements out.
`SITE-ACCOUNT` and `SITE-ROLE` are the account and the role of a site that names some (a line for each); without one, leave that
statement out. In that account the role needs the statements about buckets, keys and vaults, and a trust policy that lets only those assume it
who apply. It can change bucket policies, lifecycle rules, vault policies and key policies: whoever can assume it can delete the copies, and
close the vaults and their keys.
In partitions other than `aws`, the ARNs begin with `arn:aws-cn:` or `arn:aws-us-gov:`. `sts:GetCallerIdentity` needs no
permission, so it is in no policy.
";

const BOUNDARY: &str = "\
## The permissions boundary of the roles that Holdfast creates

The boundary limits what a role for replication or backups can do, whatever policy somebody attaches to it. Create it once, by hand, with
the name `holdfast-boundary`, and set `HOLDFAST_ROLE_BOUNDARY=arn:aws:iam::ACCOUNT:policy/holdfast-boundary` where Holdfast
plans and applies: every role it creates gets this boundary. The policy of `apply` allows no role without it, so that the
credentials of the runner cannot grant a role more than that. Set it on existing roles by hand: `aws iam
put-role-permissions-boundary`. Holdfast does not adopt a role with a different boundary (`holdfast explain E0605`). If a
site uses a KMS key of another account, add that key's ARN to the statements about keys.
";

const EXISTING: &str = "\
Roles that a policy names under `existing` have other names: add the ARN of each one beside `role/holdfast-*`.
";

const JOB_ROLE: &str = "\
`restore --from backup --role ARN` passes this role to AWS Backup, which writes into `DESTINATION` with it. Make it before you need it, in the
account of the vault, with `AWSBackup` in its name and a trust policy for `backup.amazonaws.com` with the condition
`aws:SourceAccount`. Nothing else may pass it. It can write and delete in that bucket, so the bucket holds nothing but what is restored.
Source: AWS Managed Policy Reference, `AWSBackupServiceRolePolicyForS3Restore`, without what makes and configures buckets.
";

const CI: &str = "\
## Trust for GitHub Actions

The roles of `plan` and of `apply` are assumed with OIDC, without any stored key, each from one environment of one
repository. The form of `sub` depends on the repository: one that was created, renamed or transferred after 15 July 2026
sends ids beside the names. Use the form that yours sends, and never a wildcard, least of all around `@`: others can take
over a name, but not an id. (GitHub Docs, \"OpenID Connect reference\".)
";

const AFTER_CI: &str = "\
If the job has an environment, `sub` does not name the branch. So the environment needs a rule that only the protected
branch deploys to it. Its reviewers decide whether a job starts; they do not replace the approvals of a plan, which
`holdfast apply` checks itself.
";

/// The whole page.
#[must_use]
pub fn page() -> String {
    let mut out = BEGIN.to_owned();
    let mut section = |title: &str, text: &str, document: &Value| {
        let _ = write!(out, "\n## {title}\n\n{text}\n```json\n{document:#}\n```\n");
    };
    section("`plan`", "Reads the resources that the policies describe.\n", &policy(Use::Plan));
    section("`import`", "Reads every bucket, zone and health check of the account.\n", &policy(Use::Import));
    section("`apply`", EXISTING, &policy(Use::Apply));
    section(
        "`apply` that deletes buckets",
        "Only for a plan with `--allow destroy:ADDRESS`: the policy of `apply`, and `s3:DeleteBucket`. S3 deletes only empty buckets.\n",
        &policy(Use::Teardown),
    );
    section(
        "`restore`",
        "Reads versions of the estate's buckets, and writes into one bucket. It needs no permission of the others, and none to delete.\n\
         With a journal in a bucket, add the statements of `apply` about the journal, so that it is recorded there. Calls of AWS Backup are\n\
         only for `--from backup`.\n",
        &policy(Use::Restore),
    );
    section("The role of a restore job", JOB_ROLE, &restore_role());
    let _ = write!(out, "\n{BOUNDARY}\n```json\n{:#}\n```\n", boundary());
    let _ = write!(out, "\n{CI}");
    for (form, sub) in [
        ("Earlier repositories", "repo:OWNER/REPOSITORY:environment:ENVIRONMENT"),
        ("Later repositories", "repo:OWNER@OWNER-ID/REPOSITORY@REPOSITORY-ID:environment:ENVIRONMENT"),
    ] {
        let _ = write!(out, "\n{form}:\n\n```json\n{:#}\n```\n", trust(sub));
    }
    let _ = write!(out, "\n{AFTER_CI}\n{}", table());
    out
}

/// The policy of a use: one statement for all permissions on the same resources.
#[must_use]
pub fn policy(wanted: Use) -> Value {
    let mut grouped: BTreeMap<&str, (&Scope, Vec<&str>)> = BTreeMap::new();
    for Permission { action, on } in of(wanted) {
        grouped.entry(on.name).or_insert((on, Vec::new())).1.push(action);
    }
    let statements = grouped.into_values().map(|(on, mut actions)| {
        actions.sort_unstable();
        let resource = on.all.filter(|_| wanted == Use::Import).unwrap_or(on.resource);
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        if let (Some(condition), Some(statement)) = (on.condition, statement.as_object_mut()) {
            statement.insert("Condition".to_owned(), condition());
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

/// The permissions boundary: everything that the compiler can grant to a role, on all buckets of the estate.
#[must_use]
pub fn boundary() -> Value {
    let statements = GRANTS.iter().map(|grant| {
        let (resource, condition) = match grant.on {
            Grants::Buckets => ("arn:aws:s3:::PREFIX-*", owned_by("ACCOUNT")),
            Grants::Objects => ("arn:aws:s3:::PREFIX-*/*", owned_by("ACCOUNT")),
            Grants::ObjectsElsewhere => ("arn:aws:s3:::PREFIX-*/*", owned_by("SITE-ACCOUNT")),
            Grants::Reports => ("arn:aws:s3:::PREFIX-*/holdfast/backfill/*", owned_by("ACCOUNT")),
            Grants::Keys => (
                "arn:aws:kms:*:ACCOUNT:key/*",
                json!({
                    "StringLike": {
                        "kms:ViaService": "s3.*.amazonaws.com",
                        "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::PREFIX-*",
                    },
                }),
            ),
            Grants::DescribedKeys => (
                "arn:aws:kms:*:ACCOUNT:key/*",
                json!({
                    "StringLike": {"kms:ViaService": "s3.*.amazonaws.com"},
                }),
            ),
            Grants::GrantedKeys => (
                "arn:aws:kms:*:ACCOUNT:key/*",
                json!({
                    "Bool": {"kms:GrantIsForAWSResource": "true"},
                }),
            ),
            Grants::VaultKeys => ("arn:aws:kms:*:ACCOUNT:key/*", Value::Null),
            Grants::Any => ("*", Value::Null),
            Grants::EventRules => ("arn:aws:events:*:ACCOUNT:rule/AwsBackupManagedRule*", Value::Null),
            Grants::Vaults => ("arn:aws:backup:*:ACCOUNT:backup-vault:holdfast-*", Value::Null),
            Grants::RecoveryPoints => ("arn:aws:backup:*:ACCOUNT:recovery-point:*", Value::Null),
            Grants::Buses => ("arn:aws:events:*:ACCOUNT:event-bus/default", Value::Null),
        };
        let mut statement =
            json!({"Sid": grant.id, "Effect": "Allow", "Action": grant.actions, "Resource": resource});
        if let (false, Some(statement)) = (condition.is_null(), statement.as_object_mut()) {
            statement.insert("Condition".to_owned(), condition);
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

/// What AWS Backup needs to restore into an existing bucket.
fn restore_role() -> Value {
    let bucket = [
        "s3:GetBucketLocation",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketVersioning",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    ];
    let objects = [
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionAcl",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionAcl",
    ];
    let keys = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"];
    let through_s3 = json!({"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": bucket, "Resource": "arn:aws:s3:::DESTINATION"},
        {"Effect": "Allow", "Action": objects, "Resource": "arn:aws:s3:::DESTINATION/*"},
        {"Effect": "Allow", "Action": keys, "Resource": "arn:aws:kms:*:ACCOUNT:key/*", "Condition": through_s3},
    ]})
}

fn trust(sub: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {
                "Federated": "arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com",
            },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": sub,
            }},
        }],
    })
}

/// The table of all calls, with the permissions they need.
fn table() -> String {
    let mut out = "## Every call\n\n| call | permissions | made by |\n| --- | --- | --- |\n".to_owned();
    for listed in calls() {
        let mut takes: Vec<String> =
            listed.call.takes.iter().map(|one| format!("`{}`", one.action)).collect();
        // One that is needed on two things.
        takes.dedup();
        let takes = if takes.is_empty() { "none".to_owned() } else { takes.join(", ") };
        let by = match listed.by.first() {
            _ if listed.is_of_the_journal() => "a journal in a bucket",
            _ if listed.is_of_a_restore() => "`restore`",
            Some(Use::Plan) => "`plan`, `import`, `apply`",
            Some(Use::Import) => "`import`",
            Some(Use::Apply) => "`apply`",
            _ => "`apply` that deletes buckets",
        };
        let _ = writeln!(out, "| `{}` | {takes} | {by} |", listed.call.operation);
    }
    out
}
