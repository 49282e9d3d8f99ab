//! Replication configurations, read and written as a whole.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::ReplicationConfiguration;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::replication as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::clients::Clients;
use super::done;
use super::driver::{Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, required, with_found};
use super::guard;
use super::replication_rule as rule;
use super::retry::{BUCKET, REPLICATION, retry};
use crate::cloud::{CloudError, Command, Done};

/// How many configurations are read concurrently.
const AT_A_TIME: usize = 16;

/// The configurations of the wanted source buckets. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let (clients, there) = (look.clients, look.buckets_of(kind::KIND, kind::BUCKET).await?);
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let read = read(clients.s3(region), name, region);
            (name, region, clients.reach.ask(&kind::GET, region, read).await)
        })
        .collect();
    look.seen(kind::KIND, kind::BUCKET, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

pub(super) async fn read(client: Client, bucket: &str, region: &str) -> Result<Option<Object>, CloudError> {
    let answer = client.get_bucket_replication().bucket(bucket).send().await;
    let answer = answer.named(&kind::GET);
    let answer = unless(answer, &["ReplicationConfigurationNotFoundError", "NoSuchBucket"])?;
    Ok(answer.and_then(|answer| answer.replication_configuration).map(|found| Object {
        kind: kind::KIND,
        id: bucket.to_owned(),
        attributes: attributes(bucket, region, &found),
        outputs: Values::new(),
    }))
}

fn attributes(bucket: &str, region: &str, found: &ReplicationConfiguration) -> Values {
    let values = [
        (kind::BUCKET, json!(bucket)),
        (kind::REGION, json!(region)),
        (kind::ROLE, json!(found.role())),
        (kind::RULES, rule::to_value(found.rules())),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Write or delete a configuration.
pub(super) async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match command.action {
        Action::Create | Action::Update | Action::Replace | Action::Keep => {
            put(clients, &with_found(command)).await
        }
        Action::Delete => delete(clients, command).await,
    }
}

async fn put(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::PUT;
    let bucket = required(values, kind::BUCKET, OPERATION)?;
    let rules =
        values.get(kind::RULES).and_then(Value::as_array).ok_or_else(|| lacks(OPERATION, kind::RULES))?;
    let rules = rules.iter().map(rule::from_value).collect::<Result<Vec<_>, _>>()?;
    let configuration = ReplicationConfiguration::builder()
        .role(required(values, kind::ROLE, OPERATION)?)
        .set_rules(Some(rules))
        .build()
        .named(OPERATION)?;
    let client = clients.s3(required(values, kind::REGION, OPERATION)?);
    retry(REPLICATION, || async {
        let request = client.put_bucket_replication().bucket(bucket);
        request.replication_configuration(configuration.clone()).send().await.named(OPERATION)
    })
    .await?;
    Ok(done(bucket, Values::new()))
}

async fn delete(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::DELETE;
    let found = command.object.as_ref().ok_or_else(|| lacks(OPERATION, "object"))?;
    let bucket = required(&found.attributes, kind::BUCKET, OPERATION)?;
    let client = clients.s3(required(&found.attributes, kind::REGION, OPERATION)?);
    let answer = retry(BUCKET, || async {
        client.delete_bucket_replication().bucket(bucket).send().await.named(OPERATION)
    });
    unless(answer.await, &["NoSuchBucket", "ReplicationConfigurationNotFoundError"])?;
    Ok(done(bucket, Values::new()))
}

driver!(kind::KIND, observe, guard::replication, execute);
