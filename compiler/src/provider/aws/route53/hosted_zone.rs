//! A public hosted zone. Holdfast does not create it; whoever delegates the domain does.

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Lifecycle, Made, calls};

/// The name, lower case, no final dot.
pub const NAME: &str = "name";

/// The output: its id.
pub const ID: &str = "id";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "hosted-zone",
    lifecycle: Lifecycle::Prerequisite,
    stateful: true,
    attributes: &[AttributeSchema::identity(NAME)],
    outputs: &[ID],
    by_hand: Some(|name| {
        format!(
            "create it and delegate the domain to it: aws route53 create-hosted-zone --name {name} \
             --caller-reference \"$(date)\""
        )
    }),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    FIND = "route53:ListHostedZonesByName", made [Made::Observe], takes [on("route53:ListHostedZonesByName", &ANY)];
    LIST = "route53:ListHostedZones", made [Made::Survey], takes [on("route53:ListHostedZones", &ANY)];
}
