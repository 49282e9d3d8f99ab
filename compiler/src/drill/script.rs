//! What people are asked in a drill: the steps of the recovery, person by person, and the criteria.

use std::collections::BTreeSet;

use crate::document::{Form, Name};
use crate::policy::{Drill, Policy, RecoveryStep, Service, StepAction};
use crate::units::Duration;

/// What people are asked, in the order in which it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What the participants imagine.
    pub scenario: String,
    /// The questions.
    pub questions: Vec<Question>,
}

/// A question with the answer yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name in a file of answers: `contact.NAME`, `SERVICE.STEP` or `criterion.NUMBER`.
    pub id: String,
    /// Who answers. `None`: whoever leads the drill.
    pub who: Option<String>,
    /// What is asked.
    pub asks: String,
    /// What is wrong if the answer is no, without a capital.
    pub fault: String,
    /// The ids of the questions that have to be answered before this one is asked.
    pub after: Vec<String>,
    /// The time that the policy gives whoever answers.
    pub within: Option<Duration>,
}

/// What is asked in a drill: of a tabletop, a walk-through and a checklist everything, of every other type the criteria.
#[must_use]
pub fn script(policy: &Policy, drill: &Drill) -> Script {
    let site = drill.site.as_ref().map(|site| format!(" of {site}")).unwrap_or_default();
    let services: Vec<&Service> =
        drill.services.keys().filter_map(|name| policy.services.get(name)).collect();
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    let scenario = format!("{}{site}, of {}", sentence(&drill.disruption.to_string()), names.join(", "));
    let mut questions = Vec::new();
    if asks_people(drill.form.0) {
        let mut steps: Vec<(&Service, &RecoveryStep)> = Vec::new();
        for service in &services {
            let procedure = service.recovery.get(&drill.disruption).into_iter().flatten();
            steps.extend(procedure.map(|step| (*service, step)));
        }
        let doers = steps.iter().filter_map(|(_, step)| step.by.as_ref().map(|(by, _)| by));
        let people: BTreeSet<&Name> = drill.lead.iter().chain(doers).collect();
        questions.extend(people.into_iter().map(|person| contact(policy, person)));
        questions.extend(steps.into_iter().map(|(service, step)| of_step(service, step)));
    }
    // Nobody is asked for what the drill sees itself.
    let sentences = drill.criteria.iter().map(|(one, _)| one).enumerate().filter(|(_, one)| !one.is_probe());
    questions.extend(sentences.map(|(nth, criterion)| Question {
        id: format!("criterion.{}", nth + 1),
        who: drill.lead.as_ref().map(ToString::to_string),
        asks: criterion.text(),
        fault: format!("a criterion is not met: {}", criterion.text()),
        after: Vec::new(),
        within: None,
    }));
    Script { scenario, questions }
}

/// Whether a type of drill consists of what people say.
fn asks_people(form: Form) -> bool {
    matches!(form, Form::Tabletop | Form::WalkThrough | Form::Checklist)
}

fn contact(policy: &Policy, person: &Name) -> Question {
    let known = policy.continuity.as_ref().and_then(|plan| plan.contacts.get(person));
    let answers_within = known.map(|contact| contact.answers_within.0);
    let within = answers_within.map(|within| format!(" within {}", within.in_words()));
    let deputy = known.and_then(|contact| contact.deputy.as_ref());
    let deputy = deputy.map(|deputy| format!(" (deputy: {deputy})")).unwrap_or_default();
    Question {
        id: format!("contact.{person}"),
        who: None,
        asks: format!("Did {person} answer a call{}{deputy}?", within.unwrap_or_default()),
        fault: format!("the contact `{person}` did not answer"),
        after: Vec::new(),
        within: answers_within,
    }
}

fn of_step(service: &Service, step: &RecoveryStep) -> Question {
    let does = match &step.action {
        StepAction::Declare => "declare the incident".to_owned(),
        StepAction::Verify => "verify that the service works".to_owned(),
        StepAction::Failover(name) => format!("see that traffic {name} fails over"),
        StepAction::Restore(name) => format!("restore the data set {name}"),
        StepAction::Act => format!("do the step {}", step.name),
    };
    let how = step.how.as_ref().map(|how| format!(" {how}")).unwrap_or_default();
    let within = step.takes.map(|(takes, _)| format!(" within {}", takes.in_words())).unwrap_or_default();
    let after: Vec<&str> = step.after.iter().map(Name::as_str).collect();
    let after = match after.as_slice() {
        [] => String::new(),
        after => format!(", after {}", after.join(" and ")),
    };
    let who = step.by.as_ref().map(|(by, _)| by.to_string());
    let person = who.clone().unwrap_or_else(|| "Whoever leads".to_owned());
    let id = format!("{}.{}", service.name, step.name);
    Question {
        asks: format!("{person}, for {}: can you {does}{within}{after}?{how}", service.name),
        fault: format!("the step `{id}` cannot be done as the policy says"),
        id,
        who,
        after: step.after.iter().map(|name| format!("{}.{name}", service.name)).collect(),
        within: step.takes.map(|(takes, _)| takes),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
