//! The approved plan that a drill runs from.

use std::path::Path;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::drill::ApprovedPlan;
use jiff::Timestamp;

use crate::drill::DrillError;
use crate::drill::session::{Session, digest_of};
use crate::planfile::Saved;
use crate::run::{NotApproved, is_approved};

/// Check that a saved plan is one of exactly the policies of the drill, for its cloud and account, and that it has the approvals that
/// the trust anchor requires. Whether it was applied does not matter.
///
/// # Errors
/// It is not, each with its cure: the drill does not begin.
pub(in crate::drill) fn approved(session: &Session, path: &Path) -> Result<ApprovedPlan, DrillError> {
    let name = path.display().to_string();
    let refused = |code, message: String, cure: &str| {
        DrillError::NotReady(vec![Diagnostic::new(code, message).help(cure)])
    };
    let saved = Saved::read(path).map_err(|refusal| match refusal.findings(&name) {
        // The first one is about the file, and the others about policies in it.
        Ok(refused) => DrillError::NotReady(refused.findings.into_iter().take(1).collect()),
        Err(message) => DrillError::Usage(message),
    })?;
    if digest_of(&saved.policies().sources)? != digest_of(&session.policies.sources)? {
        return Err(refused(
            codes::OTHER_SOURCES,
            format!("{name} was made from other policies than those of the drill"),
            "make a plan of these policies, and have it approved",
        ));
    }
    if saved.plan.context != session.context {
        return Err(refused(
            codes::BAD_PLAN_FILE,
            format!("{name} is for another estate, cloud or account than the drill"),
            "make a plan for this cloud, and have it approved",
        ));
    }
    let trust = session.workspace.trust();
    let demand = trust.map(|trust| trust.anchor(session.policy().estate.as_str())?.demand()).transpose();
    if demand.map_err(|finding| DrillError::NotReady(vec![finding]))?.flatten().is_none() {
        return Err(refused(
            codes::TOO_FEW_APPROVALS,
            "no trust anchor says who approves plans, so nobody can tell whether this one is approved"
                .to_owned(),
            "name an anchor with `approvals` (`--trust FILE`), or leave out `--approved`",
        ));
    }
    let approvers = is_approved(&saved, path, trust, &session.history, Timestamp::now());
    let approvers = approvers.map_err(|error| match NotApproved::findings(error) {
        Ok(findings) => DrillError::NotReady(findings),
        Err(error) => DrillError::Usage(error.to_string()),
    })?;
    Ok(ApprovedPlan { digest: saved.file.digest, approvers })
}
