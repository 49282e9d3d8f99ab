//! Names to things: the estate and its sites, the services and what they mention.

use std::collections::BTreeMap;

use super::binder::Binder;
use super::sites::Sites;
use super::{Bucket, DataSet, Policy, Service, buckets, traffic};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::document::{self, Document, Encryption, Name, Objectives, Target};
use crate::units::Duration;

/// What every service inherits where neither it nor the estate says anything: RTO 4 h, RPO 1 h.
const OBJECTIVES: Objectives =
    Objectives { rto: Duration::seconds(4 * 3_600), rpo: Duration::seconds(3_600) };

/// Bind all documents. `complete` is false where some were too broken to be read.
pub(super) fn bind(documents: &[Document], complete: bool, out: &mut Vec<Diagnostic>) -> Option<Policy> {
    let mut estates = Vec::new();
    let mut services = Vec::new();
    for document in documents {
        match &document.body {
            document::Body::Estate(estate) => estates.push((document, estate)),
            document::Body::Service(service) => services.push((document, service)),
        }
    }
    let Some((&(estate_document, estate), further)) = estates.split_first() else {
        // A broken document may have been the estate: then its own error is the one to mend.
        if complete && let Some((document, _)) = services.first() {
            out.push(
                Diagnostic::error(codes::NO_ESTATE, "there is no document of kind `estate`")
                    .at(document.span(&["kind".into()]), "this service has no estate to belong to")
                    .help("add one that names the sites, or pass the folder that holds it too"),
            );
        }
        return None;
    };
    for (document, _) in further {
        out.push(
            Diagnostic::error(codes::TWO_ESTATES, "there is more than one document of kind `estate`")
                .at(document.span(&["kind".into()]), "another estate")
                .at(estate_document.span(&["kind".into()]), "the first one")
                .help("plan one estate at a time, or merge the two"),
        );
    }
    let sites = Sites::new(estate_document, estate, out);
    let names = service_names(&services, out);
    let mut bound = BTreeMap::new();
    for (document, service) in &services {
        let binder = Binder { document, service, sites: &sites, defaults: &estate.defaults, names: &names };
        let service = binder.service(complete, out);
        bound.entry(service.name.clone()).or_insert(service);
    }
    buckets::used_once(&bound, out);
    traffic::records_once(&bound, out);
    let account = estate.account.clone().map(|id| (id, estate_document.span(&["account".into()])));
    let estate_span = estate_document.span(&["name".into()]);
    Some(Policy { estate: estate.name.clone(), estate_span, account, services: bound })
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
                Diagnostic::error(codes::DUPLICATE_SERVICE, format!("there are two services named `{name}`"))
                    .at(document.span(&["name".into()]), "again")
                    .at(first.span(&["name".into()]), "first here")
                    .help("rename one, or merge the two"),
            );
        }
    }
    names
}

impl Binder<'_> {
    fn service(&self, complete: bool, out: &mut Vec<Diagnostic>) -> Service {
        let sites = self.sites.of_service(self.document, self.service, out);
        let mut data = BTreeMap::new();
        for (name, body) in &self.service.data {
            data.extend(self.data(name, body, out).map(|set| (name.clone(), set)));
        }
        let mut traffic = BTreeMap::new();
        for (name, body) in &self.service.traffic {
            traffic.extend(traffic::bind(self, &sites, name, body, out).map(|t| (name.clone(), t)));
        }
        let objectives = self.service.objectives.or(self.defaults.objectives).unwrap_or(OBJECTIVES);
        Service {
            name: self.service.name.clone(),
            span: self.document.span(&["name".into()]),
            sites: sites.into_iter().flatten().collect(),
            objectives,
            after: self.after(complete, out),
            data,
            traffic,
        }
    }

    fn after(&self, complete: bool, out: &mut Vec<Diagnostic>) -> BTreeMap<Name, crate::source::Span> {
        let mut after = BTreeMap::new();
        for (nth, name) in self.service.after.iter().enumerate() {
            let span = self.document.span(&["after".into(), nth.into()]);
            if self.names.contains_key(name) {
                after.insert(name.clone(), span);
            } else if complete {
                let help = match did_you_mean(name.as_str(), self.names.keys().map(|n| n.as_str())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove the entry, or pass the file that declares the service too".to_owned(),
                };
                out.push(
                    Diagnostic::error(codes::UNKNOWN_SERVICE, format!("there is no service `{name}`"))
                        .at(span, "unknown service")
                        .help(help),
                );
            }
        }
        after
    }

    fn data(&self, name: &Name, body: &document::Data, out: &mut Vec<Diagnostic>) -> Option<DataSet> {
        let at = ["data".into(), name.as_str().into()];
        let span = self.document.span(&[at[0], at[1], "bucket".into()]);
        let site = self.sites.get(&self.service.primary)?.clone();
        let primary = Bucket { name: body.bucket.clone(), site, span };
        let mut copies: Vec<Bucket> = Vec::new();
        for (nth, backup) in body.backups.iter().enumerate() {
            // There is one strategy so far; another one stops this line from compiling.
            let document::Strategy::RealTime = backup.strategy;
            for (item, target) in backup.to.iter().enumerate() {
                let path = [at[0], at[1], "backups".into(), nth.into(), "to".into(), item.into()];
                let span = self.document.span(&path);
                let (site, bucket) = match target {
                    Target::Site(site) => (site, None),
                    Target::Bucket(both) => (&both.site, Some(both.bucket.clone())),
                };
                let Some(site) = self.sites.find(site, span, out) else { continue };
                let taken = std::iter::once(&primary).chain(&copies).find(|b| b.site.name == site.name);
                if let Some(other) = taken {
                    out.push(
                        Diagnostic::error(
                            codes::REPEATED_SITE,
                            format!("`{name}` is at `{}` already", site.name),
                        )
                        .at(span, "a second time")
                        .at(other.span, "this is already there")
                        .help("a copy beside another is lost with it; name another site"),
                    );
                    continue;
                }
                let bucket = bucket.or_else(|| buckets::name_at(&primary.name, site, span, out));
                copies.extend(bucket.map(|name| Bucket { name, site: site.clone(), span }));
            }
        }
        let encryption = body.encrypt.or(self.defaults.encrypt).unwrap_or(Encryption::Aes256);
        let backups = self.document.key_span(&[at[0], at[1], "backups".into()]);
        Some(DataSet { primary, copies, encryption, backups })
    }
}
