//! A Route 53 health check of one endpoint.
//!
//! Source: Route 53 API Reference, `HealthCheckConfig` and `UpdateHealthCheck`: the type and the interval
//! cannot change; an IP address can change, but not be added or removed.

use serde_json::Value;

use crate::digest::sha256;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, HEALTH_CHECKS, on};
use crate::resource::{Address, AttributeSchema, Change, Kind, KindSchema, Made, Mark, Shape, Values, calls};

/// The part of `CallerReference` that identifies the owner: see [`fn@reference`].
pub const REFERENCE: &str = "reference";
/// `HTTP`, `HTTPS`, `HTTP_STR_MATCH`, `HTTPS_STR_MATCH` or `TCP`.
pub const TYPE: &str = "type";
/// Seconds: 10 or 30.
pub const INTERVAL: &str = "interval";
/// 1 to 10.
pub const FAILURES: &str = "failures";
/// An address or null.
pub const IP: &str = "ip";
/// Text or null.
pub const DOMAIN: &str = "domain";
/// A number.
pub const PORT: &str = "port";
/// Text or null.
pub const PATH: &str = "path";
/// Text or null.
pub const SEARCH: &str = "search";
/// Boolean or null.
pub const SNI: &str = "sni";
/// Boolean.
pub const INVERTED: &str = "inverted";
/// Boolean.
pub const DISABLED: &str = "disabled";
/// The regions that the checks come from, null for all. Holdfast does not manage it.
pub const REGIONS: &str = "regions";
/// A mapping. The console shows `Name`.
pub const TAGS: &str = "tags";

/// The output: its id.
pub const ID: &str = "id";

/// The fewest regions that a health check can have (Route 53 API Reference, `HealthCheckConfig.Regions`).
pub const LEAST_REGIONS: usize = 3;

/// The suffix of the types of checks that search for a text in the response.
pub const STRING_MATCH: &str = "_STR_MATCH";

/// A record refers to a new health check at once: Route 53 has no call that waits for its first status, and a record without a
/// health check never fails over. Source: Amazon Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check
/// is healthy".
const REPLACEMENT: &str = "Route 53 takes the new health check as healthy until it has a first status; a failure before that is not detected";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "health-check",
    attributes: &[
        AttributeSchema::identity(REFERENCE),
        AttributeSchema::new(TYPE).change(Change::Replace),
        AttributeSchema::new(INTERVAL).change(Change::Replace),
        AttributeSchema::new(FAILURES),
        AttributeSchema::new(IP).change(Change::ReplaceIfNull).leavable(),
        AttributeSchema::new(DOMAIN).leavable(),
        AttributeSchema::new(PORT),
        AttributeSchema::new(PATH),
        AttributeSchema::new(SEARCH).change(Change::ReplaceIfNull),
        AttributeSchema::new(SNI).leavable(),
        AttributeSchema::new(INVERTED).caution(inverted),
        AttributeSchema::new(DISABLED).caution(disabled),
        AttributeSchema::new(TAGS).shaped(Shape::Tags).leavable(),
    ],
    outputs: &[ID],
    mark: Mark::Identity,
    known_as: &[REFERENCE],
    shown_as: Some(console_name),
    foreign_settings: Some(foreign_settings),
    replacement: Some(REPLACEMENT),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    LIST = "route53:ListHealthChecks", made [Made::Observe], takes [on("route53:ListHealthChecks", &ANY)];
    GET_TAGS = "route53:ListTagsForResource", made [Made::Observe],
        takes [on("route53:ListTagsForResource", &HEALTH_CHECKS)];
    GET_TAGS_OF_MANY = "route53:ListTagsForResources", made [Made::Observe],
        takes [on("route53:ListTagsForResources", &HEALTH_CHECKS)];
    CREATE = "route53:CreateHealthCheck", made [Made::Create], takes [on("route53:CreateHealthCheck", &ANY)],
        rate 0.5 / 50.0;
    UPDATE = "route53:UpdateHealthCheck",
        made [Made::Update(&[FAILURES, IP, DOMAIN, PORT, PATH, SEARCH, SNI, INVERTED, DISABLED])],
        takes [on("route53:UpdateHealthCheck", &HEALTH_CHECKS)];
    PUT_TAGS = "route53:ChangeTagsForResource", made [Made::Create, Made::Update(&[TAGS])],
        takes [on("route53:ChangeTagsForResource", &HEALTH_CHECKS)];
    DELETE = "route53:DeleteHealthCheck", made [Made::Delete], takes [on("route53:DeleteHealthCheck", &HEALTH_CHECKS)],
        rate 3.0 / 15.0;
}

/// The console shows the tag `Name`.
fn console_name(values: &Values) -> Option<String> {
    Some(values.get(TAGS)?.get("Name")?.as_str()?.to_owned())
}

/// The regions that the checks come from, if somebody has chosen them.
fn foreign_settings(values: &Values, _: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let regions: Vec<&str> = values.get(REGIONS)?.as_array()?.iter().filter_map(Value::as_str).collect();
    let reference = || values.get(REFERENCE).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = console_name(values).unwrap_or_else(reference);
    let from = || format!("the health check `{name}` asks from {} only", regions.join(", "));
    (!regions.is_empty()).then(|| KindSchema::decides(&from()))
}

fn inverted(before: &Value, _: &Value) -> Option<&'static str> {
    (before == true)
        .then_some("traffic may fail over: an unhealthy endpoint now counts as healthy, and the reverse")
}

fn disabled(before: &Value, _: &Value) -> Option<&'static str> {
    (before == true).then_some(
        "traffic may fail over: the check was disabled, and a disabled check always counts as healthy",
    )
}

/// The owner's mark of a health check: the beginning of its caller reference, a digest of estate and address.
/// A health check has no name and gets its tags in a second call, so if a run crashes between the two calls,
/// only the caller reference identifies the health check.
#[must_use]
pub fn reference(estate: &str, address: &Address) -> String {
    let digest: String = sha256(format!("{estate}\n{address}")).chars().take(20).collect();
    format!("holdfast-{digest}")
}
