//! Who must approve a plan before it is applied.

use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Text};
use crate::source::Span;
use crate::units::Duration;

/// The default validity of an approval: long enough for a change that is approved today and made tonight.
pub(super) const HOLD: Duration = Duration::hours(24);
/// The longest validity of an approval. After a longer time, people no longer know what they approved.
const LONGEST_HOLD: Duration = Duration::hours(30 * 24);

/// Who must approve a plan before it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// The number of approvals.
    pub required: u8,
    /// The signers file with the keys that may approve, relative to the folder of the estate's file.
    pub signers: String,
    /// How long an approval is valid at most.
    pub hold: Duration,
    /// The place of `signers`.
    pub span: Span,
}

pub(super) fn bind(text: &Text, body: &document::Approvals, out: &mut Vec<Diagnostic>) -> Approvals {
    let span = |key: &'static str| text.span(&["approvals".into(), key.into()]);
    let hold = body.hold.unwrap_or(HOLD);
    if !(Duration::minutes(1)..=LONGEST_HOLD).contains(&hold) {
        out.push(
            Diagnostic::new(codes::OUT_OF_RANGE, "an approval is valid for 1m to 30d")
                .at(span("hold"), if hold > LONGEST_HOLD { "too long" } else { "too short" })
                .help("set 1m to 30d, and approve again later if necessary: the plan may be out of date by then"),
        );
    }
    Approvals { required: body.required, signers: body.signers.to_string(), hold, span: span("signers") }
}
