//! Scheduled backups of a data set: a vault at each site, a backup plan, what it selects, and the role that reads the data.
//!
//! AWS Backup makes a backup in a vault of the data's own region, and copies it from there to the vaults at other sites (AWS
//! Backup Developer Guide, "Creating backup copies across AWS Regions"). If the policy does not ask for a backup at the primary
//! site, the one there has no lock.
//!
//! A vault is in the account of its site. One in an account for which the site names no role is not made here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::plan::{self, rule};
use super::{LONGEST_NAME, lock_word, others, selection, vault, vault_address, vault_arn};
use crate::document::{KmsKey, Lock, Name, Strategy, Weekday};
use crate::lower::context::{Context, ESTATE_TAG, SITE_TAG};
use crate::policy::{DataSet, Schedule, Site};
use crate::provider::aws::iam::{backup as iam_backup, role};
use crate::provider::aws::keys::{default_vault_key_arn, vault_key};
use crate::provider::aws::kms::{self, key};
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::provider::aws::s3::{self, bucket, events};
use crate::resource::{Address, Resource};
use crate::source::Span;

/// A vault at a site, and how it is locked.
#[derive(Clone, Copy)]
struct Place<'p> {
    site: &'p Site,
    lock: Option<Lock>,
    span: Span,
}

pub(in crate::provider::aws) fn lower(
    context: &Context<'_>,
    name: &Name,
    set: &DataSet,
    out: &mut Vec<Resource>,
) {
    if set.schedules.is_empty() {
        return;
    }
    let mut vaults: BTreeMap<Address, Place<'_>> = BTreeMap::new();
    for schedule in &set.schedules {
        for place in std::iter::once(home(context, set, schedule)).chain(copies(context, set, schedule)) {
            vaults.entry(place.address()).or_insert(place);
        }
    }
    let arns: Vec<_> = vaults.values().map(|place| (place.site, place.arn(context))).collect();
    let mut role = iam_backup::role(context, name, set, &arns);
    role.named.accounts = vaults.values().filter_map(|place| place.foreign_key(context)).collect();
    role.named.accounts.extend(s3::foreign_keys(context, set, std::iter::once(&set.primary)));
    let copied_to = vaults.values().filter_map(|place| place.site.own_account()).map(str::to_owned);
    role.named.copied_to = copied_to.collect();

    let parts = [context.policy.estate.as_str(), context.service.name.as_str(), name.as_str()];
    let generated = generated(&parts, "", LONGEST_NAME);
    let region = set.primary.site.region.as_str();
    let mut plan =
        Resource::new(context.address(plan::KIND, &[name.as_str()]), purpose(name, set), set.backups)
            .set(plan::NAME, generated.as_str())
            .set(plan::REGION, region)
            .set(plan::RULES, rules(context, set))
            .look(others::KIND, region, others::BUCKET, set.primary.name.as_str())
            .set(plan::TAGS, context.tags("data", name));
    plan.named.copied_to.clone_from(&role.named.copied_to);
    for address in vaults.keys() {
        plan = plan.after(address);
    }
    let source = context.address(bucket::KIND, &[name.as_str(), set.primary.site.name.as_str()]);
    // Without the events of the bucket, a continuous backup stops.
    let heard = set.schedules.iter().find(|schedule| schedule.continuous).map(|schedule| {
        let purpose = format!("tells AWS Backup what changes in data `{name}`");
        Resource::new(context.address(events::KIND, &[name.as_str()]), purpose, schedule.span)
            .set(events::BUCKET, set.primary.name.as_str())
            .set(events::REGION, region)
            .set(events::EVENT_BRIDGE, true)
            .after(&source)
    });
    if let Some(heard) = &heard {
        plan = plan.after(&heard.address);
    }
    let purpose = format!("what is backed up of data `{name}`");
    let selection = Resource::new(context.address(selection::KIND, &[name.as_str()]), purpose, set.backups)
        .set(selection::NAME, generated.as_str())
        .set(selection::REGION, region)
        .refer(selection::PLAN, &plan.address, plan::ID)
        .refer(selection::ROLE, &role.address, role::ARN)
        .set(selection::RESOURCES, json!([s3::arn(set.primary.name.as_str())]))
        .set(selection::MORE, Value::Null)
        .after(&source);
    for place in vaults.values() {
        kms::lower::lower(context, place.site, place.own_key(context), out);
    }
    out.extend(vaults.values().map(|place| place.vault(context)));
    out.extend(heard.into_iter().chain([role, plan, selection]));
}

/// The vault in the data's own region.
fn home<'p>(context: &Context<'_>, set: &'p DataSet, schedule: &'p Schedule) -> Place<'p> {
    let site = &set.primary.site;
    let own = Some(site).filter(|site| is_made(context, site));
    let lock = own.and_then(|site| schedule.lock_at(site));
    let asked = schedule.to.iter().find(|(to, _)| to.name == site.name);
    Place { site, lock, span: asked.map_or(schedule.span, |(_, span)| *span) }
}

/// The vaults at other sites that Holdfast makes.
fn copies<'p>(
    context: &'p Context<'_>,
    set: &'p DataSet,
    schedule: &'p Schedule,
) -> impl Iterator<Item = Place<'p>> {
    let away = |site: &Site| site.name != set.primary.site.name && is_made(context, site);
    let away = schedule.to.iter().filter(move |(site, _)| away(site));
    away.map(|(site, span)| Place { site, lock: schedule.lock, span: *span })
}

/// Whether Holdfast makes the vault at a site.
fn is_made(context: &Context<'_>, site: &Site) -> bool {
    site.has_made_vault(Some(context.target.account(AWS)))
}

impl Place<'_> {
    fn address(&self) -> Address {
        vault_address(&self.site.name, self.lock)
    }

    /// Its key. The one that the policy names for a vault that somebody else makes is not that of the vault here.
    fn key(&self, context: &Context<'_>) -> Option<&str> {
        vault_key(self.site).filter(|_| is_made(context, self.site))
    }

    /// The same as the policy names it.
    fn own_key(&self, context: &Context<'_>) -> Option<&KmsKey> {
        self.site.vault_key().filter(|_| is_made(context, self.site))
    }

    /// With another key, it is another vault: the key of a vault cannot change. In another account, it is another vault, too.
    fn name(&self, context: &Context<'_>) -> String {
        let parts = [context.policy.estate.as_str(), self.site.name.as_str()];
        let parts: Vec<&str> = parts.into_iter().chain(self.lock.map(lock_word)).collect();
        let more: Vec<&str> = self.key(context).into_iter().chain(self.site.own_account()).collect();
        generated(&parts, &more.join(" "), LONGEST_NAME)
    }

    fn arn(&self, context: &Context<'_>) -> String {
        vault_arn(self.site.region.as_str(), context.account(self.site), &self.name(context))
    }

    /// The account of its key, if it is not the vault's.
    fn foreign_key(&self, context: &Context<'_>) -> Option<String> {
        let account = kms::account(self.key(context)?)?;
        (account != context.account(self.site)).then(|| account.to_owned())
    }

    fn vault(&self, context: &Context<'_>) -> Resource {
        let purpose = format!("holds backups at `{}`", self.site.name);
        let tags = json!({
            ESTATE_TAG: context.policy.estate.as_str(),
            SITE_TAG: self.site.name.as_str(),
        });
        let estate = context.target.account(AWS);
        let writers = self.site.own_account().map(|_| estate);
        let mut vault = Resource::new(self.address(), purpose, self.span)
            .set(vault::NAME, self.name(context))
            .set(vault::REGION, self.site.region.as_str())
            .set(vault::ACCESS_POLICY, vault::access_policy(writers))
            .set(vault::TAGS, tags);
        match (self.key(context), kms::lower::made_address(self.site, self.own_key(context))) {
            // AWS Backup takes no alias, and a key that Holdfast makes has no other name before it exists.
            (Some(_), Some(made)) => {
                vault = vault.refer(vault::KMS_KEY, &made, kms::made::ARN);
            }
            (Some(key), None) => {
                let region = self.site.region.as_str();
                vault = vault.set(vault::KMS_KEY, key).look(key::KIND, region, key::ARN, key);
            }
            // AWS Backup shows which key a vault has, and not whether it is the default one.
            (None, _) => {
                let default = default_vault_key_arn(context, self.site);
                vault = vault.look(key::KIND, self.site.region.as_str(), key::ARN, default);
            }
        }
        if let Some(lock) = self.lock {
            vault = vault.set(vault::LOCK, lock_word(lock));
        }
        vault.named.account = self.site.own_account().map(str::to_owned);
        vault.named.accounts = self.foreign_key(context).into_iter().collect();
        vault.named.accounts.extend(writers.map(str::to_owned));
        vault
    }
}

fn purpose(name: &Name, set: &DataSet) -> String {
    let mut every: Vec<&str> = set.schedules.iter().map(|schedule| word(schedule.strategy)).collect();
    every.dedup();
    format!("{} backups of data `{name}`", every.join(" and "))
}

fn word(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Weekly => "weekly",
        Strategy::Daily | Strategy::RealTime => "daily",
    }
}

/// The rules of a plan, in the order of the policy. Every field for which AWS Backup has a default is set, so that the response
/// equals the request.
fn rules(context: &Context<'_>, set: &DataSet) -> Value {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for schedule in &set.schedules {
        let base = rule_name(schedule);
        let numbered = (2..).map(|nth| format!("{base}-{nth}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(|name| !names.contains(name));
        let name = name.unwrap_or(base);
        names.insert(name.clone());
        let copies = copies(context, set, schedule);
        let copies = copies
            .map(|place| json!({rule::COPY_VAULT: place.arn(context), rule::DAYS: schedule.keep.as_days()}));
        let mut one = json!({
            rule::NAME: name,
            rule::VAULT: home(context, set, schedule).name(context),
            rule::SCHEDULE: cron(schedule),
            rule::ZONE: if schedule.zone == "UTC" { plan::UTC } else { &schedule.zone },
            rule::START: schedule.start.as_minutes(),
            rule::COMPLETE: schedule.complete.as_minutes(),
            rule::DAYS: schedule.keep.as_days(),
            rule::COPIES: copies.collect::<Vec<_>>(),
        });
        if let (true, Value::Object(one)) = (schedule.continuous, &mut one) {
            one.insert(rule::CONTINUOUS.to_owned(), true.into());
        }
        all.push(one);
    }
    Value::Array(all)
}

/// `daily-0300` or `weekly-sunday-0300`.
fn rule_name(schedule: &Schedule) -> String {
    let day = schedule.on.filter(|_| schedule.strategy == Strategy::Weekly).map(|day| day_of(day).0);
    let at = schedule.at.as_str().replace(':', "");
    let parts = [Some(word(schedule.strategy)), day, Some(at.as_str())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

/// `cron(MINUTE HOUR ? * DAY *)` (Amazon EventBridge User Guide, "Cron expressions reference": exactly one of the two fields for
/// days is `?`).
pub(in crate::provider::aws) fn cron(schedule: &Schedule) -> String {
    let (hour, minute) = schedule.at.as_str().split_once(':').unwrap_or(("0", "0"));
    let number = |text: &str| text.parse::<u8>().unwrap_or_default();
    let (hour, minute) = (number(hour), number(minute));
    match schedule.on.filter(|_| schedule.strategy == Strategy::Weekly) {
        Some(day) => format!("cron({minute} {hour} ? * {} *)", day_of(day).1),
        None => format!("cron({minute} {hour} * * ? *)"),
    }
}

/// The name of a day, and its name in cron expressions.
fn day_of(day: Weekday) -> (&'static str, &'static str) {
    match day {
        Weekday::Monday => ("monday", "MON"),
        Weekday::Tuesday => ("tuesday", "TUE"),
        Weekday::Wednesday => ("wednesday", "WED"),
        Weekday::Thursday => ("thursday", "THU"),
        Weekday::Friday => ("friday", "FRI"),
        Weekday::Saturday => ("saturday", "SAT"),
        Weekday::Sunday => ("sunday", "SUN"),
    }
}
