//! The document of kind `estate`: the sites, and the defaults of all services.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::assumptions::Assumptions;
use super::data::Encryption;
use super::service::Objectives;
use super::text::{FilePath, Name};
use super::waiver::Waiver;
use crate::provider::aws::region::Region as AwsRegion;
use crate::provider::aws::words::{AccountId, ExternalId, KmsKey, RoleName, S3Location};
use crate::provider::azure::region::Region as AzureRegion;
use crate::provider::azure::words::{ResourceGroup, SubscriptionId, group_id};
use crate::provider::region::Region;
use crate::units::Duration;

/// Always `estate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EstateKind {
    /// The estate.
    Estate,
}

/// The estate: one per compilation. It declares the sites that services run at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Estate {
    /// `estate`: this document describes the estate.
    pub kind: EstateKind,
    /// The estate's name. Everything Holdfast makes is tagged with it.
    pub name: Name,
    /// The AWS account of the estate. If it is set, Holdfast refuses to work in any other account.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The sites by name. A site is a region that can be lost as a whole.
    #[schemars(extend("minProperties" = 1))]
    pub sites: BTreeMap<Name, Site>,
    /// Defaults for every service.
    #[serde(default)]
    pub defaults: Defaults,
    /// Tiers of services by name, with the defaults for the services of a tier.
    #[serde(default)]
    pub tiers: BTreeMap<Name, Tier>,
    /// Where the journal of Holdfast is stored, and whether it survives the loss of a site. Without `s3`,
    /// Holdfast writes it to `.holdfast/journal` beside the policies, and you copy it to the site.
    #[serde(default)]
    pub journal: Option<JournalPlace>,
    /// Who must approve a plan before it is applied. Without it: whoever applies it.
    #[serde(default)]
    pub approvals: Option<Approvals>,
    /// Who is told when copies, backups or endpoints fail. Without it: nobody.
    #[serde(default)]
    pub alarms: Option<Alarms>,
    /// Findings that somebody has accepted for a limited time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// A site: a cloud region that can be lost as a whole.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["aws"], "properties": {"aws": true}},
        {"required": ["azure"], "properties": {"azure": true}}
    ],
    "dependentSchemas" = {
        "aws": {"properties": {"azure": false, "subscription": false, "resource-group": false}},
        "azure": {
            "required": ["subscription", "resource-group"],
            "properties": {"account": false, "kms-key": false, "vault": false}
        }
    }
))]
pub struct Site {
    /// The AWS region.
    #[serde(default)]
    pub aws: Option<AwsRegion>,
    /// The Azure region. With it: `subscription` and `resource-group`, and neither `account` nor `kms-key` nor `vault`.
    #[serde(default)]
    pub azure: Option<AzureRegion>,
    /// The id of the Azure subscription of everything at this site.
    #[serde(default)]
    pub subscription: Option<SubscriptionId>,
    /// The Azure resource group of everything at this site. It must exist.
    #[serde(default)]
    pub resource_group: Option<ResourceGroup>,
    /// The AWS account of everything at this site, and the role that Holdfast assumes there. Without it: the estate's account. Copies in
    /// another account outlive a compromise of the estate's.
    #[serde(default)]
    pub account: Option<SiteAccount>,
    /// The KMS key for data encrypted with `aws:kms` at this site: `managed` for one that Holdfast makes, the name of one that exists,
    /// or `replica-of` another site. Without it: the account's key for S3 (`alias/aws/s3`).
    #[serde(default)]
    pub kms_key: Option<SiteKey>,
    /// The backup vault at this site, which Holdfast makes if a schedule needs it. Without it: a vault of the estate's account, with
    /// the site's key.
    #[serde(default)]
    pub vault: Option<Vault>,
    /// Names of what could fail at this and other sites together: a power grid, an operator, a jurisdiction.
    /// Sites that share a name can be lost together.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub shares: Vec<Name>,
}

/// Another account than the estate's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SiteAccount {
    /// The AWS account.
    pub id: AccountId,
    /// The role in that account that Holdfast assumes.
    pub role: RoleName,
    /// The external id that the trust policy of the role asks for, if it asks for one.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

/// The vault that holds the scheduled backups of a site (AWS Backup).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("minProperties" = 1))]
pub struct Vault {
    /// The AWS account that the vault is in, if somebody else makes it: Holdfast has no role there. Without it: the site's, where
    /// Holdfast makes it. What is in another account outlives a compromise of the estate's account.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The KMS key that encrypts the backups, whatever encrypts the data: `managed` for one that Holdfast makes for the vault only, the
    /// ARN of one that exists, or `alias/aws/backup`, the account's key for AWS Backup, which nobody can delete. Without it: the
    /// site's `kms-key`, or else `alias/aws/backup`. It never changes: another key is another vault.
    #[serde(default)]
    pub kms_key: Option<KmsKey>,
}

/// The key of a site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SiteKey {
    /// One that Holdfast makes, or one that exists.
    Named(KmsKey),
    /// A replica of the key of another site.
    Replica(Replica),
}

/// A replica of a multi-Region key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Replica {
    /// The site whose `managed` key it is a replica of. That makes both one multi-Region key: what one of them encrypted, the other can
    /// decrypt, and what deletes the key deletes both.
    pub replica_of: Name,
}

impl Site {
    /// The region, with its provider. The schema guarantees that there is one.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.aws.map(Region::from).or_else(|| self.azure.map(Region::from))
    }

    /// The key that names the region.
    #[must_use]
    pub fn region_key(&self) -> &'static str {
        if self.azure.is_some() { "azure" } else { "aws" }
    }

    /// The part of the account that holds what is at the site, as its provider names it. `None` where the account is the part.
    #[must_use]
    pub fn within(&self) -> Option<String> {
        let (subscription, group) = (self.subscription.as_ref()?, self.resource_group.as_ref()?);
        Some(group_id(subscription.as_str(), group.as_str()))
    }
}

/// Who must approve a plan before it is applied.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Approvals {
    /// How many people must approve. The author of a plan never counts.
    #[schemars(range(min = 1, max = 10))]
    pub required: u8,
    /// The file with the keys that may approve: an `allowed_signers` file of OpenSSH (`ssh-keygen(1)`,
    /// "ALLOWED SIGNERS").
    pub signers: FilePath,
    /// How long an approval is valid at most, up to 30 days. Without it: 24 h.
    #[serde(default)]
    pub hold: Option<Duration>,
    /// How long an approval of a plan that only sends users away from evacuated sites, by policies that are applied already, is valid at
    /// most, up to 90 days, so that it can be approved before the disaster. Without it: as `hold`.
    #[serde(default)]
    pub hold_evacuation: Option<Duration>,
}

/// Who is told when copies, backups or endpoints fail, by severity. How far a copy in another account is behind is not watched.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alarms {
    /// What fails now: copies that fail or are late, health checks that fail, backups and copies of backups that fail, whoever in the account
    /// has started them.
    pub critical: Told,
    /// What may fail soon: more waits to be copied than is copied in time. Without it, `critical` takes these too.
    #[serde(default)]
    pub warning: Option<Told>,
}

/// Who is told of what has one severity.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Told {
    /// The level of the incident, from 1, the most severe, to 5: a level of the continuity plan. It stands in each message.
    #[schemars(range(min = 1, max = 5), extend("examples" = [1]))]
    pub level: u8,
    /// Who is told: contacts of the continuity plan, by every `mail` and `https` of theirs. Each of these gets a message that somebody has
    /// to confirm.
    #[schemars(extend("minItems" = 1, "maxItems" = 20))]
    pub tell: Vec<Name>,
}

/// Where the journal is stored.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JournalPlace {
    /// The site that stores it.
    pub site: Name,
    /// The sites that store a copy. With `s3`, Holdfast writes every entry there too, before the step that it
    /// announces; without it, you copy the folder.
    #[serde(default)]
    #[schemars(extend("maxItems" = 10))]
    pub copies: Vec<JournalCopy>,
    /// The bucket at the site and the prefix in it, shared by a team: `s3://BUCKET/PREFIX`. The bucket must
    /// exist.
    #[serde(default)]
    pub s3: Option<S3Location>,
    /// How long a run may be silent before another run may take over: `10s` to `1h`. Without it: `1m`. Only
    /// with `s3`.
    #[serde(default)]
    pub lease: Option<Duration>,
}

/// Where a copy of the journal is stored: a site, or a site with the bucket there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum JournalCopy {
    /// The site, for a journal in a folder.
    Site(Name),
    /// The site and the bucket, for a journal in a bucket.
    Bucket(JournalBucket),
}

/// A bucket with a copy of the journal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JournalBucket {
    /// The site of the bucket.
    pub site: Name,
    /// The bucket and the prefix in it: `s3://BUCKET/PREFIX`. The bucket must exist.
    pub s3: S3Location,
}

/// Defaults for the services of a tier.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Whether the business stops without these services. If so, discussion-only drills are not enough.
    #[serde(default)]
    pub critical: bool,
    /// How fast a service must be back, and how much data it may lose.
    #[serde(default)]
    pub objectives: Option<Objectives>,
    /// How buckets encrypt by default.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// Default assumptions.
    #[serde(default)]
    pub assumptions: Assumptions,
}

/// Defaults for every service.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Defaults {
    /// How fast a service must be back, and how much data it may lose. Without it: 4 h and 1 h.
    #[serde(default)]
    pub objectives: Option<Objectives>,
    /// How buckets encrypt by default. Without it: `AES256`.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// Default assumptions.
    #[serde(default)]
    pub assumptions: Assumptions,
}
