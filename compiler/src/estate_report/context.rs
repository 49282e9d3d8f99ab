//! What every section uses: the inputs, what is derived from them once, and words for both.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inputs, Live};
use crate::bcp;
use crate::document::Name;
use crate::objectives::{Bound, Derivation, Loss, losses};
use crate::observation::Object;
use crate::policy::{Policy, Service, Site};
use crate::provider;
use crate::rehearsals;
use crate::report::Phrase;
use crate::status::Status;
use crate::units::{Date, Duration};

/// The inputs, and what is derived from them once.
pub(super) struct Context<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// What the continuity plan is made from: services in order, people, derived objectives.
    pub(super) plan: bcp::Context<'a>,
    /// What services can achieve when a site, or sites that share a fate, are lost.
    pub(super) losses: Vec<Loss<'a>>,
    /// The sites that a service uses.
    pub(super) sites: BTreeMap<&'a Name, &'a Site>,
    /// How buckets and vaults encrypt, as somebody saw: by the parts of their identities, with blanks between them.
    pub(super) encrypted: BTreeMap<String, String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>) -> Self {
        let policy = inputs.plan.policy;
        let losses = losses(policy, Some(inputs.plan.as_of));
        let encrypted = match &inputs.live {
            Live::Seen { status, .. } => encrypted(&status.plan.observed),
            Live::NotAsked | Live::Unseen(_) => BTreeMap::new(),
        };
        Self { inputs, plan: bcp::Context::new(&inputs.plan), losses, sites: sites(policy), encrypted }
    }

    /// The policies.
    pub(super) fn policy(&self) -> &'a Policy {
        self.inputs.plan.policy
    }

    /// The day on which something is due or overdue.
    pub(super) fn as_of(&self) -> Date {
        self.inputs.plan.as_of
    }

    /// Where the estate stood when somebody looked.
    pub(super) fn status(&self) -> Option<&'a Status<'a>> {
        match &self.inputs.live {
            Live::Seen { status, .. } => Some(status),
            Live::NotAsked | Live::Unseen(_) => None,
        }
    }

    /// Why nobody knows how it stands in the cloud. `None` if somebody looked.
    pub(super) fn unseen(&self) -> Option<String> {
        match &self.inputs.live {
            Live::Seen { .. } => None,
            Live::NotAsked => Some("this report was made without looking at the cloud".to_owned()),
            Live::Unseen(why) => Some(format!("the cloud could not be observed: {}", self.hidden(why))),
        }
    }

    /// The derivations of a service, by disruption.
    pub(super) fn derived(&self, service: &Name) -> &[Derivation] {
        self.plan.derived.get(service).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rehearsals of the loss of these sites together.
    pub(super) fn rehearsal(&self, sites: &BTreeSet<&Name>) -> Option<&'a rehearsals::Report<'a>> {
        self.inputs.rehearsals.iter().find(|one| one.lost == *sites)
    }

    /// The services that wait for a service, directly.
    pub(super) fn needed_by(&self, name: &Name) -> impl Iterator<Item = &'a Service> {
        self.policy().services.values().filter(move |service| service.depends_on.contains_key(name))
    }

    /// Text of the policies, of the cloud, of the journal or of git, without the backticks that are for a terminal. Without contacts,
    /// ways to reach people are left out.
    pub(super) fn hidden(&self, text: &str) -> String {
        bcp::redacted(&self.plan, text).replace('`', "")
    }

    /// Who did something, as the journal names them. Without contacts, it is no address.
    pub(super) fn person(&self, name: &str) -> String {
        bcp::without_domain(&self.plan, name).replace('`', "")
    }

    /// A site with its region: `virginia (aws us-east-1)`.
    pub(super) fn site_in_words(&self, name: &Name) -> String {
        self.sites.get(name).map_or_else(
            || name.to_string(),
            |site| format!("{name} ({} {})", site.region.provider.name, site.region),
        )
    }
}

/// How what was observed encrypts.
fn encrypted(observed: &[Object]) -> BTreeMap<String, String> {
    let of = |object: &Object| {
        let evidence = provider::find(object.kind.schema().provider?)?.evidence;
        (evidence.encrypts)(object)
    };
    observed.iter().filter_map(of).collect()
}

/// The sites that services use.
fn sites(policy: &Policy) -> BTreeMap<&Name, &Site> {
    let all = policy.services.values().flat_map(|service| {
        let copies = service.data.values().flat_map(|set| &set.copies).map(|copy| &copy.site);
        let backups = service.data.values().flat_map(|set| &set.schedules).flat_map(|rule| &rule.to);
        service.sites.iter().chain(copies).chain(backups.map(|(site, _)| site))
    });
    all.map(|site| (&site.name, site)).collect()
}

/// A bound in words: `33 min`, or that no limit is known.
pub(super) fn bound(bound: &Bound) -> String {
    match bound.value() {
        Some(value) => value.in_words(),
        None if bound.at_least() == Duration::default() => "no limit is known".to_owned(),
        None => format!("no limit is known (at least {})", bound.at_least().in_words()),
    }
}

/// Seconds of a run in words. `None`: nobody knows a number.
pub(super) fn seconds(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "unknown".to_owned(), |seconds| Duration::seconds(seconds).in_words())
}

/// `1 service`, `3 services`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Text as a sentence: with a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let capital: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if capital.ends_with('.') { capital } else { capital + "." }
}

/// Links to sections about several things: `a, b`.
pub(super) fn links<'n>(key: &'static str, names: impl IntoIterator<Item = &'n Name>) -> Phrase {
    let all: Vec<Phrase> =
        names.into_iter().map(|name| Phrase::new().link(key, name.as_str(), name.as_str())).collect();
    if all.is_empty() { "none".into() } else { Phrase::joined(all, ", ") }
}
