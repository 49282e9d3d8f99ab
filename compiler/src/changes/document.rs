//! The changes as a document for people.

use super::{Change, ChangeRun, Inputs, without_reach};
use crate::bcp::{self, History, changes};
use crate::report::{Block, Phrase, Report, Section, Severity, Table, Tone};

/// The document. The same inputs give the same report.
#[must_use]
pub fn report(inputs: &Inputs<'_>) -> Report {
    let context = bcp::Context::new(&inputs.plan);
    let mut blocks = vec![Block::Facts {
        facts: vec![
            ("Period".to_owned(), format!("{} to {} (UTC)", inputs.since, inputs.until).into()),
            ("Journal".to_owned(), inputs.place.as_str().into()),
        ],
    }];
    let mut sections = Vec::new();
    match &inputs.runs {
        Err(why) => {
            let text = format!("Unknown: the journal could not be read: {}.", hidden(&context, why));
            blocks.push(Block::Note { severity: Severity::Problem, text: text.into() });
        }
        Ok(runs) if runs.is_empty() => {
            blocks.push(Block::Paragraph { text: "The journal has no run in this period.".into() });
        }
        Ok(runs) => {
            blocks.push(Block::Table(overview(&context, runs)));
            sections.extend(runs.iter().map(|run| of_run(&context, run)));
        }
    }
    sections.extend(commits(&context, inputs));
    Report { kind: "changes", title: format!("Changes of {}", inputs.plan.policy.estate), blocks, sections }
}

fn hidden(context: &bcp::Context<'_>, text: &str) -> String {
    bcp::redacted(context, text).replace('`', "")
}

fn person(context: &bcp::Context<'_>, name: &str) -> String {
    bcp::without_domain(context, name).replace('`', "")
}

fn overview(context: &bcp::Context<'_>, runs: &[ChangeRun]) -> Table {
    let mut table =
        Table::new("Runs, newest first", &["Run", "Began", "Changes", "By", "Approved by", "Ended", "In"]);
    for run in runs {
        table.row(vec![
            Phrase::new().link("run", run.number.to_string(), run.number.to_string()),
            changes::minute(&run.began).into(),
            changed(run).into(),
            person(context, &run.runner).into(),
            hidden(context, &run.approved(|name| person(context, name))).into(),
            run.ended.as_str().into(),
            run.cloud.as_str().into(),
        ]);
    }
    table
}

/// How many changes a run made, or that it records a restore.
fn changed(run: &ChangeRun) -> String {
    match run.restore.is_some() && run.changes.is_empty() {
        true => "a restore".to_owned(),
        false => run.changes.len().to_string(),
    }
}

fn of_run(context: &bcp::Context<'_>, run: &ChangeRun) -> Section {
    let drill =
        run.drill.as_ref().map(|name| format!(", drill {}", hidden(context, name))).unwrap_or_default();
    let title = format!("Run {}{drill}, {}", run.number, changes::minute(&run.began));
    let mut section = Section::new("run", title).about(run.number.to_string());
    if run.is_local {
        section.note(Severity::Warning, "This run changed the embedded cloud, which is for tries.");
    }
    if let Some(reason) = &run.break_glass {
        let text = format!("Applied without the approvals it needed, because: {}.", hidden(context, reason));
        section.note(Severity::Problem, text);
    }
    let author = run.author.as_ref().map_or_else(
        || "not recorded: the plan was not saved".to_owned(),
        |(name, key)| {
            let key = key
                .as_ref()
                .map_or_else(|| ", unsigned".to_owned(), |key| format!("; the journal names the key {key}"));
            format!("{}{key}", person(context, name))
        },
    );
    let rule = run
        .required
        .map_or_else(|| "none in force".to_owned(), |required| format!("{required} must approve"));
    let signed = match run.is_signed {
        true => "; it carries a signature, which this document does not verify",
        false => ", unsigned",
    };
    let mut facts: Vec<(String, Phrase)> = Vec::new();
    let mut fact = |name: &str, value: Phrase| facts.push((name.to_owned(), value));
    fact("Applied by", format!("{}{signed}", person(context, &run.runner)).into());
    fact("Plan made by", author.into());
    fact("Plan", Phrase::new().code(&run.plan));
    fact("Rule", rule.into());
    fact("Approved by", hidden(context, &run.approved(|name| person(context, name))).into());
    for (name, statement) in &run.approvals {
        let who = format!("Statement of {}", person(context, name));
        fact(&who, Phrase::new().text("SHA-256 ").code(statement));
    }
    fact(
        "Git commit",
        run.commit.as_deref().map_or_else(|| "not recorded".into(), |id| Phrase::new().code(id)),
    );
    section.facts(facts);
    let columns = ["Resource", "Done", "Began", "Result", "Setting", "Before", "After"];
    let mut table = Table::new("Changes", &columns);
    for change in &run.changes {
        rows(context, change, &mut table);
    }
    match &run.restore {
        Some(restore) => {
            section.say(format!("Restore: {}.", without_reach(context, restore).replace('`', "")));
        }
        None if table.rows.is_empty() => section.say("The journal has nothing that it changed."),
        None => {}
    }
    section.table(table);
    let mut files = Table::new("Policies that it applied", &["File", "SHA-256"]);
    for (path, digest) in &run.policies {
        files.row(vec![path.as_str().into(), Phrase::new().code(digest)]);
    }
    if !files.rows.is_empty() {
        let summary = "Policies that it applied".to_owned();
        section.blocks.push(Block::Details { summary, blocks: vec![Block::Table(files)] });
    }
    section
}

fn rows(context: &bcp::Context<'_>, change: &Change, table: &mut Table) {
    let tone = match change.done {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Unknown,
    };
    let error =
        change.error.as_ref().map(|error| format!(": {}", hidden(context, error))).unwrap_or_default();
    let head = [
        Phrase::new().code(&change.address),
        change.what().into(),
        changes::second(&change.at).into(),
        Phrase::new().verdict(tone, change.result()).text(error),
    ];
    if change.settings.is_empty() {
        let none = ["not recorded".into(), Phrase::new(), Phrase::new()];
        table.row(head.into_iter().chain(none).collect());
        return;
    }
    for setting in &change.settings {
        let setting = setting.shown(context);
        let (before, after) = setting.in_words(change.kind);
        let plain = |text: &str| text.replace('`', "");
        let values = [setting.name.as_str().into(), plain(before).into(), plain(after).into()];
        table.row(head.iter().cloned().chain(values).collect());
    }
}

/// The commits of the period that changed the policies.
fn commits(context: &bcp::Context<'_>, inputs: &Inputs<'_>) -> Option<Section> {
    let mut section = Section::new("commits", "Commits that changed the policies");
    match inputs.plan.commits {
        History::Unread(why) => {
            section.note(Severity::Note, format!("Git was not read: {}.", hidden(context, why)));
        }
        History::Read { newest, more, notes, .. } => {
            notes.iter().for_each(|note| section.note(Severity::Note, note));
            let mut table = Table::new("Commits, newest first", &["Commit", "Day", "By", "What"]);
            let (since, until) = (inputs.since.to_string(), inputs.until.to_string());
            for one in newest.iter().filter(|one| since <= one.day && one.day <= until) {
                table.row(vec![
                    Phrase::new().code(&one.id),
                    one.day.as_str().into(),
                    hidden(context, &one.author).into(),
                    hidden(context, &one.subject).into(),
                ]);
            }
            if table.rows.is_empty() {
                section.say("None that was read is of this period.");
            }
            section.table(table);
            if *more && newest.last().is_some_and(|one| since <= one.day) {
                section.note(
                    Severity::Warning,
                    "Earlier commits of this period are in the repository and not listed here.",
                );
            }
        }
    }
    Some(section)
}
