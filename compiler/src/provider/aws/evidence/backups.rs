//! Whether scheduled backups are set up so that they keep what the policy declares: a rule of the plan, what the plan selects, the
//! role that reads the data, and the vaults. It does not show that a backup was made.
//!
//! A rule need not be the declared one: one at another hour promises as much, and a change that waits to be applied breaks nothing
//! today.

use serde_json::Value;

use super::{key, versioned};
use crate::backups::BackupPlace;
use crate::document::{Lock, Name, Strategy};
use crate::objectives::facts::Data;
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::{DataSet, Schedule, Site};
use crate::provider::aws::backup::lower::cron;
use crate::provider::aws::backup::{self, plan, plan::rule, selection, vault, vault_address, vault_arn};
use crate::provider::aws::iam::grant::Foreign;
use crate::provider::aws::iam::{backup as iam_backup, role};
use crate::provider::aws::keys::vault_key;
use crate::provider::aws::s3::{self, bucket, events};
use crate::source::Span;
use crate::units::Date;

pub(super) fn backups(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) {
    let rules = view.find(plan::KIND, &[name.as_str()]).and_then(|plan| plan.attributes.get(plan::RULES));
    let rules: Vec<&Value> = rules.and_then(Value::as_array).into_iter().flatten().collect();
    let works = reads(view, name, data);
    for schedule in &mut data.schedules {
        let home = &data.primary.site;
        // In an account without a role for us is no lock of ours.
        let own = Some(home).filter(|home| view.is_made_vault(home));
        let own_lock = own.and_then(|home| schedule.lock_at(home));
        let start = find(view, home, own_lock);
        let start = start
            .filter(|vault| works && takes(view, (vault, home), schedule) && has_key(view, home, own_lock));
        let lock = schedule.lock;
        let fitting: Vec<&Value> = rules.iter().filter(|rule| promises(rule, schedule)).copied().collect();
        let arrives = |site: &Site| {
            let vault = find(view, site, lock);
            let vault =
                vault.filter(|vault| takes(view, (vault, site), schedule) && has_key(view, site, lock));
            let to = vault.zip(start).map(|(vault, start)| (vault, site.name == home.name, start));
            to.is_some_and(|(vault, here, start)| {
                fitting.iter().any(|rule| {
                    is_in(rule, start) && (here || is_copied(view, rule, (vault, site), schedule))
                })
            })
        };
        // A copy in an account without a role for us is what somebody says. It is made from the backup here.
        let is_made = |site: &Site| match view.is_made_vault(site) {
            true => arrives(site),
            false => start.is_some_and(|start| fitting.iter().any(|rule| is_in(rule, start))),
        };
        let kept: Vec<_> = schedule.to.iter().filter(|(site, _)| is_made(site)).cloned().collect();
        let own = kept.iter().filter(|(site, _)| view.is_made_vault(site));
        let vaults: Vec<&Object> = own.filter_map(|(site, _)| find(view, site, lock)).collect();
        // A date that cannot be read may be any date.
        let has_date = |vault: &Object| {
            let date = vault.attributes.get(vault::LOCK_DATE);
            date.is_none_or(|date| date.as_str().and_then(Date::parse).is_some())
        };
        let is_locked = |vault: &&Object| {
            let lock = vault.attributes.get(vault::LOCK);
            lock.is_some_and(|it| it == vault::COMPLIANCE) && has_date(vault)
        };
        if lock == Some(Lock::Compliance) && !vaults.iter().all(is_locked) {
            schedule.lock = None;
        }
        let date = |vault: &&Object| vault.attributes.get(vault::LOCK_DATE)?.as_str().and_then(Date::parse);
        // AWS Backup needs the events of the bucket (AWS Backup Developer Guide, "Amazon S3 backups").
        let is_continuous = |one: &&Value| {
            one.get(rule::CONTINUOUS) == Some(&Value::Bool(true))
                && start.is_some_and(|start| is_in(one, start))
                && one
                    .get(rule::DAYS)
                    .and_then(Value::as_u64)
                    .is_some_and(|days| days >= schedule.keep.as_days())
        };
        let events = view.find(events::KIND, &[name.as_str()]).is_some();
        schedule.continuous &= events && rules.iter().any(is_continuous);
        schedule.removable_until = vaults.iter().filter_map(date).max();
        schedule.to = kept;
    }
    data.schedules.retain(|schedule| !schedule.to.is_empty());
}

/// Whether AWS Backup can read the bucket: its plan selects it and nothing less, with a role that has the declared rights, and
/// the bucket has versioning (AWS Backup Developer Guide, "Amazon S3 backups").
fn reads(view: &View<'_, '_>, name: &Name, data: &Data<'_>) -> bool {
    let data_set = [name.as_str()];
    let bucket = Value::from(s3::arn(data.primary.name.as_str()));
    let selected =
        view.find(selection::KIND, &data_set).and_then(|one| one.attributes.get(selection::RESOURCES));
    versioned(view, name, data.primary)
        && selected.and_then(Value::as_array).is_some_and(|all| all.contains(&bucket))
        && view.is_as_declared(
            selection::KIND,
            &data_set,
            &[selection::PLAN, selection::ROLE, selection::MORE],
        )
        && view.is_as_declared(role::KIND, &iam_backup::below(name), &[role::TRUST, role::POLICY])
}

fn find<'a>(view: &View<'a, '_>, site: &Site, lock: Option<Lock>) -> Option<&'a Object> {
    (view.live.find)(&vault_address(&site.name, lock))
}

/// Whether the vault at a site has the declared key, and it can be used. What cannot be seen may be, and [`undecided`] says so.
fn has_key(view: &View<'_, '_>, site: &Site, lock: Option<Lock>) -> bool {
    !matches!(key_fault(view, site, lock), Some(Ok(_)))
}

/// Why the vault at a site has another key than the declared one, or one that cannot be used; an error if that cannot be seen.
fn key_fault<'a>(view: &View<'a, '_>, site: &Site, lock: Option<Lock>) -> Option<Result<String, &'a str>> {
    if !view.is_made_vault(site) {
        return None;
    }
    let address = vault_address(&site.name, lock);
    match site.vault_key().filter(|_| vault_key(site).is_some()) {
        Some(key) => key::fault(view, &address, key, site)
            .map(|fault| fault.map(|why| format!("the key `{key}` {why}"))),
        None => key::not_the_default(view, &address),
    }
}

/// The vaults that Holdfast makes for a data set, with their locks: where its backups begin, and where they are kept.
pub(super) fn vaults<'s>(view: &View<'_, '_>, set: &'s DataSet) -> Vec<(&'s Site, Option<Lock>, Span)> {
    let home = &set.primary.site;
    let of = |schedule: &'s Schedule| {
        let kept = schedule.to.iter().map(|(site, span)| (site, schedule.lock, *span));
        std::iter::once((home, schedule.lock_at(home), schedule.span)).chain(kept)
    };
    let all = set.schedules.iter().flat_map(of);
    all.filter(|(site, ..)| view.is_made_vault(site)).collect()
}

/// Whether the vault at a site takes the backups of a schedule: nobody has set other limits or another policy, which may deny it.
fn takes(view: &View<'_, '_>, (vault, site): (&Object, &Site), schedule: &Schedule) -> bool {
    let writers = site.own_account().and_then(|_| view.estate(site));
    let days = |name: &str| vault.attributes.get(name).and_then(Value::as_u64);
    let keep = schedule.keep.as_days();
    vault.attributes.get(vault::ACCESS_POLICY).is_some_and(|policy| *policy == vault::access_policy(writers))
        && days(vault::MIN_DAYS).is_none_or(|least| keep >= least)
        && days(vault::MAX_DAYS).is_none_or(|most| keep <= most)
}

/// Whether a rule promises what a schedule does: as often, in the same windows or shorter ones, and kept as long.
fn promises(one: &Value, schedule: &Schedule) -> bool {
    let number = |name: &str| one.get(name).and_then(Value::as_u64);
    let often = one.get(rule::SCHEDULE).and_then(Value::as_str).and_then(how_often);
    let often = often.is_some_and(|often| often == schedule.strategy || often == Strategy::Daily);
    often
        && number(rule::START).is_some_and(|minutes| minutes <= schedule.start.as_minutes())
        && number(rule::COMPLETE).is_some_and(|minutes| minutes <= schedule.complete.as_minutes())
        && number(rule::DAYS).is_some_and(|days| days >= schedule.keep.as_days())
}

/// How often a cron expression is due, if it is one that Holdfast writes: `cron(M H * * ? *)` or `cron(M H ? * DAY *)`.
fn how_often(cron: &str) -> Option<Strategy> {
    let fields: Vec<&str> = cron.strip_prefix("cron(")?.strip_suffix(')')?.split(' ').collect();
    let [minute, hour, day, "*", weekday, "*"] = fields.as_slice() else { return None };
    let is_number = |text: &str| text.parse::<u8>().is_ok();
    let is_day = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match (*day, *weekday) {
        _ if !is_number(minute) || !is_number(hour) => None,
        ("*", "?") => Some(Strategy::Daily),
        ("?", day) if is_day(day) => Some(Strategy::Weekly),
        _ => None,
    }
}

/// Whether a rule makes its backups in a vault of the plan's region.
fn is_in(one: &Value, vault: &Object) -> bool {
    one.get(rule::VAULT) == vault.attributes.get(vault::NAME)
}

/// Whether a rule copies its backups to the vault at a site, for as long as the schedule says.
fn is_copied(view: &View<'_, '_>, one: &Value, (vault, site): (&Object, &Site), schedule: &Schedule) -> bool {
    let text = |name: &str| vault.attributes.get(name).and_then(Value::as_str);
    let account = site.own_account().or_else(|| view.estate(site));
    let arn = account.zip(text(vault::REGION)).zip(text(vault::NAME));
    let arn = arn.map(|((account, region), name)| vault_arn(region, account, name));
    let is_here = |copy: &Value| {
        let to = copy.get(rule::COPY_VAULT).and_then(Value::as_str);
        to.is_some()
            && to == arn.as_deref()
            && copy
                .get(rule::DAYS)
                .and_then(Value::as_u64)
                .is_some_and(|days| days >= schedule.keep.as_days())
    };
    one.get(rule::COPIES).and_then(Value::as_array).is_some_and(|copies| copies.iter().any(is_here))
}

/// Why the plan, what it selects, its role, the bucket or one of the vaults could not be seen.
pub(super) fn unseen(
    view: &View<'_, '_>,
    name: &Name,
    data: &Data<'_>,
    schedule: &Schedule,
    site: &Site,
) -> Option<String> {
    let home = &data.primary.site;
    let names = [name.as_str()];
    let needed = [
        view.address(bucket::KIND, &[name.as_str(), home.name.as_str()]),
        view.address(plan::KIND, &names),
        view.address(selection::KIND, &names),
        view.address(role::KIND, &iam_backup::below(name)),
        vault_address(&home.name, schedule.lock_at(home)),
        vault_address(&site.name, schedule.lock),
    ];
    needed.iter().find_map(|address| {
        let identity = (view.live.declared)(address)?.identity();
        let why = (view.live.unseen)(address.kind(), &identity)?;
        Some(format!("{address}: {why}"))
    })
}

/// Why it is unknown whether the role of the backups has its rights, or whether a vault has its key.
pub(super) fn undecided(view: &View<'_, '_>, name: &Name, set: &DataSet) -> Option<String> {
    let below = iam_backup::below(name);
    let role = view.find(role::KIND, &below).and_then(|role| Foreign::of(&role.attributes));
    let role = role.map(|foreign| {
        let (address, foreign) = (view.address(role::KIND, &below), foreign.in_words());
        format!("{address} has {foreign}, which may forbid the backups of `{name}`")
    });
    role.or_else(|| {
        vaults(view, set).into_iter().find_map(|(site, lock, _)| {
            let why = key_fault(view, site, lock)?.err()?;
            Some(format!("the key of {} cannot be seen: {why}", vault_address(&site.name, lock)))
        })
    })
}

pub(super) fn place(
    view: &View<'_, '_>,
    data: &Data<'_>,
    schedule: &Schedule,
    site: &Site,
) -> Option<BackupPlace> {
    let declared = |site: &Site| (view.live.declared)(&vault_address(&site.name, schedule.lock));
    let vault = Some(site).filter(|site| view.is_made_vault(site)).and_then(declared)?.identity();
    let (name, region) = (vault.get(vault::NAME)?, vault.get(vault::REGION)?);
    let (bucket, source) = (s3::arn(data.primary.name.as_str()), data.primary.site.region.as_str());
    Some(backup::place((region, name), (&bucket, source), &cron(schedule), schedule.keep.as_days()))
}
