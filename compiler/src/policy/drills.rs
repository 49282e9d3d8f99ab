//! Drills: what they test, and how often.

use std::collections::BTreeMap;

use super::binder::Names;
use super::criterion::{self, Criterion};
use super::sites::Sites;
use crate::diagnostic::{Diagnostic, codes, guess};
use crate::document::{self, Disruption, Form, Name, Text};
use crate::source::Span;
use crate::units::{Date, Duration};

/// A drill.
#[derive(Debug, Clone)]
pub struct Drill {
    /// Its name.
    pub name: Name,
    /// The place of its name.
    pub span: Span,
    /// What kind of test it is, with the place that says so.
    pub form: (Form, Span),
    /// How often it is held.
    pub every: (Duration, Span),
    /// The day it was last held.
    pub last: Option<(Date, Span)>,
    /// The services it tests, with the places that say so.
    pub services: BTreeMap<Name, Span>,
    /// The disruption that is exercised.
    pub disruption: Disruption,
    /// The site that is lost in it.
    pub site: Option<Name>,
    /// Who leads it.
    pub lead: Option<Name>,
    /// The RTO that it has to keep, with the place that says so. `None`: each service has its own.
    pub rto: Option<(Duration, Span)>,
    /// The RPO that it has to keep, with the place that says so. `None`: each service has its own.
    pub rpo: Option<(Duration, Span)>,
    /// The conditions, each with its place.
    pub criteria: Vec<(Criterion, Span)>,
}

/// The names that a drill can refer to.
pub(super) struct Known<'a> {
    pub(super) sites: &'a Sites,
    pub(super) contacts: &'a Names<'a>,
    pub(super) services: Vec<&'a Name>,
    /// Whether every document could be read.
    pub(super) complete: bool,
}

pub(super) fn bind(
    text: &Text,
    body: &document::Drill,
    known: &Known<'_>,
    out: &mut Vec<Diagnostic>,
) -> Drill {
    let span = |key: &'static str| text.span(&[key.into()]);
    let mut services = BTreeMap::new();
    for (nth, name) in body.services.iter().enumerate() {
        let place = text.span(&["services".into(), nth.into()]);
        if known.services.binary_search(&name).is_ok() {
            services.insert(name.clone(), place);
        } else if known.complete {
            let near = guess(out, name.as_str(), known.services.iter().map(|name| name.as_str()));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            // A drill without services would be wrong too.
            let entry = if body.services.len() == 1 { "drill" } else { "entry" };
            out.push(
                Diagnostic::new(codes::UNKNOWN_SERVICE, format!("there is no service `{name}`"))
                    .at(place, "unknown service")
                    .help(format!("remove the {entry}, or also pass the file that declares the service"))
                    .maybe_help(help),
            );
        }
    }
    if let Some(site) = &body.site {
        known.sites.find(site, span("site"), out);
    }
    if let Some(lead) = &body.lead {
        known.contacts.check(lead, span("lead"), out);
    }
    let criterion = |(nth, body): (usize, &document::Criterion)| {
        criterion::bind(body, text.span(&["success".into(), "criteria".into(), nth.into()]), out)
    };
    let conditions = body.success.criteria.iter().enumerate().filter_map(criterion).collect();
    let time = |key: &'static str| text.span(&["success".into(), key.into()]);
    Drill {
        name: body.name.clone(),
        span: span("name"),
        form: (body.form, span("type")),
        every: (body.every, span("every")),
        last: body.last.map(|last| (last, span("last"))),
        services,
        disruption: body.disruption,
        site: body.site.clone(),
        lead: body.lead.clone(),
        rto: body.success.rto.map(|rto| (rto, time("rto"))),
        rpo: body.success.rpo.map(|rpo| (rpo, time("rpo"))),
        criteria: conditions,
    }
}
