//! Changes that would stop an object which works until the same plan removes it. No order saves both, so they need two plans.

use super::{Action, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::Graph;
use crate::resource::known;

/// One finding for each such change.
pub(super) fn findings(steps: &[Step], graph: &Graph) -> Vec<Diagnostic> {
    let removed: Vec<_> = steps
        .iter()
        .filter(|step| step.action == Action::Delete)
        .filter_map(|step| step.object.as_ref())
        .collect();
    // What is there already stops nothing anew.
    let found = steps.iter().filter(|step| step.action == Action::Create).filter_map(|step| {
        let stops = step.address.kind().schema().stops?;
        let values = known(&step.attributes);
        let stopped =
            removed.iter().find(|object| stops(&values, object.kind.schema(), &object.attributes))?;
        let (kind, id) = (stopped.kind.name(), &stopped.id);
        let message = format!("{} would stop the {kind} `{id}`, which this plan removes", step.address);
        let finding = Diagnostic::new(codes::STOPS_WHAT_GOES, message);
        let finding = match graph.get(&step.address) {
            Some(resource) => finding.at(resource.origin, "in the same plan"),
            None => finding,
        };
        Some(finding.help("apply the rest first, without this, and then this"))
    });
    found.collect()
}
