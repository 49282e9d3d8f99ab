//! Facts about Azure, with their sources.

use super::name::AZURE;
use super::region::continent;
use super::{settle, words};
use crate::provider::facts::{Backup, CopyNames, Dns, Fact, Facts, KeyOwner, Refused, Storage, Word};
use crate::provider::region::Region;
use crate::units::Duration;

/// The facts of Azure.
pub static FACTS: Facts = Facts {
    name: AZURE,
    dns: DNS,
    storage: STORAGE,
    backup: BACKUP,
    // No site of Azure has a key in the language, so nothing is known of any two.
    same_key: |_, _| true,
    surely_differ: |_, _| false,
    key_owner: |_| KeyOwner::Unsaid,
    refuses,
    settle: settle::settle,
    control_planes: &[],
};

/// Only the assumptions of a service are taken from here, because no name fails over by a service of Azure yet. Where Azure documents no
/// number that holds for every kind of endpoint, it is Holdfast's own, and never below that of another provider.
const DNS: Dns = Dns {
    service: "Traffic Manager",
    ttl: Fact { value: Duration::seconds(60), why: "Holdfast's own" },
    longest_ttl: Duration::seconds(120),
    ttl_advice: "set `ttl: 60s`",
    fastest: (Duration::seconds(60), 10, 3),
    alias_ttl: Fact { value: Duration::seconds(60), why: "Holdfast's own" },
    failures: 3,
    request: |_, _| 10,
    health_propagation: Fact { value: Duration::seconds(60), why: "Azure documents no bound" },
    keep_alive: Fact {
        value: Duration::hours(1),
        why: "Holdfast's own: Azure documents no time that holds for every kind of endpoint",
    },
    evaluates_alias: |_| false,
    unreachable: |_| None,
    checks_from: "give a public address",
    longest_record: 240,
    most_checks: 200,
    more_checks: "use fewer health checks",
};

/// Sources: Azure Blob Storage documentation, "Object replication for block blobs" (asynchronous, no time without priority replication;
/// new blobs unless a rule says otherwise) and "Object replication priority replication" (99.0 % within 15 minutes, both accounts in one
/// continent, one such policy for a source account; what it leaves out); "Blob versioning"; "Azure Storage encryption for data at rest".
const STORAGE: Storage = Storage {
    key: "container",
    copy: Fact {
        value: Duration::minutes(15),
        why: "Azure priority replication SLA: 99.0 % of new blobs within 15 minutes, between accounts of one continent; not for blobs above 5 GB, \
              above 10 changes of a blob a second, above 1 Gbps or 1,000 changes a second of an account, nor during a backlog",
    },
    promises: one_continent,
    no_bound: "without priority replication Azure guarantees no time, and that is only between accounts of one continent, and for one \
               destination of a storage account: copy to a site in the continent of the primary, and name it first",
    read_only_copies: Some(
        "object replication lets nobody else write to its destination until its policy is deleted there",
    ),
    backfill: "object replication copies what is written after its policy was made: copy older blobs once, or make sure that there are none, \
               and state `backfilled`",
    backfill_job: "object replication copies what is written after its policy was made",
    failed_copies: "the status of each blob says why: mend the reason, and write the blob again",
    versions: "blob versioning, which Holdfast enables, as long as no lifecycle rule deletes versions",
    provider_keys: (
        "no key of the account is involved",
        "Microsoft manages the keys of storage accounts that name none",
    ),
    managed_key: (
        "no key of the account is involved",
        "Microsoft manages the keys of storage accounts that name none",
    ),
    default_encryption: "Azure Storage encrypts everything with AES-256",
    other_account: "stated by the site's `subscription`",
    default_key_elsewhere: "write `encrypt: AES256`",
    one_way_elsewhere: "another subscription",
    key_region: "name no key",
    made_key: |_, _, _, _| None,
    copy_names: CopyNames {
        made: words::copy_name,
        limited: words::account_of,
        // Azure Resource Manager documentation, "Naming rules and restrictions for Azure resources", `Microsoft.Storage`.
        longest: 24,
        what: "a storage account",
        instead: "container: { account: …, name: … }",
    },
};

/// No scheduled backup is made on Azure yet, and [`refuses`] says so; a policy that is refused is still checked against these numbers.
/// Azure Backup documentation, "Overview of Azure Blob backup" (vaulted: daily or weekly, kept for at most ten years).
const BACKUP: Backup = Backup {
    service: "Azure Backup",
    start: Fact { value: Duration::hours(1), why: "Holdfast's own" },
    longest_days: 3_650,
    longest_continuous_days: 360,
    continuous: Fact { value: Duration::hours(1), why: "Holdfast's own" },
    most_rules: 10,
    most_copies: 5,
    most_sets: (usize::MAX, usize::MAX),
    more_sets: "back up less",
    vault_key_fault: |_| None,
    one_job: NO_BACKUPS,
    skipped: NO_BACKUPS,
    no_copy_bound: NO_BACKUPS,
    across_accounts: NO_BACKUPS,
    shared_owner: NO_BACKUPS,
    restored_there: NO_BACKUPS,
    vault_key_elsewhere: NO_BACKUPS,
    vault_key: NO_BACKUPS,
    no_restore_bound: "Azure guarantees no time for copying data back: state the data's `size` and `assumptions.restore-throughput`, or how \
                       long the step `takes`",
};

const NO_BACKUPS: &str = "Holdfast makes no scheduled backups on Azure yet";

/// Whether two regions are in one continent.
fn one_continent(one: Region, other: Region) -> bool {
    continent(one.id).is_some_and(|place| Some(place) == continent(other.id))
}

fn refuses(word: Word) -> Option<Refused> {
    let (why, cure) = match word {
        Word::Schedule => (
            NO_BACKUPS,
            "remove it, and write `real-time` copies only; a backup that you make yourself is in no objective",
        ),
        Word::AccountKey => (
            "a storage account has one key for all its containers, which Holdfast does not set yet",
            "write `encrypt: AES256` for the data: Microsoft then manages the keys",
        ),
        Word::KeptVersions => (
            "Azure deletes versions by rules of the whole account, which Holdfast does not make yet",
            "remove it: versions are then kept for ever",
        ),
        Word::LockedVersions => (
            "where versions are locked, object replication fails to update and to delete blobs",
            "remove it; a lock at the destination of a replication stops the replication",
        ),
        Word::TwoWay => (
            "a container that object replication copies to refuses every other write",
            "remove it: before a copy is written to, its replication has to end",
        ),
        Word::BackfillJob => (
            "Azure has no jobs that copy what object replication does not",
            "remove it, copy older blobs once, and state `backfilled`",
        ),
        Word::WatchedCopy => (
            "Holdfast makes no alarms on Azure yet",
            "watch the metrics of object replication yourself, and record it in a waiver",
        ),
    };
    Some(Refused { why, cure })
}
