//! Where the data of a service is, how it is encrypted, and what of that somebody has seen.

use super::context::Context;
use crate::backups::KeptBackups;
use crate::bcp::names;
use crate::document::{Encryption, Lock, Strategy};
use crate::policy::{Bucket, DataSet, Schedule, Service};
use crate::report::{Phrase, Section, Severity, Table, Tone};

pub(super) fn of_service(context: &Context<'_>, service: &Service, section: &mut Section) {
    let mut table = Table::new(
        format!("Data of {}", service.name),
        &[
            "Data set",
            "Primary",
            "Copied as it is written to",
            "Backups",
            "Encrypted, as declared",
            "Encrypted, as seen",
        ],
    );
    for (name, set) in &service.data {
        let backups: Vec<String> = set.schedules.iter().map(backup).collect();
        table.row(vec![
            name.as_str().into(),
            set.primary.site.name.as_str().into(),
            names(set.copies.iter().map(|copy| &copy.site.name)),
            if backups.is_empty() { "none".into() } else { backups.join("; ").into() },
            declared(set).into(),
            seen(context, set),
        ]);
        if set.schedules.is_empty() {
            let text = format!(
                "{name} has no backup. A copy that is written at once has every mistake at once, so deleted data can be brought \
                 back only as long as versions of it are kept."
            );
            section.note(Severity::Warning, text);
        }
    }
    section.table(table);
}

/// `daily at 03:00 UTC to ireland, kept 35 d, locked for good`.
fn backup(schedule: &Schedule) -> String {
    let to: Vec<&str> = schedule.to.iter().map(|(site, _)| site.name.as_str()).collect();
    let how = match schedule.strategy {
        Strategy::Weekly => "weekly",
        Strategy::Daily | Strategy::RealTime => "daily",
    };
    let lock = match schedule.lock {
        Some(Lock::Compliance) => ", locked: nobody can delete them earlier",
        Some(Lock::Governance) => ", locked: a special permission can delete them earlier",
        None => "",
    };
    let continuous = if schedule.continuous { ", continuous" } else { "" };
    format!("{how} to {}, kept {}{continuous}{lock}", to.join(", "), schedule.keep.in_words())
}

fn declared(set: &DataSet) -> &'static str {
    match set.encryption.value {
        Encryption::Aes256 => "with keys of the storage service (AES256)",
        Encryption::Kms => "with a key of the site (aws:kms)",
    }
}

/// How the buckets of a data set encrypt, as somebody saw.
fn seen(context: &Context<'_>, set: &DataSet) -> Phrase {
    if context.status().is_none() {
        return Phrase::new().verdict(Tone::Unknown, "unknown: not looked at");
    }
    let all = std::iter::once(&set.primary).chain(&set.copies);
    let one = |bucket: &Bucket| {
        let site = bucket.site.name.as_str();
        match encrypts(context, bucket) {
            Some(how) => Phrase::new().text(format!("{site}: {how}")),
            None => Phrase::new().text(format!("{site}: ")).verdict(Tone::Unknown, "not seen"),
        }
    };
    Phrase::joined(all.map(one), "; ")
}

/// How a bucket encrypts what is written to it, as somebody saw.
pub(super) fn encrypts<'c>(context: &'c Context<'_>, bucket: &Bucket) -> Option<&'c str> {
    context.encrypted.get(bucket.name.as_str()).map(String::as_str)
}

/// How the vault of backups encrypts them, as somebody saw.
pub(super) fn vault_encrypts<'c>(context: &'c Context<'_>, backup: &KeptBackups) -> Option<&'c str> {
    context.encrypted.get(backup.vault.as_deref()?).map(String::as_str)
}
