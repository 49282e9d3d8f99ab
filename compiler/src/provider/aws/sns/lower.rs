//! The topic of a severity in a region, and the subscriptions of those who are told.

use std::collections::BTreeMap;

use serde_json::json;

use super::{LONGEST_NAME, subscription, topic, topic_arn};
use crate::document::Name;
use crate::lower::context::{Context, ESTATE_TAG};
use crate::policy::{Alarms, Medium, Severity, Told};
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::resource::{Address, Resource};

/// Where an alarm goes.
pub(in crate::provider::aws) struct Topic<'p> {
    /// Who is told.
    pub(in crate::provider::aws) told: &'p Told,
    /// The address of the topic.
    pub(in crate::provider::aws) address: Address,
    /// Its ARN.
    pub(in crate::provider::aws) arn: String,
}

/// Add the topic that takes a severity in a region, and its subscriptions, unless they are there.
pub(in crate::provider::aws) fn lower<'p>(
    context: &Context<'_>,
    alarms: &'p Alarms,
    severity: Severity,
    region: &str,
    out: &mut Vec<Resource>,
) -> Topic<'p> {
    let (severity, told) = alarms.of(severity);
    let account = context.target.account(AWS);
    let estate = context.policy.estate.as_str();
    let name = generated(&[estate, severity.as_str(), region], "", LONGEST_NAME);
    let arn = topic_arn(region, account, &name);
    let address = Address::new(topic::KIND, &[severity.as_str(), region]);
    if out.iter().any(|other| other.address == address) {
        return Topic { told, address, arn };
    }
    let purpose = format!("tells of {severity} alarms in {region}");
    let made = Resource::new(address.clone(), purpose, told.span)
        .set(topic::NAME, name.as_str())
        .set(topic::REGION, region)
        .set(topic::POLICY, topic::policy(account, &arn))
        .set(topic::TAGS, json!({ESTATE_TAG: estate}));
    out.push(made);
    let mut count: BTreeMap<(&Name, Medium), usize> = BTreeMap::new();
    for way in &told.ways {
        let nth = count.entry((&way.contact, way.medium)).or_default();
        *nth += 1;
        let medium = way.medium.as_str();
        let last = if *nth == 1 { medium.to_owned() } else { format!("{medium}-{nth}") };
        let path = [severity.as_str(), region, way.contact.as_str(), last.as_str()];
        let by = if way.medium == Medium::Mail { "mail" } else { "HTTPS" };
        let purpose = format!("tells `{}` by {by} of {severity} alarms in {region}", way.contact);
        let protocol = subscription::protocol(way.medium);
        let one = Resource::new(Address::new(subscription::KIND, &path), purpose, way.span)
            .set(subscription::NAME, subscription::name(&name, protocol, &way.address))
            .set(subscription::REGION, region)
            .set(subscription::TOPIC, arn.as_str())
            .set(subscription::PROTOCOL, protocol)
            .set(subscription::ENDPOINT, way.address.as_str())
            .after(&address);
        out.push(one);
    }
    Topic { told, address, arn }
}
