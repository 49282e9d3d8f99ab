//! Whether the data at a site that is returned to has what was written elsewhere. It is measured and changes every minute, so it is told
//! beside a plan and is no part of it.

use std::collections::BTreeSet;

use crate::copies::CopyJob;
use crate::document::Name;
use crate::observation::{Observation, Owned};
use crate::policy::{Bucket, DataSet, Policy, Service};
use crate::posture::Posture;
use crate::provider;
use crate::signals::{Lag, SeenLag, SeenSignals, Signal};

/// How far a bucket that the plan returns to is behind what was written elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayHome {
    /// `SERVICE.DATA`.
    pub entry: String,
    /// The bucket that is returned to.
    pub home: String,
    /// The bucket that was written to.
    pub from: String,
    /// What is measured. `None` if no rule was seen that copies.
    pub seen: Option<SeenLag>,
    /// While a return is prepared, what copies what is older than the rule.
    pub older: Older,
}

/// What copies what was written to a copy before the rule that copies it home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Older {
    /// No return is prepared, or nobody looks there.
    NotAsked,
    /// No job since the rule was made was seen.
    NoJob,
    /// The newest job since then.
    Job(CopyJob),
}

/// How far the buckets that a change of the posture returns to are behind those that were in use, where copies go both ways.
#[must_use]
pub fn ways_home(
    policy: &Policy,
    (was, now): (&Posture, &Posture),
    seen: (&Observation, &[Owned]),
    signals: &SeenSignals,
) -> Vec<WayHome> {
    let returned = returned(policy, was, now);
    returned.flat_map(|one| of_data(one, (was, now), seen, signals)).collect()
}

/// How far each primary bucket in use is behind its copies that go both ways. Empty if nobody has measured anything.
pub(super) fn all(policy: &Policy, posture: &Posture, seen: (&Observation, &[Owned])) -> Vec<WayHome> {
    let Some(signals) = &seen.0.signals else { return Vec::new() };
    let sets = two_way(policy).filter(|(.., set)| !posture.leaves_alone(&set.primary.site.name));
    sets.flat_map(|one| of_data(one, (posture, posture), seen, signals)).collect()
}

/// `was` says whether a return is prepared, and `now` where somebody looks.
fn of_data(
    (service, name, set): (&Service, &Name, &DataSet),
    (was, now): (&Posture, &Posture),
    (observation, owned): (&Observation, &[Owned]),
    signals: &SeenSignals,
) -> Vec<WayHome> {
    let Some(provider) = provider::find(set.primary.site.region.provider.name) else { return Vec::new() };
    let seen = |copy: &Bucket| match now.leaves_alone(&copy.site.name) {
        true => Some(Err(format!("`{}` is evacuated, so nobody looks there", copy.site.name))),
        false => (provider.evidence.behind)(observation, signals, [copy, &set.primary]),
    };
    let older =
        |copy: &Bucket| match was.prepares(&set.primary.site.name) && !now.leaves_alone(&copy.site.name) {
            true => (provider.evidence.job_home)(observation, owned, (&service.name, name, copy))
                .map_or(Older::NoJob, Older::Job),
            false => Older::NotAsked,
        };
    let way = |copy: &Bucket| WayHome {
        entry: format!("{}.{name}", service.name),
        home: set.primary.name.to_string(),
        from: copy.name.to_string(),
        seen: seen(copy),
        older: older(copy),
    };
    set.copies.iter().map(way).collect()
}

/// The data sets that a change of the posture returns to, or whose return is prepared, and whose copies go both ways.
fn returned<'p>(
    policy: &'p Policy,
    was: &Posture,
    now: &Posture,
) -> impl Iterator<Item = (&'p Service, &'p Name, &'p DataSet)> {
    two_way(policy).filter(move |(.., set)| {
        let home = &set.primary.site.name;
        was.evacuates(home) && !now.leaves_alone(home)
    })
}

fn two_way(policy: &Policy) -> impl Iterator<Item = (&Service, &Name, &DataSet)> {
    let sets = policy
        .services
        .values()
        .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name, set)));
    sets.filter(|(.., set)| set.two_way.is_some())
}

/// What to measure for [`ways_home`].
#[must_use]
pub fn signals_home(
    policy: &Policy,
    (was, now): (&Posture, &Posture),
    observation: &Observation,
) -> BTreeSet<Signal> {
    match returned(policy, was, now).next() {
        Some(_) => provider::signals(observation, &[]),
        None => BTreeSet::new(),
    }
}

impl WayHome {
    /// Whether something that was written elsewhere was seen not to be at home, or nothing has copied what is older than the rule.
    #[must_use]
    pub fn lacks(&self) -> bool {
        let lacks = |lag: &Lag| {
            lag.pending.is_some_and(|count| count > 0) || lag.failed.is_some_and(|count| count > 0)
        };
        let lacks_older = match &self.older {
            Older::NotAsked => false,
            Older::NoJob => true,
            Older::Job(job) => !job.is_done(),
        };
        lacks_older || self.seen.as_ref().is_some_and(|seen| seen.as_ref().is_ok_and(lacks))
    }

    /// For people, a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let rule = self.rule_in_words();
        let older = match &self.older {
            Older::NotAsked => return rule,
            Older::NoJob => "no job copies it; the next apply begins one".to_owned(),
            Older::Job(job) => job.in_words(),
        };
        format!("{rule}; what was written there before the rule: {older}")
    }

    fn rule_in_words(&self) -> String {
        let Self { entry, home, from, seen, .. } = self;
        let unknown = |why: &str| {
            format!("{entry}: whether `{home}` has what was written to `{from}` is unknown: {why}")
        };
        match seen {
            None => unknown("no rule that copies it back was seen"),
            Some(Err(why)) => unknown(why),
            Some(Ok(lag)) => match (lag.pending, lag.failed.unwrap_or_default()) {
                (None, 0) => unknown("nothing is measured of the rule that copies it back"),
                (Some(0), 0) => format!(
                    "{entry}: nothing that was written to `{from}` is on its way to `{home}`, and nothing failed in the last day; \
                     older failures are not seen"
                ),
                _ => format!(
                    "{entry}: `{home}` lacks some of what was written to `{from}`: {}",
                    lag.in_words()
                ),
            },
        }
    }
}
