//! Health checks: one paged listing of all, then the tags of the wanted ones, ten at a time.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_route53::types::HealthCheck;
use aws_sdk_route53::types::ResettableElementName as Reset;
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::route53::health_check as kind;
use holdfast_compiler::resource::{Call, Kind, Values};
use serde_json::json;

use super::clients::{Clients, HOME};
use super::driver::{Look, objects};
use super::error::{Named, fault, unless};
use super::fields::{flag, lacks, new_tags, number, required, tag_value, text, with_found};
use super::retry::{NEW_HEALTH_CHECK, ROUTE53, retry};
use super::{done, health_check_config as config, health_check_tags as tags};
use crate::cloud::{CloudError, Command, Done};

/// Health checks per page: the maximum of Route 53 (API Reference, `ListHealthChecks`).
const PAGE: i32 = 1000;

/// The health checks that have a wanted reference.
pub(super) async fn observe(clients: &Clients, wanted: &BTreeSet<String>) -> Result<Vec<Object>, CloudError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    list(clients, |check| object(check, wanted)).await
}

/// All health checks of the account, with their complete caller references.
pub(super) async fn all(clients: &Clients) -> Result<Vec<Object>, CloudError> {
    list(clients, |check| as_object(check, check.caller_reference())).await
}

async fn list(
    clients: &Clients,
    object: impl Fn(&HealthCheck) -> Option<Object>,
) -> Result<Vec<Object>, CloudError> {
    let mut objects = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let page = retry(ROUTE53, || async {
            let request = clients.route53.list_health_checks().max_items(PAGE);
            request.set_marker(marker.clone()).send().await.named(&kind::LIST)
        });
        let page = page.await?;
        objects.extend(page.health_checks().iter().filter_map(&object));
        marker = page.next_marker.filter(|marker| page.is_truncated && !marker.is_empty());
        if marker.is_none() {
            break;
        }
    }
    let ids: Vec<String> = objects.iter().map(|object| object.id.clone()).collect();
    let mut tags = tags::read(clients, &ids).await?;
    for object in &mut objects {
        let tags = tags.remove(&object.id).unwrap_or_default();
        object.attributes.insert(kind::TAGS.to_owned(), tag_value(tags));
    }
    Ok(objects)
}

/// A wanted health check as an object. The caller reference of a health check that Holdfast created is the reference,
/// a dash, and the step's token of sixteen hexadecimal digits; that of an adopted one is the reference alone.
fn object(check: &HealthCheck, wanted: &BTreeSet<String>) -> Option<Object> {
    let whole = check.caller_reference();
    let ours = whole.rsplit_once('-').filter(|(_, token)| is_token(token)).map(|(reference, _)| reference);
    let reference = std::iter::once(whole).chain(ours).find(|reference| wanted.contains(*reference))?;
    as_object(check, reference)
}

fn is_token(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A health check as an object with this reference.
fn as_object(check: &HealthCheck, reference: &str) -> Option<Object> {
    let mut attributes = config::to_values(check.health_check_config()?);
    attributes.insert(kind::REFERENCE.to_owned(), json!(reference));
    let id = check.id().to_owned();
    Some(Object { kind: kind::KIND, outputs: outputs(&id), id, attributes })
}

fn outputs(id: &str) -> Values {
    Values::from([("id".to_owned(), json!(id))])
}

/// Create, update or delete a health check.
pub(super) async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        // A separate step deletes the old one, once no record uses it any more.
        (Action::Create | Action::Replace, _) => create(clients, command).await,
        (Action::Update, Some(found)) => update(clients, command, found).await,
        (Action::Delete, Some(found)) => delete(clients, &found.id).await,
        _ => Err(lacks(&kind::UPDATE, "object")),
    }
}

async fn create(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::CREATE;
    // A replacement keeps the unmanaged attributes of the old one.
    let values = &with_found(command);
    let reference = format!("{}-{}", required(values, kind::REFERENCE, OPERATION)?, command.token);
    let config = config::from_values(values)?;
    let answer = retry(ROUTE53, || async {
        let request = clients.route53.create_health_check().caller_reference(&reference);
        request.health_check_config(config.clone()).send().await.named(OPERATION)
    });
    let made = answer.await.map_err(|error| match error.code.as_str() {
        "HealthCheckAlreadyExists" => {
            let message = format!(
                "a health check with the reference `{reference}` has different settings or was deleted, and a \
                 reference cannot be reused: plan and apply again to use a new one"
            );
            CloudError { message, ..error }
        }
        _ => error,
    })?;
    let check = made.health_check.ok_or_else(|| {
        fault(OPERATION, "BadAnswer", "the response lacks the health check that was created")
    })?;
    tags::write(clients, check.id(), new_tags(values, None), NEW_HEALTH_CHECK).await?;
    Ok(done(check.id(), outputs(check.id())))
}

async fn update(clients: &Clients, command: &Command, found: &Object) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::UPDATE;
    let (values, changed) = (&command.values, |name: &str| command.changed.contains(name));
    let owned = |name: &str| text(values, name).filter(|_| changed(name)).map(str::to_owned);
    let number = |name: &str| number(values, name).filter(|_| changed(name));
    let flag = |name: &str| flag(values, name).filter(|_| changed(name));
    // An attribute that becomes null must be reset, because a field that is not sent stays unchanged.
    let resets = [(kind::PATH, Reset::ResourcePath), (kind::DOMAIN, Reset::FullyQualifiedDomainName)];
    let resets = resets.into_iter().filter(|(name, _)| changed(name) && text(values, name).is_none());
    let resets: Vec<Reset> = resets.map(|(_, element)| element).collect();
    let request = clients
        .route53
        .update_health_check()
        .health_check_id(&found.id)
        .set_failure_threshold(number(kind::FAILURES))
        .set_ip_address(owned(kind::IP))
        .set_fully_qualified_domain_name(owned(kind::DOMAIN))
        .set_port(number(kind::PORT))
        .set_resource_path(owned(kind::PATH))
        .set_search_string(owned(kind::SEARCH))
        .set_enable_sni(flag(kind::SNI))
        .set_inverted(flag(kind::INVERTED))
        .set_disabled(flag(kind::DISABLED))
        .set_reset_elements((!resets.is_empty()).then_some(resets));
    if command.changed.iter().any(|name| name != kind::TAGS) {
        retry(ROUTE53, || async { request.clone().send().await.named(OPERATION) }).await?;
    }
    if changed(kind::TAGS) {
        tags::write(clients, &found.id, new_tags(values, Some(&found.attributes)), ROUTE53).await?;
    }
    Ok(done(&found.id, found.outputs.clone()))
}

async fn delete(clients: &Clients, id: &str) -> Result<Done, CloudError> {
    let answer = retry(ROUTE53, || async {
        let request = clients.route53.delete_health_check().health_check_id(id);
        request.send().await.named(&kind::DELETE)
    });
    unless(answer.await, &["NoSuchHealthCheck"])?;
    Ok(done(id, Values::new()))
}

/// The driver of health checks.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        let names = look.names(kind::KIND, kind::REFERENCE);
        look.clients.reach.ask(&kind::LIST, HOME, observe(look.clients, &names)).await.map(objects)
    }

    async fn one(&self, clients: &Clients, command: &Command) -> Result<Done, CloudError> {
        execute(clients, command).await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckType};

    use super::*;

    #[test]
    fn health_check_is_matched_by_its_whole_reference() {
        let config = HealthCheckConfig::builder().r#type(HealthCheckType::Tcp).build().unwrap();
        let known = |reference: &str, wanted: &str| {
            let check = HealthCheck::builder().id("1").caller_reference(reference).health_check_version(1);
            let check = check.health_check_config(config.clone()).build().unwrap();
            let found = object(&check, &BTreeSet::from([wanted.to_owned()]))?;
            Some(found.attributes["reference"].as_str().unwrap().to_owned())
        };
        let ab = Some("ab".to_owned());
        assert_eq!(known("ab", "ab"), ab);
        assert_eq!(known("ab-0123456789abcdef", "ab"), ab);
        for other in ["abc", "ab-c", "ab-0123456789ABCDEF", "ab-0123456789abcde", "a"] {
            assert_eq!(known(other, "ab"), None, "{other}");
        }
    }
}
