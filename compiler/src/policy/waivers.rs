//! The waivers of all documents, each with the document it applies to.

use super::binder::Names;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Name, Text};
use crate::source::Span;
use crate::units::Date;

/// A waived finding.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The code of the finding.
    pub code: String,
    /// The reason.
    pub because: String,
    /// Who has accepted the finding.
    pub owner: Name,
    /// The last day it is valid.
    pub until: Date,
    /// The place of the waiver's code.
    pub span: Span,
    /// The document it applies to.
    pub scope: Span,
}

impl Waiver {
    /// Whether a place is in its document.
    pub(crate) fn covers(&self, place: Span) -> bool {
        place.source == self.scope.source && (self.scope.start..self.scope.end).contains(&place.start)
    }

    /// Whether its finding depends on the date of the check.
    pub(crate) fn is_about_time(&self) -> bool {
        let dated = [codes::OLD_MEASUREMENT, codes::REVIEW_OVERDUE, codes::DRILL_OVERDUE];
        dated.iter().any(|code| code.as_str() == self.code)
    }
}

pub(super) fn bind(
    text: &Text,
    waivers: &[document::Waiver],
    contacts: &Names<'_>,
    out: &mut Vec<Diagnostic>,
) -> Vec<Waiver> {
    let mut bound = Vec::new();
    for (nth, waiver) in waivers.iter().enumerate() {
        let place = |key: &'static str| text.span(&["waivers".into(), nth.into(), key.into()]);
        contacts.check(&waiver.owner, place("owner"), out);
        bound.push(Waiver {
            code: waiver.code.as_str().to_owned(),
            because: waiver.because.clone(),
            owner: waiver.owner.clone(),
            until: waiver.until,
            span: place("code"),
            scope: text.range(),
        });
    }
    bound
}
