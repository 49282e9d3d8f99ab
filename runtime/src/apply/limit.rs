//! How fast a cloud may be asked: token buckets, one per limit.
//!
//! A bucket holds at most `burst` tokens, gains `rate` a second, and gives one for each call. A unit of work
//! starts when all its buckets can pay for it, so calls that a service would refuse are not made. The SDK
//! repeats what is refused all the same: others use the account too, and what a unit costs is an estimate.
//! Every run begins with full buckets and knows nothing of what the observation before it has asked.

use std::collections::BTreeMap;
use std::fmt;

use holdfast_compiler::provider::PROVIDERS;
use holdfast_compiler::resource::Rate;
use tokio::time::{Duration, Instant};

use crate::cloud::Cost;

/// The limits of a run, by the name of a service (`route53`) or of one operation
/// (`route53:CreateHealthCheck`), which counts for its service as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits(BTreeMap<String, Rate>);

impl Default for Limits {
    fn default() -> Self {
        let services = PROVIDERS.iter().flat_map(|provider| provider.rates.iter().copied());
        let calls = PROVIDERS.iter().flat_map(|provider| provider.all_calls());
        let calls = calls.into_iter().filter_map(|call| Some((call.operation, call.rate?)));
        Self(services.chain(calls).map(|(name, rate)| (name.to_owned(), rate)).collect())
    }
}

/// `route53=10/50`, one after the other.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> =
            self.0.iter().map(|(name, limit)| format!("{name}={}/{}", limit.rate, limit.burst)).collect();
        f.write_str(&each.join(", "))
    }
}

/// All that can be limited: services, and the operations that are counted beforehand, sorted.
#[must_use]
pub fn limitable() -> Vec<&'static str> {
    let services = PROVIDERS.iter().flat_map(|provider| provider.rates.iter().map(|(name, _)| *name));
    let calls = PROVIDERS.iter().flat_map(|provider| provider.all_calls());
    let paced = calls.into_iter().filter(|call| call.is_paced()).map(|call| call.operation);
    let mut all: Vec<&str> = services.chain(paced).collect();
    all.sort_unstable();
    all
}

/// One wish about limits, as it stands on the command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// `none`: no limits at all.
    Unlimited,
    /// `NAME=RATE` or `NAME=RATE/BURST`, or `NAME=none`.
    Of(String, Option<(f64, Option<f64>)>),
}

impl Setting {
    /// Read one.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Unlimited);
        }
        let (name, limit) = text.split_once('=').ok_or("write it like route53=5 or route53=5/20")?;
        if limit == "none" {
            return Ok(Self::Of(name.to_owned(), None));
        }
        let (rate, burst) = limit.split_once('/').map_or((limit, None), |(rate, burst)| (rate, Some(burst)));
        let number = |text: &str, least: f64| {
            let number = text.parse().ok().filter(|number| (least..=MOST).contains(number));
            number.ok_or_else(|| format!("`{text}` is not a number from {least} to {MOST}"))
        };
        let burst = burst.map(|burst| number(burst, 1.0)).transpose()?;
        Ok(Self::Of(name.to_owned(), Some((number(rate, LEAST)?, burst))))
    }
}

/// One call in about three hours: less is as good as never.
const LEAST: f64 = 0.0001;
/// More than any service answers.
const MOST: f64 = 1_000_000.0;

impl Limits {
    /// No limits.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// These limits, and then what somebody wants. A rate without a burst keeps the burst there is; where
    /// there is none, it is one second's worth.
    #[must_use]
    pub fn with(mut self, settings: &[Setting]) -> Self {
        for setting in settings {
            match setting {
                Setting::Unlimited => self.0.clear(),
                Setting::Of(name, None) => drop(self.0.remove(name)),
                Setting::Of(name, Some((rate, burst))) => {
                    let known = self.0.get(name).map(|limit| limit.burst);
                    let burst = burst.or(known).unwrap_or(rate.max(1.0));
                    self.0.insert(name.clone(), Rate { rate: *rate, burst });
                }
            }
        }
        self
    }
}

/// The buckets of a run.
#[derive(Debug)]
pub(super) struct Buckets(BTreeMap<String, Bucket>);

#[derive(Debug)]
struct Bucket {
    limit: Rate,
    /// Below zero after a unit that costs more than the bucket holds.
    tokens: f64,
    at: Instant,
}

impl Buckets {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        let full = |limit: &Rate| Bucket { limit: *limit, tokens: limit.burst, at: now };
        Self(limits.0.iter().map(|(name, limit)| (name.clone(), full(limit))).collect())
    }

    /// The buckets that cannot pay yet, and when they can.
    pub(super) fn short(&self, cost: &Cost, now: Instant) -> Vec<(&str, Instant)> {
        let short = self.0.iter().filter_map(|(name, bucket)| {
            // What costs more than a full bucket holds waits for a full one.
            let lacks = price(name, cost).min(bucket.limit.burst) - bucket.tokens(now);
            (lacks > ROUNDING)
                .then(|| (name.as_str(), now + Duration::from_secs_f64(lacks / bucket.limit.rate)))
        });
        short.collect()
    }

    /// The buckets that a unit of work draws from.
    pub(super) fn of<'a>(&'a self, cost: &'a Cost) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str).filter(|name| price(name, cost) > 0.0)
    }

    /// Pay.
    pub(super) fn take(&mut self, cost: &Cost, now: Instant) {
        for (name, bucket) in &mut self.0 {
            let tokens = bucket.tokens(now) - price(name, cost);
            (bucket.tokens, bucket.at) = (tokens, now);
        }
    }
}

/// What the arithmetic of fractions may get wrong.
const ROUNDING: f64 = 1e-6;

impl Bucket {
    fn tokens(&self, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.limit.rate;
        (self.tokens + gained).min(self.limit.burst)
    }
}

/// What a bucket has to pay: for one operation, or for all of a service.
fn price(bucket: &str, cost: &Cost) -> f64 {
    let counts = |operation: &str| {
        operation == bucket || operation.split_once(':').is_some_and(|(service, _)| service == bucket)
    };
    cost.iter().filter(|(operation, _)| counts(operation)).map(|(_, calls)| f64::from(*calls)).sum()
}

#[cfg(test)]
mod tests;
