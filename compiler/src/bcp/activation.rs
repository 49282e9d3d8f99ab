//! Who has the authority to declare an incident, and who succeeds them. NIST SP 800-34 rev. 1 §4.2.1 asks for one person
//! with the authority, and for a successor.

use super::context::{Context, add};
use super::redact::redacted;
use crate::document::Disruption;
use crate::report::{Phrase, Section, Table};

pub(crate) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("activation", "Activate this plan: who decides")
        .answering(&["NIST SP 800-34 A.3 §3.1, §4.2.1", "ISO 22301 8.4.4: activation"]);
    let levels = context.levels();
    if levels.is_empty() {
        let what = "Nobody has the authority to declare an incident";
        let why = "Without a decision nobody begins, and everybody waits.";
        section.gap(context.plan_gap(what, why, add("levels"), &["name".into()]));
        return section;
    }
    section.say(
        "This plan is in force as soon as an incident of a level below is declared. One person declares it. If that person \
         does not answer in time, the authority passes to the next name in the row.",
    );
    let mut table = Table::new(
        "Who declares what",
        &["Level", "It is at least this level", "Declared by", "If there is no answer", "At the latest"],
    );
    for (nth, level) in &levels {
        let at = |key: &'static str| ["levels".into(), (*nth).into(), key.into()];
        let disruptions: Vec<String> = level.disruptions.iter().map(ToString::to_string).collect();
        let least =
            if disruptions.is_empty() { redacted(context, &level.means) } else { sentence(&disruptions) };
        let latest = level.within.map(|within| format!("{} after it is noticed", within.in_words()));
        table.row(vec![
            format!("{} {}", level.level, level.name).into(),
            least.into(),
            Phrase::new().strong(level.declared_by.as_str()),
            context.if_no_answer(&level.declared_by),
            latest.clone().unwrap_or_else(|| "not stated".to_owned()).into(),
        ]);
        if latest.is_none() {
            let what = format!("Level {} has no latest time to declare it", level.level);
            let why = "A decision without a deadline can take the whole time that the recovery has.";
            section.gap(context.plan_gap(what, why, add("within"), &at("declared-by")));
        }
        if context.successors(&level.declared_by).is_empty() {
            let what = format!("{}, who declares level {}, has no successor", level.declared_by, level.level);
            let why = "If this one person does not answer, nobody has the authority.";
            section.gap(context.plan_gap(
                what,
                why,
                add("deputy"),
                &["contacts".into(), level.declared_by.as_str().into()],
            ));
        }
    }
    section.table(table);
    let unlisted = Disruption::ALL.into_iter().filter(|disruption| context.level_of(*disruption).is_none());
    for disruption in unlisted {
        let what = format!("No level says that it is declared after {disruption}");
        let why = "It is left to chance who declares it, and how fast.";
        let cure = Phrase::new()
            .text("Add ")
            .code(disruption.key())
            .text(" to ")
            .code("disruptions")
            .text(" of a level");
        section.gap(context.plan_gap(what, why, cure, &["levels".into()]));
    }
    section
}

fn sentence(disruptions: &[String]) -> String {
    let all = disruptions.join(", or ");
    let mut letters = all.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
