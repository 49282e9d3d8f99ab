//! The trust anchor: whom a runner trusts, written by the owner of the runner and kept outside the policies' repository.
//! It is not a policy: a folder of policies that holds one is refused like any unknown kind of document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::Name;
use crate::provider::aws::words::AccountId;
use crate::units::Duration;

/// Always `trust`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrustKind {
    /// A trust anchor.
    Trust,
}

/// A trust anchor. Files that it names lie in its folder or below.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trust {
    /// `trust`: this document says whom a runner trusts.
    pub kind: TrustKind,
    /// The estates that this runner may work on, by name. It refuses all others.
    #[schemars(extend("minProperties" = 1))]
    pub estates: BTreeMap<Name, TrustedEstate>,
}

/// What holds for one estate, whatever its policies, plan files and journal say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedEstate {
    /// The cloud: `aws`, or an embedded cloud as `local:FILE`.
    pub cloud: String,
    /// The accounts that the runner may work in.
    #[schemars(extend("minItems" = 1))]
    pub accounts: Vec<AccountId>,
    /// The partition of these accounts. Without it: `aws`.
    #[serde(default)]
    pub partition: Option<Name>,
    /// Where the journal is, and how much of it there is at least.
    pub journal: TrustedJournal,
    /// Who has to agree to a plan at least. A policy can ask for more, never for less.
    #[serde(default)]
    pub approvals: Option<TrustedApprovals>,
    /// An `allowed_signers` file: the authors of plans. With it, a plan without the signature of its author is refused.
    #[serde(default)]
    pub authors: Option<String>,
    /// An `allowed_signers` file: whose signature lets a plan be applied without the approvals it needs. Without it nobody
    /// can.
    #[serde(default)]
    pub break_glass: Option<String>,
    /// An `allowed_signers` file: the keys of runners. With it, a journal that holds a run without the signature of one of
    /// them is refused.
    #[serde(default)]
    pub runners: Option<String>,
}

/// Where the journal is, and how much of it there is at least.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedJournal {
    /// `s3://BUCKET/PREFIX`, or a folder, from the folder of the anchor.
    pub at: String,
    /// The account that owns the bucket. Without it: the account of the runner's credentials.
    #[serde(default)]
    pub owner: Option<AccountId>,
    /// A head that the journal contains, as `holdfast journal verify` prints it, or `none` before the first run.
    pub head: String,
}

/// Who has to agree to a plan at least.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedApprovals {
    /// How many people. The author of a plan is never one of them.
    #[schemars(range(min = 1, max = 10))]
    pub required: u8,
    /// An `allowed_signers` file: whose approvals count.
    pub signers: String,
    /// For how long an approval holds at most. Without it: 24 h.
    #[serde(default)]
    pub hold: Option<Duration>,
}
