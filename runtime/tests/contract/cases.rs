//! The cases of the contract: a service and its changes.

pub(crate) const ESTATE: &str = r#"
kind: estate
name: t
sites:
  one: { aws: us-east-1 }
  two: { aws: us-west-2, kms-key: managed, vault: { kms-key: alias/aws/backup } }
  three: { aws: eu-west-1, kms-key: { replica-of: two }, vault: { kms-key: managed } }
defaults:
  assumptions:
    detection: { value: 5m, because: "the cases are about resources, not about how a loss is noticed" }
"#;

/// A service that uses every feature; the cases change it.
pub(crate) const SERVICE: &str = r#"
kind: service
name: s
primary: one
standby: [two, three]
recovery: [{ step: read-the-copy, takes: 30m }]
data:
  d:
    bucket: t-contract-d
    backups:
      - strategy: real-time
        to: [two, three]
      - { strategy: daily, at: "03:00", keep: 35d, to: [three] }
traffic:
  t:
    zone: t.example
    record: www.t.example
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { one: 192.0.2.1, two: 192.0.2.2, three: 192.0.2.3 }
"#;

/// A change to the policy of an applied estate, and exactly the steps that it needs.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) change: &'static [(&'static str, &'static str)],
    pub(crate) steps: &'static [&'static str],
}

pub(crate) const CASES: &[Case] = &[
    Case { name: "nothing", change: &[], steps: &[] },
    Case {
        name: "a longer TTL",
        change: &[("    probe:", "    ttl: 30s\n    probe:")],
        steps: &["update aws.record.s.t.one", "update aws.record.s.t.three", "update aws.record.s.t.two"],
    },
    Case {
        name: "versions that are locked",
        change: &[("    backups:\n", "    lock: { mode: governance, keep: 1d }\n    backups:\n")],
        steps: &[
            "create aws.bucket-lock.s.d.one",
            "create aws.bucket-lock.s.d.three",
            "create aws.bucket-lock.s.d.two",
        ],
    },
    Case {
        name: "copies that go both ways",
        change: &[("    backups:\n", "    two-way: true\n    backups:\n")],
        steps: &[
            "create aws.replication.s.d.three",
            "create aws.replication.s.d.two",
            "update aws.bucket-policy.s.d.one",
            "update aws.replication.s.d",
            "update aws.role.s.d",
        ],
    },
    Case {
        name: "another address",
        change: &[("192.0.2.2", "198.51.100.2")],
        steps: &["update aws.health-check.s.t.two", "update aws.record.s.t.two"],
    },
    Case {
        name: "another path and threshold",
        change: &[("/healthz", "/ready"), ("failures: 3", "failures: 5")],
        steps: &[
            "update aws.health-check.s.t.one",
            "update aws.health-check.s.t.three",
            "update aws.health-check.s.t.two",
        ],
    },
    Case {
        // The interval cannot change in place: create a new check, change the record, delete the old check.
        name: "another interval",
        change: &[("every: 10s", "every: 30s")],
        steps: &[
            "delete aws.health-check.s.t.one (old)",
            "delete aws.health-check.s.t.three (old)",
            "delete aws.health-check.s.t.two (old)",
            "replace aws.health-check.s.t.one",
            "replace aws.health-check.s.t.three",
            "replace aws.health-check.s.t.two",
            "update aws.record.s.t.one",
            "update aws.record.s.t.three",
            "update aws.record.s.t.two",
        ],
    },
    Case {
        name: "a text to look for",
        change: &[("failures: 3", "failures: 3, expect: fine")],
        steps: &[
            "delete aws.health-check.s.t.one (old)",
            "delete aws.health-check.s.t.three (old)",
            "delete aws.health-check.s.t.two (old)",
            "replace aws.health-check.s.t.one",
            "replace aws.health-check.s.t.three",
            "replace aws.health-check.s.t.two",
            "update aws.record.s.t.one",
            "update aws.record.s.t.three",
            "update aws.record.s.t.two",
        ],
    },
    Case {
        name: "encryption with KMS",
        change: &[("    backups:", "    encrypt: aws:kms\n    backups:")],
        steps: &[
            "create aws.kms-key.three",
            "create aws.kms-key.two",
            "update aws.bucket.s.d.one",
            "update aws.bucket.s.d.three",
            "update aws.bucket.s.d.two",
            "update aws.replication.s.d",
            "update aws.role.s.d",
            "update aws.role.s.d.backup",
        ],
    },
    Case {
        // The bucket holds data and stays; the replication into it is deleted.
        name: "backups at another hour",
        change: &[("03:00", "04:30")],
        steps: &["update aws.backup-plan.s.d"],
    },
    Case {
        // Backups that are locked are in a vault of their own; the other one stays.
        name: "backups with a lock",
        change: &[("keep: 35d", "keep: 35d, lock: governance")],
        steps: &[
            "create aws.backup-vault.three.governance",
            "update aws.backup-plan.s.d",
            "update aws.role.s.d.backup",
            "update aws.role.s.d.backup",
        ],
    },
    Case {
        name: "no backups any more",
        change: &[("      - { strategy: daily, at: \"03:00\", keep: 35d, to: [three] }\n", "")],
        steps: &[
            "delete aws.backup-plan.s.d",
            "delete aws.backup-selection.s.d",
            "delete aws.role.s.d.backup",
        ],
    },
    Case {
        name: "one copy less",
        change: &[("to: [two, three]", "to: [two]")],
        steps: &["update aws.replication.s.d", "update aws.role.s.d"],
    },
    Case {
        // From three sites to two: the same change replaces the record that led to the inner pair with that of the
        // second site, and deletes the inner pair.
        name: "one site less",
        change: &[(", three: 192.0.2.3", "")],
        steps: &[
            "create aws.record.s.t.two",
            "delete aws.health-check.s.t.three",
            "delete aws.record.s.t.three",
            "delete aws.record.s.t.two (old)",
        ],
    },
    Case {
        // Both records of the pair swap their roles, so each conflicts with the other until the batch is complete.
        name: "primary and standby swap",
        change: &[
            ("primary: one", "primary: two"),
            ("standby: [two, three]", "standby: [one, three]"),
            ("bucket: t-contract-d", "bucket: t-contract-e"),
            ("to: [two, three]", "to: [one, three]"),
        ],
        steps: &[
            "create aws.backup-plan.s.d",
            "create aws.backup-selection.s.d",
            "create aws.backup-vault.two",
            "create aws.bucket-policy.s.d.one",
            "create aws.bucket-policy.s.d.three",
            "create aws.bucket-policy.s.d.two",
            "create aws.bucket.s.d.one",
            "create aws.bucket.s.d.three",
            "create aws.bucket.s.d.two",
            "create aws.record.s.t.one",
            "create aws.record.s.t.two",
            "create aws.record.s.t.two.standbys",
            "create aws.replication.s.d",
            "delete aws.backup-plan.s.d (old)",
            "delete aws.backup-selection.s.d (old)",
            "delete aws.replication.s.d (old)",
            "update aws.role.s.d",
            "update aws.role.s.d",
            "update aws.role.s.d.backup",
            "update aws.role.s.d.backup",
        ],
    },
    Case {
        // The buckets stay; the direction of the replication between them is reversed.
        name: "a copy becomes the original",
        change: &[
            ("primary: one", "primary: two"),
            ("standby: [two, three]", "standby: [one, three]"),
            ("bucket: t-contract-d", "bucket: t-contract-d-us-west-2"),
            (
                "to: [two, three]",
                "to: [{ site: one, bucket: t-contract-d }, { site: three, bucket: t-contract-d-eu-west-1 }]",
            ),
        ],
        steps: &[
            "create aws.backup-plan.s.d",
            "create aws.backup-selection.s.d",
            "create aws.backup-vault.two",
            "create aws.record.s.t.one",
            "create aws.record.s.t.two",
            "create aws.record.s.t.two.standbys",
            "create aws.replication.s.d",
            "delete aws.backup-plan.s.d (old)",
            "delete aws.backup-selection.s.d (old)",
            "delete aws.replication.s.d (old)",
            "update aws.bucket-policy.s.d.one",
            "update aws.bucket-policy.s.d.two",
            "update aws.role.s.d",
            "update aws.role.s.d",
            "update aws.role.s.d.backup",
            "update aws.role.s.d.backup",
        ],
    },
    Case {
        name: "the standbys swap",
        change: &[("standby: [two, three]", "standby: [three, two]")],
        steps: &["replace aws.record.s.t.three", "replace aws.record.s.t.two"],
    },
    Case {
        // Old resources are deleted after the new ones are in use.
        name: "the service is renamed",
        change: &[("name: s\n", "name: renamed\n")],
        steps: &[
            "create aws.backup-plan.renamed.d",
            "create aws.backup-selection.renamed.d",
            "create aws.health-check.renamed.t.one",
            "create aws.health-check.renamed.t.three",
            "create aws.health-check.renamed.t.two",
            "create aws.role.renamed.d",
            "create aws.role.renamed.d.backup",
            "delete aws.backup-plan.s.d",
            "delete aws.backup-selection.s.d",
            "delete aws.health-check.s.t.one",
            "delete aws.health-check.s.t.three",
            "delete aws.health-check.s.t.two",
            "delete aws.role.s.d",
            "delete aws.role.s.d.backup",
            "update aws.bucket-policy.renamed.d.three",
            "update aws.bucket-policy.renamed.d.three",
            "update aws.bucket-policy.renamed.d.two",
            "update aws.bucket-policy.renamed.d.two",
            "update aws.bucket.renamed.d.one",
            "update aws.bucket.renamed.d.three",
            "update aws.bucket.renamed.d.two",
            "update aws.record.renamed.t.one",
            "update aws.record.renamed.t.three",
            "update aws.record.renamed.t.two",
            "update aws.replication.renamed.d",
        ],
    },
    Case {
        name: "no traffic any more",
        change: &[("traffic:", "x:")],
        steps: &[
            "delete aws.health-check.s.t.one",
            "delete aws.health-check.s.t.three",
            "delete aws.health-check.s.t.two",
            "delete aws.record.s.t.one",
            "delete aws.record.s.t.one.standbys",
            "delete aws.record.s.t.three",
            "delete aws.record.s.t.two",
        ],
    },
    Case {
        name: "another name",
        change: &[("record: www.t.example", "record: web.t.example")],
        steps: &[
            "create aws.record.s.t.one",
            "create aws.record.s.t.one.standbys",
            "create aws.record.s.t.three",
            "create aws.record.s.t.two",
            "delete aws.record.s.t.one (old)",
            "delete aws.record.s.t.one.standbys (old)",
            "delete aws.record.s.t.three (old)",
            "delete aws.record.s.t.two (old)",
            "update aws.health-check.s.t.one",
            "update aws.health-check.s.t.three",
            "update aws.health-check.s.t.two",
        ],
    },
    Case {
        name: "host names",
        change: &[("192.0.2.1", "a.t.example"), ("192.0.2.2", "b.t.example"), ("192.0.2.3", "c.t.example")],
        steps: &[
            "create aws.record.s.t.one",
            "create aws.record.s.t.one.standbys",
            "create aws.record.s.t.three",
            "create aws.record.s.t.two",
            "delete aws.health-check.s.t.one (old)",
            "delete aws.health-check.s.t.three (old)",
            "delete aws.health-check.s.t.two (old)",
            "replace aws.health-check.s.t.one",
            "replace aws.health-check.s.t.three",
            "replace aws.health-check.s.t.two",
        ],
    },
    Case {
        name: "IPv6",
        change: &[
            ("192.0.2.1", "'2001:db8::1'"),
            ("192.0.2.2", "'2001:db8::2'"),
            ("192.0.2.3", "'2001:db8::3'"),
        ],
        steps: &[
            "create aws.record.s.t.one",
            "create aws.record.s.t.one.standbys",
            "create aws.record.s.t.three",
            "create aws.record.s.t.two",
            "delete aws.record.s.t.one (old)",
            "delete aws.record.s.t.one.standbys (old)",
            "delete aws.record.s.t.three (old)",
            "delete aws.record.s.t.two (old)",
            "update aws.health-check.s.t.one",
            "update aws.health-check.s.t.three",
            "update aws.health-check.s.t.two",
        ],
    },
    Case {
        name: "an alias as last resort",
        change: &[("three: 192.0.2.3", "three: { alias: lb.amazonaws.example, zone-id: Z35SXDOTRQ7X7K }")],
        steps: &[
            "delete aws.health-check.s.t.three (old)",
            "replace aws.health-check.s.t.three",
            "update aws.record.s.t.three",
        ],
    },
];

/// The policy of the service after the change of a case.
pub(crate) fn changed(case: &Case) -> String {
    let mut text = SERVICE.to_owned();
    for (from, to) in case.change {
        assert!(text.contains(from), "{}: `{from}` is not in the policy", case.name);
        text = match *from {
            // Remove the traffic instead of renaming it.
            "traffic:" => text.split("traffic:").next().unwrap().to_owned(),
            from => text.replace(from, to),
        };
    }
    text
}
