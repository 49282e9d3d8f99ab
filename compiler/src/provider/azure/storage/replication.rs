//! Object replication between two storage accounts: one policy, which stands at both. The destination is written first, with the policy
//! id `default`, and answers with the id of the policy and of each rule; the source is written with those ids. So it is two resources.
//!
//! A rule is `{source, destination}`, the names of two containers. The id of a rule is no attribute: whoever writes the source reads it at
//! the destination.
//!
//! Source: Azure Blob Storage documentation, "Object replication for block blobs" and "Configure object replication for block blobs".

/// The region of the account that the policy stands at.
pub const REGION: &str = "region";
/// The rules, in the order of the containers.
pub const RULES: &str = "rules";
/// Boolean: priority replication.
pub const PRIORITY: &str = "priority";
/// Boolean: metrics about what has not been copied yet.
pub const METRICS: &str = "metrics";
/// The id of the policy: the output of the destination.
pub const POLICY: &str = "policy";

/// The keys of a rule.
pub mod rule {
    /// The container at the source.
    pub const SOURCE: &str = "source";
    /// The container at the destination.
    pub const DESTINATION: &str = "destination";
}
