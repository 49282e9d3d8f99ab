//! What people are told by an engine.

use crate::bcp::{Context, steps};
use crate::document::{Disruption, Name};
use crate::policy::{RecoveryStep, Service};
use crate::report::{Inline, Phrase};

/// Puts what people are asked into words: what to do, in which time, and who does it if they do not.
pub(crate) struct Words<'c> {
    pub(crate) context: &'c Context<'c>,
}

impl Words<'_> {
    /// Declaring the incident.
    pub(crate) fn declaration(&self) -> String {
        let Some(level) = self.context.level_of(Disruption::SiteLoss) else { return String::new() };
        let tell: Vec<&str> = level.tell.iter().map(Name::as_str).collect();
        let tell = if tell.is_empty() { String::new() } else { format!(" Then tell {}.", tell.join(", ")) };
        let deputies = plain(&self.context.if_no_answer(&level.declared_by));
        format!(
            "{}: declare level {} ({}).{tell} If there is no answer: {deputies}.",
            level.declared_by, level.level, level.name
        )
    }

    /// A step of a person.
    pub(crate) fn step(&self, service: &Service, step: &RecoveryStep, disruption: Disruption) -> String {
        let Some((person, _)) = &step.by else { return String::new() };
        let what = plain(&steps::what(self.context, step, service, disruption));
        let what = if what.is_empty() { format!("do the step {}.", step.name) } else { what };
        let most = steps::takes(step, service);
        let most = most.map(|most| format!(" It takes at most {}.", most.in_words())).unwrap_or_default();
        let deputies = plain(&self.context.if_no_answer(person));
        format!(
            "{person}, for {}, {}: {what}{most} If there is no answer: {deputies}.",
            service.name, step.name
        )
    }
}

/// The words of a phrase.
fn plain(phrase: &Phrase) -> String {
    let word = |part: &Inline| match part {
        Inline::Plain(text) | Inline::Strong(text) | Inline::Code(text) => text.clone(),
        Inline::Verdict { text, .. } | Inline::Link { text, .. } => text.clone(),
        Inline::Place(_) | Inline::Section(_) | Inline::Gap(_) => String::new(),
    };
    phrase.0.iter().map(word).collect()
}
