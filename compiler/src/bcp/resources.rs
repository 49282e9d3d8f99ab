//! What the business needs to operate, and what of it is reserved.

use super::context::{Context, add};
use super::redact::redacted;
use crate::report::{Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("resources", "Resources and their allocation")
        .answering(&["NIST SP 800-34 A.3 App. F, App. H", "ISO 22301 8.4.4: resources"]);
    let mut table =
        Table::new("Reserved for an emergency", &["Resource", "What it is", "Allocated", "Owner"]);
    for (name, resource) in context.body().into_iter().flat_map(|body| &body.resources) {
        table.row(vec![
            name.as_str().into(),
            redacted(context, &resource.what).into(),
            redacted(context, &resource.allocated).into(),
            resource.owner.as_str().into(),
        ]);
    }
    if table.rows.is_empty() {
        let why = "What is not reserved is bought when everybody else wants it too.";
        section.gap(context.plan_gap("No resource is reserved", why, add("resources"), &["name".into()]));
    }
    section.table(table);
    section
}
