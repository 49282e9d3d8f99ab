//! Endpoints of profiles of Traffic Manager. Sources: Azure Traffic Manager REST API, "Endpoints - Create Or Update"; documentation, "Traffic
//! Manager FAQs" (addresses, one kind of target in a profile), "Azure subscription and service limits" (200 endpoints of a profile).

use std::net::IpAddr;

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::azure::traffic::address::{not_external, unreachable};
use holdfast_compiler::provider::azure::traffic::{endpoint as kind, profile};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::Value;

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// The most endpoints of a profile.
const MOST: usize = 200;

/// Endpoints in the embedded cloud.
pub(super) struct TrafficEndpoint;

impl Embedded for TrafficEndpoint {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (format!("{}/{}", text(wanted, kind::PROFILE), text(wanted, kind::NAME)), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let name = look.text(kind::PROFILE);
        let found = look.state.get(profile::KIND, name);
        if found.and_then(|found| found.outputs.get(profile::ID)) != Some(look.get(kind::PROFILE_ID)) {
            return look.refuse("ParentResourceNotFound", "the profile does not exist");
        }
        let states = [profile::ENABLED, profile::DISABLED];
        if [kind::STATUS, kind::ALWAYS_SERVE].iter().any(|state| !states.contains(&look.text(state))) {
            return look.refuse("BadRequest", "a status is `Enabled` or `Disabled`");
        }
        let priority = look.get(kind::PRIORITY);
        if !priority.as_u64().is_some_and(|priority| (1..=1_000).contains(&priority)) {
            return look.refuse("BadRequest", "a priority is from 1 to 1000");
        }
        let target = look.text(kind::TARGET);
        match target.parse::<IpAddr>() {
            Ok(ip) => {
                if let Some(why) = unreachable(ip) {
                    return look.refuse("BadRequest", format!("the target is {why}"));
                }
            }
            Err(_) if !target.contains('.') => {
                return look.refuse("BadRequest", "the target is an address or a DNS name");
            }
            Err(_) if not_external(target).is_some() => {
                return look.refuse("BadRequest", "the target is not that of an external endpoint");
            }
            Err(_) => {}
        }
        let others = look.state.beginning(kind::KIND, format!("{name}/"));
        let others: Vec<&Object> = others.filter(|other| other.id != look.object.id).collect();
        if others.len() >= MOST {
            return look.refuse("BadRequest", format!("a profile has at most {MOST} endpoints"));
        }
        let same = |other: &&Object, name: &str| other.attributes.get(name) == Some(look.get(name));
        if others.iter().any(|other| same(other, kind::PRIORITY)) {
            return look.refuse("BadRequest", "another endpoint of the profile has the priority");
        }
        if others.iter().any(|other| same(other, kind::TARGET)) {
            return look.refuse("BadRequest", "another endpoint of the profile has the target");
        }
        let text_of = |other: &Object| other.attributes.get(kind::TARGET).and_then(Value::as_str).map(sort);
        if others.iter().any(|other| text_of(other) != Some(sort(target))) {
            return look.refuse(
                "BadRequest",
                "the endpoints of a profile are all addresses of one kind or all names",
            );
        }
        Ok(())
    }
}

/// The type of the records that a target is answered with.
fn sort(target: &str) -> &'static str {
    match target.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => "A",
        Ok(IpAddr::V6(_)) => "AAAA",
        Err(_) => "CNAME",
    }
}
