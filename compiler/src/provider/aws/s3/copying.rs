//! The replication from a bucket of a data set to others: from the primary bucket to its copies and, where the policy wants both ways, from
//! each copy to the primary bucket and to the other copies.
//!
//! Both ways make no loop: S3 does not replicate what is a replica (Amazon S3 User Guide, "What does Amazon S3 replicate?"). Changes of
//! the metadata of replicas are copied only where the rules of both directions say so ("Replicating metadata changes with replica
//! modification sync").

use serde_json::{Value, json};

use super::lower::{bucket_address, foreign_keys};
use super::replication::{self, rule};
use super::{arn, protect};
use crate::document::{Encryption, Name};
use crate::lower::context::Context;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::iam::role as iam_role;
use crate::provider::aws::keys::key_arn;
use crate::resource::{Named, Resource};

/// The replication from a bucket to others, the first one with the highest priority.
pub(super) fn lower(
    context: &Context<'_>,
    name: &Name,
    set: &DataSet,
    role: &Resource,
    (from, to): (&Bucket, &[&Bucket]),
) -> Resource {
    let site = from.site.name.as_str();
    let forth = (format!("copies data `{name}` as it is written"), vec![name.as_str()], set.backups);
    let (purpose, rest, span) = match set.two_way.filter(|_| from.site.name != set.primary.site.name) {
        None => forth,
        Some(span) => (
            format!("copies back what is written to data `{name}` at `{site}`"),
            vec![name.as_str(), site],
            span,
        ),
    };
    let address = context.address(replication::KIND, &rest);
    // S3 refuses a replication unless versioning is enabled at both ends, so all buckets come first.
    let mut replication = Resource::new(address, purpose, span)
        .set(replication::BUCKET, from.name.as_str())
        .set(replication::REGION, from.site.region.as_str())
        .refer(replication::ROLE, &role.address, iam_role::ARN)
        .set(replication::RULES, rules(context, set, to))
        .after(&bucket_address(context, name, from));
    replication.named = named(context, set);
    for bucket in to {
        replication = replication.after(&bucket_address(context, name, bucket));
        // The policy of the bucket lets in whoever copies.
        replication = replication.after(&protect::policy_address(context, name, bucket));
    }
    replication
}

/// The replications from the copies, if the policy wants both ways.
pub(super) fn back<'c>(
    context: &'c Context<'_>,
    name: &'c Name,
    set: &'c DataSet,
    role: &'c Resource,
) -> impl Iterator<Item = Resource> + 'c {
    let from = set.copies.iter().filter(|_| set.two_way.is_some());
    from.map(move |from| {
        let others = set.copies.iter().filter(|copy| copy.site.name != from.site.name);
        let to: Vec<&Bucket> = std::iter::once(&set.primary).chain(others).collect();
        lower(context, name, set, role, (from, &to))
    })
}

/// The accounts that the policy names for a replication and its role.
pub(super) fn named(context: &Context<'_>, set: &DataSet) -> Named {
    let copies = set.copies.iter().filter_map(|copy| copy.site.own_account());
    Named {
        accounts: foreign_keys(context, set, std::iter::once(&set.primary).chain(&set.copies)),
        copied_to: copies.map(str::to_owned).collect(),
        ..Named::default()
    }
}

/// One rule per bucket. Every field for which S3 has a default is set
/// (id, empty filter, priority), so that the response equals the request. Each names the account that owns the copy, so that
/// whoever reads the configuration sees whose bucket it has to be. Within one account, S3 does not take a translation of the owner
/// beside it (Amazon S3 API Reference, `Destination`: `AccessControlTranslation` is for a copy of another owner only).
fn rules(context: &Context<'_>, set: &DataSet, to: &[&Bucket]) -> Value {
    let count = to.len();
    let each = |(nth, copy): (usize, &&Bucket)| {
        let mut one = json!({
            rule::ID: replication::rule_id(&copy.site.name),
            rule::PRIORITY: count - nth,
            rule::STATUS: rule::ON,
            rule::FILTER: {"prefix": ""},
            rule::DELETE_MARKERS: rule::ON,
            rule::DESTINATION: arn(copy.name.as_str()),
            rule::ACCOUNT: context.account(&copy.site),
            rule::TIME: replication::MINUTES,
            rule::METRICS: replication::MINUTES,
        });
        if let (Some(_), Value::Object(one)) = (&copy.site.account, &mut one) {
            one.insert(rule::OWNER.to_owned(), rule::OF_DESTINATION.into());
        }
        if let (Some(_), Value::Object(one)) = (set.two_way, &mut one) {
            one.insert(rule::REPLICA_CHANGES.to_owned(), rule::ON.into());
        }
        if let (Encryption::Kms, Value::Object(one)) = (set.encryption.value, &mut one) {
            one.insert(rule::SSE_KMS.to_owned(), rule::ON.into());
            one.insert(rule::REPLICA_KEY.to_owned(), key_arn(context, &copy.site).into());
        }
        one
    };
    Value::Array(to.iter().enumerate().map(each).collect())
}
