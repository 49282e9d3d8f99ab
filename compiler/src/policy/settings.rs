//! What applies to a service, and where it is set: the service itself, its tier, the estate, or Holdfast's defaults.

use std::collections::BTreeMap;

use super::binder::Binder;
use crate::document::{self, Disruption, Limit, Name, Objectives, Step};
use crate::provider::facts::Fact;
use crate::source::Span;
use crate::units::{Date, Duration, Throughput};

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it is set.
    pub origin: Origin,
}

/// Where a value is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The service, at this place.
    Service(Span),
    /// A tier of the estate, at this place.
    Tier(Name, Span),
    /// The defaults of the estate, at this place.
    Estate(Span),
    /// Not set: the value is built in, for this reason.
    BuiltIn(&'static str),
}

impl Origin {
    /// The place in the text, if there is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Service(span) | Self::Tier(_, span) | Self::Estate(span) => Some(*span),
            Self::BuiltIn(_) => None,
        }
    }
}

/// An assumed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed<T> {
    /// The value.
    pub value: T,
    /// The reason.
    pub because: String,
    /// The day it was measured.
    pub measured: Option<Date>,
}

/// The objectives of a service for one disruption. `None` where none is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The recovery time objective.
    pub rto: Option<Setting<Duration>>,
    /// The recovery point objective.
    pub rpo: Option<Setting<Duration>>,
    /// The undecided ones, `rto` or `rpo`, with their origins.
    pub undecided: Vec<(&'static str, Origin)>,
}

/// The assumptions of a service. See [`document::Assumptions`] for their meanings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in `document::Assumptions`")]
pub struct Assumptions {
    pub keep_alive: Setting<Assumed<Duration>>,
    pub resolver_slack: Setting<Assumed<Duration>>,
    pub health_propagation: Setting<Assumed<Duration>>,
    pub detection: Option<Setting<Assumed<Duration>>>,
    pub noticed: Option<Setting<Assumed<Duration>>>,
    pub backup_copy: Option<Setting<Assumed<Duration>>>,
    pub restore_throughput: Option<Setting<Assumed<Throughput>>>,
}

/// The default objectives.
pub(super) const RTO: Duration = Duration::hours(4);
pub(super) const RPO: Duration = Duration::hours(1);
const BUILT_IN_OBJECTIVE: Origin = Origin::BuiltIn("Holdfast's own: RTO 4 h, RPO 1 h");

/// RFC 1035 §3.2.1: a TTL is how long an answer may be cached.
pub(super) const RESOLVER_SLACK: Fact =
    Fact { value: Duration::seconds(0), why: "resolvers obey the TTL (RFC 1035 §3.2.1)" };
fn built_in(Fact { value, why }: Fact) -> Setting<Assumed<Duration>> {
    let assumed = Assumed { value, because: why.to_owned(), measured: None };
    Setting { value: assumed, origin: Origin::BuiltIn(why) }
}

impl Binder<'_> {
    /// The places of a path in the service, in its tier and in the estate's defaults.
    fn levels<'p>(&'p self, path: &'p [Step<'p>]) -> [(Level, Span); 3] {
        let below = |prefix: &[Step<'p>]| {
            let path: Vec<Step<'_>> = prefix.iter().chain(path).copied().collect();
            self.estate.span(&path)
        };
        let tier = self.tier.map_or_else(
            || self.document.span(path),
            |(name, _)| below(&["tiers".into(), name.as_str().into()]),
        );
        [
            (Level::Service, self.document.span(path)),
            (Level::Tier, tier),
            (Level::Estate, below(&["defaults".into()])),
        ]
    }

    fn origin(&self, (level, span): (Level, Span)) -> Origin {
        match (level, self.tier) {
            (Level::Tier, Some((name, _))) => Origin::Tier(name.clone(), span),
            (Level::Estate, _) => Origin::Estate(span),
            _ => Origin::Service(span),
        }
    }

    /// The first value that is set, with its origin.
    pub(super) fn first<T>(&self, path: &[Step<'_>], values: [Option<T>; 3]) -> Option<Setting<T>> {
        let found =
            values.into_iter().zip(self.levels(path)).find_map(|(value, level)| Some((value?, level)));
        found.map(|(value, level)| Setting { value, origin: self.origin(level) })
    }

    pub(super) fn objectives(&self) -> BTreeMap<Disruption, Asked> {
        let levels: [Option<Objectives>; 3] = [
            self.service.objectives,
            self.tier.and_then(|(_, tier)| tier.objectives),
            self.defaults.objectives,
        ];
        let of = |disruption: Disruption| {
            let asked =
                levels.map(|level| level.map(|objectives| objectives.of(disruption)).unwrap_or_default());
            let path = |key: &'static str| -> Vec<Step<'static>> {
                match disruption {
                    Disruption::SiteLoss => vec!["objectives".into(), key.into()],
                    other => vec!["objectives".into(), other.key().into(), key.into()],
                }
            };
            let built_in = |value| Setting { value, origin: BUILT_IN_OBJECTIVE };
            let default = |value| (disruption == Disruption::SiteLoss).then(|| built_in(value));
            let mut undecided = Vec::new();
            let mut limit = |key, values, value| match self.first(&path(key), values) {
                None => default(value),
                Some(Setting { value: Limit::Within(value), origin }) => Some(Setting { value, origin }),
                Some(Setting { value: Limit::Undecided, origin }) => {
                    undecided.push((key, origin));
                    None
                }
            };
            let rto = limit("rto", asked.map(|asked| asked.rto), RTO);
            let rpo = limit("rpo", asked.map(|asked| asked.rpo), RPO);
            (disruption, Asked { rto, rpo, undecided })
        };
        Disruption::ALL.into_iter().map(of).collect()
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        let none = document::Assumptions::default();
        let tier = self.tier.map_or(&none, |(_, tier)| &tier.assumptions);
        // Of several providers, the one with the worse assumptions.
        let answering = self.service.traffic.values().map(|traffic| &traffic.provider().dns);
        let worst = answering.max_by_key(|dns| (dns.keep_alive.value, dns.health_propagation.value));
        let dns = worst.unwrap_or(&self.provider().dns);
        let levels = [&self.service.assumptions, tier, &self.defaults.assumptions];
        Assumptions {
            keep_alive: self
                .assumed("keep-alive", levels.map(|a| &a.keep_alive))
                .unwrap_or_else(|| built_in(dns.keep_alive)),
            resolver_slack: self
                .assumed("resolver-slack", levels.map(|a| &a.resolver_slack))
                .unwrap_or_else(|| built_in(RESOLVER_SLACK)),
            health_propagation: self
                .assumed("health-propagation", levels.map(|a| &a.health_propagation))
                .unwrap_or_else(|| built_in(dns.health_propagation)),
            detection: self.assumed("detection", levels.map(|a| &a.detection)),
            noticed: self.assumed("noticed", levels.map(|a| &a.noticed)),
            backup_copy: self.assumed("backup-copy", levels.map(|a| &a.backup_copy)),
            restore_throughput: self.assumed("restore-throughput", levels.map(|a| &a.restore_throughput)),
        }
    }

    fn assumed<T: Clone>(
        &self,
        key: &'static str,
        levels: [&Option<document::Assumed<T>>; 3],
    ) -> Option<Setting<Assumed<T>>> {
        self.first(&["assumptions".into(), key.into()], levels.map(|level| level.as_ref().map(assumed)))
    }
}

/// An assumption of the document without its places.
pub(super) fn assumed<T: Clone>(document: &document::Assumed<T>) -> Assumed<T> {
    let document::Assumed { value, because, measured } = document;
    Assumed { value: value.clone(), because: because.clone(), measured: *measured }
}

#[derive(Debug, Clone, Copy)]
enum Level {
    Service,
    Tier,
    Estate,
}
