//! Required parts of a continuity plan.
//!
//! Sources: NIST SP 800-34 rev. 1 §4.2 and appendix A.3; ISO 22301:2019 §8.4; FFIEC Business Continuity
//! Management (2019) V.E (budget for emergencies).

use crate::diagnostic::{Diagnostic, codes};
use crate::policy::Policy;
use crate::units::Date;

/// A plan without a required part.
pub(super) fn incomplete(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(plan) = &policy.continuity else { return };
    let body = &plan.body;
    let parts = [
        (body.reviewed.is_none(), "`reviewed`: the day of its last review"),
        (body.levels.is_empty(), "`levels`: the five levels of incidents and who declares them"),
        (body.communication.channels.is_empty(), "`communication.channels`: where people are informed"),
        (body.communication.templates.is_empty(), "`communication.templates`: prepared messages"),
        (body.resources.is_empty(), "`resources`: what the business needs to operate"),
        (body.budget.is_none(), "`budget`: the budget for emergencies"),
        (body.procedures.is_empty(), "`procedures`: instructions for people"),
    ];
    let missing: Vec<&str> = parts.iter().filter(|(missing, _)| *missing).map(|(_, part)| *part).collect();
    if !missing.is_empty() {
        out.push(
            Diagnostic::new(codes::PLAN_INCOMPLETE, "the continuity plan is incomplete")
                .at(plan.span(&["name".into()]), format!("{} missing", missing.len()))
                .help(format!("add {}", missing.join("; "))),
        );
    }
}
