//! Proposes policy text: candidates are written, compiled with the policies and compared with the survey,
//! until the remaining ones describe what exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::candidate::{Candidate, Existing, Given};
use super::{LeftOut, Survey, write};
use crate::compile::{Options, check};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::document::{Body, read};
use crate::format::{Formatted, format};
use crate::graph::Graph;
use crate::lower::{TargetAccounts, lower};
use crate::provider::PROVIDERS;
use crate::provider::region::Region;
use crate::resource::{Attribute, Lifecycle, Resource};
use crate::source::{SourceId, Sources};

/// YAML for what no policy mentions.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// The text. Empty if there is nothing to propose.
    pub text: String,
    /// The names of the services in it.
    pub services: Vec<String>,
    /// Services with undecided objectives, because the current setup does not meet the defaults.
    pub undecided: Vec<String>,
    /// Records whose sites are guesses.
    pub guessed: Vec<String>,
    /// What the text does not contain, and why.
    pub left_out: Vec<LeftOut>,
}

/// The most rounds. In each, every candidate that needs a change is changed.
const ROUNDS: usize = 50;

/// Propose YAML for everything in a survey that no policy mentions. Without any policy, the text begins with
/// an estate.
///
/// # Errors
/// The findings if the given policies do not compile on their own.
pub fn propose(
    policies: &Sources,
    survey: &Survey,
    target: &TargetAccounts,
) -> Result<Proposal, Vec<Diagnostic>> {
    let first = policies.iter().next().is_none();
    let mut left_out = survey.left_out.clone();
    let Known { sites, elsewhere, graph, services } = match first {
        true => Known { sites: found_regions(survey, target), ..Known::default() },
        false => known(policies, target)?,
    };
    let of_provider = PROVIDERS.map(|provider| {
        let own = sites.iter().filter(|(region, _)| region.provider.name == provider.name);
        let own: BTreeMap<String, String> =
            own.map(|(region, name)| (region.id.to_owned(), name.clone())).collect();
        (provider, own)
    });
    let mut all = Vec::new();
    for (provider, sites) in &of_provider {
        let given = Given {
            sites,
            graph: graph.as_ref(),
            services: &services,
            account: target.account(provider.name),
            elsewhere: &elsewhere,
        };
        all.extend((provider.candidates)(survey, given, &mut left_out));
    }
    let estate = if first { write::estate(target, &sites) } else { String::new() };
    let mut text = String::new();
    for round in 0.. {
        let documents: Vec<String> = all.iter().map(write::service).collect();
        text = if documents.is_empty() { String::new() } else { joined(&estate, &documents) };
        let attempt = Attempt::new(policies, &estate, &documents);
        if documents.is_empty()
            || round > ROUNDS
            || !attempt.repair(&mut all, survey, target, &mut left_out)?
        {
            break;
        }
    }
    left_out.sort();
    left_out.dedup();
    let guesses = all.iter().flat_map(|c| c.traffic.values()).filter(|traffic| traffic.guessed);
    Ok(Proposal {
        guessed: guesses.map(|traffic| traffic.record.clone()).collect(),
        undecided: all.iter().filter(|c| !c.undecided.is_empty()).map(|c| c.name.clone()).collect(),
        services: all.iter().map(|c| c.name.clone()).collect(),
        text: laid_out(text),
        left_out,
    })
}

fn joined(estate: &str, documents: &[String]) -> String {
    let estate = (!estate.is_empty()).then(|| estate.to_owned());
    estate.into_iter().chain(documents.iter().cloned()).collect::<Vec<_>>().join("---\n")
}

/// In the layout of `holdfast fmt`.
fn laid_out(text: String) -> String {
    let id = Sources::default().add("", "");
    match format(id, &text) {
        Ok(Formatted::Text(text)) => text,
        _ => text,
    }
}

/// What the policies declare.
#[derive(Default)]
struct Known {
    /// The sites of the estate by region.
    sites: BTreeMap<Region, String>,
    /// The sites in other accounts.
    elsewhere: BTreeSet<String>,
    graph: Option<Graph>,
    services: BTreeSet<String>,
}

fn known(policies: &Sources, target: &TargetAccounts) -> Result<Known, Vec<Diagnostic>> {
    let checked = check(policies, Options::default());
    let Some(policy) = checked.policy else { return Err(checked.findings) };
    let graph = lower(&policy, target)?;
    let (mut sites, mut elsewhere) = (BTreeMap::new(), BTreeSet::new());
    for document in read(policies, &mut Vec::new()) {
        if let Body::Estate(estate) = document.body {
            sites.extend(
                estate.sites.iter().filter_map(|(name, site)| Some((site.region()?, name.to_string()))),
            );
            let others = estate.sites.iter().filter(|(_, site)| site.account.is_some());
            elsewhere.extend(others.map(|(name, _)| name.to_string()));
        }
    }
    let services = policy.services.keys().map(ToString::to_string).collect();
    Ok(Known { sites, elsewhere, graph: Some(graph), services })
}

/// The regions of all buckets and of their backups, each as a site named after the region.
fn found_regions(survey: &Survey, target: &TargetAccounts) -> BTreeMap<Region, String> {
    let regions =
        PROVIDERS.iter().flat_map(|provider| (provider.found_regions)(survey, target.account(provider.name)));
    regions.map(|region| (region, region.id.to_owned())).collect()
}

/// One compilation of all candidates.
struct Attempt {
    sources: Sources,
    /// The source of each candidate, in the order of candidates.
    own: Vec<SourceId>,
}

impl Attempt {
    fn new(policies: &Sources, estate: &str, documents: &[String]) -> Self {
        let mut sources = Sources::default();
        for (_, source) in policies.iter() {
            sources.add(source.path.clone(), source.text.clone());
        }
        if !estate.is_empty() {
            sources.add("estate", estate);
        }
        let own = documents.iter().map(|document| sources.add("imported", document.as_str())).collect();
        Self { sources, own }
    }

    /// Change or remove candidates that do not compile or differ from what was found. Returns whether
    /// anything changed.
    fn repair(
        &self,
        all: &mut Vec<Candidate<'_>>,
        survey: &Survey,
        target: &TargetAccounts,
        out: &mut Vec<LeftOut>,
    ) -> Result<bool, Vec<Diagnostic>> {
        let checked = check(&self.sources, Options::default());
        let errors = |findings: Vec<Diagnostic>| -> Vec<Diagnostic> {
            findings.into_iter().filter(|finding| finding.severity() == Severity::Error).collect()
        };
        let findings = errors(checked.findings);
        if !findings.is_empty() {
            return self.apply_findings(all, findings, out);
        }
        let Some(policy) = checked.policy else { return Ok(false) };
        match lower(&policy, target) {
            Err(findings) => self.apply_findings(all, findings, out),
            Ok(graph) => Ok(fit(all, &graph, survey, out)),
        }
    }

    fn apply_findings(
        &self,
        all: &mut Vec<Candidate<'_>>,
        findings: Vec<Diagnostic>,
        out: &mut Vec<LeftOut>,
    ) -> Result<bool, Vec<Diagnostic>> {
        let mut faults: BTreeMap<usize, String> = BTreeMap::new();
        let mut changed = false;
        // What cannot be backed up like this is still replicated.
        for finding in &findings {
            if [codes::RTO_MISSED, codes::RPO_MISSED].contains(&finding.code) {
                continue;
            }
            let mut places = finding.labels.iter().map(|label| label.span);
            let at =
                places.find_map(|span| Some((span, self.own.iter().position(|own| *own == span.source)?)));
            let Some((span, at)) = at else { continue };
            let text = self.sources.get(span.source).map_or("", |source| &source.text);
            let is_of_schedule = write::is_of_schedule(text, span.start);
            if let Some(candidate) = all.get_mut(at).filter(|_| is_of_schedule) {
                changed |= candidate.drop_schedules(&finding.message, out);
            }
        }
        if changed {
            all.retain(|candidate| !candidate.data.is_empty() || !candidate.traffic.is_empty());
            return Ok(true);
        }
        for finding in &findings {
            let places = finding.about.iter().map(|span| span.source);
            let mut places = places.chain(finding.labels.iter().map(|label| label.span.source));
            let Some(at) = places.find_map(|id| self.own.iter().position(|own| *own == id)) else { continue };
            let missed = match finding.code {
                codes::RTO_MISSED => Some("rto"),
                codes::RPO_MISSED => Some("rpo"),
                _ => None,
            };
            match (missed, all.get_mut(at)) {
                (Some(key), Some(candidate)) => changed |= candidate.undecided.insert(key),
                _ => {
                    faults.entry(at).or_insert_with(|| finding.message.clone());
                }
            }
        }
        if faults.is_empty() && !changed {
            return Err(findings);
        }
        drop_all(all, &faults, out);
        Ok(true)
    }
}

/// Remove what cannot be expressed. A service with data first loses its traffic, because most problems are
/// there.
fn drop_all(all: &mut Vec<Candidate<'_>>, faults: &BTreeMap<usize, String>, out: &mut Vec<LeftOut>) {
    let mut kept = Vec::new();
    for (at, mut candidate) in std::mem::take(all).into_iter().enumerate() {
        let Some(why) = faults.get(&at) else {
            kept.push(candidate);
            continue;
        };
        for traffic in candidate.traffic.values() {
            out.push(LeftOut::new(format!("record {}", traffic.record), why.clone()));
        }
        if candidate.traffic.is_empty() || candidate.data.is_empty() {
            for set in candidate.data.values() {
                out.push(LeftOut::new(format!("replication of {}", set.bucket), why.clone()));
            }
            continue;
        }
        candidate.traffic.clear();
        candidate.prune();
        kept.push(candidate);
    }
    *all = kept;
}

/// Add what `existing` must say about each object. Returns whether anything changed.
fn fit(all: &mut Vec<Candidate<'_>>, graph: &Graph, survey: &Survey, out: &mut Vec<LeftOut>) -> bool {
    let mut faults = BTreeMap::new();
    let mut changed = false;
    let mut own: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in graph.iter() {
        own.entry(resource.address.owner()).or_default().push(resource);
    }
    for (at, candidate) in all.iter_mut().enumerate() {
        for resource in own.get(candidate.name.as_str()).into_iter().flatten() {
            if resource.address.kind().schema().lifecycle != Lifecycle::Managed {
                continue;
            }
            match differences(candidate, resource, survey) {
                Ok(found) if found.known_as.is_empty() && found.leave.is_empty() => {}
                Ok(found) => {
                    changed = true;
                    let existing = candidate.existing.entry(resource.address.within_service()).or_default();
                    existing.known_as.extend(found.known_as);
                    existing.leave.extend(found.leave);
                }
                Err(why) => {
                    faults.entry(at).or_insert(why);
                }
            }
        }
    }
    drop_all(all, &faults, out);
    changed || !faults.is_empty()
}

/// What `existing` must say about an object, or why the difference cannot be expressed.
fn differences(candidate: &Candidate<'_>, resource: &Resource, survey: &Survey) -> Result<Existing, String> {
    let (schema, at) = (resource.address.kind().schema(), resource.address.within_service());
    let mut existing = Existing::default();
    let object = match candidate.things.get(&at) {
        Some(object) => *object,
        // What others did without stays as it is.
        None if schema.optional => {
            existing.leave.extend(schema.leavable().into_iter().map(str::to_owned));
            return Ok(existing);
        }
        None if schema.watches || candidate.anew.contains(&at) => return Ok(existing),
        None => return Err(format!("{at} does not exist")),
    };
    if schema.rights_of_others.is_some_and(|others| others(&object.attributes).is_some()) {
        // Permissions that Holdfast does not manage stay, including those that look like its own.
        let rights = schema.rights.iter().filter(|name| resource.attributes.contains_key(**name));
        existing.leave.extend(rights.map(|name| (*name).to_owned()));
    }
    for attribute in schema.attributes {
        let found = object.attributes.get(attribute.name).unwrap_or(&Value::Null);
        let wanted = match resource.attributes.get(attribute.name) {
            None => continue,
            Some(Attribute::Known(value)) => Some(value.clone()),
            Some(Attribute::Output { of, name }) => {
                let other = match of.kind().is_shared() {
                    true => survey.of(of.kind()).find(|other| other.identity().parts().eq([of.name()])),
                    false => candidate.things.get(&of.within_service()).copied(),
                };
                other.and_then(|other| other.outputs.get(name).cloned())
            }
        };
        if wanted.as_ref().is_some_and(|wanted| attribute.shape.same(found, wanted)) {
            continue;
        }
        let name = attribute.name;
        match found.as_str() {
            Some(found) if schema.known_as.contains(&name) => {
                existing.known_as.insert(name.to_owned(), found.to_owned());
            }
            _ if attribute.leavable => {
                existing.leave.insert(name.to_owned());
            }
            _ => {
                return Err(format!(
                    "its {} has a `{name}` that a policy cannot express: {found}",
                    schema.name
                ));
            }
        }
    }
    Ok(existing)
}
