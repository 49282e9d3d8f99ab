//! The next command.

use holdfast_compiler::plan::{Around, Consent, Extent, Given, Next, Plan, comment};

use crate::plans;

/// A service with a vault that is locked for good.
const LOCKED: &str = r#"
kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 }, ireland: { aws: eu-west-1 } }
defaults:
  assumptions:
    detection: { value: 5m, because: the monitoring pages after five minutes }
    backup-copy: { value: 2h, because: the longest copy in the last drill }
---
kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs:
    bucket: acme-docs
    backups:
      - { strategy: real-time, to: [oregon] }
      - { strategy: daily, at: "03:00", to: [ireland], keep: 35d, lock: compliance }
recovery: [{ step: read-the-copy, takes: 30m }]
"#;

fn saved(approvals: &[(usize, &[&str])]) -> Around {
    let given = approvals.iter().map(|(required, people)| Given {
        whose: "the plan".to_owned(),
        required: *required,
        people: people.iter().map(|name| (*name).to_owned()).collect(),
    });
    let (file, approvals) = (Some("a plan".to_owned()), given.collect());
    Around { name: "plan".to_owned(), file, approvals, ..Around::default() }
}

fn line(plan: &Plan, around: &Around, name: &str) -> String {
    let text = comment(plan, around, Extent::Comment);
    text.lines().find(|line| line.starts_with(&format!("- **{name}:**"))).unwrap().to_owned()
}

#[test]
fn saved_plan_is_approved_by_enough_people_and_then_applied() {
    let plan = plans::new();
    let none = saved(&[(2, &[])]);
    assert_eq!(Next::of(&plan, &none), Next::Approve(2));
    let ask = "ask 2 people other than the author, who have not approved it yet, to run `holdfast approve 'a plan'`";
    assert_eq!(line(&plan, &none, "Next"), format!("- **Next:** {ask}"));
    let one = saved(&[(2, &["bob"]), (1, &["bob"])]);
    assert_eq!(Next::of(&plan, &one), Next::Approve(1));
    assert!(line(&plan, &one, "Approvals").contains("1 of 2 for the plan: `bob`"));
    let enough = saved(&[(2, &["bob", "eve"])]);
    assert_eq!(line(&plan, &enough, "Next"), "- **Next:** `holdfast apply 'a plan'`");
}

#[test]
fn unsaved_plan_is_saved_first() {
    let around = Around { paths: vec!["my policies".to_owned()], ..Around::default() };
    let plan = plans::new();
    assert_eq!(line(&plan, &around, "Next"), "- **Next:** `holdfast plan 'my policies' --out change.plan`");
}

#[test]
fn missing_flags_come_before_approvals_and_keep_those_that_were_given() {
    let mut plan = plans::plan(&plans::services(3), &plans::services(1));
    let around = Around { paths: vec!["policies".to_owned()], ..saved(&[(1, &["bob"])]) };
    let next = line(&plan, &around, "Next");
    let flags =
        "`holdfast plan policies --allow=teardown:s1 --allow=teardown:s2 --allow=many --out 'a plan'`";
    assert!(next.ends_with(flags), "{next}");
    plan.consents.extend([Consent::Teardown("s1".to_owned()), Consent::Many]);
    let next = line(&plan, &around, "Next");
    assert!(next.ends_with(flags), "{next}");
    plan.consents.insert(Consent::Teardown("s2".to_owned()));
    assert_eq!(line(&plan, &around, "Next"), "- **Next:** `holdfast apply 'a plan'`");
}

#[test]
fn plan_without_changes_has_no_next_command() {
    let same = plans::services(1);
    let plan = plans::plan(&same, &same);
    assert_eq!(plan.pending().count(), 0);
    assert_eq!(Next::of(&plan, &saved(&[])), Next::Nothing);
    let text = comment(&plan, &saved(&[]), Extent::Comment);
    assert!(text.contains("**No changes.** All"), "{text}");
}

#[test]
fn lock_for_good_warns_with_and_without_its_flag() {
    let mut plan = plans::plan(&plans::services(0), LOCKED);
    let around = Around { paths: vec!["policies".to_owned()], ..saved(&[]) };
    let warning = |plan: &Plan| {
        let text = comment(plan, &around, Extent::Summary);
        text.lines().find(|line| line.contains("CANNOT BE UNDONE")).unwrap().to_owned()
    };
    assert!(warning(&plan).starts_with("> **Problem.**"), "{}", warning(&plan));
    assert!(warning(&plan).contains("an apply refuses it without a flag of its own"), "{}", warning(&plan));
    let flag = "--allow=lock:aws.backup-vault.ireland.compliance";
    assert!(line(&plan, &around, "Next").contains(flag), "{}", line(&plan, &around, "Next"));
    plan.consents.insert(flag.trim_start_matches("--allow=").parse().unwrap());
    assert!(warning(&plan).contains("it is allowed with"), "{}", warning(&plan));
    assert_eq!(line(&plan, &around, "Next"), "- **Next:** `holdfast apply 'a plan'`");
}
