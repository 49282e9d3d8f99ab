//! A small estate for unit tests: one service whose data is replicated from Virginia to Oregon.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_compiler::plan::{Accounts, Context};
use holdfast_compiler::provider::aws::s3::bucket;
use holdfast_compiler::resource::{Address, Identity, Values};
use holdfast_compiler::source::Sources;
use serde_json::json;

use super::Policies;
use crate::journal::Event;

/// The path of the estate's document.
pub(crate) const ESTATE: &str = "policies/estate.yaml";
/// The estate's document, without kind and name.
const SITES: &str = "sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { detection: { value: 5m, because: the monitoring pages after five minutes } } }
";
/// The service's document.
const FILES: &str = "kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs: { bucket: acme-docs, backups: [{ strategy: real-time, to: [oregon] }] }
recovery: [{ step: read-the-copy, takes: 30m }]
";

/// The estate `acme`, with `more` appended to its document.
pub(crate) fn policies(more: &str) -> Policies {
    Policies::read(sources("acme", more), None).unwrap()
}

/// The same estate under another name.
pub(crate) fn named(estate: &str) -> Policies {
    Policies::read(sources(estate, ""), None).unwrap()
}

/// The text of both documents.
pub(crate) fn sources(estate: &str, more: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(ESTATE, format!("kind: estate\nname: {estate}\n{SITES}{more}"));
    sources.add(Path::new(ESTATE).with_file_name("files.yaml").display().to_string(), FILES);
    sources
}

/// The context of plans for an estate in the in-memory cloud.
pub(crate) fn context(estate: &str) -> Context {
    Context {
        estate: estate.to_owned(),
        cloud: "local:memory".to_owned(),
        accounts: Accounts::one("aws", "000000000000", "aws"),
    }
}

/// The event that adopts a bucket.
pub(crate) fn adopted(address: &str, bucket: &str) -> Event {
    let values = Values::from([("bucket".to_owned(), json!(bucket))]);
    Event::Adopted {
        address: Address::try_from(address.to_owned()).unwrap(),
        identity: Identity::of(bucket::KIND, &values),
        attributes: values,
        needs: BTreeSet::new(),
        account: None,
    }
}
