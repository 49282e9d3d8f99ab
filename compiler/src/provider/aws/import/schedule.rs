//! A rule of a backup plan as a schedule of the language, if the language can say it exactly.
//!
//! Sources: AWS Backup API Reference, `BackupRule`; Amazon EventBridge User Guide, "Cron expressions reference".

use serde_json::Value;

use crate::import::candidate::{Given, Scheduled};
use crate::provider::aws::backup::plan::{self, rule};
use crate::provider::aws::backup::{vault_arn, vault_of};

/// What AWS Backup takes without a start window and without a completion window, in minutes (AWS Backup API Reference,
/// `BackupRuleInput`: 8 hours; AWS Backup Developer Guide, "Backup plan options": 7 days).
const WINDOWS: [u64; 2] = [8 * 60, 7 * 24 * 60];

/// The days of a week in cron expressions: the name, the number, and the word of the language.
const DAYS: [(&str, &str, &str); 7] = [
    ("SUN", "1", "sunday"),
    ("MON", "2", "monday"),
    ("TUE", "3", "tuesday"),
    ("WED", "4", "wednesday"),
    ("THU", "5", "thursday"),
    ("FRI", "6", "friday"),
    ("SAT", "7", "saturday"),
];

/// A rule as a schedule of the language, or why it is none: a clause about the rule.
pub(super) fn scheduled(one: &Value, given: Given<'_>, home: &str) -> Result<Scheduled, String> {
    if let Some(other) = one.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| !said(key)) {
        return Err(format!("has a `{other}`, which a policy cannot say"));
    }
    let number = |name: &str| one.get(name).and_then(Value::as_u64);
    let word = |name: &str| one.get(name).and_then(Value::as_str);
    let (on, at) = when(word(rule::SCHEDULE).unwrap_or_default())?;
    let keep = number(rule::DAYS).ok_or("keeps backups for ever, and a policy says for how many days")?;
    let mut to = vec![home.to_owned()];
    for copy in one.get(rule::COPIES).and_then(Value::as_array).into_iter().flatten() {
        let arn = copy.get(rule::COPY_VAULT).and_then(Value::as_str).unwrap_or_default();
        let site = place(arn, given)?;
        if copy.as_object().into_iter().flatten().any(|(key, _)| key != rule::COPY_VAULT && key != rule::DAYS)
        {
            return Err(format!("moves the copy in `{arn}` to cold storage, which a policy cannot say"));
        }
        if copy.get(rule::DAYS).and_then(Value::as_u64) != Some(keep) {
            return Err(format!(
                "keeps the copy in `{arn}` for another time than the backup, and a policy says one time for both"
            ));
        }
        if to.contains(&site) {
            return Err(format!("copies into a second vault at `{site}`, and a site has one"));
        }
        to.push(site);
    }
    let [start, complete] = WINDOWS;
    let (start, complete) =
        (number(rule::START).unwrap_or(start), number(rule::COMPLETE).unwrap_or(complete));
    let between = if on.is_some() { 7 * 24 * 60 } else { 24 * 60 };
    if complete > between {
        return Err(format!(
            "lets a backup take {} hours, longer than the {} hours to the next one. Decide how long it may take \
             (`windows: {{ complete: … }}`), and write it by hand",
            complete / 60,
            between / 60
        ));
    }
    let zone = word(rule::ZONE).filter(|zone| *zone != plan::UTC && *zone != "UTC").map(str::to_owned);
    let continuous = one.get(rule::CONTINUOUS) == Some(&Value::Bool(true));
    Ok(Scheduled { on, at, zone, start, complete, keep, continuous, to })
}

/// Whether the language can say a key of a rule.
fn said(key: &str) -> bool {
    rule::ALL.contains(&key)
}

/// The site of the vault of a copy.
fn place(arn: &str, given: Given<'_>) -> Result<String, String> {
    let site = vault_of(arn).and_then(|(region, name)| {
        (vault_arn(region, given.account, name) == arn).then_some(())?;
        given.sites.get(region)
    });
    let site = site.filter(|site| !given.elsewhere.contains(*site)).cloned();
    site.ok_or_else(|| match vault_of(arn) {
        Some((region, name)) if vault_arn(region, given.account, name) == arn => {
            format!("copies to {region}, where the estate has no site in this account")
        }
        _ => format!("copies to `{arn}`, which is not a vault of this account"),
    })
}

/// The day, and the time of day. Only one of both fields for days can be `*`, and the other one is `?`.
fn when(schedule: &str) -> Result<(Option<&'static str>, String), String> {
    let neither = || match schedule {
        "" => "has no schedule".to_owned(),
        other => format!("is due by `{other}`, which is neither daily nor weekly at one time of day"),
    };
    let fields =
        schedule.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')')).ok_or_else(neither)?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let [minute, hour, day, "*", weekday, "*"] = fields.as_slice() else { return Err(neither()) };
    let number = |text: &str, below: u8| text.parse::<u8>().ok().filter(|number| *number < below);
    let (hour, minute) = number(hour, 24).zip(number(minute, 60)).ok_or_else(neither)?;
    let at = format!("{hour:02}:{minute:02}");
    match (*day, *weekday) {
        ("*", "?") | ("?", "*") => Ok((None, at)),
        ("?", weekday) => {
            let same = |(name, number, _): &&(&str, &str, &str)| {
                weekday.eq_ignore_ascii_case(name) || weekday == *number
            };
            DAYS.iter().find(same).map(|(_, _, word)| (Some(*word), at)).ok_or_else(neither)
        }
        _ => Err(neither()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_time_of_a_day_or_of_a_week_is_a_schedule() {
        for (cron, on, at) in [
            ("cron(0 5 * * ? *)", None, "05:00"),
            ("cron(7 23 ? * * *)", None, "23:07"),
            ("cron(0 3 ? * 1 *)", Some("sunday"), "03:00"),
            ("cron(0 3 ? * sat *)", Some("saturday"), "03:00"),
        ] {
            assert_eq!(when(cron), Ok((on, at.to_owned())), "{cron}");
        }
        for cron in [
            "rate(1 day)",
            "cron(0 5 1 * ? *)",
            "cron(0 5 ? * MON-FRI *)",
            "cron(0 5 ? * 2#1 *)",
            "cron(0 * ? * * *)",
            "cron(0/5 1 ? * * *)",
            "cron(0 5 ? 1 * *)",
            "cron(0 5 ? * * 2027)",
            "cron(0 24 ? * * *)",
            "cron(0 5 * * * *)",
            "cron(0 5 ? * 8 *)",
            "",
        ] {
            assert!(when(cron).is_err(), "{cron}");
        }
    }
}
