//! The document of kind `estate`: the sites, and what holds for all services unless one says otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::assumptions::Assumptions;
use super::data::Encryption;
use super::service::Objectives;
use super::text::{FilePath, Name};
use super::waiver::Waiver;
use crate::provider::aws::region::Region as AwsRegion;
use crate::provider::aws::words::{AccountId, KmsKey, S3Location};
use crate::provider::region::Region;
use crate::units::Duration;

/// Always `estate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EstateKind {
    /// The estate.
    Estate,
}

/// The estate: one per compilation. It names the sites that services live at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Estate {
    /// `estate`: this document describes the estate.
    pub kind: EstateKind,
    /// The estate's name. It is written into the tags of everything Holdfast makes.
    pub name: Name,
    /// The AWS account the estate lives in. With it, Holdfast refuses to work in any other account.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The sites by name. A site is a region that can be lost as a whole.
    #[schemars(extend("minProperties" = 1))]
    pub sites: BTreeMap<Name, Site>,
    /// What holds for every service that does not say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// Tiers of services by name: what holds for every service of a tier that does not say otherwise.
    #[serde(default)]
    pub tiers: BTreeMap<Name, Tier>,
    /// Where the journal of Holdfast is kept, and whether it outlives a site. Without `s3` Holdfast writes it into
    /// `.holdfast/journal` beside the policies, and you bring it to the site.
    #[serde(default)]
    pub journal: Option<JournalPlace>,
    /// Who has to approve a plan before it is applied. Without it: whoever applies it.
    #[serde(default)]
    pub approvals: Option<Approvals>,
    /// Findings that somebody has decided to live with, for a time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// A site: a cloud region that can be lost as a whole.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Site {
    /// The AWS region.
    pub aws: AwsRegion,
    /// The KMS key for data encrypted with `aws:kms` at this site. Without it, the account's key for S3
    /// (`alias/aws/s3`).
    #[serde(default)]
    pub kms_key: Option<KmsKey>,
    /// What it shares with other sites and could be lost with them: a power grid, an operator, a law. Sites that
    /// share a word share a fate.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub shares: Vec<Name>,
}

impl Site {
    /// The region, with the provider that the word selects.
    #[must_use]
    pub fn region(&self) -> Region {
        self.aws.into()
    }
}

/// Who has to approve a plan before it is applied.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Approvals {
    /// How many people have to agree. The author of a plan is never one of them.
    #[schemars(range(min = 1, max = 10))]
    pub required: u8,
    /// The file that says whose keys count: an `allowed_signers` file of OpenSSH (`ssh-keygen(1)`, "ALLOWED
    /// SIGNERS").
    pub signers: FilePath,
    /// For how long an approval holds at most, up to 30 days. Without it: 24 h.
    #[serde(default)]
    pub hold: Option<Duration>,
}

/// Where the journal is stored.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JournalPlace {
    /// The site that holds it.
    pub site: Name,
    /// The sites that hold a copy. Holdfast makes none: replicate the bucket, or copy the folder.
    #[serde(default)]
    pub copies: Vec<Name>,
    /// The bucket at the site, and the prefix in it, that a team shares: `s3://BUCKET/PREFIX`. The bucket has to
    /// exist.
    #[serde(default)]
    pub s3: Option<S3Location>,
    /// How long a run may be silent before others may take it over: `10s` to `1h`. Without it: `1m`. Only with `s3`.
    #[serde(default)]
    pub lease: Option<Duration>,
}

/// What holds for every service of a tier that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Whether the business stops without these services: they have to be exercised, and not only talked about.
    #[serde(default)]
    pub critical: bool,
    /// How fast a service has to be back, and how much data it may lose.
    #[serde(default)]
    pub objectives: Option<Objectives>,
    /// How buckets encrypt.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// What is taken for granted.
    #[serde(default)]
    pub assumptions: Assumptions,
}

/// What holds for every service that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Defaults {
    /// How fast a service has to be back, and how much data it may lose. Without it: 4 h and 1 h.
    #[serde(default)]
    pub objectives: Option<Objectives>,
    /// How buckets encrypt by default. Without it: `AES256`.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// What is taken for granted of every service.
    #[serde(default)]
    pub assumptions: Assumptions,
}
