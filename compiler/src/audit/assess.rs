//! Whether a control is satisfied, from its evidence and what people attest.

use std::collections::BTreeMap;

use serde::Serialize;

use super::framework::Framework;
use super::item::{Item, Standing};
use crate::document::{Attestation, Control, Evidence};
use crate::source::Place;
use crate::units::Date;

/// Whether a control is satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Something that it needs was checked and does not hold.
    NotSatisfied,
    /// Nobody can tell, or no attestation of what only a person can know was read.
    NotAssessed,
    /// Nothing fails, and at least a part of it rests on what somebody states.
    Attested,
    /// All of its evidence was checked and holds.
    Satisfied,
}

impl Verdict {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::NotSatisfied, Self::NotAssessed, Self::Attested, Self::Satisfied];

    /// As words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NotSatisfied => "not satisfied",
            Self::NotAssessed => "not assessed",
            Self::Attested => "attested",
            Self::Satisfied => "satisfied",
        }
    }

    /// As one word, for programs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotSatisfied => "not-satisfied",
            Self::NotAssessed => "not-assessed",
            Self::Attested => "attested",
            Self::Satisfied => "satisfied",
        }
    }
}

/// A framework with its assessed controls.
#[derive(Debug)]
pub struct Assessed<'a> {
    /// The framework.
    pub framework: &'a Framework,
    /// Its controls, in its order.
    pub controls: Vec<Assessment<'a>>,
}

/// An assessed control.
#[derive(Debug)]
pub struct Assessment<'a> {
    /// The control.
    pub control: &'a Control,
    /// Whether it is satisfied.
    pub verdict: Verdict,
    /// Why it is not, each as a sentence without its full stop. Empty if it is satisfied.
    pub because: Vec<String>,
    /// The attestation that counts on the day of the audit, with its place.
    pub attestation: Option<&'a (Attestation, Place)>,
    /// The last attestation, if it does not count on that day.
    pub outdated: Option<&'a (Attestation, Place)>,
}

pub(super) fn framework<'a>(
    framework: &'a Framework,
    evidence: &BTreeMap<Evidence, Vec<Item>>,
    as_of: Date,
) -> Assessed<'a> {
    let one = |control| assess(framework, control, evidence, as_of);
    Assessed { framework, controls: framework.controls.iter().map(one).collect() }
}

fn assess<'a>(
    framework: &'a Framework,
    control: &'a Control,
    evidence: &BTreeMap<Evidence, Vec<Item>>,
    as_of: Date,
) -> Assessment<'a> {
    let mut because: BTreeMap<Standing, Vec<String>> = BTreeMap::new();
    let mut say = |standing, text: String| because.entry(standing).or_default().push(text);
    for kind in &control.evidence {
        let items = evidence.get(kind).map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() {
            say(Standing::Unknown, format!("the policies have nothing that \"{}\" is about", kind.title()));
        }
        for item in items.iter().filter(|item| item.standing != Standing::Holds) {
            say(item.standing, format!("{}: {}", item.about, item.says));
        }
    }
    let mut attestations = framework.attestations.iter().filter(|(one, _)| one.control == control.id);
    let counts = |one: &Attestation| one.on <= as_of && as_of <= one.until;
    let attestation = attestations.clone().filter(|(one, _)| counts(one)).max_by_key(|(one, _)| one.until);
    let outdated = match attestation {
        None => attestations.clone().max_by_key(|(one, _)| one.until),
        Some(_) => None,
    };
    if !control.people.is_empty() {
        match (attestation, outdated) {
            (Some((one, _)), _) => {
                say(Standing::Stated, format!("{} attests: {}", one.by, one.says));
            }
            (None, Some((one, _))) if one.on > as_of => {
                say(
                    Standing::Unknown,
                    format!("the attestation of {} is of a later day, {}", one.by, one.on),
                );
            }
            (None, Some((one, _))) => {
                say(Standing::Unknown, format!("the attestation of {} ended on {}", one.by, one.until));
            }
            (None, None) => {
                let people = control.people.join(" ");
                say(Standing::Unknown, format!("no attestation was read: {people}"));
            }
        }
    } else if control.evidence.is_empty() && attestations.next().is_none() {
        say(Standing::Unknown, "the framework names no evidence for it".to_owned());
    } else if control.evidence.is_empty() {
        match attestation {
            Some((one, _)) => say(Standing::Stated, format!("{} attests: {}", one.by, one.says)),
            None => say(Standing::Unknown, "no attestation counts on this day".to_owned()),
        }
    }
    let verdict = match because.keys().next() {
        Some(Standing::Fails) => Verdict::NotSatisfied,
        Some(Standing::Unknown) => Verdict::NotAssessed,
        Some(Standing::Stated) => Verdict::Attested,
        Some(Standing::Holds) | None => Verdict::Satisfied,
    };
    let because = because.into_values().flatten().map(|text| text.trim_end_matches('.').to_owned()).collect();
    Assessment { control, verdict, because, attestation, outdated }
}
