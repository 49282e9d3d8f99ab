//! Amazon EventBridge: rules on the default bus.

pub mod rule;

/// The ARN of a rule on the default bus (AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon
/// EventBridge").
#[must_use]
pub fn rule_arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:events:{region}:{account}:rule/{name}")
}

/// The longest name of a rule, in characters (Amazon EventBridge API Reference, `PutRule`).
pub(super) const LONGEST_NAME: usize = 64;
