//! What applies to a service, and where it is set: the service, its tier, the estate, or Holdfast's defaults.

use std::fmt::Write as _;

use super::{Assumed, Origin, Policy, Service, Setting};
use crate::diagnostic::Style;
use crate::document::{Backfiller, Encryption, Lock};
use crate::printable::one_line;
use crate::source::Sources;
use crate::text::{Pen, wrap};

/// Everything that applies to a service, with its origin. `None` if there is no such service.
#[must_use]
pub fn effective(policy: &Policy, service: &str, sources: &Sources, style: Style) -> Option<String> {
    let service = policy.services.values().find(|one| one.name.as_str() == service)?;
    let page = Page { sources, pen: Pen::new(style) };
    let mut out = format!("What applies to {}\n", page.pen.bold(service.name.as_str()));
    page.membership(service, &mut out);
    page.objectives(service, &mut out);
    page.data(service, &mut out);
    page.traffic(service, &mut out);
    page.assumptions(service, &mut out);
    Some(out)
}

struct Page<'a> {
    sources: &'a Sources,
    pen: Pen,
}

impl Page<'_> {
    fn heading(&self, text: &str, out: &mut String) {
        let _ = writeln!(out, "\n{}", self.pen.bold(text));
    }

    /// A line `  name    value`, with the origin below it.
    fn line(&self, name: &str, value: &str, origin: &str, out: &mut String) {
        let value = one_line(value);
        let _ = writeln!(out, "  {name:<30} {}", wrap(&value, 33, self.pen.width()).trim_start());
        let origin = one_line(origin);
        let _ = writeln!(out, "{}", self.pen.dim(&wrap(&origin, 33, self.pen.width())));
    }

    fn from(&self, origin: &Origin) -> String {
        let place = |span: &crate::source::Span| self.sources.place(*span);
        match origin {
            Origin::Service(span) => format!("set by the service: {}", place(span)),
            Origin::Tier(name, span) => format!("set by tier {name}: {}", place(span)),
            Origin::Estate(span) => format!("set by the estate: {}", place(span)),
            Origin::BuiltIn(why) => format!("built in: {why}"),
        }
    }

    fn membership(&self, service: &Service, out: &mut String) {
        let said = |place| format!("set by the service: {}", self.sources.place(place));
        if let Some((tier, span)) = &service.tier {
            let critical = if service.critical { ", critical" } else { "" };
            self.line("tier", &format!("{tier}{critical}"), &said(*span), out);
        }
        if let Some((owner, span)) = &service.owner {
            self.line("owner", owner.as_str(), &said(*span), out);
        }
        for (other, span) in &service.depends_on {
            self.line("depends-on", other.as_str(), &said(*span), out);
        }
    }

    fn objectives(&self, service: &Service, out: &mut String) {
        self.heading("Objectives", out);
        for (disruption, asked) in &service.objectives {
            for (what, setting) in [("RTO", &asked.rto), ("RPO", &asked.rpo)] {
                let Some(setting) = setting else { continue };
                let name = format!("{} {what}", disruption.key());
                self.line(&name, &setting.value.in_words(), &self.from(&setting.origin), out);
            }
        }
    }

    fn data(&self, service: &Service, out: &mut String) {
        if !service.data.is_empty() {
            self.heading("Data", out);
        }
        for (name, set) in &service.data {
            let encryption = match set.encryption.value {
                Encryption::Aes256 => "AES256",
                Encryption::Kms => "aws:kms",
            };
            self.line(&format!("{name} encrypt"), encryption, &self.from(&set.encryption.origin), out);
            self.assumption(&format!("{name} size"), set.size.as_ref(), out);
            self.assumption(&format!("{name} changes"), set.changes.as_ref(), out);
            self.assumption(&format!("{name} backfilled"), set.backfilled.as_ref(), out);
            if let Some(kept) = &set.keep_versions {
                self.line(
                    &format!("{name} keep-versions"),
                    &kept.value.in_words(),
                    &self.from(&kept.origin),
                    out,
                );
            }
            if let Some(lock) = &set.lock {
                let mode = match lock.value.mode {
                    Lock::Governance => "governance",
                    Lock::Compliance => "compliance",
                };
                let value = format!("{mode}, {}", lock.value.keep.in_words());
                self.line(&format!("{name} lock"), &value, &self.from(&lock.origin), out);
            }
            if let Some(span) = set.two_way {
                self.line(&format!("{name} two-way"), "yes", &self.from(&Origin::Service(span)), out);
            }
            if let Some((how, span)) = set.backfill {
                let how = match how {
                    Backfiller::Managed => "managed",
                    Backfiller::Confirmed => "confirmed",
                };
                self.line(&format!("{name} backfill"), how, &self.from(&Origin::Service(span)), out);
            }
        }
    }

    fn traffic(&self, service: &Service, out: &mut String) {
        if !service.traffic.is_empty() {
            self.heading("Traffic", out);
        }
        for (name, traffic) in &service.traffic {
            self.line(
                &format!("{name} ttl"),
                &traffic.ttl.value.in_words(),
                &self.from(&traffic.ttl.origin),
                out,
            );
        }
    }

    fn assumptions(&self, service: &Service, out: &mut String) {
        self.heading("Assumptions", out);
        let given = &service.assumptions;
        self.assumption("keep-alive", Some(&given.keep_alive), out);
        self.assumption("resolver-slack", Some(&given.resolver_slack), out);
        self.assumption("health-propagation", Some(&given.health_propagation), out);
        self.assumption("detection", given.detection.as_ref(), out);
        self.assumption("noticed", given.noticed.as_ref(), out);
        self.assumption("backup-copy", given.backup_copy.as_ref(), out);
        self.assumption("restore-throughput", given.restore_throughput.as_ref(), out);
    }

    fn assumption<T: std::fmt::Display>(
        &self,
        name: &str,
        setting: Option<&Setting<Assumed<T>>>,
        out: &mut String,
    ) {
        let Some(Setting { value, origin }) = setting else { return };
        let measured = value.measured.map(|day| format!(" (measured on {day})")).unwrap_or_default();
        let because = match origin {
            Origin::BuiltIn(_) => String::new(),
            _ => format!("because {}; ", value.because),
        };
        self.line(
            name,
            &format!("{}{measured}", value.value),
            &format!("{because}{}", self.from(origin)),
            out,
        );
    }
}
