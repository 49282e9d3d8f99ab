//! The trust anchor: whom a runner trusts. The owner of the runner writes it and stores it outside the
//! repository of the policies. It is not a policy: in a policy folder it is an unknown kind of document.

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

/// A trust anchor. The files that it names are in its folder or below.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trust {
    /// `trust`: this document says whom a runner trusts.
    pub kind: TrustKind,
    /// The estates that this runner may work on, by name. It refuses all others.
    #[schemars(extend("minProperties" = 1))]
    pub estates: BTreeMap<Name, TrustedEstate>,
}

/// What applies to one estate, whatever its policies, plan files and journal say.
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
    /// Where the journal is, and which entry it must contain.
    pub journal: TrustedJournal,
    /// Who must approve a plan at least. A policy can require more approvals, never fewer.
    #[serde(default)]
    pub approvals: Option<TrustedApprovals>,
    /// An `allowed_signers` file: the authors of plans. If set, a plan without the signature of an author is
    /// refused.
    #[serde(default)]
    pub authors: Option<String>,
    /// An `allowed_signers` file: whose signature allows a plan to be applied without the required approvals.
    /// Without it: nobody.
    #[serde(default)]
    pub break_glass: Option<String>,
    /// An `allowed_signers` file: whose signed word counts in a drill (`holdfast drill confirm`). Without it: those of
    /// `approvals`.
    #[serde(default)]
    pub confirmers: Option<String>,
    /// The commands that a criterion of a drill may run, each as program and arguments. No other one is ever run.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub commands: Vec<Vec<String>>,
    /// An `allowed_signers` file: the keys of runners. If set, a journal with a run that none of them has
    /// signed is refused.
    #[serde(default)]
    pub runners: Option<String>,
}

/// Where the journal is, and which entry it must contain.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedJournal {
    /// `s3://BUCKET/PREFIX`, or a folder relative to the folder of the anchor.
    pub at: String,
    /// The buckets with copies of the journal: `s3://BUCKET/PREFIX`. A policy cannot name any other.
    #[serde(default)]
    #[schemars(extend("maxItems" = 10))]
    pub copies: Vec<String>,
    /// The account that owns the buckets. Without it: the account of the runner's credentials.
    #[serde(default)]
    pub owner: Option<AccountId>,
    /// The head of the journal, as `holdfast journal verify` prints it, or `none` before the first run. The
    /// journal must contain this entry.
    pub head: String,
}

/// Who must approve a plan at least.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedApprovals {
    /// How many people must approve. The author of a plan never counts.
    #[schemars(range(min = 1, max = 10))]
    pub required: u8,
    /// An `allowed_signers` file: whose approvals count.
    pub signers: String,
    /// How long an approval is valid at most. Without it: 24 h.
    #[serde(default)]
    pub hold: Option<Duration>,
    /// How long an approval of a plan that only sends users away from evacuated sites is valid at most. Without it: as `hold`.
    #[serde(default)]
    pub hold_evacuation: Option<Duration>,
}
