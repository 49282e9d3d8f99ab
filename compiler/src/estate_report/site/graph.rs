//! The recovery of the worst run as pictures: what waits for what, with the critical path marked.

use super::Lost;
use crate::estate_report::context::{links, seconds};
use crate::recovery_graph::{Pictures, WIDEST, pictures, plain, who};
use crate::rehearsal::critical;
use crate::rehearsals::WorstRun;
use crate::report::{Block, Figure, Phrase, Section, Table, Tone};

pub(super) fn figures(lost: &Lost<'_, '_>, section: &mut Section) {
    let Some(worst) = lost.rehearsal.and_then(|report| report.worst.as_ref()) else { return };
    let nodes = &worst.nodes;
    let mut path = critical(nodes, worst.service);
    path.reverse();
    let sites: Vec<&str> = lost.sites.iter().map(|site| site.as_str()).collect();
    let sites = sites.join(" and ");
    let services: Vec<&crate::policy::Service> = lost.services().collect();
    match pictures(&services, nodes, &path, WIDEST) {
        Pictures::Whole(drawing) => {
            let caption = format!("What waits for what after the loss of {sites}");
            section.figure(Figure { caption, says: says(worst, &path), drawing });
        }
        Pictures::Parts { services: across, path: along } => {
            if let Some(drawing) = across {
                let caption = format!("Which service waits for which after the loss of {sites}");
                let says = format!(
                    "{} services, each behind those it needs, with the time at which it is back. Those that the critical path to {} \
                     goes through are drawn thick.",
                    services.len(),
                    worst.service
                );
                section.figure(Figure { caption, says, drawing });
            }
            if let Some(drawing) = along {
                let caption = format!("The critical path after the loss of {sites}");
                section.figure(Figure { caption, says: says(worst, &path), drawing });
            }
        }
    }
    table(worst, &path, section);
}

/// The critical path as a table.
fn table(worst: &WorstRun<'_>, path: &[usize], section: &mut Section) {
    let mut table = Table::new("The critical path", &["What", "Service", "Who", "From", "To"]);
    for node in path.iter().filter_map(|nth| worst.nodes.get(*nth)) {
        table.row(vec![
            plain(&node.what).into(),
            links("service", [&node.service]),
            who(node).into(),
            seconds(node.took.map(|(began, _)| began)).into(),
            seconds(node.took.map(|(_, ended)| ended)).into(),
        ]);
    }
    if table.rows.is_empty() {
        let text = format!(": {} is never back in this run, so there is no path to it.", worst.service);
        section.say(Phrase::new().verdict(Tone::Bad, "no critical path").text(text));
        return;
    }
    let summary = "The critical path: what has to be faster for everything to be back sooner".to_owned();
    let text =
        "Between two rows with a gap, the path waits until somebody answers, or has a hand free.".into();
    section
        .blocks
        .push(Block::Details { summary, blocks: vec![Block::Paragraph { text }, Block::Table(table)] });
}

/// The critical path in a sentence.
fn says(worst: &WorstRun<'_>, path: &[usize]) -> String {
    let never = worst.nodes.iter().filter(|node| node.took.is_none()).count();
    let never = match never {
        0 => String::new(),
        _ => format!(" What never ends has a broken frame: {never} of them."),
    };
    format!(
        "{} pieces of work, each behind what it waits for. The critical path to {}, which is back the latest, has {} of them and is drawn \
         thick; the table below lists it.{never}",
        worst.nodes.len(),
        worst.service,
        path.len()
    )
}
