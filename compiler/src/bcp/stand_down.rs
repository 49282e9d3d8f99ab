//! The end of an incident, and the return to the primary site. The procedure is the one that the continuity plan calls
//! `stand-down`.

use super::context::{Context, add};
use super::instructions;
use super::redact::redacted;
use crate::report::Section;

/// The name of the procedure.
pub(super) const STAND_DOWN: &str = "stand-down";

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("stand-down", "Stand down and return").answering(&[
        "NIST SP 800-34 A.3 §5",
        "ISO 22301 8.4.4: stand-down",
        "ISO 22301 8.4.5: return to normal",
    ]);
    let procedures = context.body().map(|body| &body.procedures);
    let found = procedures.and_then(|all| all.iter().find(|(name, _)| name.as_str() == STAND_DOWN));
    match found {
        Some((name, procedure)) => {
            let purpose = redacted(context, procedure.purpose.trim_end());
            let stop = if purpose.ends_with(['.', '!', '?']) { "" } else { "." };
            section.say(format!("{purpose}{stop}"));
            instructions::steps(context, name.as_str(), procedure, &mut section);
        }
        None => {
            let why = "Nobody knows when the incident is over, and services stay at a standby that has no standby of its own.";
            let cure = add("procedures.stand-down").text(" with its owner and steps");
            section.gap(context.plan_gap(
                "Nothing says how to stand down and return",
                why,
                cure,
                &["name".into()],
            ));
        }
    }
    section
}
