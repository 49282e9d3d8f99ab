//! KMS keys that Holdfast makes: one listing of the aliases of each region, and four reads for each wanted key. A key is never deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::types::{KeyMetadata, Tag};
use futures::{StreamExt, TryStreamExt, stream, try_join};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::kms::{self, key::ENABLED, made as kind};
use holdfast_compiler::resource::Values;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{lacks, new_tags, number, required, tags, text};
use super::guard;
use super::kms_lists::{aliases, keys, tags_of};
use super::policy_document as document;
use super::retry::{KEY, NEW_KEY, retry, throttled};
use crate::cloud::{Class, CloudError, Command, Done, GUARDED};

/// The error for an alias or a replica that exists already.
const EXISTS: &str = "AlreadyExistsException";

/// The wanted keys that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for alias in look.names(kind::KIND, kind::ALIAS) {
        if let Some(region) = kms::region(&alias) {
            wanted.entry(region.to_owned()).or_default().push(alias);
        }
    }
    let reads = wanted.iter().map(|(region, wanted)| async move {
        let listed = clients.reach.ask(&kind::LIST_ALIASES, region, aliases(clients, region)).await;
        let reads = wanted.iter().map(|alias| {
            let id = listed.clone().map(|all| all.get(alias).cloned());
            async move {
                let found = match id {
                    Err(error) => Err(error),
                    Ok(None) => Ok(None),
                    Ok(Some(id)) => {
                        clients.reach.ask(&kind::DESCRIBE, region, read(clients, alias, region, &id)).await
                    }
                };
                (alias, region, found)
            }
        });
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await
    });
    let read: Vec<Vec<_>> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    look.seen(kind::KIND, kind::ALIAS, read.into_iter().flatten().collect())
}

async fn read(clients: &Clients, alias: &str, region: &str, id: &str) -> Result<Option<Object>, CloudError> {
    let client = clients.kms(region);
    let describe = async { client.describe_key().key_id(id).send().await.named(&kind::DESCRIBE) };
    let all = async {
        try_join!(
            describe,
            policy(clients, region, id),
            rotation(clients, region, id),
            tags_of(clients, region, id)
        )
    };
    // A key that has been deleted since it was listed.
    let Some((found, policy, days, tags)) = unless(all.await, &["NotFoundException"])? else {
        return Ok(None);
    };
    let Some(found) = found.key_metadata else { return Ok(None) };
    // Of a multi-Region key, whichever is the primary one: its id is that of all.
    let primary =
        primary_of(&found).or_else(|| found.arn.clone().filter(|_| found.multi_region() == Some(true)));
    let attributes = [
        (kind::ALIAS, json!(alias)),
        (kind::REGION, json!(region)),
        (kind::STATE, json!(found.key_state().map(|state| state.as_str()))),
        (kind::MULTI_REGION, json!(found.multi_region().unwrap_or(false))),
        (kind::REPLICA_OF, json!(primary)),
        (kind::ROTATION, days),
        (kind::POLICY, policy),
        (kind::TAGS, tags),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let outputs = outputs(found.arn().unwrap_or_default());
    Ok(Some(Object { kind: kind::KIND, id: alias.to_owned(), attributes, outputs }))
}

fn outputs(arn: &str) -> Values {
    Values::from([(kind::ARN.to_owned(), json!(arn))])
}

/// The ARN of the primary key of a replica.
fn primary_of(found: &KeyMetadata) -> Option<String> {
    let primary = found.multi_region_configuration()?.primary_key()?.arn()?;
    (Some(primary) != found.arn()).then(|| primary.to_owned())
}

/// A key that exists, by its id or its ARN.
async fn describe(clients: &Clients, region: &str, key: &str) -> Result<KeyMetadata, CloudError> {
    let answer = clients.kms(region).describe_key().key_id(key).send().await.named(&kind::DESCRIBE)?;
    answer.key_metadata.ok_or_else(|| fault(&kind::DESCRIBE, "BadAnswer", "the response lacks the key"))
}

async fn policy(clients: &Clients, region: &str, arn: &str) -> Result<Value, CloudError> {
    let answer = clients.kms(region).get_key_policy().key_id(arn).send().await.named(&kind::GET_POLICY)?;
    document::plain(&kind::GET_POLICY, answer.policy().unwrap_or_default())
}

/// The days between rotations, or null.
async fn rotation(clients: &Clients, region: &str, arn: &str) -> Result<Value, CloudError> {
    let answer = clients.kms(region).get_key_rotation_status().key_id(arn).send().await;
    let answer = answer.named(&kind::GET_ROTATION)?;
    // An endpoint that does not say the period has the default one.
    let days = answer.rotation_period_in_days().map_or(json!(kind::ROTATES_AFTER), |days| json!(days));
    Ok(if answer.key_rotation_enabled() { days } else { Value::Null })
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Create, _) => create(clients, command).await,
        (Action::Update, Some(found)) => update(clients, command, found).await,
        _ => Err(fault(&kind::CREATE, GUARDED, "Holdfast never deletes or replaces a key")),
    }
}

/// Make the key and then its alias, by which it is found. A key without alias that an interrupted run has made is taken.
async fn create(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &command.values;
    let alias = required(values, kind::ALIAS, &kind::CREATE)?;
    let region = required(values, kind::REGION, &kind::CREATE)?;
    if let Some(id) = aliases(clients, region).await?.get(alias) {
        // An earlier attempt whose response was lost, or a key made since the plan.
        return adopt(clients, values, region, &describe(clients, region, id).await?).await;
    }
    let found = match text(values, kind::REPLICA_OF) {
        Some(primary) => replicate(clients, values, region, primary).await?,
        None => make_once(clients, values, region).await?,
    };
    if number(values, kind::ROTATION).is_some() {
        rotate(clients, values, region, &found).await?;
    }
    name(clients, region, alias, &found).await?;
    Ok(done(alias, outputs(&found)))
}

async fn adopt(
    clients: &Clients,
    values: &Values,
    region: &str,
    found: &KeyMetadata,
) -> Result<Done, CloudError> {
    let (alias, arn) = (required(values, kind::ALIAS, &kind::CREATE)?, found.arn().unwrap_or_default());
    let there = Values::from([(kind::TAGS.to_owned(), tags_of(clients, region, arn).await?)]);
    guard::owner(alias, &tags(&there), &tags(values)).map_err(|why| fault(&kind::GET_TAGS, GUARDED, why))?;
    tag(clients, region, arn, new_tags(values, Some(&there))).await?;
    Ok(done(alias, outputs(arn)))
}

/// How often `CreateKey` is repeated after an attempt without a response.
const REPETITIONS: usize = 4;
/// The pauses after such an attempt, each with a look at the keys. KMS shows a new key within seconds as a rule, and in minutes at most (AWS
/// KMS Developer Guide, "AWS KMS eventual consistency"): what shows later is a second key with our tags and without an alias, which
/// nothing uses.
const LOOKS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// `CreateKey` takes no token, so the SDK must not repeat it: whether a call without a response has made the key shows in a listing.
async fn make_once(clients: &Clients, values: &Values, region: &str) -> Result<String, CloudError> {
    let mut made = match unnamed(clients, values, region).await? {
        Some(arn) => return Ok(arn),
        None => make(clients, values, region).await,
    };
    for _ in 0..REPETITIONS {
        let silent = made.as_ref().is_err_and(CloudError::is_silence);
        if !silent && !made.as_ref().is_err_and(throttled) {
            break;
        }
        // A listing may take seconds to show a new key.
        for pause in LOOKS {
            sleep(pause).await;
            if silent && let Some(arn) = unnamed(clients, values, region).await? {
                return Ok(arn);
            }
        }
        made = make(clients, values, region).await;
    }
    made
}

async fn make(clients: &Clients, values: &Values, region: &str) -> Result<String, CloudError> {
    let policy = written_policy(values)?;
    let multi_region = values.get(kind::MULTI_REGION).and_then(Value::as_bool).unwrap_or_default();
    let once = aws_sdk_kms::Config::builder().retry_config(RetryConfig::disabled());
    let request = clients.kms(region).create_key().policy(&policy).multi_region(multi_region);
    let request = request.set_tags(Some(tag_list(tags(values))?)).customize().config_override(once);
    arn_of(request.send().await.named(&kind::CREATE)?.key_metadata)
}

/// A replica has the id of its primary key, so one that exists already is found by it.
async fn replicate(
    clients: &Clients,
    values: &Values,
    region: &str,
    primary: &str,
) -> Result<String, CloudError> {
    let policy = written_policy(values)?;
    let home = kms::region(primary).ok_or_else(|| lacks(&kind::REPLICATE, kind::REPLICA_OF))?;
    let client = clients.kms(home);
    let answer = retry(NEW_KEY, || async {
        let request = client.replicate_key().key_id(primary).replica_region(region).policy(&policy);
        request.set_tags(Some(tag_list(tags(values))?)).send().await.named(&kind::REPLICATE)
    });
    match unless(answer.await, &[EXISTS])? {
        Some(made) => arn_of(made.replica_key_metadata),
        None => {
            let id = primary.rsplit('/').next().unwrap_or_default();
            arn_of(Some(describe(clients, region, id).await?))
        }
    }
}

fn arn_of(found: Option<KeyMetadata>) -> Result<String, CloudError> {
    let arn = found.and_then(|found| found.arn).filter(|arn| !arn.is_empty());
    arn.ok_or_else(|| fault(&kind::CREATE, "BadAnswer", "the response lacks the ARN of the key"))
}

/// A key that an interrupted run has made and not named: it has our tags and no alias.
async fn unnamed(clients: &Clients, values: &Values, region: &str) -> Result<Option<String>, CloudError> {
    let (all, named) = try_join!(keys(clients, region), aliases(clients, region))?;
    let named: BTreeSet<&String> = named.values().collect();
    let wanted = tags(values);
    let reads = all.iter().filter(|id| !named.contains(id)).map(|id| {
        let wanted = &wanted;
        async move {
            let found = match tags_of(clients, region, id).await {
                // A key of somebody else.
                Err(error) if matches!(error.class, Class::Denied | Class::NotFound) => {
                    return Ok::<_, CloudError>(None);
                }
                found => found?,
            };
            let found = tags(&Values::from([(kind::TAGS.to_owned(), found)]));
            Ok(wanted.iter().all(|(key, value)| found.get(key) == Some(value)).then_some(id))
        }
    });
    let ours: Vec<Option<&String>> =
        stream::iter(reads.collect::<Vec<_>>()).buffered(AT_A_TIME).try_collect().await?;
    for id in ours.into_iter().flatten() {
        let found = describe(clients, region, id).await?;
        let multi_region = found.multi_region().unwrap_or_default();
        let alike = values.get(kind::MULTI_REGION) == Some(&Value::Bool(multi_region));
        let usable = found.key_state().is_some_and(|state| state.as_str() == ENABLED);
        if alike && usable && primary_of(&found).is_none() {
            return arn_of(Some(found)).map(Some);
        }
    }
    Ok(None)
}

/// Give a key its alias.
async fn name(clients: &Clients, region: &str, alias: &str, arn: &str) -> Result<(), CloudError> {
    let short = kind::alias_of(alias).ok_or_else(|| lacks(&kind::CREATE_ALIAS, kind::ALIAS))?;
    let client = clients.kms(region);
    let answer = retry(NEW_KEY, || async {
        client.create_alias().alias_name(short).target_key_id(arn).send().await.named(&kind::CREATE_ALIAS)
    });
    if unless(answer.await, &[EXISTS])?.is_some() {
        return Ok(());
    }
    // The response to an earlier attempt was lost, unless somebody took the name.
    match aliases(clients, region).await?.get(alias) {
        Some(id) if arn.ends_with(&format!("/{id}")) => Ok(()),
        _ => Err(fault(&kind::CREATE_ALIAS, EXISTS, format!("`{short}` is the alias of another key"))),
    }
}

async fn update(clients: &Clients, command: &Command, found: &Object) -> Result<Done, CloudError> {
    let values = &command.values;
    let region = required(values, kind::REGION, &kind::PUT_POLICY)?;
    let arn = required(&found.outputs, kind::ARN, &kind::PUT_POLICY)?;
    let client = clients.kms(region);
    if [kind::MULTI_REGION, kind::REPLICA_OF].iter().any(|name| command.changed.contains(*name)) {
        return Err(fault(
            &kind::TAG,
            GUARDED,
            "a key stays what it was made: alone, or one of a multi-Region key",
        ));
    }
    // First, because nothing else can change while a key waits for its deletion.
    if command.changed.contains(kind::STATE) {
        if text(&found.attributes, kind::STATE).is_some_and(|state| state.contains("Deletion")) {
            let cancelled = retry(KEY, || async {
                client.cancel_key_deletion().key_id(arn).send().await.named(&kind::CANCEL_DELETION)
            });
            // The response to an earlier attempt was lost.
            unless(cancelled.await, &["KMSInvalidStateException"])?;
        }
        // A key whose deletion was cancelled is not disabled everywhere yet.
        retry(NEW_KEY, || async { client.enable_key().key_id(arn).send().await.named(&kind::ENABLE) })
            .await?;
    }
    if command.changed.contains(kind::POLICY) {
        let policy = written_policy(values)?;
        retry(KEY, || async {
            client.put_key_policy().key_id(arn).policy(&policy).send().await.named(&kind::PUT_POLICY)
        })
        .await?;
    }
    if command.changed.contains(kind::ROTATION) {
        rotate(clients, values, region, arn).await?;
    }
    if command.changed.contains(kind::TAGS) {
        tag(clients, region, arn, new_tags(values, Some(&found.attributes))).await?;
    }
    Ok(done(&found.id, outputs(arn)))
}

async fn rotate(clients: &Clients, values: &Values, region: &str, arn: &str) -> Result<(), CloudError> {
    let days = number(values, kind::ROTATION).ok_or_else(|| lacks(&kind::ROTATE, kind::ROTATION))?;
    let client = clients.kms(region);
    retry(NEW_KEY, || async {
        client
            .enable_key_rotation()
            .key_id(arn)
            .rotation_period_in_days(days)
            .send()
            .await
            .named(&kind::ROTATE)
    })
    .await
    .map(drop)
}

async fn tag(
    clients: &Clients,
    region: &str,
    arn: &str,
    tags: BTreeMap<String, String>,
) -> Result<(), CloudError> {
    if tags.is_empty() {
        return Ok(());
    }
    let (client, tags) = (clients.kms(region), tag_list(tags)?);
    retry(KEY, || async {
        client.tag_resource().key_id(arn).set_tags(Some(tags.clone())).send().await.named(&kind::TAG)
    })
    .await
    .map(drop)
}

fn tag_list(tags: BTreeMap<String, String>) -> Result<Vec<Tag>, CloudError> {
    let tag = |(key, value)| Tag::builder().tag_key(key).tag_value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.into_iter().map(tag).collect();
    tags.map_err(|error| fault(&kind::TAG, "BadRequest", error.to_string()))
}

fn written_policy(values: &Values) -> Result<String, CloudError> {
    let policy = values.get(kind::POLICY).filter(|document| document.is_object());
    Ok(policy.ok_or_else(|| lacks(&kind::CREATE, kind::POLICY))?.to_string())
}

driver!(kind::KIND, observe, guard::kms_key, execute);
