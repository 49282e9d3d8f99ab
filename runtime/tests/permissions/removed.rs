//! Nothing in the documents of the permissions page is too much: without any one permission a command fails, and says
//! which operation was refused.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use holdfast::provider::aws::permissions::{Listed, Use, calls, of};
use holdfast::provider::aws::permissions_page::policy;
use holdfast_compiler::provider::aws::PROVIDER;
use holdfast_compiler::resource::{KindSchema, Lifecycle, Made, Permission};
use serde_json::{Value, json};

use crate::permissions::requests::{
    ALARMS, drift, drift_of_alarms, drift_of_lock, remove_services, with_lock, with_replica,
};
use crate::permissions::user::User;
use crate::support::Standin;
use crate::support::side_by_side::side_by_side;

/// What cannot be tried, because the stand-in does not ask for the permission, or because the call follows only a lost
/// answer (`permissions_are_sufficient_when_the_answer_of_every_write_is_lost`) or an endpoint that is not Amazon's.
const UNTRIED: [(Scene, &str); 35] = [
    // The stand-in asks for no permission of CloudWatch.
    (Scene::Planned, "cloudwatch:DescribeAlarms"),
    (Scene::Planned, "cloudwatch:ListTagsForResource"),
    (Scene::Created, "cloudwatch:PutMetricAlarm"),
    (Scene::Created, "cloudwatch:TagResource"),
    (Scene::Changed, "cloudwatch:PutMetricAlarm"),
    (Scene::Changed, "cloudwatch:TagResource"),
    (Scene::Removed, "cloudwatch:DeleteAlarms"),
    // Nor for tags that come with a topic or a rule.
    (Scene::Created, "events:TagResource"),
    (Scene::Created, "sns:TagResource"),
    // Nobody has confirmed the subscription, so that SNS forgets it by itself.
    (Scene::Removed, "sns:Unsubscribe"),
    // For sites in other accounts.
    (Scene::Planned, "sts:AssumeRole"),
    // Only a status looks at backups and at figures, and without the permission it says that it cannot.
    (Scene::Planned, "backup:ListRecoveryPointsByBackupVault"),
    (Scene::Planned, "backup:ListBackupJobs"),
    (Scene::Planned, "backup:ListCopyJobs"),
    (Scene::Planned, "cloudwatch:GetMetricData"),
    // For a job, which is begun where copies lack objects, for one that waits, and for one that failed.
    (Scene::Planned, "s3:DescribeJob"),
    (Scene::Created, "s3:CreateJob"),
    (Scene::Created, "s3:UpdateJobStatus"),
    // The stand-in asks neither for tags that come with a creation nor for ownership that comes with it.
    (Scene::Created, "iam:TagRole"),
    (Scene::Created, "s3:TagResource"),
    (Scene::Created, "s3:PutBucketOwnershipControls"),
    // The stand-in never asks who may hand over a role.
    (Scene::Created, "iam:PassRole"),
    (Scene::Changed, "iam:PassRole"),
    // For endpoints that are not Amazon's.
    (Scene::Planned, "s3:GetBucketLocation"),
    (Scene::Planned, "route53:ListTagsForResource"),
    // The same for tags of vaults and plans, and for what AWS Backup does with the key of a new vault.
    (Scene::Created, "backup:TagResource"),
    (Scene::Created, "backup-storage:MountCapsule"),
    (Scene::Created, "kms:CreateGrant"),
    (Scene::Created, "kms:Decrypt"),
    (Scene::Created, "kms:DescribeKey"),
    (Scene::Created, "kms:GenerateDataKey"),
    (Scene::Created, "kms:RetireGrant"),
    // Of a key that only is looked at, an objective is unknown; of one that Holdfast makes, the command fails.
    (Scene::Planned, "kms:DescribeKey"),
    // The stand-in asks neither for tags that come with a key nor for the role of multi-Region keys.
    (Scene::Created, "iam:CreateServiceLinkedRole"),
    (Scene::Created, "kms:TagResource"),
];

/// A state of the account and a command that needs the permission there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scene {
    /// Everything is as the policies say; it is planned again.
    Planned,
    /// Everything is there, nothing of it in the journal; it is imported.
    Imported,
    /// Nothing is there; it is applied.
    Created,
    /// Somebody changed everything; it is applied again.
    Changed,
    /// The service is gone from the policies; its resources are deleted, but for the data.
    Removed,
    /// The same with the data.
    TornDown,
}

impl Scene {
    /// The scenes of a call.
    fn of(made: Made, stateful: bool) -> Option<Self> {
        match made {
            Made::Observe | Made::ReadJournal => Some(Self::Planned),
            Made::Survey => Some(Self::Imported),
            Made::Create | Made::CreateUnless(_) | Made::WriteJournal | Made::Change => Some(Self::Created),
            Made::Update(_) => Some(Self::Changed),
            Made::Delete if stateful => Some(Self::TornDown),
            Made::Delete => Some(Self::Removed),
            // `restore.rs` tries those of a restore.
            Made::Recover | Made::Restore => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Planned => "plan policies",
            Self::Imported => "import policies --yes",
            Self::Created | Self::Changed => "apply policies --yes --allow many",
            Self::Removed => "apply policies --yes --allow many --allow teardown:payments",
            Self::TornDown => {
                "apply policies --yes --allow many --allow teardown:payments \
                 --allow destroy:aws.bucket.payments.ledger.ireland --allow destroy:aws.backup-vault.virginia"
            }
        }
    }

    /// Bring the account into the state, for a permission. `before` is the user of the same scene with the permission before this one.
    fn set<'a>(self, standin: &'a Standin, before: Option<User<'a>>, action: &str) -> User<'a> {
        // Alarms take time, and are needed once where the account stays as it is.
        let alarms = matches!(self, Self::Planned | Self::Imported) || is_of_alarms(action);
        let locked = is_of_locks(action);
        let before = before.filter(|_| !locked);
        let (anew, only_payments) =
            (|standin| anew(standin, alarms, locked), |user: &User<'_>| only_payments(user, alarms, locked));
        let apply = "apply policies --yes --allow many";
        let journal = "--journal s3://team-journal/acme";
        match (self, before) {
            // A refused command changed nothing.
            (Self::Planned | Self::Imported, Some(user)) => user,
            (Self::Created, _) => anew(standin),
            (Self::Imported, None) => {
                let user = anew(standin);
                user.bench.run(apply).expect(0);
                user
            }
            (Self::Planned | Self::Changed | Self::Removed | Self::TornDown, before) => {
                let user = before.unwrap_or_else(|| anew(standin));
                only_payments(&user);
                user.bench.run(&format!("{apply} {journal}")).expect(0);
                match self {
                    Self::Changed => {
                        // While versioning is on.
                        if locked {
                            drift_of_lock(standin);
                        }
                        drift(standin, "acme-payments-ledger", "us-east-1");
                        if alarms {
                            drift_of_alarms(standin);
                        }
                    }
                    Self::Removed | Self::TornDown => {
                        remove_services(&user.bench);
                        // Nobody is told any more, because the contacts go too.
                        let estate = user.bench.read("policies/estate.yaml").replace(ALARMS, "");
                        user.bench.write("policies/estate.yaml", &estate);
                    }
                    _ => {}
                }
                user
            }
        }
    }
}

fn anew(standin: &Standin, alarms: bool, locked: bool) -> User<'_> {
    standin.reset();
    let user = User::new(standin);
    only_payments(&user, alarms, locked);
    user
}

/// Whether an action is for alarms and whom they tell.
fn is_of_alarms(action: &str) -> bool {
    let services = ["sns:", "events:", "cloudwatch:"];
    services.iter().any(|service| action.starts_with(service))
        || ["Notification", "Notifications"].iter().any(|end| action.ends_with(end))
}

/// Whether an action is for Object Lock. A locked bucket has no jobs, so it is locked for these permissions only.
fn is_of_locks(action: &str) -> bool {
    action.ends_with("BucketObjectLockConfiguration")
}

/// One service of the shipped policies has everything that a permission is for.
fn only_payments(user: &User<'_>, alarms: bool, locked: bool) {
    user.bench.shipped_policies();
    with_replica(&user.bench);
    if locked {
        with_lock(&user.bench);
    }
    let estate = user.bench.read("policies/estate.yaml");
    let told = if alarms { ALARMS } else { "" };
    let estate = estate.replace("\ndefaults:", &format!("\n{told}defaults:"));
    user.bench.write("policies/estate.yaml", &estate);
    let kept =
        ["policies/payments.yaml", "policies/continuity.yaml"].map(|name| (name, user.bench.read(name)));
    remove_services(&user.bench);
    for (name, text) in kept {
        let text = text.replace("lock: compliance", "lock: compliance\n        continuous: true");
        let bucket = "bucket: acme-payments-ledger";
        let filled = if locked { bucket.to_owned() } else { format!("{bucket}\n    backfill: managed") };
        user.bench.write(name, &text.replace(bucket, &filled));
    }
}

/// Whether a call is one for kinds that are only looked at.
fn is_evidence(operation: &str) -> bool {
    let calls = |kind: &&&KindSchema| kind.calls.iter().any(|call| call.operation == operation);
    let mut kinds = PROVIDER.kinds.iter().filter(calls).peekable();
    kinds.peek().is_some() && kinds.all(|kind| kind.lifecycle == Lifecycle::Evidence)
}

/// The calls that take a permission.
fn takers<'a>(all: &'a [Listed], action: &'a str) -> impl Iterator<Item = &'a Listed> {
    all.iter().filter(move |listed| listed.call.takes.iter().any(|taken| taken.action == action))
}

/// The document of a use without one permission.
fn without(by: Use, removed: &str) -> Value {
    let mut document = policy(by);
    let statements = document["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        statement["Action"].as_array_mut().unwrap().retain(|action| action != removed);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    document
}

/// What is wrong after each permission is removed in turn in a scene.
fn tried(all: &[Listed], scene: Scene, permissions: &BTreeSet<(Use, &str)>) -> Vec<String> {
    let standin = Standin::guarded();
    let mut faults: Vec<String> = Vec::new();
    let mut user = None;
    for &(by, action) in permissions {
        if UNTRIED.contains(&(scene, action)) {
            continue;
        }
        let now = scene.set(&standin, user, action);
        // What is only looked at makes an objective unknown.
        let looks = takers(all, action).all(|listed| is_evidence(listed.call.operation));
        let ran = now.run(&without(by, action), scene.words());
        let text = format!("{}{}", ran.stdout, ran.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        let ends = ran.code == i32::from(!looks) && (!looks || text.contains("unknown"));
        // The stand-in's own code where it follows the service, and the HTTP status where it does not.
        let refused = takers(all, action).any(|listed| {
            let operation = listed.call.operation;
            ["AccessDenied", "AuthorizationError", "HTTP403"]
                .iter()
                .any(|code| text.contains(&format!("{operation}: {code}")))
        });
        if !ends || !refused {
            let end = &text[text.len().saturating_sub(300)..];
            faults.push(format!("{scene:?} without {action}: {} … {end}", ran.code));
        }
        user = Some(now).filter(|_| !is_of_locks(action));
    }
    faults
}

#[test]
fn removing_any_permission_fails_a_command_with_the_operation() {
    let all = calls();
    // Each is removed from the least use that has it.
    let mut seen = BTreeSet::new();
    let mut removed: BTreeMap<Scene, BTreeSet<(Use, &str)>> = BTreeMap::new();
    for by in [Use::Plan, Use::Import, Use::Apply, Use::Teardown] {
        let new: Vec<Permission> = of(by).into_iter().filter(|one| seen.insert(one.action)).collect();
        for Permission { action, .. } in new {
            for listed in takers(&all, action) {
                let stateful = listed.by.contains(&Use::Teardown);
                for scene in listed.call.made.iter().filter_map(|made| Scene::of(*made, stateful)) {
                    removed.entry(scene).or_default().insert((by, action));
                }
            }
        }
    }
    assert_eq!(removed.len(), 6, "every scene has permissions: {removed:?}");
    for untried in UNTRIED {
        let known = |scenes: &BTreeSet<(Use, &str)>| scenes.iter().any(|(_, action)| *action == untried.1);
        assert!(removed.get(&untried.0).is_some_and(known), "{untried:?} is tried nowhere anyway");
    }
    let mut scenes: Vec<_> = removed.into_iter().collect();
    // The longest ones first.
    scenes.sort_by_key(|(scene, permissions)| (Reverse(permissions.len()), *scene));
    let faults = side_by_side(&scenes, |(scene, permissions)| tried(&all, *scene, permissions));
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
