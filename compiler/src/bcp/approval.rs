//! The approval of the plan, to be signed on paper (NIST SP 800-34 rev. 1 A.3, "Plan Approval").

use super::acknowledged;
use super::context::Context;
use crate::report::{Phrase, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("approval", "Approval of this plan")
        .answering(&["NIST SP 800-34 A.3: Plan Approval", "ISO 22301 7.5.2: review and approval"]);
    section.say(
        Phrase::new()
            .text("By signing, the undersigned accept this plan, made from the policies with the digest ")
            .code(super::changes::of_policies(context))
            .text(", and will have it tested and reviewed as ")
            .section("maintenance")
            .text(" says."),
    );
    let mut table = Table::new("Signatures", &["Function", "Name", "Date", "Signature"]);
    for function in ["Owner of the plan", "Management", "Management"] {
        table.row(vec![function.into(), Phrase::new(), Phrase::new(), Phrase::new()]);
    }
    section.table(table);
    acknowledged::add_to(&mut section, context);
    section
}
