//! Scheduled backups: what the backup plans of others do with a bucket. Nothing is approximated: what the language cannot say
//! exactly is a remark with the reason.
//!
//! Source: AWS Backup API Reference, `BackupSelection`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schedule::scheduled;
use crate::import::candidate::{Given, Scheduled, text};
use crate::import::survey::{LeftOut, Survey};
use crate::observation::Object;
use crate::provider::aws::backup::plan::{self, rule};
use crate::provider::aws::backup::{others, selection, vault, vault_arn, vault_of};
use crate::provider::aws::s3::{self, bucket};

/// What is known of the scheduled backups of a bucket.
#[derive(Debug, Default)]
pub(super) struct Backups {
    /// What can be said.
    pub(super) schedules: Vec<Scheduled>,
    /// What a person must know, in sentences.
    pub(super) remarks: Vec<String>,
}

/// How a plan selects a bucket.
enum Selected {
    /// By its ARN.
    ByName,
    /// By a wildcard that fits, whatever its tags.
    ByWildcard,
    /// By what is not evaluated: tags, conditions, or wildcards within an ARN.
    Perhaps,
}

/// The backups of a bucket, which is at a site. `out` gets what is left out.
pub(super) fn of(
    survey: &Survey,
    given: Given<'_>,
    found: &Object,
    site: &str,
    out: &mut Vec<LeftOut>,
) -> Backups {
    let (name, region) = (found.id.as_str(), text(found, bucket::REGION).unwrap_or_default());
    let (mut backups, mut sure) = (Backups::default(), Vec::new());
    let mut left_out = |plan: &Object, why: String, backups: &mut Backups| {
        backups.remarks.push(remark(plan, &why));
        out.push(LeftOut::new(format!("backups of {name} by the plan {}", called(plan)), why));
    };
    for (plan, how) in plans(survey, name, region) {
        match how {
            Selected::ByName => sure.push(plan),
            // They are left out once for all buckets.
            Selected::ByWildcard => {
                backups.remarks.push(remark(plan, &format!("it selects the bucket {WILDCARD}")))
            }
            Selected::Perhaps => {
                backups.remarks.push(remark(plan, &format!("it may select the bucket: {PERHAPS}")))
            }
        }
    }
    let plan = match sure.as_slice() {
        [] => return backups,
        [plan] => plan,
        several => {
            for plan in several {
                let why = "it is not the only plan that names the bucket, and a data set has one";
                left_out(plan, why.to_owned(), &mut backups);
            }
            return backups;
        }
    };
    for one in plan.attributes.get(plan::RULES).and_then(Value::as_array).into_iter().flatten() {
        match scheduled(one, given, site) {
            Ok(schedule) => {
                backups.schedules.push(schedule);
                backups.remarks.extend(locked(survey, one, region, given.account));
            }
            Err(why) => {
                let rule = one.get(rule::NAME).and_then(Value::as_str).unwrap_or("?");
                left_out(plan, format!("its rule `{rule}` {why}"), &mut backups);
            }
        }
    }
    if backups.schedules.iter().any(|schedule| schedule.continuous) {
        let one = "Of two continuous backups of a bucket AWS Backup makes only one.";
        backups.remarks.push(one.to_owned());
    }
    if !backups.schedules.is_empty() {
        let plan = called(plan);
        backups.remarks.push(format!(
            "These are the backups that `{plan}` of AWS Backup makes. Holdfast makes a plan, a role and vaults of its own for them, \
             and changes nothing of `{plan}`: until you take the bucket out of it, both make backups, and each is billed. What is in \
             the vaults of `{plan}` stays there."
        ));
    }
    backups
}

/// Why a wildcard is not written, and why a tag is not.
const WILDCARD: &str = "by a wildcard, and so others with it: a policy names each bucket";
/// See [`WILDCARD`].
const PERHAPS: &str = "`holdfast import` does not evaluate tags, conditions and wildcards";

fn called(plan: &Object) -> &str {
    text(plan, plan::NAME).unwrap_or_default()
}

fn remark(plan: &Object, why: &str) -> String {
    format!("Not written: `{}` of AWS Backup. {}.", called(plan), capital(why))
}

/// Leave out each plan that selects some of the buckets by more than their ARNs.
pub(super) fn unnamed<'a>(
    survey: &Survey,
    buckets: impl Iterator<Item = &'a Object>,
    out: &mut Vec<LeftOut>,
) {
    let (mut by_wildcard, mut perhaps) = (BTreeMap::<_, Vec<&str>>::new(), BTreeMap::<_, Vec<&str>>::new());
    for found in buckets {
        let region = text(found, bucket::REGION).unwrap_or_default();
        for (plan, how) in plans(survey, &found.id, region) {
            let of = match how {
                Selected::ByName => continue,
                Selected::ByWildcard => &mut by_wildcard,
                Selected::Perhaps => &mut perhaps,
            };
            of.entry((called(plan), plan.id.as_str())).or_default().push(&found.id);
        }
    }
    for ((plan, _), buckets) in by_wildcard {
        out.push(LeftOut::new(
            format!("backup plan {plan}"),
            format!("it selects {} {WILDCARD}", few(&buckets)),
        ));
    }
    for ((plan, _), buckets) in perhaps {
        out.push(LeftOut::new(
            format!("backup plan {plan}"),
            format!("it may select {}: {PERHAPS}", few(&buckets)),
        ));
    }
}

/// The first three names, and how many more there are.
fn few(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().copied().take(3).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more buckets", shown.join(", ")),
    }
}

/// Leave out the plans that name a bucket.
pub(super) fn leave_out(survey: &Survey, found: &Object, why: &str, out: &mut Vec<LeftOut>) {
    let region = text(found, bucket::REGION).unwrap_or_default();
    for (plan, how) in plans(survey, &found.id, region) {
        if matches!(how, Selected::ByName) {
            out.push(LeftOut::new(format!("backups of {} by the plan {}", found.id, called(plan)), why));
        }
    }
}

/// The plans that select a bucket, each once, in the order of their ids.
fn plans<'a>(survey: &'a Survey, bucket: &str, region: &str) -> Vec<(&'a Object, Selected)> {
    let arn = s3::arn(bucket);
    let mut all: BTreeMap<&str, (&Object, Selected)> = BTreeMap::new();
    for selection in survey.of(selection::KIND) {
        let id = text(selection, selection::PLAN).unwrap_or_default();
        let Some(plan) = survey.find(plan::KIND, id) else { continue };
        let (resources, except) = (list(selection, selection::RESOURCES), list(selection, selection::EXCEPT));
        let more =
            selection.attributes.get(selection::CONDITIONAL).or(selection.attributes.get(selection::MORE));
        let conditional = more.is_some_and(|more| !more.is_null() && *more != Value::Bool(false));
        let how = match others::selects(&arn, &resources, &except, conditional) {
            _ if text(plan, plan::REGION) != Some(region) => continue,
            None => continue,
            Some(true) if resources.contains(&arn) => Selected::ByName,
            Some(true) => Selected::ByWildcard,
            Some(false) => Selected::Perhaps,
        };
        let surer = |old: &Selected| !matches!(old, Selected::ByName) && !matches!(how, Selected::Perhaps);
        if all.get(id).is_none_or(|(_, old)| surer(old)) {
            all.insert(id, (plan, how));
        }
    }
    all.into_values().collect()
}

fn list(object: &Object, name: &str) -> Vec<String> {
    let all = object.attributes.get(name).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// What the locks of the vaults of a rule mean: the vaults that Holdfast makes have none unless the policy asks for it.
fn locked(survey: &Survey, one: &Value, region: &str, account: &str) -> Option<String> {
    let home = one.get(rule::VAULT).and_then(Value::as_str).map(|name| vault_arn(region, account, name));
    let copies = one.get(rule::COPIES).and_then(Value::as_array).into_iter().flatten();
    let copies = copies.filter_map(|copy| copy.get(rule::COPY_VAULT)?.as_str().map(str::to_owned));
    let arns: BTreeSet<String> = home.into_iter().chain(copies).collect();
    let locks = survey.of(vault::KIND).filter_map(|found| {
        let (name, region) = (text(found, vault::NAME)?, text(found, vault::REGION)?);
        let lock = text(found, vault::LOCK).filter(|_| arns.contains(&vault_arn(region, account, name)))?;
        Some(format!("`{name}` in {region} has a {lock} lock"))
    });
    let locks: Vec<String> = locks.collect();
    (!locks.is_empty()).then(|| {
        format!(
            "The lock is not written, because a lock of a new vault is a decision: the vault {}. Write `lock` if the backups of Holdfast \
             are to have one too.",
            locks.join(" and the vault ")
        )
    })
}

fn capital(clause: &str) -> String {
    let mut chars = clause.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// The regions of the vaults that backups of found buckets are copied to, in the estate's account.
pub(super) fn regions<'a>(survey: &'a Survey, account: &str) -> BTreeSet<&'a str> {
    let mut regions = BTreeSet::new();
    for found in survey.of(bucket::KIND) {
        let region = text(found, bucket::REGION).unwrap_or_default();
        let plans = plans(survey, &found.id, region).into_iter();
        let named = plans.filter(|(_, how)| matches!(how, Selected::ByName)).map(|(plan, _)| plan);
        let rules = named.filter_map(|plan| plan.attributes.get(plan::RULES)?.as_array()).flatten();
        let copies = rules.filter_map(|rule| rule.get(rule::COPIES)?.as_array()).flatten();
        let arns = copies.filter_map(|copy| copy.get(rule::COPY_VAULT)?.as_str());
        regions.extend(arns.filter_map(|arn| {
            let (region, name) = vault_of(arn)?;
            (vault_arn(region, account, name) == arn).then_some(region)
        }));
    }
    regions
}
