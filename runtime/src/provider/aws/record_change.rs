//! Changing records: one atomic change per batch, as far as Route 53's limits allow, and waiting until all its name
//! servers serve it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ChangeInfo, ChangeStatus};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::route53::record as kind;
use holdfast_compiler::resource::{Call, Kind, Values};
use tokio::time::{Instant, sleep};

use super::batch::{Bundle, split};
use super::clients::{Clients, HOME};
use super::driver::{Look, objects};
use super::error::{Named, fault, translate};
use super::fields::{lacks, required};
use super::record_refusal::{bare_refusal, concerning};
use super::retry::{ROUTE53, retry};
use super::zone::Zone;
use super::{done, record, record_set};
use crate::cloud::{CloudError, Command, Done};

const OPERATION: &Call = &kind::CHANGE;
const REFUSED: &str = "InvalidChangeBatch";

/// How long to wait for a change; most take less than a minute.
const PATIENCE: Duration = Duration::from_secs(300);
/// The first pause before polling. Each poll counts against the account's few calls a second, so do not poll before a
/// change can be done.
const FIRST: Duration = Duration::from_millis(1_250);
const LONGEST: Duration = Duration::from_secs(5);

/// Execute the commands of one batch, in order.
pub(super) async fn execute(clients: &Clients, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
    let not_sent = || fault(OPERATION, "NotSent", "not sent: an earlier part of the batch failed");
    let mut results: Vec<Result<Done, CloudError>> = batch.iter().map(|_| Err(not_sent())).collect();
    let mut bundles = Vec::new();
    for (at, (command, result)) in batch.iter().zip(&mut results).enumerate() {
        match bundle(at, command) {
            Ok(bundle) => bundles.push(bundle),
            Err(error) => {
                *result = Err(error);
                return results;
            }
        }
    }
    for chunk in split(bundles) {
        let commands: Vec<&Command> = chunk.iter().filter_map(|bundle| batch.get(bundle.at)).collect();
        let sent = send(clients, &commands, &chunk).await;
        for (bundle, command) in chunk.iter().zip(commands) {
            if let Some(result) = results.get_mut(bundle.at) {
                *result = match &sent {
                    Ok(()) => Ok(done(&record_set::id(subject(command)), Values::new())),
                    Err(error) => Err(concerning(subject(command), error)),
                };
            }
        }
        if sent.is_err() {
            break;
        }
    }
    results
}

/// How many atomic changes a batch of records needs.
pub(super) fn changes(batch: &[Command]) -> usize {
    // Invalid commands are reported when they are executed.
    split(batch.iter().enumerate().filter_map(|(at, command)| bundle(at, command).ok()).collect()).len()
}

/// The record of a command: the desired one, or the observed one for a delete.
fn subject(command: &Command) -> &Values {
    match &command.object {
        Some(found) if command.values.is_empty() => &found.attributes,
        _ => &command.values,
    }
}

fn bundle(at: usize, command: &Command) -> Result<Bundle, CloudError> {
    let mut changes = Vec::new();
    for displaced in &command.displaces {
        changes.push(change(ChangeAction::Delete, &displaced.attributes)?);
    }
    let subject = subject(command);
    match command.action {
        Action::Create | Action::Replace => changes.push(change(ChangeAction::Create, subject)?),
        Action::Update => changes.push(change(ChangeAction::Upsert, subject)?),
        Action::Delete => changes.push(change(ChangeAction::Delete, subject)?),
        Action::Keep => return Err(lacks(OPERATION, "action")),
    }
    let zone = required(subject, kind::ZONE_ID, OPERATION)?.to_owned();
    Ok(Bundle { at, zone, changes })
}

fn change(action: ChangeAction, values: &Values) -> Result<Change, CloudError> {
    let set = record_set::from_values(values)?;
    Change::builder().action(action).resource_record_set(set).build().named(OPERATION)
}

async fn send(clients: &Clients, commands: &[&Command], chunk: &[Bundle]) -> Result<(), CloudError> {
    let mut changes: Vec<Change> = chunk.iter().flat_map(|bundle| bundle.changes.iter().cloned()).collect();
    // Deletes come first, because records that swap their failover roles conflict with each other.
    changes.sort_by_key(|change| *change.action() != ChangeAction::Delete);
    let Some(zone) = chunk.first().map(|bundle| bundle.zone.as_str()) else { return Ok(()) };
    match submit(clients, zone, changes).await {
        Ok(()) => Ok(()),
        // The change may have succeeded before, and only its response was lost. Then create and delete cannot be
        // repeated, but an upsert of the same records can, and it returns a change to wait for.
        Err(error) if error.code == REFUSED && in_place(clients, commands).await? => {
            let again = commands.iter().enumerate().filter(|(_, command)| command.action != Action::Delete);
            let again = again.map(|(at, command)| {
                let changes = vec![change(ChangeAction::Upsert, subject(command))?];
                Ok(Bundle { at, zone: zone.to_owned(), changes })
            });
            for chunk in split(again.collect::<Result<_, CloudError>>()?) {
                submit(clients, zone, chunk.into_iter().flat_map(|bundle| bundle.changes).collect()).await?;
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn submit(clients: &Clients, zone: &str, changes: Vec<Change>) -> Result<(), CloudError> {
    let batch =
        ChangeBatch::builder().comment("holdfast").set_changes(Some(changes)).build().named(OPERATION)?;
    let answer = retry(ROUTE53, || async {
        let request = clients.route53.change_resource_record_sets().hosted_zone_id(zone);
        request.change_batch(batch.clone()).send().await.map_err(|error| refusal(&error))
    });
    match answer.await?.change_info {
        Some(change) => settle(clients, &change).await,
        None => Ok(()),
    }
}

/// The error of a refused change, with one line per message.
fn refusal(error: &SdkError<ChangeResourceRecordSetsError, HttpResponse>) -> CloudError {
    let told = translate(OPERATION, error);
    if let Some(ChangeResourceRecordSetsError::InvalidChangeBatch(refusal)) = error.as_service_error() {
        let messages = refusal.messages();
        return if messages.is_empty() { told } else { CloudError { message: messages.join("\n"), ..told } };
    }
    let body = error.raw_response().and_then(|response| response.body().bytes());
    match body.and_then(bare_refusal) {
        Some(message) => fault(OPERATION, REFUSED, message),
        None => told,
    }
}

/// Wait until a change has reached all name servers.
async fn settle(clients: &Clients, change: &ChangeInfo) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::GET_CHANGE;
    let id = change.id().trim_start_matches("/change/");
    let mut status = change.status().clone();
    let end = Instant::now() + PATIENCE;
    let mut pause = FIRST;
    while status != ChangeStatus::Insync {
        if Instant::now() + pause > end {
            let message = format!(
                "Route 53 accepted the change {id}, but after {} minutes not all of its name servers have it: the \
                 change is still pending; plan again to see the current state",
                PATIENCE.as_secs() / 60
            );
            return Err(fault(OPERATION, "ChangePending", message));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
        let answer =
            retry(ROUTE53, || async { clients.route53.get_change().id(id).send().await.named(OPERATION) });
        status = answer.await?.change_info.map_or(ChangeStatus::Pending, |change| change.status);
    }
    Ok(())
}

/// Whether all records are as they should be after the commands.
async fn in_place(clients: &Clients, commands: &[&Command]) -> Result<bool, CloudError> {
    let Some(first) = commands.first().map(|command| subject(command)) else { return Ok(true) };
    let zone = Zone {
        name: required(first, kind::ZONE, OPERATION)?.to_owned(),
        id: required(first, kind::ZONE_ID, OPERATION)?.to_owned(),
        records: None,
    };
    let records = commands.iter().flat_map(|command| {
        command.displaces.iter().map(|displaced| &displaced.attributes).chain([subject(command)])
    });
    let names: Result<BTreeSet<String>, CloudError> =
        records.map(|record| required(record, kind::NAME, OPERATION).map(str::to_owned)).collect();
    let found = record::read(clients, &zone, &names?).await?;
    let there = |id: &str| found.iter().find(|object| object.id == id);
    Ok(commands.iter().all(|command| {
        let id = record_set::id(subject(command));
        let own = match command.action {
            Action::Delete => there(&id).is_none(),
            _ => there(&id).is_some_and(|object| matches(object, &command.values)),
        };
        own && command.displaces.iter().all(|displaced| displaced.id == id || there(&displaced.id).is_none())
    }))
}

fn matches(object: &Object, wanted: &Values) -> bool {
    let schema = kind::KIND.schema();
    wanted.iter().all(|(name, wanted)| {
        let found = object.attributes.get(name);
        schema
            .attribute(name)
            .zip(found)
            .is_some_and(|(attribute, found)| attribute.shape.same(found, wanted))
    })
}

/// The driver of records.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for identity in look.wanted(kind::KIND) {
            if let (Some(zone), Some(name)) = (identity.get(kind::ZONE), identity.get(kind::NAME)) {
                wanted.entry(zone.to_owned()).or_default().insert(name.to_owned());
            }
        }
        let zones = look.zones().await?;
        let records = record::observe(look.clients, &wanted, zones);
        look.clients.reach.ask(&kind::LIST, HOME, records).await.map(objects)
    }

    async fn execute(&self, clients: &Clients, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        execute(clients, batch).await
    }

    fn changes(&self, batch: &[Command]) -> u32 {
        u32::try_from(changes(batch)).unwrap_or(u32::MAX)
    }
}
