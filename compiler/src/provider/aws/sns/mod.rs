//! Amazon Simple Notification Service: topics, and who gets their messages.

pub mod lower;
pub mod subscription;
pub mod topic;

use super::named::PREFIX;

/// The ARN of a topic (AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon SNS").
#[must_use]
pub fn topic_arn(region: &str, account: &str, name: &str) -> String {
    format!("{ARN}{region}:{account}:{name}")
}

/// The region, the account and the name of the topic of an ARN. A subscription has one part more.
#[must_use]
pub fn topic_of(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.strip_prefix(ARN)?.splitn(3, ':');
    let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?);
    (!name.is_empty() && !name.contains(':')).then_some((region, account, name))
}

/// Whether an ARN is that of a topic that Holdfast makes in an account and region.
#[must_use]
pub fn is_made(arn: &str, region: &str, account: &str) -> bool {
    topic_of(arn)
        .is_some_and(|(of, owner, name)| of == region && owner == account && name.starts_with(PREFIX))
}

const ARN: &str = "arn:aws:sns:";

/// The longest name of a topic, in characters (Amazon SNS API Reference, `CreateTopic`).
const LONGEST_NAME: usize = 256;
