//! The document of kind `estate`: the sites, and what holds for all services unless one says otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::region::Region;
use super::service::{Encryption, Objectives};
use super::text::{AccountId, KmsKey, Name};

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
}

/// A site: a cloud region that can be lost as a whole.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Site {
    /// The AWS region, such as `us-east-1`.
    pub aws: Region,
    /// The KMS key for data encrypted with `aws:kms` at this site. Without it, the account's key for S3
    /// (`alias/aws/s3`).
    #[serde(default)]
    pub kms_key: Option<KmsKey>,
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
}
