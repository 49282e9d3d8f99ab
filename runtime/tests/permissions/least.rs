//! The documents of the permissions page are enough for their commands.

use holdfast::provider::aws::permissions::Use;
use holdfast::provider::aws::permissions_page::policy;

use crate::permissions::ACCOUNT;
use crate::permissions::user::User;
use crate::support::Standin;
use crate::support::weather::{Fault, Weather};

#[test]
fn documented_permissions_are_sufficient() {
    let standin = Standin::guarded();
    let user = User::new(&standin);
    let run = |by: Use, words: &str| user.run(&policy(by), words);
    run(Use::Plan, "plan policies").expect(0);
    let refused = run(Use::Plan, "apply policies --yes").expect(1);
    assert!(format!("{refused:?}").contains("AccessDenied"), "{refused:?}");
    let buckets = standin.aws("s3api list-buckets")["Buckets"].clone();
    assert_eq!(buckets.as_array().unwrap().len(), 1, "only the journal's: {buckets}");
    run(Use::Apply, "apply policies --yes").expect(0);
    run(Use::Plan, "plan policies --detailed-exitcode").expect(0);
    run(Use::Import, "import policies --yes").expect(0);
    let roles = standin.aws("iam list-roles")["Roles"].clone();
    let names = roles.as_array().unwrap().iter().filter_map(|role| role["RoleName"].as_str());
    let names: Vec<&str> = names.filter(|name| name.starts_with("holdfast-")).collect();
    // One for each data set, two for backups, and one for jobs that copy older objects.
    assert_eq!(names.len(), 8);
    for name in names {
        let role = standin.aws(&format!("iam get-role --role-name {name}"))["Role"].clone();
        let boundary = role["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str().unwrap_or_default();
        assert_eq!(boundary, format!("arn:aws:iam::{ACCOUNT}:policy/holdfast-boundary"), "{role}");
    }
}

/// What is asked to find out what became of a call is in the documents too.
#[test]
fn permissions_are_sufficient_when_the_answer_of_every_write_is_lost() {
    let standin = Standin::guarded();
    let user = User::new(&standin);
    let proxy = Weather::losing_writes(standin.url());
    let ran = user.run_at(&proxy.url(), &policy(Use::Apply), "apply policies --yes").expect(0);
    assert!(ran.stdout.contains("Applied: "), "{ran:?}");
    assert!(proxy.faults()[&Fault::Lose] > 50, "{:?}", proxy.faults());
    user.run(&policy(Use::Plan), "plan policies --detailed-exitcode").expect(0);
}
