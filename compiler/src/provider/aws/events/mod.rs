//! Amazon EventBridge: rules on the default bus.

pub mod rule;

/// The ARN of a rule on the default bus (AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon
/// EventBridge").
#[must_use]
pub fn rule_arn(region: &str, account: &str, name: &str) -> String {
    format!("{ARN}{region}:{account}:rule/{name}")
}

/// The ARN of the default event bus of a region (the same).
#[must_use]
pub fn bus_arn(region: &str, account: &str) -> String {
    format!("{ARN}{region}:{account}{DEFAULT_BUS}")
}

/// The region and the account of the default event bus of an ARN.
#[must_use]
pub fn bus_of(arn: &str) -> Option<(&str, &str)> {
    arn.strip_prefix(ARN)?
        .strip_suffix(DEFAULT_BUS)?
        .split_once(':')
        .filter(|(_, account)| !account.contains(':'))
}

const ARN: &str = "arn:aws:events:";
const DEFAULT_BUS: &str = ":event-bus/default";

/// The longest name of a rule, in characters (Amazon EventBridge API Reference, `PutRule`).
pub(super) const LONGEST_NAME: usize = 64;
