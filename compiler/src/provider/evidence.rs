//! What counts as evidence for an objective: how a provider tells, from the policy and from what was observed, what a
//! service rests on.

use crate::document::Name;
use crate::objectives::facts::{Data, Traffic};
use crate::objectives::view::View;
use crate::policy::{self, Bucket, Service};
use crate::source::Span;

/// What is left, in words, and the place that says so.
pub(super) type Left = fn(&Service, &Name, &[&Bucket]) -> Option<(&'static str, Span)>;

/// The judgements of a provider.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// The first thing that a copy in real time needs and the policy leaves as it was found, with the place that says so.
    pub left: Left,
    /// Whether the policy leaves it to somebody else that a bucket keeps versions.
    pub leaves_versions: fn(&Service, &Name, &Bucket) -> bool,
    /// Whether the policy leaves it to somebody else how a bucket is encrypted.
    pub leaves_key: fn(&Service, &Name, &Bucket) -> bool,
    /// Correct what is wanted of an entry of traffic to what was observed. Gives whether anything of it is there.
    pub traffic: fn(&View<'_, '_>, &Name, &policy::Traffic, &mut Traffic) -> bool,
    /// Correct what is wanted of a data set to what was observed. Gives whether its primary is there.
    pub data: fn(&View<'_, '_>, &Name, &mut Data<'_>) -> bool,
    /// Find copies that older objects are missing from: a bucket that was there before its replication may have objects
    /// that are never copied.
    pub backfill: fn(&View<'_, '_>, &Name, &mut Data<'_>),
}
