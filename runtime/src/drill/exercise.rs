//! What a functional drill restores: from where, and into which place.

use holdfast_compiler::document::Disruption;
use holdfast_compiler::policy::{Bucket, DataSet, Drill, Service};
use jiff::Timestamp;

use super::DrillError;
use super::error::{not_ready, not_served};
use super::order::Order;
use super::session::Session;
use crate::cloud::{BucketPlace, Cloud, CloudError, Objects};
use crate::restore::{Request, holds_journal, is_made};

/// How many objects are copied at a time: the default of `restore`.
const PARALLELISM: usize = 16;
/// Larger objects are copied in parts of this size: the default of `restore`, 1 GiB.
const PART_SIZE: u64 = 1 << 30;

/// A data set that is restored.
#[derive(Debug)]
pub(super) struct Part {
    /// The service.
    pub(super) service: String,
    /// The data set.
    pub(super) data: String,
    /// What is restored.
    pub(super) request: Request,
    /// The primary bucket, if a copy is read: what the copy lacks of it would be lost.
    pub(super) primary: Option<Result<BucketPlace, CloudError>>,
}

/// What a functional drill does.
#[derive(Debug)]
pub(super) struct Exercise {
    /// The provider of the buckets.
    pub(super) provider: &'static str,
    /// Where everything is restored to.
    pub(super) into: BucketPlace,
    /// How all keys begin there: a folder that only this drill writes to.
    pub(super) prefix: String,
    /// What is restored.
    pub(super) parts: Vec<Part>,
}

impl Exercise {
    /// Find out what would be restored, and whether the place is free. Nothing is changed.
    pub(super) async fn prepare(
        session: &Session,
        order: &Order,
        cloud: &dyn Cloud,
    ) -> Result<Self, DrillError> {
        let drill = session.drill()?;
        let services = drill.services.keys().filter_map(|name| session.policy().services.get(name));
        let sets: Vec<(&Service, &str, &DataSet)> = services
            .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name.as_str(), set)))
            .collect();
        let mut sources = Vec::new();
        for (service, data, set) in sets {
            let source = source(drill, service, set).map_err(|why| {
                not_served(
                    format!("`{}.{data}` cannot be restored in a drill: {why}", service.name),
                    "hold the drill by hand, or exercise another disruption",
                )
            })?;
            sources.push((service, data, set, source));
        }
        let Some(provider) = sources.first().map(|(.., source)| source.site.region.provider.name) else {
            return Err(not_served(
                format!("the services of the drill `{}` have no data", drill.name),
                "name services with data, or choose another type",
            ));
        };
        let objects = cloud.objects(provider).ok_or_else(|| {
            not_served(format!("the cloud `{}` has no objects", cloud.name()), "choose another cloud")
        })?;
        if !objects.removes() && !order.keep {
            return Err(not_served(
                "Holdfast removes no objects on this cloud, so what a drill restores would stay".to_owned(),
                "add `--keep`, and remove it yourself; or hold the drill on the embedded cloud",
            ));
        }
        let (into, prefix) = place(session, order, objects).await?;
        let moment = Timestamp::now().as_millisecond();
        let mut parts = Vec::new();
        for (service, data, set, source) in sources {
            let find =
                |bucket: &Bucket| (bucket.name.as_str().to_owned(), bucket.site.region.as_str().to_owned());
            let (name, region) = find(source);
            let from = objects.place(&name, Some(&region)).await.map_err(|error| unseen(&name, &error))?;
            let replica = source.name != set.primary.name;
            let primary = match replica {
                true => {
                    let (name, region) = find(&set.primary);
                    Some(objects.place(&name, Some(&region)).await)
                }
                false => None,
            };
            let request = Request {
                service: service.name.to_string(),
                data: data.to_owned(),
                moment,
                now: moment,
                source: from,
                site: source.site.name.to_string(),
                replica,
                prefix: String::new(),
                into: into.clone(),
                into_prefix: format!("{prefix}{}/{data}/", service.name),
                over: false,
                parallelism: PARALLELISM,
                part_size: PART_SIZE,
            };
            let (service, data) = (service.name.to_string(), data.to_owned());
            parts.push(Part { service, data, request, primary });
        }
        Ok(Self { provider, into, prefix, parts })
    }
}

/// The bucket whose data is left after the disruption.
fn source<'p>(drill: &Drill, service: &Service, set: &'p DataSet) -> Result<&'p Bucket, String> {
    let home = &set.primary.site;
    let own = |bucket: &&Bucket| bucket.site.account.is_none();
    let found = match drill.disruption {
        Disruption::Corruption => Some(&set.primary).filter(own),
        Disruption::SiteLoss => {
            let lost = drill.site.as_ref().or(service.sites.first().map(|site| &site.name));
            let all = std::iter::once(&set.primary).chain(&set.copies);
            all.filter(own).find(|bucket| Some(&bucket.site.name) != lost)
        }
        Disruption::KeyLoss => set.copies.iter().filter(own).find(|copy| copy.site.name != home.name),
        Disruption::AccountCompromise => None,
    };
    found.ok_or_else(|| {
        "what is left of it are recovery points, or copies in another account, and neither can be restored yet".to_owned()
    })
}

/// The place of `--into`, which must be free.
async fn place(
    session: &Session,
    order: &Order,
    objects: &dyn Objects,
) -> Result<(BucketPlace, String), DrillError> {
    let Some((bucket, prefix)) = &order.into else {
        return Err(DrillError::Usage(
            "a functional drill restores into a place of its own: name it with `--into BUCKET/PREFIX/`"
                .to_owned(),
        ));
    };
    let refused = |message: String| {
        Err(DrillError::NotReady(vec![not_ready(
            message,
            "restore into a bucket that is used for drills only",
        )]))
    };
    if let Some(why) = why_live(session, bucket) {
        return refused(why);
    }
    let mut prefix = prefix.clone();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    let place = objects.place(bucket, None).await.map_err(|error| unseen(bucket, &error))?;
    let page = objects.versions(&place, &prefix, None).await?;
    if let Some(first) = page.items.first() {
        let more = if page.next.is_some() { "more than " } else { "" };
        return refused(format!(
            "`{bucket}/{prefix}` is not empty: it has {more}{} versions, such as of `{}`",
            page.items.len(),
            first.key
        ));
    }
    // The run that will record the drill; it does not begin if another run comes first.
    let run = session.history.runs.len() as u64 + 1;
    Ok((place, format!("{prefix}{FRESH}{run}/")))
}

/// How the name of the folder begins that a drill restores into, below the place of `--into`.
const FRESH: &str = "drill-";

/// Whether a prefix is such a folder, which nobody but a drill writes to.
pub(super) fn is_fresh(prefix: &str) -> bool {
    let folder = prefix.strip_suffix('/').map(|path| path.rsplit('/').next().unwrap_or(path));
    let number = folder.and_then(|name| name.strip_prefix(FRESH));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

/// Why the data of a bucket is live, so that no drill writes or removes anything there. `None`: it is not.
pub(super) fn why_live(session: &Session, bucket: &str) -> Option<String> {
    let services = session.policy().services.values();
    let mut live = services
        .flat_map(|service| service.data.values())
        .flat_map(|set| std::iter::once(&set.primary).chain(&set.copies));
    if live.any(|one| one.name.as_str() == bucket) {
        return Some(format!("`{bucket}` is a bucket of the policies, so its data is live"));
    }
    if holds_journal(&session.workspace.journal, bucket) {
        return Some(format!("`{bucket}` holds the journal of the estate"));
    }
    let is_made = is_made(&session.history, &session.context, bucket);
    is_made.then(|| format!("runs have made `{bucket}` and not deleted it, so its data is live"))
}

fn unseen(bucket: &str, error: &CloudError) -> DrillError {
    let cure = "make the bucket, or correct the permissions of whoever holds the drill";
    DrillError::NotReady(vec![not_ready(format!("the bucket `{bucket}` cannot be used: {error}"), cure)])
}
