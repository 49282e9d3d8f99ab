//! What Holdfast asks AWS for: every request says whose bucket it expects, and takes no permission that is not listed.

mod least;
mod removed;
mod requests;
mod restore;
mod shapes;
mod user;

use crate::support::{Bench, Standin, root};
use holdfast::provider::aws::permissions_page::page;

const ACCOUNT: &str = "000000000001";

#[test]
fn permissions_page_is_current() {
    let path = root().join("runtime/PERMISSIONS.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page(), "HOLDFAST_BLESS=1 writes it anew");
}

/// One of our own roles, on which somebody puts rights.
#[test]
fn foreign_rights_on_a_role_are_reported_and_block_its_changes() {
    let standin = Standin::start();
    let bench = Bench::shipped(&standin);
    bench.run("apply policies --yes").expect(0);
    let roles = standin.aws("iam list-roles")["Roles"].clone();
    let names = roles.as_array().unwrap().iter().filter_map(|role| role["RoleName"].as_str());
    let role = {
        let mut names = names;
        names.find(|name| name.contains("ledger"))
    }
    .unwrap()
    .to_owned();
    let everything =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    standin.aws_args(&[
        "iam",
        "put-role-policy",
        "--role-name",
        &role,
        "--policy-name",
        "everything",
        "--policy-document",
        everything,
    ]);
    standin.aws(&format!(
        "iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
    ));
    // Nothing is to be done, and the plan says it.
    let plan = bench.run("plan policies").expect(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        plan.contains(&format!("the role `{role}` has rights that Holdfast neither granted nor checks")),
        "{plan}"
    );
    assert!(
        plan.contains("inline policy `everything`, attached policy `arn:aws:iam::aws:policy/Admin"),
        "{plan}"
    );
    // Something is to be done with the role, so it has to be cleared first.
    standin.aws(&format!("iam untag-role --role-name {role} --tag-keys holdfast:data"));
    let refused = bench.run("plan policies").expect(3);
    assert!(
        refused.stderr.starts_with("E0605\n") && refused.stderr.contains("everything"),
        "{}",
        refused.stderr
    );
}
