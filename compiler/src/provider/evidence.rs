//! Evidence for objectives: how a provider derives, from the policy and the observation, what a service
//! relies on.

use crate::backups::BackupPlace;
use crate::copies::CopyJob;
use crate::diagnostic::Diagnostic;
use crate::document::Name;
use crate::objectives::facts::{Data, Traffic};
use crate::objectives::view::View;
use crate::observation::{Object, Observation, Owned};
use crate::policy::{self, Bucket, DataSet, Schedule, Service, Site};
use crate::resource::{Address, Values};
use crate::signals::{SeenHealth, SeenLag, SeenSignals};
use crate::source::Span;

/// The unmanaged setting, as text, and the place of its `leave`.
pub(super) type Left = fn(&Service, &Name, &[&Bucket]) -> Option<(&'static str, Span)>;

/// Why an existing object is not taken over.
#[derive(Debug)]
pub struct Obstacle {
    /// The resource that it would become.
    pub address: Address,
    /// The finding, without a help.
    pub found: Diagnostic,
    /// What to do about it.
    pub cure: String,
    /// Whether it is taken over if an operator allows it.
    pub may_adopt: bool,
    /// Whether plans go on in spite of it while a site is evacuated: nothing that they change rests on it.
    pub may_wait: bool,
}

/// A job that has to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// The resource that it is.
    pub address: Address,
    /// What it has besides what the policy declares.
    pub attributes: Values,
    /// Why.
    pub reason: String,
}

/// Finds a job by what was seen, what Holdfast made, and the names of a service and a data set with its copy.
pub type JobHome = fn(&Observation, &[Owned], (&Name, &Name, &Bucket)) -> Option<CopyJob>;

/// The evidence functions of a provider.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// The first setting that a real-time copy needs and that the policy leaves unmanaged, with the place
    /// that says so.
    pub left: Left,
    /// Whether the policy leaves the versioning of a bucket unmanaged.
    pub leaves_versions: fn(&Service, &Name, &Bucket) -> bool,
    /// Whether the policy leaves the encryption of a bucket unmanaged.
    pub leaves_key: fn(&Service, &Name, &Bucket) -> bool,
    /// Whether the policy says that a bucket existed before Holdfast managed it.
    pub exists: fn(&Service, &Name, &Bucket) -> bool,
    /// Replace the desired facts of an entry of traffic by the observed ones. Returns whether any part of it
    /// exists.
    pub traffic: fn(&View<'_, '_>, &Name, &policy::Traffic, &mut Traffic) -> bool,
    /// Replace the desired facts of a data set by the observed ones. Returns whether its primary bucket
    /// exists.
    pub data: fn(&View<'_, '_>, &Name, &mut Data<'_>) -> bool,
    /// Remove the scheduled backups that are not set up as the policy declares.
    pub backups: fn(&View<'_, '_>, &Name, &mut Data<'_>),
    /// Where the backups of a schedule at a site are kept. `None` if Holdfast does not make them.
    pub backup_place: fn(&View<'_, '_>, &Data<'_>, &Schedule, &Site) -> Option<BackupPlace>,
    /// Why something that makes the backups of a schedule at a site could not be seen. `None` if all of it was, or is missing.
    pub backup_unseen: fn(&View<'_, '_>, &Name, &Data<'_>, &Schedule, &Site) -> Option<String>,
    /// Why the observed objects of a data set do not decide whether it is copied.
    pub undecided: fn(&View<'_, '_>, &Name, &DataSet) -> Option<String>,
    /// The address of the bucket of a data set at a site.
    pub bucket: fn(&View<'_, '_>, &Name, &Bucket) -> Address,
    /// The address of what copies a data set to a bucket.
    pub copier: fn(&View<'_, '_>, &Name, &Bucket) -> Address,
    /// The address of what copies back what is written to a copy of a data set.
    pub way_back: fn(&Service, &Name, &Bucket) -> Address,
    /// How far one bucket is behind another that is copied to it. `None` if no rule was seen that copies.
    pub behind: fn(&Observation, &SeenSignals, [&Bucket; 2]) -> Option<SeenLag>,
    /// The name by which policies know an observed object, and how it encrypts what is written to it. `None` if it is neither a bucket
    /// nor a vault.
    pub encrypts: fn(&Object) -> Option<(String, String)>,
    /// How far a copy is behind its primary bucket. `None` if nothing copies there.
    pub lag: fn(&View<'_, '_>, &Name, &Bucket, &Bucket) -> Option<SeenLag>,
    /// How many versions of objects a bucket has. `None` if nobody has counted them.
    pub objects: fn(&View<'_, '_>, &Bucket) -> Option<u64>,
    /// Whether the health check of a site passes. `None` if the site has none.
    pub passes: fn(&View<'_, '_>, &Name, &Site) -> Option<SeenHealth>,
    /// Find what stops a copy or shortens how long it and older versions stay, although the policy does not manage it.
    pub stop: fn(&View<'_, '_>, &Name, &mut Data<'_>),
    /// What keeps an entry of traffic from failing over, although the policy does not manage it.
    pub diverted: fn(&View<'_, '_>, &Name, &policy::Traffic) -> Option<String>,
    /// The newest job that copies what the replication of a data set does not. `None` if there is none, or it could not be seen.
    pub copy_job: fn(&View<'_, '_>, &Name) -> Option<CopyJob>,
    /// The resource of such a job, and what a new one has besides what the policy declares, after the last one.
    pub begin: fn(&View<'_, '_>, &Name, Option<&CopyJob>) -> (Address, Values),
    /// The jobs that copy home what was written to copies of a data set before the rules that do, while a return is prepared: those that
    /// have to be begun.
    pub begin_back: fn(&View<'_, '_>, &Name, &DataSet) -> Vec<Begin>,
    /// The newest job that copies home what was written to a copy before the rule that does: of a service, a data set and its copy. `None` if
    /// no rule was made, no job since the rule was, or it could not be seen.
    pub job_home: JobHome,
    /// What of the existing buckets of a data set keeps Holdfast from managing them.
    pub obstacles: fn(&View<'_, '_>, &Name, &DataSet) -> Vec<Obstacle>,
    /// Find copies that may lack older objects: a bucket that existed before its replication may have objects
    /// that are never copied.
    pub backfill: fn(&View<'_, '_>, &Name, &mut Data<'_>),
}
