//! A piece of a recovery in words: its name, who does it, after what, and how long it takes.

use super::Chapter;
use crate::document::Name;
use crate::rehearsal::{Node, Part};
use crate::report::Phrase;
use crate::units::Duration;

/// A piece of a recovery that a runbook lists.
pub(super) struct Told<'c> {
    /// Its number in the chapter, from 1.
    pub(super) number: usize,
    /// Its place among the nodes.
    pub(super) nth: usize,
    pub(super) node: &'c Node,
}

/// Whether a runbook lists it: what somebody does, and what moves or fails without anybody.
pub(super) fn is_told(node: &Node) -> bool {
    match node.part {
        Part::Decided(_) | Part::Step(_) | Part::ChecksFail(_) | Part::Nobody | Part::Clients(_) => true,
        Part::Noticed | Part::Answers(_) | Part::Back => false,
    }
}

impl Chapter<'_, '_> {
    /// `payments: verify`.
    pub(super) fn name(&self, told: &Told<'_>) -> String {
        let service = &told.node.service;
        match &told.node.part {
            Part::Step(step) => format!("{service}: {step}"),
            Part::Decided(_) => "the incident is declared".to_owned(),
            Part::ChecksFail(traffic) => format!("{service}: health checks take {traffic} to the standby"),
            Part::Clients(traffic) => format!("{service}: clients of {traffic} arrive at the standby"),
            Part::Nobody | Part::Noticed | Part::Answers(_) | Part::Back => {
                format!("{service}: {}", told.node.what.replace('`', ""))
            }
        }
    }

    /// Who does it.
    pub(super) fn doer<'n>(&self, node: &'n Node) -> Option<&'n Name> {
        match (&node.by, &node.part) {
            (Some(person), _) | (None, Part::Decided(Some(person))) => Some(person),
            (None, _) => None,
        }
    }

    pub(super) fn who(&self, told: &Told<'_>) -> Phrase {
        match (self.doer(told.node), &told.node.part) {
            (Some(person), _) => Phrase::new().strong(person.as_str()),
            (None, Part::Nobody | Part::Decided(None)) => "nobody".into(),
            (None, _) => "by itself".into(),
        }
    }

    /// `after step 1`, or `as soon as the loss is noticed`.
    pub(super) fn after(&self, told: &Told<'_>) -> Phrase {
        let mut numbers: Vec<usize> = self
            .recovery
            .before(told.nth, &is_told)
            .into_iter()
            .filter_map(|nth| self.told.iter().position(|other| *other == nth))
            .map(|place| place + 1)
            .collect();
        numbers.sort_unstable();
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        match numbers.as_slice() {
            [] => "once the loss is noticed".into(),
            [only] => format!("after step {only}").into(),
            several => format!("after steps {}", several.join(", ")).into(),
        }
    }

    /// `at most 15 min`, without the words.
    pub(super) fn most(&self, told: &Told<'_>) -> String {
        match (told.node.alone, &told.node.part) {
            (_, Part::Nobody) => "never".to_owned(),
            (Some(_), Part::Clients(_)) => self.moved(told),
            (Some(seconds), _) => Duration::seconds(seconds).in_words(),
            (None, _) => "not stated".to_owned(),
        }
    }

    /// From the change of the answers until the last client has arrived.
    fn moved(&self, told: &Told<'_>) -> String {
        let nodes = self.recovery.nodes();
        let before = told.node.after.iter().filter_map(|nth| nodes.get(*nth));
        let answers = before.filter(|node| matches!(node.part, Part::Answers(_))).map(|node| node.alone);
        let all = answers.chain([told.node.alone]);
        let sum = all.into_iter().try_fold(0_u64, |sum, alone| Some(sum.saturating_add(alone?)));
        sum.map_or_else(|| "never".to_owned(), |seconds| Duration::seconds(seconds).in_words())
    }
}
