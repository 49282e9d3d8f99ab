//! The derivation for people: per service and disruption the bound, the objective, and every term with its
//! source. It fits into 80 columns and can be read without the policy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Bound, Derivation, Derived, Fate, Loss, Order, Phase, Term};
use crate::diagnostic::Style;
use crate::document::Name;
use crate::policy::{Origin, Policy, Setting};
use crate::printable::one_line;
use crate::source::Sources;
use crate::text::{Pen, wrap};
use crate::units::Duration;

/// The table. The same policy gives the same bytes.
#[must_use]
pub fn text(
    policy: &Policy,
    all: &BTreeMap<&Name, Derived>,
    losses: &[Loss<'_>],
    sources: &Sources,
    style: Style,
) -> String {
    let pen = Pen::new(style);
    let mut out = String::new();
    let _ = writeln!(out, "Recovery objectives of estate {}", pen.bold(policy.estate.as_str()));
    let legend = "Every number is a bound under the assumptions named beside it, not a proof. It is as reliable as its \
         least reliable term: proven (the configuration guarantees it), SLA (the provider guarantees a percentile and pays if \
         it fails), measured, attested (somebody states it), unbounded.";
    let _ = writeln!(out, "\n{}", pen.dim(&wrap(legend, 0, pen.width())));
    for (name, derived) in all {
        let critical = policy.services.get(*name).is_some_and(|service| service.critical);
        let tier = policy.services.get(*name).and_then(|service| service.tier.as_ref());
        let tier = tier.map(|(tier, _)| format!(" · tier {tier}")).unwrap_or_default();
        let critical = if critical { " · critical" } else { "" };
        let _ = writeln!(out, "\n{}{tier}{critical}", pen.bold(name.as_str()));
        let page = Page { pen: &pen, sources };
        for derivation in derived {
            page.derivation(derivation, &mut out);
        }
    }
    if !losses.is_empty() {
        let _ = writeln!(out, "\n{}", pen.bold("What is lost together"));
        let legend = "All services of a site are lost with it, and sites that share a fate are lost with each other. Services that need \
             the same person or share a throughput delay each other, in any order.";
        let _ = writeln!(out, "\n{}", pen.dim(&wrap(legend, 0, pen.width())));
    }
    for loss in losses {
        Page { pen: &pen, sources }.loss(loss, all, &mut out);
    }
    out
}

struct Page<'a> {
    pen: &'a Pen,
    sources: &'a Sources,
}

impl Page<'_> {
    fn derivation(&self, derivation: &Derivation, out: &mut String) {
        let name = derivation.disruption.to_string();
        let name = name.strip_prefix("the ").or_else(|| name.strip_prefix("a ")).unwrap_or(&name);
        let _ = writeln!(out, "\n  {}", self.pen.bold(&capital(name)));
        self.bound("RTO", None, &derivation.rto, derivation.asked.rto.as_ref(), derivation.is_asked(), out);
        if let (Some((name, worst)), 2..) = (derivation.worst_rpo(), derivation.rpo.len()) {
            let worst = self.pen.bold(&worst.in_words());
            let _ = writeln!(out, "    RPO  {worst} · of `{name}`, which has the largest loss");
        }
        for (name, bound) in &derivation.rpo {
            self.bound("RPO", Some(name), bound, derivation.asked.rpo.as_ref(), derivation.is_asked(), out);
        }
        if derivation.rpo.is_empty() {
            let _ = writeln!(out, "    RPO  no data set");
        }
        derivation.orders.iter().for_each(|order| self.order(order, out));
    }

    /// In which order somebody does several steps.
    fn order(&self, order: &Order, out: &mut String) {
        let group = |group: &Vec<Name>| {
            let names: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
            match names.as_slice() {
                [only] => only.clone(),
                several => format!("{} in any order", several.join(" and ")),
            }
        };
        let groups: Vec<String> = order.groups.iter().map(group).collect();
        let line = format!("`{}` does {}", order.person, groups.join(", then "));
        let _ = writeln!(out, "{}", wrap(&line, 4, self.pen.width()));
    }

    fn loss(&self, loss: &Loss<'_>, all: &BTreeMap<&Name, Derived>, out: &mut String) {
        let sites: Vec<&str> = loss.sites.iter().map(|site| site.as_str()).collect();
        let heading = match loss.fate {
            Fate::Site(site) => format!("Loss of {site}"),
            Fate::Shared(shared) => format!("Loss of {shared}: {}", sites.join(", ")),
        };
        let _ = writeln!(out, "\n  {}", self.pen.bold(&heading));
        for (name, derivation) in &loss.services {
            let alone =
                all.get(*name).and_then(|all| all.iter().find(|one| one.disruption == derivation.disruption));
            let same = |bound: &Bound, alone: Option<&Bound>| {
                alone.is_some_and(|alone| alone.rank() == bound.rank())
            };
            let what = format!("{name} RTO");
            self.together(
                &what,
                &derivation.rto,
                same(&derivation.rto, alone.map(|one| &one.rto)),
                derivation,
                out,
            );
            for (data, bound) in &derivation.rpo {
                let alone = alone.and_then(|one| one.rpo.get(data));
                self.together(&format!("{name} RPO {data}"), bound, same(bound, alone), derivation, out);
            }
        }
    }

    /// A bound of something that is lost with others. Its terms only if it is not the bound that it has alone.
    fn together(&self, what: &str, bound: &Bound, same: bool, derivation: &Derivation, out: &mut String) {
        if same {
            let _ =
                writeln!(out, "    {what}  {} · as if it were lost alone", self.pen.bold(&bound.in_words()));
            return;
        }
        let asked = if what.contains(" RTO") { &derivation.asked.rto } else { &derivation.asked.rpo };
        self.bound(what, None, bound, asked.as_ref(), true, out);
    }

    fn bound(
        &self,
        what: &str,
        data: Option<&Name>,
        bound: &Bound,
        asked: Option<&Setting<Duration>>,
        is_asked: bool,
        out: &mut String,
    ) {
        let of = data.map(|name| format!(" {name}")).unwrap_or_default();
        let verdict = match asked {
            Some(asked) if bound.meets(Some(asked)) => {
                format!(
                    "within {}{}, {}",
                    asked.value.in_words(),
                    self.origin(&asked.origin),
                    bound.assurance()
                )
            }
            Some(asked) => {
                let verdict = format!("MISSES {}{}", asked.value.in_words(), self.origin(&asked.origin));
                self.pen.minus(&verdict)
            }
            None => format!("no objective, {}", bound.assurance()),
        };
        let head = format!("{what}{of}  {} · {verdict}", self.pen.bold(&bound.in_words()));
        let _ = writeln!(out, "    {head}");
        // A bound without an objective and without a limit takes one line instead of a derivation.
        if !is_asked && bound.value().is_none() {
            if let Some(term) = bound.terms.iter().find(|term| term.value.is_none()) {
                let line = format!("{}: {}", term.what, term.source);
                let _ = writeln!(out, "{}", self.pen.dim(&wrap(&one_line(&line), 9, self.pen.width())));
            }
            return;
        }
        for term in &bound.terms {
            self.term(term, out);
        }
    }

    fn term(&self, term: &Term, out: &mut String) {
        let value = term.value.map_or_else(|| "no limit".to_owned(), Duration::in_words);
        let phase = if term.phase == Phase::Loss { String::new() } else { format!("{}: ", term.phase) };
        let _ = writeln!(
            out,
            "{}",
            wrap_hanging(&format!("{phase}{}", one_line(&term.what)), &value, self.pen.width())
        );
        let place = term.span.map(|span| format!("; {}", self.sources.place(span))).unwrap_or_default();
        let source = one_line(&format!("{} [{}{place}]", term.source, term.assurance));
        let _ = writeln!(out, "{}", self.pen.dim(&wrap(&source, SOURCE, self.pen.width())));
    }

    fn origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::Service(span) | Origin::Estate(span) => format!(" ({})", self.sources.place(*span)),
            Origin::Tier(name, span) => format!(" (tier {name}, {})", self.sources.place(*span)),
            Origin::BuiltIn(why) => format!(" ({why})"),
        }
    }
}

/// The column of a term's text.
const WORDS: usize = 25;
/// The column of a term's source.
const SOURCE: usize = 27;

/// `     1 h 30 min  what takes this long`, with the value right-aligned in its column.
fn wrap_hanging(what: &str, value: &str, width: usize) -> String {
    let wrapped = wrap(what, WORDS, width);
    format!("{value:>23}  {}", wrapped.trim_start())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
