//! Dependencies between services.

use std::collections::BTreeMap;

use super::Service;
use super::binder::Binder;
use crate::diagnostic::{Diagnostic, codes, guess};
use crate::document::Name;
use crate::graph::cycles;
use crate::source::Span;

impl Binder<'_> {
    pub(super) fn depends_on(&self, out: &mut Vec<Diagnostic>) -> BTreeMap<Name, Span> {
        let mut found = BTreeMap::new();
        for (nth, name) in self.service.depends_on.iter().enumerate() {
            let span = self.document.span(&["depends-on".into(), nth.into()]);
            if self.names.contains_key(name) {
                found.insert(name.clone(), span);
            } else if self.complete {
                let help = match guess(out, name.as_str(), self.names.keys().map(|n| n.as_str())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove the entry, or also pass the file that declares the service".to_owned(),
                };
                out.push(
                    Diagnostic::new(codes::UNKNOWN_SERVICE, format!("there is no service `{name}`"))
                        .at(span, "unknown service")
                        .help(help),
                );
            }
        }
        found
    }
}

/// Dependency cycles of services, with every entry marked.
pub(super) fn cycles_of(services: &BTreeMap<Name, Service>, out: &mut Vec<Diagnostic>) {
    let edges = services.values().flat_map(|s| s.depends_on.keys().map(|other| (&s.name, other)));
    for members in cycles(services.keys(), edges) {
        let names: Vec<String> = members.iter().map(|name| format!("`{name}`")).collect();
        let message = match names.split_last() {
            Some((only, [])) => format!("{only} depends on itself"),
            Some((last, rest)) => {
                format!("{} and {last} depend on each other, so none can be set up first", rest.join(", "))
            }
            None => continue,
        };
        let mut error = Diagnostic::new(codes::CYCLE, message);
        for service in members.iter().filter_map(|name| services.get(*name)) {
            let inside = |other: &Name| members.binary_search(&other).is_ok();
            for (other, span) in service.depends_on.iter().filter(|(other, _)| inside(other)) {
                error = error.at(*span, format!("`{}` depends on `{other}`", service.name));
            }
        }
        out.push(error.help("remove one of these entries of `depends-on`"));
    }
}
