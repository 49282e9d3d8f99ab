//! The estate on a page: each service with each disruption, and the loss of each site.

use super::context::{self, Context, links};
use super::verdict::objectives;
use crate::bcp::heading;
use crate::document::Disruption;
use crate::objectives::Loss;
use crate::report::{ListStyle, Phrase, Section, Table};
use crate::units::Duration;

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("estate", "The estate on a page");
    section.say(
        "RTO is the recovery time objective: how long a service may be away. RPO is the recovery point objective: how much of the \
         latest data may be lost, as the time in which it was written. The first number is what the policies can keep at most, \
         the second what is asked. A service that needs others counts as if their sites were lost with its own.",
    );
    section.list(
        ListStyle::Bullets,
        vec![
            Phrase::new().strong("holds now").text(": the policies keep it, and it was so when somebody looked."),
            Phrase::new().strong("unknown now").text(
                ": the policies keep it on paper, and nobody can tell whether the cloud does. It is not a yes.",
            ),
            Phrase::new().strong("missed now").text(": the cloud does not do what the policies say."),
            Phrase::new().strong("missed by the policies").text(": it is missed even if everything is as written."),
        ],
    );
    matrix(context, &mut section);
    losses(context, &mut section);
    section
}

fn matrix(context: &Context<'_>, section: &mut Section) {
    let columns: Vec<&'static str> =
        std::iter::once("Service").chain(Disruption::ALL.into_iter().map(heading)).collect();
    let mut table = Table::new("Objectives of each service", &columns);
    for service in context.plan.services() {
        let critical = if service.critical { " (critical)" } else { "" };
        let mut row =
            vec![Phrase::new().link("service", service.name.as_str(), service.name.as_str()).text(critical)];
        for disruption in Disruption::ALL {
            let all = context.derived(&service.name).iter().filter(|one| one.disruption == disruption);
            let all = all.flat_map(|one| objectives(&service.name, one));
            row.push(Phrase::joined(all.map(|one| one.in_words(context)), ". "));
        }
        table.row(row);
    }
    section.table(table);
}

fn losses(context: &Context<'_>, section: &mut Section) {
    let mut table = Table::new(
        "If a site is lost with everything at it",
        &["Lost", "Services that stop", "The last one is back within", "Data lost at most"],
    );
    for name in context.policy().sites.keys() {
        let link = Phrase::new().link("site", name.as_str(), context.site_in_words(name));
        let loss = context.losses.iter().find(|loss| loss.fate == crate::objectives::Fate::Site(name));
        table.row(match loss {
            Some(loss) => {
                let (back, lost) = worst(loss);
                vec![link, links("service", loss.services.keys().copied()), back.into(), lost.into()]
            }
            None => vec![link, "none".into(), "nothing stops".into(), "nothing".into()],
        });
    }
    section.table(table);
}

/// When the last service of a loss is back, and the most that is lost of its data.
pub(super) fn worst(loss: &Loss<'_>) -> (String, String) {
    let back = loss.services.values().map(|one| &one.rto).max_by_key(|bound| bound.rank());
    let lost = loss.services.values().filter_map(|one| one.worst_rpo().map(|(_, bound)| bound));
    let lost = lost.max_by_key(|bound| bound.rank());
    let back = back.map_or_else(|| Duration::default().in_words(), context::bound);
    (back, lost.map_or_else(|| "no data".to_owned(), context::bound))
}
