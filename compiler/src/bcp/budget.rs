//! Who may spend how much (FFIEC Business Continuity Management (2019) V.E; NIST SP 800-34 rev. 1 §3.4.6).

use super::context::{Context, add};
use crate::report::{Block, Phrase, Section};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("budget", "Budget and authority to spend").answering(&[
        "NIST SP 800-34 §3.4.6",
        "ISO 22301 8.4.4: resources",
        "FFIEC BCM V.E",
    ]);
    let Some(budget) = context.body().and_then(|body| body.budget.as_ref()) else {
        let why = "Nobody may buy what the recovery needs at night.";
        section.gap(context.plan_gap(
            "There is no budget for emergencies",
            why,
            add("budget"),
            &["name".into()],
        ));
        return section;
    };
    let deputy = budget.deputy.as_ref().map_or_else(|| "nobody is named".to_owned(), ToString::to_string);
    let limit = format!("{} {} for one incident", grouped(budget.limit), budget.currency.as_str());
    section.blocks.push(Block::Facts {
        facts: vec![
            ("Limit".to_owned(), Phrase::new().strong(limit)),
            ("May be spent by".to_owned(), Phrase::new().strong(budget.authority.as_str())),
            ("If there is no answer".to_owned(), deputy.into()),
            (
                "Above the limit".to_owned(),
                "needs a further approval, which this plan does not regulate".into(),
            ),
        ],
    });
    if budget.deputy.is_none() {
        let what = format!("Nobody may spend the budget if {} does not answer", budget.authority);
        let why = "Money that one person can release is not there when that person is not.";
        section.gap(context.plan_gap(what, why, add("budget.deputy"), &["budget".into()]));
    }
    section
}

/// A number with a blank between thousands: `250 000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
