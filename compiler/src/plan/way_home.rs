//! Whether the data at a site that is returned to has what was written elsewhere. It is measured and changes every minute, so it is told
//! beside a plan and is no part of it.

use std::collections::BTreeSet;

use crate::document::Name;
use crate::observation::Observation;
use crate::policy::{DataSet, Policy, Service};
use crate::posture::Posture;
use crate::provider;
use crate::signals::{SeenLag, SeenSignals, Signal};

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
}

/// How far the buckets that a change of the posture returns to are behind those that were in use, where copies go both ways.
#[must_use]
pub fn ways_home(
    policy: &Policy,
    (was, now): (&Posture, &Posture),
    observation: &Observation,
    signals: &SeenSignals,
) -> Vec<WayHome> {
    let ways = returned(policy, was, now).flat_map(|(service, name, set)| {
        let used = set.copies.iter().filter(|copy| !was.evacuates(&copy.site.name));
        used.filter_map(move |copy| {
            let provider = provider::find(set.primary.site.region.provider.name)?;
            Some(WayHome {
                entry: format!("{}.{name}", service.name),
                home: set.primary.name.to_string(),
                from: copy.name.to_string(),
                seen: (provider.evidence.behind)(observation, signals, [copy, &set.primary]),
            })
        })
    });
    ways.collect()
}

/// The data sets that a change of the posture returns to, and whose copies go both ways.
fn returned<'p>(
    policy: &'p Policy,
    was: &Posture,
    now: &Posture,
) -> impl Iterator<Item = (&'p Service, &'p Name, &'p DataSet)> {
    let sets = policy
        .services
        .values()
        .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name, set)));
    sets.filter(move |(.., set)| {
        let home = &set.primary.site.name;
        set.two_way.is_some() && was.evacuates(home) && !now.evacuates(home)
    })
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
    /// For people, a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { entry, home, from, seen } = self;
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
