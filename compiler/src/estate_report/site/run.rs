//! The worst rehearsed run: a picture, and the same in words.

use super::Lost;
use crate::estate_report::context::{count, seconds};
use crate::rehearsals::drawing;
use crate::report::{Block, Figure, Section, Table};

pub(super) fn timeline(lost: &Lost<'_, '_>, section: &mut Section) {
    let Some(report) = lost.rehearsal else { return };
    let Some(worst) = &report.worst else { return };
    let names: Vec<&str> = lost.sites.iter().map(|site| site.as_str()).collect();
    let back = match worst.back {
        Some(back) => format!("{} is back after {}", worst.service, seconds(Some(back))),
        None => format!("{} is never back: no time is known for a step that it needs", worst.service),
    };
    let says = format!(
        "In the worst of {} {back}. A lane for each person and each service; the table below has the same events.",
        count(usize::try_from(report.runs).unwrap_or(usize::MAX), "run", "runs")
    );
    if let Some(drawing) = drawing(report) {
        let caption = format!("The worst rehearsed run after the loss of {}", names.join(" and "));
        section.figure(Figure { caption, says, drawing });
    }
    let mut table = Table::new("The worst run, event by event", &["From", "To", "Who", "Service", "What"]);
    for event in &worst.timeline {
        let who = event.by.as_ref().map_or_else(|| "by itself".to_owned(), ToString::to_string);
        table.row(vec![
            seconds(Some(event.began)).into(),
            seconds(Some(event.after)).into(),
            who.into(),
            event.service.as_str().into(),
            // The backticks are for a terminal.
            event.what.replace('`', "").into(),
        ]);
    }
    let summary = format!("All {} events of the worst run", table.rows.len());
    section.blocks.push(Block::Details { summary, blocks: vec![Block::Table(table)] });
}
