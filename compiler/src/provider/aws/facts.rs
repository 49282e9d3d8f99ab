//! Facts about AWS, with their sources.

use std::net::{IpAddr, Ipv6Addr};

use super::control_planes::CONTROL_PLANES;
use super::name::AWS;
use super::{backup, keys, kms};
use crate::objectives::Assurance;
use crate::provider::facts::{Backup, CopyNames, Dns, Fact, Facts, Ground, Refused, Storage, Word};
use crate::units::Duration;

/// The facts of AWS.
pub static FACTS: Facts = Facts {
    name: AWS,
    dns: DNS,
    storage: STORAGE,
    backup: BACKUP,
    same_key: kms::same,
    surely_differ: kms::surely_differ,
    key_owner: kms::owner,
    refuses,
    settle: |_, _| {},
    control_planes: CONTROL_PLANES,
};

/// Sources: Amazon Route 53 Developer Guide, "Best practices for Amazon Route 53 DNS" (TTLs of 60 or 120 s),
/// "Values specific for alias records" (60 s for load balancers), "Quotas" (health checks), "Creating
/// records" (changes "generally" propagate within 60 s; it says nothing about health); Route 53 API
/// Reference, `HealthCheckConfig` (`FailureThreshold`); Elastic Load Balancing User Guide for Application
/// Load Balancers, "Load balancer attributes" (`client_keep_alive.seconds`: 3,600 s; ARC's best practices
/// recommend less, such as 300 s).
const DNS: Dns = Dns {
    service: "Route 53",
    ttl: Fact { value: Duration::seconds(60), why: "recommended by Route 53 for failover" },
    longest_ttl: Duration::seconds(120),
    ttl_advice: "set `ttl: 60s`, which Route 53 recommends for records with health checks, or at most `ttl: 120s`",
    fastest: (Duration::seconds(60), 10, 3),
    alias_ttl: Fact {
        value: Duration::seconds(60),
        why: "an alias answers with its target's TTL, 60 s for load balancers (Route 53)",
    },
    failures: 3,
    request: |connects, reads, _| request(connects, reads),
    timeouts: |_| None,
    detects: Assurance::Proven,
    health_propagation: Fact { value: Duration::seconds(60), why: "Route 53 documents no bound" },
    keep_alive: Fact { value: Duration::hours(1), why: "an Application Load Balancer's default" },
    evaluates_alias,
    unreachable,
    refuses_name: |_| None,
    checks_from: "Route 53 checks from the internet: give a public address",
    needs_place: None,
    targets_differ: None,
    longest_record: 240,
    most_checks: 200,
    more_checks: "request a higher quota (Service Quotas, Route 53), and record it in a waiver",
};

/// Sources: Amazon S3 User Guide, "Meeting compliance requirements with S3 Replication Time Control", "Default encryption
/// FAQ", "Replicating existing objects with Batch Replication"; AWS KMS Developer Guide, "AWS managed keys".
const STORAGE: Storage = Storage {
    key: "bucket",
    copy: Fact {
        value: Duration::minutes(15),
        why: "S3 Replication Time Control SLA: 99.9 % of new objects within 15 minutes, if no policy of the organization (SCP, \
              RCP) forbids the copy",
    },
    promises: |_, _| true,
    no_bound: "without replication time control S3 guarantees no time",
    read_only_copies: None,
    make_writable: None,
    backfill: "S3 replicates new objects only: copy the older ones once with S3 Batch Replication, or make sure that there are none, \
               and state `backfilled`",
    backfill_job: "S3 replicates new objects only: once the replication works, an apply begins a job of S3 Batch Replication that copies \
                   the older ones, which can take days",
    failed_copies: "S3 does not try again (`OperationsFailedReplication`): mend the reason, and copy them with S3 Batch Replication",
    // Nobody deletes a bucket that still holds versions (Amazon S3 API Reference, `DeleteBucket`).
    versions: Ground {
        assurance: Assurance::Proven,
        why: "S3 Versioning, which Holdfast enables, as long as no lifecycle rule expires the versions",
    },
    provider_keys: (
        "no key of the account is involved",
        Ground { assurance: Assurance::Proven, why: "SSE-S3: S3 manages the keys" },
    ),
    managed_key: (
        "the key cannot be deleted",
        Ground { assurance: Assurance::Proven, why: "`aws/s3` is managed by AWS (AWS KMS Developer Guide)" },
    ),
    default_encryption: "the default of S3",
    made_key: |estate, site, of, multi_region| Some(kms::made::name(estate, site, of, multi_region)),
    copy_names: CopyNames {
        made: |primary, region| format!("{primary}-{region}"),
        limited: |name| name,
        // Amazon S3 User Guide, "General purpose bucket naming rules".
        longest: 63,
        what: "a bucket",
        instead: "bucket: …",
    },
    other_account: "stated by the site's `account`: the role there that Holdfast assumes can change bucket policies and lifecycle rules, so \
                    let nobody assume it who could be the attacker",
    // Amazon S3 User Guide, "Replicating encrypted objects": the default key of another account cannot be used.
    default_key_elsewhere: "write `kms-key: managed` at the site, or name a key of its account: S3 cannot use the default key of \
                            another account",
    // Amazon S3 User Guide, "Setting up permissions for live replication": S3 copies from a bucket with a role of the bucket's account, and the
    // only role of a data set is in the account of the estate.
    one_way_elsewhere: "another account, whose bucket no role of this account copies",
    key_region: "name a key of the site's region: S3 encrypts a replica with a key of its own region",
};

/// Sources: AWS Backup API Reference, `BackupRuleInput` (`StartWindowMinutes`: 60 at least) and `Lifecycle`; AWS Backup
/// Developer Guide, "Controls and remediation" and "AWS Backup quotas" (jobs per resource, rules, copies, plans, buckets).
const BACKUP: Backup = Backup {
    service: "AWS Backup",
    start: Fact { value: Duration::hours(1), why: "its start window (AWS Backup: at least 1 h)" },
    longest_days: 36_500,
    // AWS Backup Developer Guide, "Continuous backups and point-in-time recovery".
    longest_continuous_days: 35,
    continuous: Fact {
        value: Duration::minutes(15),
        why: "AWS Backup: a continuous backup of S3 is at most 15 minutes behind, by its documentation",
    },
    most_rules: backup::plan::MOST_RULES,
    most_copies: backup::plan::MOST_COPIES,
    most_sets: (100, 300),
    more_sets: "ask AWS for a higher quota before the apply (AWS Backup: S3 buckets in an account, backup plans in a region) and \
                record it in a waiver, or back up less",
    vault_key_fault: |key| {
        keys::alias_of_a_vault(key).then_some(
            "name it by its ARN in the site's `vault: { kms-key: … }`, or write `alias/aws/backup` there",
        )
    },
    one_job: "AWS Backup runs one backup or copy job of a resource at a time",
    skipped: "AWS Backup runs one backup or copy job of a resource at a time, and skips one that cannot start in its window: \
              leave more time between the backups of this data, or shorten their windows",
    no_copy_bound: "AWS guarantees no time for copies: state `assumptions.backup-copy`",
    // AWS Backup Developer Guide, "Creating backup copies across AWS accounts".
    across_accounts: "AWS Backup copies only between accounts of one organization, while its management account has cross-account backup \
                      switched on. Neither can be seen from a member account",
    // AWS Backup Developer Guide, "Restore S3 data using AWS Backup": to the account and region of the recovery point.
    restored_there: "A backup is restored in the account of its vault: back home it has to be copied first, for which no time is counted",
    shared_owner: "AWS Backup copies only between accounts of one organization. Whoever holds its management account can reach both, and can \
                   switch the copies off. Neither can be seen from a member account. Whoever can assume the role that the site names \
                   there can close the vault and its key: its trust policy has to let in nobody whom the attacker holds",
    vault_key_elsewhere: "write `vault: { kms-key: managed }` at the site, or name a key of its account: AWS Backup asks for a customer managed \
                          key in a vault that another account copies into",
    vault_key: "whoever holds the account can delete its keys: name a `kms-key` of another account, or `alias/aws/backup`, in the \
                site's `vault`, and state the estate's `account`",
    no_restore_bound: "AWS guarantees no time for restores: state the data's `size` and `assumptions.restore-throughput`, or \
                       how long the step `takes`",
};

/// Seconds for one request: 10 for TCP; otherwise 4 to connect, 2 to respond, and 2 more to read the text
/// (Amazon Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy").
fn request(connects: bool, reads: bool) -> u64 {
    match (connects, reads) {
        (true, _) => 10,
        (false, true) => 8,
        (false, false) => 6,
    }
}

/// Whether Route 53 evaluates the health of an alias target: for every AWS resource except CloudFront
/// distributions (Route 53 API Reference, `AliasTarget.EvaluateTargetHealth`).
fn evaluates_alias(zone_id: &str) -> bool {
    zone_id != CLOUDFRONT_ZONE
}

/// The zone of all CloudFront names (Route 53 API Reference, `AliasTarget.HostedZoneId`).
pub const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

/// Source: Amazon Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy".
fn refuses(word: Word) -> Option<Refused> {
    (word == Word::ProbeTimeout).then_some(Refused {
        why: "the times of Route 53 are fixed: 4 s to connect and 2 s to respond, or 10 s with `tcp`",
        cure: "remove `timeout`: nothing sets these times",
    })
}

/// Why health checkers cannot reach an address. They refuse local, private, non-routable and multicast ranges
/// (Route 53 API Reference, `HealthCheckConfig.IPAddress`). Documentation ranges are accepted, because
/// examples must compile.
fn unreachable(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(v4) if v4.is_private() => Some("a private address"),
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_unspecified() => Some("an address of the machine itself"),
        IpAddr::V4(v4) if v4.is_link_local() => Some("a link-local address"),
        IpAddr::V4(v4) if v4.is_multicast() || v4.is_broadcast() => Some("not the address of one host"),
        IpAddr::V4(v4) if matches!(v4.octets(), [100, 64..=127, ..]) => Some("a carrier's private address"),
        IpAddr::V4(v4)
            if matches!(v4.octets(), [0 | 240..=255, ..] | [192, 0, 0, _] | [198, 18 | 19, ..]) =>
        {
            Some("not a public address")
        }
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some("an IPv4-mapped address"),
        IpAddr::V6(v6) if matches!(v6.segments(), [0xfec0..=0xfeff, ..]) => Some("a private address"),
        IpAddr::V6(v6) if v6.is_unique_local() => Some("a private address"),
        IpAddr::V6(v6) if v6.is_loopback() || v6 == Ipv6Addr::UNSPECIFIED => {
            Some("an address of the machine itself")
        }
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some("a link-local address"),
        IpAddr::V6(v6) if v6.is_multicast() => Some("not the address of one host"),
        _ => None,
    }
}
