//! Whether traffic fails over: the records, the health check of the primary, and what is beside them.

use serde_json::{Value, json};

use crate::document::Name;
use crate::objectives::facts::{Detection, Traffic};
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy;
use crate::provider::aws::route53::{health_check, record};
use crate::resource::Values;
use crate::units::Duration;

/// What decides where a record sends users, and whether it stops doing so. Its TTL is a number of the derivation.
const ROUTE: [&str; 8] = [
    record::TYPE,
    record::ROUTING,
    record::FAILOVER,
    record::VALUES,
    record::ALIAS_NAME,
    record::ALIAS_ZONE_ID,
    record::EVALUATE,
    record::HEALTH_CHECK,
];

/// What decides whether a health check asks the right thing. Its interval and failures are numbers of the derivation.
const PROBE: [&str; 9] = [
    health_check::TYPE,
    health_check::IP,
    health_check::DOMAIN,
    health_check::PORT,
    health_check::PATH,
    health_check::SEARCH,
    health_check::SNI,
    health_check::INVERTED,
    health_check::DISABLED,
];

pub(super) fn traffic(
    view: &View<'_, '_>,
    name: &Name,
    wanted: &policy::Traffic,
    traffic: &mut Traffic,
) -> bool {
    let Some(home) = wanted.endpoints.first().map(|endpoint| endpoint.site.name.as_str()) else {
        return false;
    };
    let Some(primary) = view.find(record::KIND, &[name.as_str(), home]) else { return false };
    if let Some(seconds) = primary.attributes.get(record::TTL).and_then(Value::as_u64) {
        traffic.ttl.value = Duration::seconds(seconds);
    }
    traffic.alias = primary.attributes.get(record::ALIAS_NAME).is_some_and(|name| !name.is_null());
    traffic.moves = routes(view, &[name.as_str(), home])
        && has_standby(view, name, wanted)
        && detects_failure(view, name, wanted, primary, traffic);
    true
}

/// Whether a record sends users where the policy says, with the health check that the policy gives it.
fn routes(view: &View<'_, '_>, rest: &[&str]) -> bool {
    view.is_as_declared(record::KIND, rest, &ROUTE)
}

/// Whether the next site answers when the first one is lost: its own record does, and where there are more standbys the
/// alias to them leads there.
fn has_standby(view: &View<'_, '_>, name: &Name, traffic: &policy::Traffic) -> bool {
    let site = |nth: usize| traffic.endpoints.get(nth).map(|endpoint| endpoint.site.name.as_str());
    let (Some(first), Some(next)) = (site(0), site(1)) else { return false };
    let leads = traffic.endpoints.len() == 2 || routes(view, &[name.as_str(), first, "standbys"]);
    leads && routes(view, &[name.as_str(), next])
}

/// Whether Route 53 detects a failure of the primary, and how fast.
fn detects_failure(
    view: &View<'_, '_>,
    name: &Name,
    wanted: &policy::Traffic,
    record: &Object,
    traffic: &mut Traffic,
) -> bool {
    let checked = record.attributes.get(record::HEALTH_CHECK).is_some_and(|check| !check.is_null());
    let evaluated = record.attributes.get(record::EVALUATE).is_some_and(|on| on == true);
    let site = wanted.endpoints.first().map(|endpoint| endpoint.site.name.as_str()).unwrap_or_default();
    let rest = [name.as_str(), site];
    let Some(check) = view.find(health_check::KIND, &rest).filter(|_| checked) else {
        traffic.detection = Detection::Target(wanted.span);
        return evaluated;
    };
    let number = |key: &str| check.attributes.get(key).and_then(Value::as_u64);
    let kind = check.attributes.get(health_check::TYPE).and_then(Value::as_str).unwrap_or_default();
    let span = wanted.probe.as_ref().map_or(wanted.span, |probe| probe.span);
    if let (Some(interval), Some(failures)) = (number(health_check::INTERVAL), number(health_check::FAILURES))
    {
        let reads = kind.ends_with(health_check::STRING_MATCH);
        let request = (traffic.dns.request)(kind == "TCP", reads, interval);
        traffic.detection = Detection::Probe { interval, failures, request, span };
    }
    view.is_as_declared(health_check::KIND, &rest, &PROBE)
}

/// What keeps traffic from failing over, although no policy manages it: the name, or one of the generated names below it,
/// is delegated to another zone, so that nobody asks for its records; or the checks come from so few regions that the
/// failure of one of them is taken for a failure of the endpoint.
pub(super) fn diverted(view: &View<'_, '_>, name: &Name, wanted: &policy::Traffic) -> Option<String> {
    let mut names = vec![wanted.record.clone()];
    for endpoint in &wanted.endpoints {
        let site = endpoint.site.name.as_str();
        let record = view.find(record::KIND, &[name.as_str(), site]);
        let found = record.and_then(|record| record.attributes.get(record::NAME)).and_then(Value::as_str);
        names.extend(found.map(str::to_owned));
    }
    let delegated = names.iter().find(|name| {
        let query = [
            (record::ZONE, json!(wanted.domain.as_str())),
            (record::NAME, json!(name)),
            (record::TYPE, json!("NS")),
        ];
        let query: Values = query.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        **name != wanted.domain.as_str() && view.look(record::KIND, &query).is_ok_and(|found| found.is_some())
    });
    if let Some(name) = delegated {
        return Some(format!(
            "`{name}` is delegated to another zone (an NS record), so its records here are not asked for"
        ));
    }
    wanted.endpoints.iter().find_map(|endpoint| {
        let site = endpoint.site.name.as_str();
        let check = view.find(health_check::KIND, &[name.as_str(), site])?;
        let regions = check.attributes.get(health_check::REGIONS).and_then(Value::as_array)?;
        (!regions.is_empty() && regions.len() < health_check::LEAST_REGIONS).then(|| {
            format!(
                "the health check of `{site}` asks from {} of at least {} regions",
                regions.len(),
                health_check::LEAST_REGIONS
            )
        })
    })
}
