//! Facts about Azure, with their sources.

use super::control_planes::CONTROL_PLANES;
use super::name::AZURE;
use super::region::continent;
use super::{settle, traffic::address, words};
use crate::objectives::Assurance;
use crate::provider::facts::{Backup, CopyNames, Dns, Fact, Facts, Ground, KeyOwner, Refused, Storage, Word};
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
    control_planes: CONTROL_PLANES,
};

/// Sources: Azure Traffic Manager documentation, "Traffic Manager endpoint monitoring" (intervals, time-outs, the timeline from a failure to
/// the status `Degraded`, connections that stay) and "Traffic Manager FAQs" (TTL, addresses). What Azure documents no number for is
/// Holdfast's own, and never below that of another provider.
const DNS: Dns = Dns {
    service: "Traffic Manager",
    ttl: Fact { value: Duration::seconds(60), why: "Holdfast's own" },
    longest_ttl: Duration::seconds(120),
    ttl_advice: "set `ttl: 60s`, or at most `ttl: 120s`: until it ends, clients go to the lost site",
    fastest: (Duration::seconds(60), 10, 3),
    alias_ttl: Fact { value: Duration::seconds(60), why: "Holdfast's own" },
    failures: 3,
    request: |_, _, interval| if interval == 10 { 9 } else { 10 },
    timeouts: |interval| Some(5..=if interval == 10 { 9 } else { 10 }),
    // The timeline is documented for one prober. How the results of probers in several places are put together is not, nor whether its
    // seconds between two requests count from a request or from a response.
    detects: Assurance::Attested,
    health_propagation: Fact { value: Duration::seconds(60), why: "Azure documents no bound" },
    keep_alive: Fact {
        value: Duration::hours(1),
        why: "Holdfast's own: Azure documents no time that holds for every kind of endpoint",
    },
    evaluates_alias: |_| false,
    unreachable: address::unreachable,
    refuses_name: address::not_external,
    checks_from: "Traffic Manager takes public addresses only: give one, or a host name",
    needs_place: Some(
        "a profile is kept in the resource group of a site on Azure: add such a site to `standby`, or write `zone` and `record` instead",
    ),
    targets_differ: Some("give each site an endpoint of its own: Traffic Manager refuses one target twice"),
    longest_record: 240,
    // Probes have no quota of their own.
    most_checks: usize::MAX,
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
              above 10 changes of a blob a second, above 1 Gbps or 1,000 changes a second of an account, above 5 PB or 10 billion \
              blobs of an account, nor during a backlog",
    },
    promises: one_continent,
    no_bound: "without priority replication Azure guarantees no time, and that is only between accounts of one continent, for one \
               destination of a storage account, and up to 5 PB and 1 Gbps of it: copy to a site in the continent of the primary, and \
               name it first",
    read_only_copies: Some(
        "object replication lets nobody else write to its destination until its policy is deleted there",
    ),
    make_writable: Some(make_writable),
    backfill: "object replication copies what is written after its policy was made: copy older blobs once, or make sure that there are none, \
               and state `backfilled`",
    backfill_job: "object replication copies what is written after its policy was made",
    failed_copies: "the status of each blob says why: mend the reason, and write the blob again",
    // "Blob versioning", "Soft delete for containers": neither keeps what is in an account that is deleted.
    versions: Ground {
        assurance: Assurance::Attested,
        why: "blob versioning, which Holdfast enables, as long as no lifecycle rule deletes versions, and as long as nobody deletes the \
              container or the account, with which all versions go",
    },
    provider_keys: NO_KEY,
    managed_key: NO_KEY,
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

/// An account that exists can name a key of its own, which is not observed yet.
const NO_KEY: (&str, Ground) = (
    "no key of the account is involved, if the storage account names none",
    Ground {
        assurance: Assurance::Attested,
        why: "Microsoft manages the keys of storage accounts that name none; nobody has looked whether this one does",
    },
);

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

/// What to do before somebody can write to a copy (Azure Blob Storage documentation, "Object replication for block blobs").
fn make_writable(copy: &str) -> String {
    format!("delete the replication policy at `{}`", words::account_of(copy))
}

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
        Word::WatchedEndpoint => (
            "Holdfast makes no alarms on Azure yet",
            "watch the status of the endpoints yourself, and record it in a waiver",
        ),
        Word::ExpectedText => (
            "Traffic Manager looks at the status of a response, and not at its text",
            "remove it, and let the path answer with a status of 400 or more if something is wrong",
        ),
        Word::AddressOverTls => (
            "for an address, Azure documents no server name in TLS: what answers there may not know which site is asked",
            "give a DNS name for each site, or probe with `http` or `tcp`",
        ),
        Word::AliasEndpoint => {
            ("an alias is a record of Route 53", "write the DNS name of the resource as the endpoint")
        }
        Word::ProbeTimeout => return None,
    };
    Some(Refused { why, cure })
}

#[cfg(test)]
mod tests {
    use crate::compile::{Options, check};
    use crate::document::Disruption;
    use crate::objectives::{Bound, Derivation, Deriver, Facts as Wanted};
    use crate::policy::Policy;
    use crate::source::Sources;

    /// A service that stands by in Dublin, with a copy of its data there.
    fn policy() -> Policy {
        let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
        let policy = format!(
            "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  \
             dublin: {{ azure: northeurope, {place} }}\n---\nkind: service\nname: files\nprimary: amsterdam\n\
             standby: [dublin]\ndata:\n  docs:\n    container: {{ account: acmedocs, name: docs }}\n    \
             backups: [{{ strategy: real-time, to: [dublin] }}]\n"
        );
        let mut sources = Sources::default();
        sources.add("acme.yaml", policy);
        check(&sources, Options::default()).policy.unwrap()
    }

    /// The derivation of the only service.
    fn derived(disruption: Disruption) -> Derivation {
        let policy = policy();
        let all = Deriver::new(&policy, None).all(Wanted::wanted);
        let mut all = all.into_values().flatten();
        all.find(|one| one.disruption == disruption).unwrap()
    }

    /// Whether one of its terms says this, and the bound is only attested.
    fn is_attested(bound: &Bound, says: &str) -> bool {
        let said = |text: &str| text.contains(says);
        let mut terms = bound.terms.iter();
        bound.assurance().to_string() == "attested"
            && terms.any(|term| said(&term.what) || said(&term.source))
    }

    #[test]
    fn copy_without_the_promise_says_which_one_has_it() {
        let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
        let policy = format!(
            "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  \
             dublin: {{ azure: northeurope, {place} }}\n  london: {{ azure: uksouth, {place} }}\n---\nkind: service\n\
             name: files\nprimary: amsterdam\ndata:\n  docs:\n    container: {{ account: acmedocs, name: docs }}\n    \
             backups: [{{ strategy: real-time, to: [dublin] }}]\n  scans:\n    \
             container: {{ account: acmedocs, name: scans }}\n    backups: [{{ strategy: real-time, to: [london] }}]\n"
        );
        let mut sources = Sources::default();
        sources.add("acme.yaml", policy);
        let policy = check(&sources, Options::default()).policy.unwrap();
        let mut all = Deriver::new(&policy, None).all(Wanted::wanted).into_values().flatten();
        let lost = all.find(|one| one.disruption == Disruption::SiteLoss).unwrap();
        let (_, rpo) = lost.worst_rpo().unwrap();
        let says = |text: &str| rpo.terms.iter().any(|term| term.source.contains(text));
        assert!(says("the copies to `dublin` have the promise in its place"), "{rpo:?}");
    }

    #[test]
    fn versions_go_with_their_container_and_account() {
        let derived = derived(Disruption::Corruption);
        let (_, rpo) = derived.worst_rpo().unwrap();
        assert!(is_attested(rpo, "nobody deletes the container or the account"), "{rpo:?}");
    }

    #[test]
    fn key_that_nobody_has_looked_for_is_not_proven_to_be_none() {
        let derived = derived(Disruption::KeyLoss);
        let (_, rpo) = derived.worst_rpo().unwrap();
        for bound in [rpo, &derived.rto] {
            assert!(is_attested(bound, "nobody has looked"), "{bound:?}");
        }
    }

    #[test]
    fn recovery_says_that_the_standby_only_reads() {
        let derived = derived(Disruption::SiteLoss);
        let mut terms = derived.rto.terms.iter();
        let term = terms.find(|term| term.what == "the standby `dublin` only reads `docs`");
        let term = term.unwrap_or_else(|| panic!("{:?}", derived.rto));
        assert!(term.source.contains("lets nobody else write to its destination"), "{term:?}");
        assert_eq!(term.value.map(|value| value.as_seconds()), Some(0));
    }
}
