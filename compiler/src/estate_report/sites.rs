//! A page for each site: what happens if it is lost tonight. Then the sites that are lost together.

use std::collections::BTreeSet;

use super::context::Context;
use super::site;
use crate::document::Name;
use crate::objectives::Fate;
use crate::report::Section;

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("sites", "If a site is lost tonight").on_a_new_page();
    section.say(
        "A page for each site. It says what stops, who decides, who does what, when everything is back, and what is lost. The \
         rehearsed times come from a simulation of the recovery: the same disaster, played many times on paper. They show how the \
         steps follow each other, not that they were ever done.",
    );
    for name in context.policy().sites.keys() {
        let title = format!("{} is lost", context.site_in_words(name));
        let page = Section::new("site", title).about(name.as_str());
        // The first one is on the page of this section.
        let page = if section.sections.is_empty() { page } else { page.on_a_new_page() };
        section.sections.push(site::page(context, page, &BTreeSet::from([name])));
    }
    for loss in &context.losses {
        let Fate::Shared(shared) = loss.fate else { continue };
        let names: Vec<&str> = loss.sites.iter().map(|site| site.as_str()).collect();
        let title = format!("{} are lost together ({shared})", names.join(" and "));
        let page = Section::new("fate", title).about(shared.as_str()).on_a_new_page();
        let lost: BTreeSet<&Name> = loss.sites.iter().copied().collect();
        section.sections.push(site::page(context, page, &lost));
    }
    section
}
