//! Records. Source: Route 53 API Reference (`ChangeResourceRecordSets`, `ResourceRecordSet`).

use crate::provider::aws::clients::HOME;
use std::net::{Ipv4Addr, Ipv6Addr};

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::facts;
use holdfast_compiler::provider::aws::route53::{health_check, hosted_zone, record as kind};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::Value;

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Records in the embedded cloud.
pub(super) struct Record;

impl Embedded for Record {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    /// Source: AWS whitepaper "AWS Fault Isolation Boundaries", "Global services".
    fn control_plane(&self, _: &Values) -> Option<String> {
        Some(HOME.to_owned())
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        let parts = [kind::ZONE_ID, kind::NAME, kind::TYPE, kind::SET_IDENTIFIER];
        (parts.map(|name| text(wanted, name)).join("/"), Values::new())
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("InvalidChangeBatch", "the record already exists"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let (zone, name) = (look.text(kind::ZONE), look.text(kind::NAME));
        let Some(hosted) = look.state.get(hosted_zone::KIND, look.text(kind::ZONE_ID)) else {
            return look.refuse("NoSuchHostedZone", format!("there is no zone `{zone}`"));
        };
        if hosted.attributes.get(kind::NAME).is_none_or(|n| n != zone)
            || !(name == zone || name.ends_with(&format!(".{zone}")))
        {
            return look.refuse("InvalidChangeBatch", format!("`{name}` is not permitted in zone `{zone}`"));
        }
        if look.get(kind::ROUTING) == kind::FAILOVER
            && (look.get(kind::SET_IDENTIFIER).is_null()
                || ![kind::PRIMARY, kind::SECONDARY].contains(&look.text(kind::FAILOVER)))
        {
            return look.refuse("InvalidChangeBatch", "a failover record needs a set identifier and a role");
        }
        if let Some(check) = look.get(kind::HEALTH_CHECK).as_str()
            && look.state.get(health_check::KIND, check).is_none()
        {
            return look.refuse("NoSuchHealthCheck", format!("there is no health check `{check}`"));
        }
        answer(look)?;
        let Some(coexist) = &look.object.kind.schema().coexist else { return Ok(()) };
        for other in records(look.state, look.text(kind::ZONE_ID), name).filter(|o| o.id != look.object.id) {
            if !(coexist.rule)(&look.object.attributes, &other.attributes) {
                let message = format!("`{name}` conflicts with `{}`", other.id);
                return look.refuse("InvalidChangeBatch", message);
            }
        }
        Ok(())
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        if look.state.get(kind::KIND, &look.object.id).is_none() {
            return look.refuse("InvalidChangeBatch", format!("`{}` was not found", look.object.id));
        }
        Ok(())
    }
}

/// The records on a name of a zone, found by the prefix of their ids.
fn records<'a>(state: &'a State, zone_id: &str, name: &str) -> impl Iterator<Item = &'a Object> {
    state.beginning(kind::KIND, format!("{zone_id}/{name}/"))
}

/// Check the values or the alias target of a record.
fn answer(look: &Look<'_>) -> Checked {
    let record_type = look.text(kind::TYPE);
    if record_type == "CNAME" && look.get(kind::NAME) == look.get(kind::ZONE) {
        return look.refuse("InvalidChangeBatch", "a CNAME is not allowed at the apex of a zone");
    }
    if let Some(alias) = look.get(kind::ALIAS_NAME).as_str() {
        let own_zone = look.get(kind::ALIAS_ZONE_ID) == look.get(kind::ZONE_ID);
        let mut targets = records(look.state, look.text(kind::ZONE_ID), alias);
        let there = targets.any(|other| other.attributes.get(kind::TYPE) == Some(look.get(kind::TYPE)));
        if own_zone && !there {
            return look.refuse("InvalidChangeBatch", format!("the alias target `{alias}` was not found"));
        }
        let cloudfront = look.get(kind::ALIAS_ZONE_ID) == facts::CLOUDFRONT_ZONE;
        let evaluates = look.get(kind::EVALUATE) == true;
        if look.get(kind::ROUTING) == kind::FAILOVER && evaluates == cloudfront {
            return look.refuse(
                "InvalidChangeBatch",
                "a failover alias must evaluate its target's health, except for CloudFront",
            );
        }
        return Ok(());
    }
    if look.get(kind::TTL).is_null() {
        return look.refuse("InvalidChangeBatch", "a record needs a TTL");
    }
    let answers: Vec<&str> =
        look.get(kind::VALUES).as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fits = |answer: &&str| match record_type {
        "A" => answer.parse::<Ipv4Addr>().is_ok(),
        "AAAA" => answer.parse::<Ipv6Addr>().is_ok(),
        _ => true,
    };
    if answers.is_empty() || !answers.iter().all(fits) {
        return look.refuse("InvalidChangeBatch", format!("the values are not valid for type {record_type}"));
    }
    Ok(())
}
