//! A profile (`Microsoft.Network/trafficManagerProfiles`), which answers for the name `PROFILE.trafficmanager.net` with the endpoint of the
//! highest priority that its probes find healthy.
//!
//! It answers and probes wherever its resource group is, also while a region is lost. A change of it can fail while the region of its
//! resource group is: see the control planes of Azure. Sources of the rules: Azure Traffic Manager documentation, "Traffic Manager FAQs" and
//! "Traffic Manager endpoint monitoring".

use serde_json::Value;

use crate::provider::azure::name::AZURE;
use crate::provider::azure::scope::on;
use crate::resource::{AttributeSchema, Change, Kind, KindSchema, Made, Mark, Shape, Values, calls};

/// Text, unique in all of Azure: also the label of its DNS name.
pub const NAME: &str = "name";
/// The resource id of its resource group.
pub const GROUP: &str = "resource-group";
/// [`PRIORITY`] or another way to choose an endpoint.
pub const ROUTING: &str = "routing";
/// [`ENABLED`] or [`DISABLED`]: then the name does not resolve.
pub const STATUS: &str = "status";
/// Seconds for which an answer is cached: 0 to 2,147,483,647.
pub const TTL: &str = "ttl";
/// [`HTTPS`], [`HTTP`] or [`TCP`].
pub const PROTOCOL: &str = "protocol";
/// A number.
pub const PORT: &str = "port";
/// Text, or null for TCP.
pub const PATH: &str = "path";
/// Seconds between two requests of one prober: 10 or 30.
pub const INTERVAL: &str = "interval";
/// Seconds that a request may take: 5 to 10, or to 9 with an interval of 10.
pub const TIMEOUT: &str = "timeout";
/// The failures in a row after which an endpoint still counts as healthy: 0 to 9. The next one is too many.
pub const TOLERATED: &str = "tolerated-failures";
/// The ranges of status codes that count as healthy, such as [`HEALTHY`]; null for 200 only, and for TCP.
pub const STATUS_CODES: &str = "status-codes";
/// A mapping of header names to values that every request of a probe has, or null.
pub const HEADERS: &str = "headers";
/// A mapping.
pub const TAGS: &str = "tags";

/// The output: its resource id.
pub const ID: &str = "id";

/// The first healthy endpoint in the order of priorities answers.
pub const PRIORITY: &str = "Priority";
/// It is used.
pub const ENABLED: &str = "Enabled";
/// It is not used.
pub const DISABLED: &str = "Disabled";
/// A request over TLS. The certificate is not verified.
pub const HTTPS: &str = "HTTPS";
/// A request.
pub const HTTP: &str = "HTTP";
/// A connection.
pub const TCP: &str = "TCP";
/// The status codes that count as healthy: those that a health check of Route 53 takes, so that a probe means the same at every provider.
/// By itself Traffic Manager takes 200 only ("Traffic Manager endpoint monitoring"; Amazon Route 53 Developer Guide, "How Amazon Route 53
/// determines whether a health check is healthy").
pub const HEALTHY: &str = "200-399";
/// The header that says which host is asked.
pub const HOST: &str = "host";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "traffic-profile",
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::new(GROUP).change(Change::Replace),
        AttributeSchema::new(ROUTING).caution(routing),
        AttributeSchema::new(STATUS).caution(status),
        AttributeSchema::new(TTL),
        AttributeSchema::new(PROTOCOL),
        AttributeSchema::new(PORT),
        AttributeSchema::new(PATH),
        AttributeSchema::new(INTERVAL),
        AttributeSchema::new(TIMEOUT),
        AttributeSchema::new(TOLERATED),
        AttributeSchema::new(STATUS_CODES).shaped(Shape::Set).unset(|| Value::Null),
        AttributeSchema::new(HEADERS).unset(|| Value::Null),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    outputs: &[ID],
    removal: Some("the name of the profile no longer resolves, and somebody else can take it"),
    by_person: Some(moved),
    mark: Mark::Attribute(TAGS),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "azure-traffic:ProfilesGet", made [Made::Observe],
        takes [on("Microsoft.Network/trafficManagerProfiles/read")];
    PUT = "azure-traffic:ProfilesCreateOrUpdate",
        made [
            Made::Create,
            Made::Update(&[
                ROUTING,
                STATUS,
                TTL,
                PROTOCOL,
                PORT,
                PATH,
                INTERVAL,
                TIMEOUT,
                TOLERATED,
                STATUS_CODES,
                HEADERS,
                TAGS
            ])
        ],
        takes [on("Microsoft.Network/trafficManagerProfiles/write")];
    DELETE = "azure-traffic:ProfilesDelete", made [Made::Delete],
        takes [on("Microsoft.Network/trafficManagerProfiles/delete")];
}

/// How a profile gets into another resource group: its name is unique in all of Azure, so a second one cannot be made before the first one
/// is gone, and in between the name would not resolve. Source: Azure Resource Manager documentation, "Move Azure resources to a new resource
/// group or subscription"; "Move operation support for resources", `Microsoft.Network`.
fn moved(outputs: &Values, wanted: &Values) -> String {
    let text =
        |values: &Values, name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, group) = (text(outputs, ID), text(wanted, GROUP));
    let part = |nth: usize| group.split('/').nth(nth).unwrap_or_default().to_owned();
    let (subscription, name) = (part(2), part(4));
    format!(
        "move it, and plan again: `az resource move --ids {id} --destination-group {name} --destination-subscription-id {subscription}`; \
         its name resolves meanwhile"
    )
}

fn routing(before: &Value, after: &Value) -> Option<&'static str> {
    (before != after)
        .then_some("users go to the first healthy endpoint, and no longer to where the routing sent them")
}

fn status(before: &Value, _: &Value) -> Option<&'static str> {
    (before == DISABLED).then_some("the name of the profile resolves again: it was disabled")
}
