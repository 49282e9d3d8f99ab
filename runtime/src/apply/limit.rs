//! Rate limits for calls to a cloud: token buckets, one per limit.
//!
//! A bucket holds at most `burst` tokens, gains `rate` a second, and spends one for each call. A unit of work
//! starts when all its buckets hold enough, so calls that a service would throttle are not made. The SDK still
//! retries throttled calls: others use the account too, and the cost of a unit is an estimate. Every run begins
//! with full buckets and does not count the calls of the observation before it.

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

/// The names that `--limit` accepts, sorted: services, and the operations whose calls are estimated before a unit
/// starts.
#[must_use]
pub fn limitable() -> Vec<&'static str> {
    let services = PROVIDERS.iter().flat_map(|provider| provider.rates.iter().map(|(name, _)| *name));
    let calls = PROVIDERS.iter().flat_map(|provider| provider.all_calls());
    let paced = calls.into_iter().filter(|call| call.is_paced()).map(|call| call.operation);
    let mut all: Vec<&str> = services.chain(paced).collect();
    all.sort_unstable();
    all
}

/// One `--limit` of the command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// `none`: no limits at all.
    Unlimited,
    /// `NAME=RATE` or `NAME=RATE/BURST`, or `NAME=none`.
    Of(String, Option<(f64, Option<f64>)>),
}

impl Setting {
    /// Parses `none`, `NAME=none`, `NAME=RATE` or `NAME=RATE/BURST`; rates are calls a second.
    ///
    /// # Errors
    /// What is wrong with it, as a message for the user.
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

/// The lowest rate: one call in about three hours. Anything lower would never finish.
const LEAST: f64 = 0.0001;
/// The highest rate: more than any service allows.
const MOST: f64 = 1_000_000.0;

impl Limits {
    /// No limits.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// These limits with settings applied in order. A rate without a burst keeps the known burst; if there is
    /// none, the burst is the calls of one second.
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

    /// The buckets that lack tokens for this cost, each with the time when it has enough.
    pub(super) fn short(&self, cost: &Cost, now: Instant) -> Vec<(&str, Instant)> {
        let short = self.0.iter().filter_map(|(name, bucket)| {
            // A cost above the bucket's burst waits for a full bucket.
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

    /// Takes the tokens of a unit out of its buckets.
    pub(super) fn take(&mut self, cost: &Cost, now: Instant) {
        for (name, bucket) in &mut self.0 {
            let tokens = bucket.tokens(now) - price(name, cost);
            (bucket.tokens, bucket.at) = (tokens, now);
        }
    }
}

/// The tolerance for floating-point errors, in tokens.
const ROUNDING: f64 = 1e-6;

impl Bucket {
    fn tokens(&self, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.limit.rate;
        (self.tokens + gained).min(self.limit.burst)
    }
}

/// How many of these calls count for a bucket: those of one operation, or all of a service.
fn price(bucket: &str, cost: &Cost) -> f64 {
    let counts = |operation: &str| {
        operation == bucket || operation.split_once(':').is_some_and(|(service, _)| service == bucket)
    };
    cost.iter().filter(|(operation, _)| counts(operation)).map(|(_, calls)| f64::from(*calls)).sum()
}

#[cfg(test)]
mod tests;
