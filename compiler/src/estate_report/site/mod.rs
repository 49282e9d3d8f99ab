//! What happens if a site, or several together, are lost tonight.

mod besides;
mod graph;
mod people;
mod run;
mod stops;

use std::collections::BTreeSet;

use super::context::{Context, count};
use super::estate::worst;
use crate::document::Name;
use crate::objectives::Loss;
use crate::rehearsals;
use crate::report::{Phrase, Section};

/// What a page is about.
struct Lost<'c, 'a> {
    context: &'c Context<'a>,
    /// The sites.
    sites: &'c BTreeSet<&'a Name>,
    /// What their services can achieve. `None`: no service runs there.
    loss: Option<&'c Loss<'a>>,
    /// The same, rehearsed.
    rehearsal: Option<&'a rehearsals::Report<'a>>,
}

/// Fills the page.
pub(super) fn page<'a>(context: &Context<'a>, mut section: Section, sites: &BTreeSet<&'a Name>) -> Section {
    let loss = context.losses.iter().find(|loss| loss.sites == *sites);
    let lost = Lost { context, sites, loss, rehearsal: context.rehearsal(sites) };
    section.say(lost.summary());
    if loss.is_some() {
        people::decide(&lost, &mut section);
        stops::services(&lost, &mut section);
        stops::data(&lost, &mut section);
        people::steps(&lost, &mut section);
        run::timeline(&lost, &mut section);
        graph::figures(&lost, &mut section);
    }
    besides::dependents(&lost, &mut section);
    besides::stored(&lost, &mut section);
    besides::tried(&lost, &mut section);
    section
}

impl<'a> Lost<'_, 'a> {
    /// `1 service stops: payments. Everything is back within 33 min, and at most 15 min of data are lost: on paper.`
    fn summary(&self) -> Phrase {
        let Some(loss) = self.loss else {
            return "No service has its primary site here, so none stops.".into();
        };
        let names: Vec<&str> = loss.services.keys().map(|name| name.as_str()).collect();
        let stops = count(names.len(), "service stops", "services stop");
        let (back, lost) = worst(loss);
        Phrase::new()
            .strong(format!("{stops}: {}.", names.join(", ")))
            .text(format!(" The last one is back within: {back}. Data lost at most: {lost}. "))
            .text("Both are bounds of the policies under their assumptions.")
    }

    /// The services that stop, each after those it needs.
    fn services(&self) -> impl Iterator<Item = &'a crate::policy::Service> + use<'_, 'a> {
        let hit = |service: &&crate::policy::Service| {
            self.loss.is_some_and(|loss| loss.services.contains_key(&service.name))
        };
        self.context.plan.services().into_iter().filter(hit)
    }
}
