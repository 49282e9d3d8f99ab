//! Binds names: the estate and its sites, the services and what they refer to, the continuity plan and its
//! contacts.

use std::collections::{BTreeMap, BTreeSet};

use super::binder::{Binder, Names};
use super::calendar::Calendar;
use super::sites::Sites;
use super::{
    Policy, Service, alarms, approvals, buckets, continuity, dependencies, drills, journal, traffic, waivers,
};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Body, Document, Estate, Name};
use crate::provider::aws::name::AWS;

pub(super) fn bind(documents: Vec<Document>, complete: bool, out: &mut Vec<Diagnostic>) -> Option<Policy> {
    let estate = the_estate(&documents, complete, out)?;
    let (mut policy, sites) = with_estate(&documents, estate, complete, out);
    // Keep the text of the continuity plan: it can be shown to people as a separate document.
    let names = contacts(&documents, complete);
    let known: Vec<Name> = names.known.into_iter().cloned().collect();
    for document in documents {
        if let Body::Continuity(body) = document.body
            && policy.continuity.is_none()
        {
            let names = Names { known: known.iter().collect(), ..no_contacts(complete) };
            policy.continuity = Some(continuity::bind(*body, document.text, &sites, &names, out));
        }
    }
    Some(policy)
}

fn the_estate<'d>(
    documents: &'d [Document],
    complete: bool,
    out: &mut Vec<Diagnostic>,
) -> Option<(&'d Document, &'d Estate)> {
    let mut estates = documents.iter().filter_map(|document| match &document.body {
        Body::Estate(estate) => Some((document, estate.as_ref())),
        _ => None,
    });
    let Some((first, estate)) = estates.next() else {
        // A broken document may be the estate. Then its own error is the one to fix.
        if complete && let Some(document) = documents.first() {
            out.push(
                Diagnostic::new(codes::NO_ESTATE, "there is no document of kind `estate`")
                    .at(document.span(&["kind".into()]), "this document belongs to no estate")
                    .help("add one that declares the sites, or also pass the folder that contains it"),
            );
        }
        return None;
    };
    for (document, _) in estates {
        out.push(
            Diagnostic::new(codes::TWO_ESTATES, "there is more than one document of kind `estate`")
                .at(document.span(&["kind".into()]), "another estate")
                .at(first.span(&["kind".into()]), "the first one")
                .help("plan one estate at a time, or merge the two"),
        );
    }
    Some((first, estate))
}

fn no_contacts(complete: bool) -> Names<'static> {
    Names {
        code: codes::UNKNOWN_CONTACT,
        noun: "contact",
        cure: "declare it in `contacts` of a document of kind `continuity`: how they are reached, how fast they answer",
        known: BTreeSet::new(),
        complete,
    }
}

fn contacts(documents: &[Document], complete: bool) -> Names<'_> {
    let plans = documents.iter().filter_map(|document| match &document.body {
        Body::Continuity(plan) => Some(plan),
        _ => None,
    });
    Names { known: plans.flat_map(|plan| plan.contacts.keys()).collect(), ..no_contacts(complete) }
}

fn with_estate(
    documents: &[Document],
    (estate_document, estate): (&Document, &Estate),
    complete: bool,
    out: &mut Vec<Diagnostic>,
) -> (Policy, Sites) {
    let text = &estate_document.text;
    let sites = Sites::new(text, estate, out);
    let contacts = contacts(documents, complete);
    let services: Vec<(&Document, &document::Service)> = documents
        .iter()
        .filter_map(|document| match &document.body {
            Body::Service(service) => Some((document, service.as_ref())),
            _ => None,
        })
        .collect();
    let names = service_names(&services, out);
    let mut waivers = waivers::bind(text, &estate.waivers, &contacts, out);
    let mut bound = BTreeMap::new();
    let calendar = Calendar::default();
    for (document, service) in &services {
        let binder = Binder {
            document: &document.text,
            service,
            estate: text,
            sites: &sites,
            defaults: &estate.defaults,
            tier: service.tier.as_ref().and_then(|tier| estate.tiers.get_key_value(tier)),
            names: &names,
            contacts: &contacts,
            calendar: &calendar,
            complete,
        };
        waivers.extend(waivers::bind(&document.text, &service.waivers, &contacts, out));
        let service = binder.service(estate, out);
        bound.entry(service.name.clone()).or_insert(service);
    }
    buckets::used_once(&bound, out);
    let settled: BTreeMap<&str, _> = bound
        .values()
        .flat_map(|service| service.sites.iter())
        .map(|site| (site.region.provider.name, site.region.provider))
        .collect();
    settled.values().for_each(|provider| (provider.settle)(&mut bound, out));
    traffic::records_once(&bound, out);
    dependencies::cycles_of(&bound, out);
    let known = drills::Known {
        sites: &sites,
        contacts: &contacts,
        services: names.keys().copied().collect(),
        complete,
    };
    let mut all_drills: BTreeMap<Name, super::Drill> = BTreeMap::new();
    let mut plan: Option<&Document> = None;
    for document in documents {
        match &document.body {
            Body::Drill(drill) => {
                waivers.extend(waivers::bind(&document.text, &drill.waivers, &contacts, out));
                let drill = drills::bind(&document.text, drill, &known, out);
                if let Some(first) = all_drills.get(&drill.name) {
                    let message = format!("there are two drills named `{}`", drill.name);
                    let finding = Diagnostic::new(codes::DUPLICATE_NAME, message).at(drill.span, "again");
                    out.push(finding.at(first.span, "first here").help("rename one"));
                }
                all_drills.entry(drill.name.clone()).or_insert(drill);
            }
            Body::Continuity(body) => {
                waivers.extend(waivers::bind(&document.text, &body.waivers, &contacts, out));
                let first = plan.get_or_insert(document);
                if !std::ptr::eq(*first, document) {
                    let message = "there is more than one document of kind `continuity`";
                    out.push(
                        Diagnostic::new(codes::TWO_PLANS, message)
                            .at(document.span(&["kind".into()]), "another plan")
                            .at(first.span(&["kind".into()]), "the first one")
                            .help("merge the two: in a disaster there must be only one plan"),
                    );
                }
            }
            Body::Estate(_) | Body::Service(_) => {}
        }
    }
    waivers.sort_by_key(|waiver| waiver.span);
    // The key `account` is an account of AWS.
    let accounts = estate.account.as_ref().map(|id| {
        let span = text.span(&["account".into()]);
        (AWS, (id.to_string(), span))
    });
    let journal = estate.journal.as_ref().map(|place| journal::bind(place, text, &sites, out));
    let approvals = estate.approvals.as_ref().map(|body| approvals::bind(text, body, out));
    let alarms = estate.alarms.as_ref().map(|body| {
        let plan = plan.and_then(|plan| match &plan.body {
            Body::Continuity(body) => Some(body.as_ref()),
            _ => None,
        });
        alarms::bind(text, body, plan, &contacts, out)
    });
    let traffic = bound.values().flat_map(|service| service.traffic.values());
    let resolving: BTreeSet<&str> = traffic.map(|traffic| traffic.provider.name).collect();
    let policy = Policy {
        estate: estate.name.clone(),
        estate_span: text.span(&["name".into()]),
        sites: sites.regions(),
        providers: sites.providers().into_iter().chain(resolving).collect(),
        elsewhere: sites.elsewhere(),
        shared: sites.shared(),
        accounts: accounts.into_iter().collect(),
        journal,
        approvals,
        alarms,
        services: bound,
        continuity: None,
        drills: all_drills,
        waivers,
    };
    (policy, sites)
}

fn service_names<'d>(
    services: &[(&'d Document, &'d document::Service)],
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<&'d Name, &'d Document> {
    let mut names: BTreeMap<&Name, &Document> = BTreeMap::new();
    for (document, service) in services {
        let first = *names.entry(&service.name).or_insert(document);
        if !std::ptr::eq(first, *document) {
            let name = &service.name;
            out.push(
                Diagnostic::new(codes::DUPLICATE_SERVICE, format!("there are two services named `{name}`"))
                    .at(document.span(&["name".into()]), "again")
                    .at(first.span(&["name".into()]), "first here")
                    .help("rename one, or merge the two"),
            );
        }
    }
    names
}

impl Binder<'_> {
    fn service(&self, estate: &Estate, out: &mut Vec<Diagnostic>) -> Service {
        let (body, text) = (self.service, self.document);
        let sites = self.sites.of_service(text, body, out);
        let tier = body.tier.as_ref().map(|tier| (tier.clone(), text.span(&["tier".into()])));
        if let Some((name, span)) = &tier {
            let known = estate.tiers.keys().collect();
            let cure = "declare it in `tiers` of the estate";
            Names { code: codes::UNKNOWN_TIER, noun: "tier", cure, known, complete: true }
                .check(name, *span, out);
        }
        let owner = body.owner.as_ref().map(|owner| (owner.clone(), text.span(&["owner".into()])));
        if let Some((owner, span)) = &owner {
            self.contacts.check(owner, *span, out);
        }
        let mut data = BTreeMap::new();
        for (name, body) in &body.data {
            data.extend(self.data(name, body, out).map(|set| (name.clone(), set)));
        }
        let mut traffic = BTreeMap::new();
        for (name, body) in &body.traffic {
            traffic.extend(traffic::bind(self, &sites, name, body, out).map(|t| (name.clone(), t)));
        }
        let standby = if body.standby.is_empty() { "primary" } else { "standby" };
        Service {
            name: body.name.clone(),
            span: text.span(&["name".into()]),
            critical: self.tier.is_some_and(|(_, tier)| tier.critical),
            tier,
            owner,
            sites: sites.into_iter().flatten().collect(),
            standby_span: text.span(&[standby.into()]),
            objectives: self.objectives(),
            depends_on: self.depends_on(out),
            data,
            traffic,
            recovery: self.recovery(out),
            assumptions: self.assumptions(),
            existing: self.existing(),
        }
    }
}
