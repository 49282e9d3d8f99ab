//! Everything that warns. The same warning about many resources is said once, with their names.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Around, Size, names, note, policy};
use crate::plan::people::things;
use crate::plan::{Behind, Consent, Lost, LostCopy, Plan, StepId, assumed, turn};
use crate::policy::Judgement;
use crate::report::{Block, Phrase, Severity};

/// What a warning is about. Warnings are in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Posture,
    DataGone,
    StaysBehind,
    CannotBeUndone,
    Flag,
    Allowed,
    PolicyUnknown,
    Policy,
    Estate,
    Caution,
    Unknown,
    Taken,
    Waiting,
    Partial,
    Person,
    Stays,
    NotMade,
    NotCounted,
    Command,
    Waived,
    Assumed,
}

impl Class {
    const fn title(self) -> &'static str {
        match self {
            Self::Posture => "evacuation",
            Self::DataGone => "data is gone",
            Self::StaysBehind => "data stays behind",
            Self::CannotBeUndone => "cannot be undone",
            Self::Flag => "needs an explicit flag",
            Self::Allowed => "allowed with a flag",
            Self::PolicyUnknown => "policy changes unknown",
            Self::Policy => "policy protects less",
            Self::Estate => "beyond the estate",
            Self::Caution => "caution",
            Self::Unknown => "cannot be seen",
            Self::Taken => "name taken",
            Self::Waiting => "left out",
            Self::Partial => "partial plan",
            Self::Person => "waits for a person",
            Self::Stays => "stays",
            Self::NotMade => "not made by Holdfast",
            Self::NotCounted => "approval not counted",
            Self::Command => "command of a drill",
            Self::Waived => "waived",
            Self::Assumed => "assumed",
        }
    }

    const fn severity(self) -> Severity {
        match self {
            Self::Posture | Self::DataGone | Self::StaysBehind | Self::CannotBeUndone | Self::Flag => {
                Severity::Problem
            }
            Self::Waived | Self::Assumed => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

/// One warning about one or more things.
#[derive(Debug, Default)]
struct Warning {
    text: Phrase,
    /// What it is about, if the text does not name it.
    about: Vec<String>,
    /// What it is about in few words, where there is no room for the text.
    short: String,
}

/// All warnings about a plan.
pub(super) struct Warnings(BTreeMap<Class, Vec<Warning>>);

impl Warnings {
    pub(super) fn of(plan: &Plan, around: &Around) -> Self {
        Self(all(plan, around))
    }

    /// The warnings of these severities.
    pub(super) fn blocks(&self, size: Size, of: RangeInclusive<Severity>) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (class, warnings) in self.0.iter().filter(|(class, _)| of.contains(&class.severity())) {
            let title = || Phrase::new().strong(format!("{}: ", class.title().to_uppercase())).text(" ");
            for warning in warnings.iter().take(size.warnings) {
                let about = names(warning.about.iter().map(String::as_str), size.names, true);
                let text = title().phrase(warning.text.clone());
                let text = if warning.about.is_empty() { text } else { text.text(": ").phrase(about) };
                blocks.push(note(class.severity(), text));
            }
            let rest = warnings.get(size.warnings..).unwrap_or_default();
            if !rest.is_empty() {
                let short = names(rest.iter().map(|warning| warning.short.as_str()), size.names, true);
                let text = title().text(format!("{} more of these, cut here: ", rest.len())).phrase(short);
                blocks.push(note(class.severity(), text));
            }
        }
        blocks
    }

    /// Whether nothing is worth more than a note.
    pub(super) fn is_empty(&self) -> bool {
        self.0.keys().all(|class| class.severity() == Severity::Note)
    }

    /// `cannot be undone: 2; caution: 440`, or that there is nothing.
    pub(super) fn tally(&self) -> Phrase {
        let worth = self.0.iter().filter(|(class, _)| class.severity() > Severity::Note);
        let worth = worth.map(|(class, warnings)| {
            let number: usize = warnings.iter().map(|warning| warning.about.len().max(1)).sum();
            let text = format!("{}: {number}", class.title());
            if class.severity() == Severity::Problem {
                Phrase::new().strong(text)
            } else {
                Phrase::from(text)
            }
        });
        let phrase = Phrase::joined(worth, "; ");
        if phrase.0.is_empty() { "nothing in this plan warns".into() } else { phrase }
    }
}

fn all(plan: &Plan, around: &Around) -> BTreeMap<Class, Vec<Warning>> {
    let mut all: BTreeMap<Class, Vec<Warning>> = BTreeMap::new();
    let mut add = |class: Class, warning: Warning| all.entry(class).or_default().push(warning);
    for head in turn::heads(plan) {
        add(Class::Posture, Warning::new(head.clone(), &head));
    }
    for said in turn::meanings(plan) {
        let about = said.text.split(':').next().unwrap_or_default().to_owned();
        add(Class::Posture, Warning::new(said.text, &about));
    }
    plan.lost.iter().for_each(|lost| add(Class::DataGone, gone(lost)));
    for behind @ Behind { name, .. } in &plan.behind {
        add(Class::StaysBehind, Warning::new(behind.in_words(), name));
    }
    let for_good = plan.irreversible().map(|(step, what)| {
        let state = match plan.consents.contains(&Consent::Lock(step.address.clone())) {
            true => "it is allowed with `--allow=lock:`",
            false => "an apply refuses it without a flag of its own",
        };
        (format!("{what} ({state})"), step.address.to_string())
    });
    for (what, about) in grouped(for_good) {
        add(Class::CannotBeUndone, Warning::about(what, about));
    }
    for ask in plan.asks() {
        let text = format!("{}: {}", ask.what, plan.state_of(&ask.consent));
        let class = if plan.consents.contains(&ask.consent) { Class::Allowed } else { Class::Flag };
        add(class, Warning::new(text, &ask.consent.to_string()));
    }
    for warning in of_policies(plan) {
        add(warning.0, warning.1);
    }
    plan.cautions()
        .into_iter()
        .for_each(|caution| add(Class::Estate, Warning::new(caution.clone(), &caution)));
    let cautions = plan
        .pending()
        .flat_map(|step| step.cautions.iter().map(|caution| (caution.as_str(), step.id.to_string())));
    for (caution, about) in grouped(cautions) {
        add(Class::Caution, Warning::about(caution, about));
    }
    for taken in [false, true] {
        let unknown = plan.unknown.iter().filter(|unknown| unknown.taken == taken);
        let reasons = unknown.map(|unknown| {
            let region = unknown.region.as_ref().map(|region| format!("{region}: ")).unwrap_or_default();
            (format!("{region}{}", unknown.reason), unknown.address.to_string())
        });
        for (reason, about) in grouped(reasons) {
            let end = if taken { "; choose another name" } else { "; nothing of this is changed" };
            add(
                if taken { Class::Taken } else { Class::Unknown },
                Warning::about(format!("{reason}{end}"), about),
            );
        }
    }
    for waiting in &plan.waiting {
        let on: Vec<&str> = waiting.on.iter().map(StepId::as_str).collect();
        let text = Phrase::new().code(waiting.id.as_str()).text(format!(" {} needs ", waiting.action));
        let text = text.phrase(names(on, 3, true));
        add(Class::Waiting, Warning { text, about: Vec::new(), short: waiting.id.to_string() });
    }
    if !plan.targets.is_empty() {
        let text = "nothing but the targets and what they need was looked at";
        add(Class::Partial, Warning::about(text, plan.targets.clone()));
    }
    for (what, addresses) in things(&plan.awaited) {
        add(Class::Person, Warning::about(what, addresses.into_iter().map(ToString::to_string).collect()));
    }
    plan.left
        .iter()
        .for_each(|left| add(Class::Stays, Warning::new(left.in_words(), &left.address.to_string())));
    plan.unmade.iter().for_each(|unmade| add(Class::NotMade, Warning::new(unmade.clone(), unmade)));
    around.not_counted.iter().for_each(|line| add(Class::NotCounted, Warning::new(line.clone(), line)));
    plan.commands.iter().for_each(|command| add(Class::Command, Warning::new(command.clone(), command)));
    plan.waived.iter().for_each(|waived| add(Class::Waived, Warning::new(waived.clone(), waived)));
    assumed::in_words(&plan.assumed).into_iter().for_each(|text| {
        let text = text.trim_start_matches("Assumed: ").to_owned();
        add(Class::Assumed, Warning::new(text.clone(), &text));
    });
    all
}

impl Warning {
    fn new(text: String, short: &str) -> Self {
        Self { text: Phrase::marked(&text), about: Vec::new(), short: short.to_owned() }
    }

    fn about(text: impl Into<String>, about: Vec<String>) -> Self {
        let text = text.into();
        Self { text: Phrase::marked(&text), about, short: text }
    }
}

/// What is said of several things, with those it is said of, in the order in which it is said first.
fn grouped<T: AsRef<str>>(said: impl Iterator<Item = (T, String)>) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (text, about) in said {
        let place = *places.entry(text.as_ref().to_owned()).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, all)) => all.push(about),
            None => found.push((text.as_ref().to_owned(), vec![about])),
        }
    }
    found
}

/// A bucket that is gone, and which copies hold its data.
fn gone(lost: &Lost) -> Warning {
    let mut text = lost.in_words();
    for copy in &lost.copies {
        text.push_str(&format!("; {}", copy.in_words()));
    }
    if lost.copies.iter().all(|LostCopy { exists, .. }| !exists) {
        text.push_str(". No copy exists");
    }
    Warning::new(text, &lost.name)
}

/// The statements of the policies that protect less.
fn of_policies(plan: &Plan) -> Vec<(Class, Warning)> {
    let Some(changes) = &plan.policy_changes else { return Vec::new() };
    if let Some(because) = &changes.unknown {
        let text = format!("since {}: {because}", changes.since);
        return vec![(Class::PolicyUnknown, Warning::new(text, &changes.since))];
    }
    let same = policy::same_statements(changes, |change| change.judgement == Judgement::Weaker);
    let warnings = same.into_iter().map(|same| match same.changes.as_slice() {
        [one] => Warning { text: policy::of_one(one), about: Vec::new(), short: same.text },
        several => Warning::about(same.text, several.iter().map(|change| change.document.clone()).collect()),
    });
    warnings.map(|warning| (Class::Policy, warning)).collect()
}
