//! Who must approve a plan before it is applied.

use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Text};
use crate::source::Span;
use crate::units::Duration;

/// The default validity of an approval: long enough for a change that is approved today and made tonight.
pub(super) const HOLD: Duration = Duration::hours(24);
/// The longest validity of an approval. After a longer time, people no longer know what they approved.
const LONGEST_HOLD: Duration = Duration::hours(30 * 24);
/// The longest validity of an approval of an evacuation, which can only be given before the disaster: people look at it again each quarter.
const LONGEST_HOLD_OF_EVACUATION: Duration = Duration::hours(90 * 24);

/// Who must approve a plan before it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// The number of approvals.
    pub required: u8,
    /// The signers file with the keys that may approve, relative to the folder of the estate's file.
    pub signers: String,
    /// How long an approval is valid at most.
    pub hold: Duration,
    /// How long one of a plan that only sends users away from evacuated sites is valid at most. `None`: as long as any other.
    pub hold_evacuation: Option<Duration>,
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
    let away = body.hold_evacuation;
    if let Some(hold) =
        away.filter(|hold| !(Duration::minutes(1)..=LONGEST_HOLD_OF_EVACUATION).contains(hold))
    {
        out.push(
            Diagnostic::new(codes::OUT_OF_RANGE, "an approval of an evacuation is valid for 1m to 90d")
                .at(
                    span("hold-evacuation"),
                    if hold > LONGEST_HOLD_OF_EVACUATION { "too long" } else { "too short" },
                )
                .help("set 1m to 90d, and have the plan made and approved again before that ends"),
        );
    }
    let hold_evacuation = away;
    Approvals {
        hold_evacuation,
        required: body.required,
        signers: body.signers.to_string(),
        hold,
        span: span("signers"),
    }
}
