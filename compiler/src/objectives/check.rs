//! Findings about missed objectives, at the lines that cause them.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Bound, Derivation, Derived, Deriver, Phase, Term, cure};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Disruption, Name};
use crate::policy::{Origin, Policy, Service, Setting};
use crate::source::Span;
use crate::units::{Date, Duration};

/// The number of terms, largest first, that are marked in the text.
const MARKED: usize = 5;

/// Derive the objectives of all services, and report those that are missed.
#[must_use]
pub fn check(policy: &Policy, as_of: Option<Date>) -> Vec<Diagnostic> {
    let mut deriver = Deriver::new(policy, as_of);
    let all = deriver.all(Facts::wanted);
    let mut out = Vec::new();
    for service in policy.services.values() {
        let Some(derived) = all.get(&service.name) else { continue };
        let case = Case { deriver: &deriver, service, all: &all };
        derived.iter().for_each(|derivation| case.report(derivation, &mut out));
        undecided(service, &mut out);
    }
    out
}

/// Objectives that the service sets to `undecided`.
fn undecided(service: &Service, out: &mut Vec<Diagnostic>) {
    for (disruption, asked) in &service.objectives {
        for (key, origin) in &asked.undecided {
            let (what, name) = match *key {
                "rto" => (format!("how long `{}` may be down after {disruption}", service.name), "RTO"),
                _ => (format!("how much data {disruption} may cost `{}`", service.name), "RPO"),
            };
            let finding = Diagnostic::new(codes::UNDECIDED, format!("nobody has decided {what}"));
            let finding = origin.span().map_or_else(
                || finding.clone(),
                |span| finding.clone().at(span, format!("an {name} is missing")),
            );
            out.push(finding.about(service.span).help(
                "decide with the business; `holdfast objectives` shows what the policy can meet today",
            ));
        }
    }
}

struct Case<'a, 'p> {
    deriver: &'a Deriver<'p>,
    service: &'p Service,
    all: &'a BTreeMap<&'p Name, Derived>,
}

impl Case<'_, '_> {
    fn report(&self, derivation: &Derivation, out: &mut Vec<Diagnostic>) {
        if let Some(asked) = &derivation.asked.rpo {
            for (name, bound) in derivation.rpo.iter().filter(|(_, bound)| !bound.meets(Some(asked))) {
                out.push(self.rpo(derivation, name, bound, asked).about(self.service.span));
            }
        }
        if let Some(asked) = &derivation.asked.rto
            && !derivation.rto.meets(Some(asked))
        {
            if self.caused_by_dependency(derivation) {
                // Report one cause once, unless the service misses its objective even without waiting.
                let facts = Facts { waits: false, ..Facts::wanted(self.service) };
                let alone = self.deriver.derive(self.service, &facts, derivation.disruption);
                if !alone.rto.meets(Some(asked)) {
                    out.push(self.rto(&alone, asked).about(self.service.span));
                }
                return;
            }
            out.push(self.rto(derivation, asked).about(self.service.span));
        }
    }

    /// Whether the longest wait is for a service that misses its own objective and is reported for that.
    fn caused_by_dependency(&self, derivation: &Derivation) -> bool {
        let waits = derivation.rto.terms.iter().find(|term| term.phase == Phase::Wait);
        let Some(span) = waits.and_then(|term| term.span) else { return false };
        let other = self.service.depends_on.iter().find(|(_, place)| **place == span);
        let theirs = other.and_then(|(name, _)| self.all.get(name));
        let same = theirs.and_then(|all| all.iter().find(|one| one.disruption == derivation.disruption));
        let misses = same.is_some_and(|theirs| !theirs.rto.meets(theirs.asked.rto.as_ref()));
        let theirs = other.and_then(|(name, _)| self.deriver.policy.services.get(name));
        let waived = theirs.is_some_and(|theirs| {
            let waivers = &self.deriver.policy.waivers;
            waivers.iter().any(|w| w.code == codes::RTO_MISSED.as_str() && w.covers(theirs.span))
        });
        misses && !waived
    }

    fn rpo(
        &self,
        derivation: &Derivation,
        name: &Name,
        bound: &Bound,
        asked: &Setting<Duration>,
    ) -> Diagnostic {
        let (disruption, service) = (derivation.disruption, &self.service.name);
        let message = match excess(bound, asked, "RPO") {
            Ok((value, excess)) => {
                format!("{disruption} can cost `{service}` {value} of data `{name}`: {excess}")
            }
            Err(rest) => {
                format!("nothing limits how much of data `{name}` {disruption} can cost `{service}`{rest}")
            }
        };
        let facts = Facts::wanted(self.service);
        let cheapest = cure::of_rpo(self.deriver, self.service, &facts, disruption, name, asked.value);
        finding(Diagnostic::new(codes::RPO_MISSED, message), disruption, bound, asked, cheapest, "RPO")
    }

    fn rto(&self, derivation: &Derivation, asked: &Setting<Duration>) -> Diagnostic {
        let (disruption, service, bound) = (derivation.disruption, &self.service.name, &derivation.rto);
        let message = match excess(bound, asked, "RTO") {
            Ok((value, excess)) => {
                format!("`{service}` can be down for {value} after {disruption}: {excess}")
            }
            Err(rest) => format!("nothing limits how long `{service}` is down after {disruption}{rest}"),
        };
        let facts = Facts::wanted(self.service);
        let cheapest = cure::of_rto(self.deriver, self.service, &facts, derivation, asked.value);
        finding(Diagnostic::new(codes::RTO_MISSED, message), disruption, bound, asked, cheapest, "RTO")
    }
}

/// The value, and the amount by which it exceeds the objective. Without a limit: the rest of the sentence.
fn excess(bound: &Bound, asked: &Setting<Duration>, what: &str) -> Result<(String, String), String> {
    let allowed = asked.value.in_words();
    match bound.value() {
        Some(value) => {
            let excess = value.minus(asked.value).in_words();
            Ok((value.in_words(), format!("{excess} more than the {what} of {allowed}")))
        }
        None => Err(format!("{}; the {what} is {allowed}", at_least(bound))),
    }
}

fn at_least(bound: &Bound) -> String {
    match bound.at_least() {
        least if least == Duration::default() => String::new(),
        least => format!(" (at least {})", least.in_words()),
    }
}

/// The finding with its places: the largest term first, then the other terms, then the objective.
fn finding(
    mut finding: Diagnostic,
    disruption: Disruption,
    bound: &Bound,
    asked: &Setting<Duration>,
    cheapest: Option<String>,
    what: &str,
) -> Diagnostic {
    let mut places: BTreeMap<Span, Vec<&Term>> = BTreeMap::new();
    for term in &bound.terms {
        if let Some(span) = term.span.filter(|_| term.value != Some(Duration::default())) {
            places.entry(span).or_default().push(term);
        }
    }
    let weight = |terms: &[&Term]| {
        let sum = terms.iter().filter_map(|term| term.value).fold(Duration::default(), Duration::plus);
        // Terms without a limit come first, except that a schedule comes before the copying of its backups.
        let unlimited = terms.iter().any(|term| term.value.is_none());
        (unlimited && (what == "RTO" || bound.at_least() == Duration::default()), sum)
    };
    let mut places: Vec<(Span, Vec<&Term>)> = places.into_iter().collect();
    places.sort_by_key(|(span, terms)| (std::cmp::Reverse(weight(terms)), *span));
    for (span, terms) in places.iter().take(MARKED) {
        let words: Vec<String> = terms.iter().map(|term| in_words(term)).collect();
        finding = finding.at(*span, words.join(" + "));
    }
    if let Some(span) = asked.origin.span() {
        finding = finding.at(span, format!("the objective: {}", asked.value.in_words()));
    }
    let counts = |term: &&Term| term.span.is_none() && term.value != Some(Duration::default());
    let elsewhere = bound.terms.iter().filter(counts);
    let elsewhere: Vec<String> =
        elsewhere.map(|term| format!("{} ({})", in_words(term), term.source)).collect();
    let unlimited = bound.terms.iter().filter(|term| term.value.is_none());
    let unlimited =
        unlimited.map(|term| format!("{}: {}{}", term.what, term.source, forms(&term.source, disruption)));
    let unlimited: Vec<String> = unlimited.collect();
    let waits = bound.terms.iter().find(|term| term.phase == Phase::Wait);
    let mut help = match (cheapest, waits) {
        (Some(words), _) => format!("the cheapest change that meets it: {words}"),
        (None, Some(term)) => format!("shorten it in its own service: {}", term.what),
        (None, None) if !unlimited.is_empty() => unlimited.join("\n"),
        (None, None) => "no single change meets the objective".to_owned(),
    };
    if let Some(value) = bound.value() {
        let objective = format!("{}: {}", what.to_lowercase(), value.in_minutes_up());
        help.push_str(&match asked.origin.span() {
            Some(_) => format!("; or set `{objective}`"),
            None => format!("; or set `objectives: {{ {objective} }}`"),
        });
        if !elsewhere.is_empty() {
            help.push_str(&format!("\nnot in the text: {}", elsewhere.join(", ")));
        }
    }
    if matches!(asked.origin, Origin::BuiltIn(_)) {
        help.push_str("\nthe objective is Holdfast's default (RTO 4 h, RPO 1 h): no policy sets one");
    }
    finding.help(help)
}

/// How what a source asks for is written in the policy.
fn forms(source: &str, disruption: Disruption) -> String {
    let forms = source.split('`').skip(1).step_by(2).filter_map(|word| match word {
        "size" => Some("; write `size: { value: …, because: … }`".to_owned()),
        _ if word.starts_with("restore data.") => {
            let also = if source.contains("; add ") { "or " } else { "" };
            let step = format!("; {also}add a step such as `{{ step: restore, does: {word}, takes: … }}`");
            Some(match disruption {
                Disruption::SiteLoss => format!("{step} to `recovery`"),
                other => format!("{step} to `{}` of `recovery-from`", other.key()),
            })
        }
        _ => {
            let name = word.strip_prefix("assumptions.")?;
            Some(format!("; write `assumptions: {{ {name}: {{ value: …, because: … }} }}`"))
        }
    });
    forms.collect()
}

fn in_words(term: &Term) -> String {
    match term.value {
        Some(value) => format!("{} {}", value.in_words(), term.what),
        None => format!("no limit: {}", term.what),
    }
}
