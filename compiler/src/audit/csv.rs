//! The audit as CSV: a row for each control and each piece of its evidence. First come rows about what is missing or stale,
//! without a control.

use super::Audit;
use super::context::Context;
use super::item::Item;
use super::lines::Line;
use crate::bcp::Run;
use crate::estate_report::Live;
use crate::report::csv_row;

/// The columns.
const COLUMNS: [&str; 25] = [
    "framework",
    "control",
    "label",
    "title",
    "verdict",
    "because",
    "attested_by",
    "attested_until",
    "evidence",
    "about",
    "standing",
    "found",
    "clause",
    "clause_commit",
    "derived",
    "resource",
    "account",
    "observed_from",
    "observed_to",
    "observation_sha256",
    "run",
    "run_began",
    "run_by",
    "approved_by",
    "drill",
];

/// The audit as CSV.
#[must_use]
pub fn csv(audit: &Audit<'_>) -> String {
    let context = Context::new(audit.inputs);
    let mut out = String::new();
    row(&COLUMNS.map(str::to_owned), &mut out);
    for text in &audit.lacks {
        let none = [const { String::new() }; 4];
        let cells = none.into_iter().chain(["missing or stale".to_owned(), text.clone()]);
        row(&cells.collect::<Vec<_>>(), &mut out);
    }
    let observation = observation(audit);
    for assessed in &audit.frameworks {
        for one in &assessed.controls {
            let control = one.control;
            let attestation = one.attestation.map(|(said, _)| said);
            let of_control = [
                assessed.framework.id.to_string(),
                control.id.to_string(),
                context.hidden(&control.label),
                context.hidden(&control.title),
                one.verdict.key().to_owned(),
                context.hidden(&one.because.join("; ")),
                attestation.map(|said| context.hidden(&said.by)).unwrap_or_default(),
                attestation.map(|said| said.until.to_string()).unwrap_or_default(),
            ];
            let items: Vec<&Item> = audit.items(one).collect();
            if items.is_empty() {
                row(&of_control, &mut out);
            }
            for item in items {
                let cells = of_item(&context, item, &observation);
                let all: Vec<String> = of_control.iter().cloned().chain(cells).collect();
                row(&all, &mut out);
            }
        }
    }
    out
}

fn of_item(context: &Context<'_>, item: &Item, observation: &[String; 4]) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let runs = context.runs().unwrap_or_default();
    let run: Option<&Run> = item.run.and_then(|number| runs.iter().find(|run| run.number == number));
    let mut cells = vec![
        item.kind.key().to_owned(),
        item.about.clone(),
        item.standing.word().to_owned(),
        item.says.clone(),
        item.clause.as_ref().map(ToString::to_string).unwrap_or_default(),
        item.clause_commit.as_ref().map(Line::in_words).unwrap_or_default(),
        text(&item.derived),
        text(&item.resource),
    ];
    match item.observed {
        true => cells.extend(observation.iter().cloned()),
        false => cells.extend([const { String::new() }; 4]),
    }
    let approvers = run.map(|run| run.approvers.iter().map(|name| context.person(name)).collect::<Vec<_>>());
    cells.extend([
        item.run.map(|run| run.to_string()).unwrap_or_default(),
        run.map(|run| run.started.clone()).unwrap_or_default(),
        run.map(|run| context.person(&run.runner)).unwrap_or_default(),
        approvers.unwrap_or_default().join("; "),
        text(&item.drill),
    ]);
    cells
}

/// Account, from, to and digest of the observation.
fn observation(audit: &Audit<'_>) -> [String; 4] {
    match &audit.inputs.live {
        Live::Seen { status, from, to } => [
            status.plan.context.accounts.to_string(),
            from.clone(),
            to.clone(),
            status.plan.observed_digest().unwrap_or_default(),
        ],
        Live::NotAsked | Live::Unseen(_) => [const { String::new() }; 4],
    }
}

fn row(cells: &[String], out: &mut String) {
    csv_row(cells, COLUMNS.len(), out);
}
