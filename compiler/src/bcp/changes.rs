//! The change page: which policies the document was made from, and what changed them.

use super::context::Context;
use super::redact::{redacted, without_domain};
use super::{Commit, History, Run};
use crate::digest::{Purpose, digest, sha256};
use crate::report::{Phrase, Section, Severity, Table};
use crate::source::Sources;

/// How many digits of a digest are shown.
const SHORT: usize = 12;

pub(crate) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("changes", "Changes")
        .answering(&["NIST SP 800-34 A.3 App. M", "ISO 22301 7.5: documented information"]);
    section.say(
        Phrase::new().text("Made from the policies with the digest ").code(of_policies(context)).text("."),
    );
    let mut files = Table::new("Files of the policies", &["File", "SHA-256, first digits"]);
    for (_, source) in context.inputs.sources.iter() {
        files.row(vec![
            source.path.as_str().into(),
            Phrase::new().code(short(&sha256(source.text.as_bytes()))),
        ]);
    }
    section.table(files);
    runs(context, &mut section);
    commits(context, &mut section);
    section
}

/// The digest of all policies, in hexadecimal digits: the same for the same texts, wherever they are.
#[must_use]
pub fn version(sources: &Sources) -> String {
    let mut texts: Vec<String> = sources.iter().map(|(_, source)| sha256(source.text.as_bytes())).collect();
    texts.sort();
    digest(Purpose::Policy, &texts).unwrap_or_default()
}

/// The first digits of that digest.
pub(crate) fn of_policies(context: &Context<'_>) -> String {
    short(&version(context.inputs.sources)).to_owned()
}

fn runs(context: &Context<'_>, section: &mut Section) {
    let why = "Nobody can see from this document whether what it relies on was ever set up.";
    let (place, newest, more) = match context.inputs.runs {
        History::Read { place, newest, more, .. } => (place, newest, *more),
        History::Unread(reason) => {
            let what = format!("The journal could not be read: {}", redacted(context, reason));
            let cure = Phrase::new().text("Make the document where the journal can be read");
            section.gap(context.gap(what, why, cure, None));
            return;
        }
    };
    if newest.is_empty() {
        let what = format!("The journal at {place} has no run");
        let cure = Phrase::new()
            .text("Run ")
            .code("holdfast apply")
            .text(", or name the journal with ")
            .code("--journal");
        section.gap(context.gap(what, why, cure, None));
        return;
    }
    let mut table = Table::new(
        "Runs of apply, newest first",
        &["Run", "Began", "By", "Approved by", "Result", "In", "These policies"],
    );
    for run in newest {
        let Run { number, started, cloud, runner, approvers, ended, break_glass, .. } = run;
        let these = match run.is_of_these_policies {
            Some(true) if run.is_complete => "yes",
            Some(true) => "only in part",
            Some(false) => "no, other policies",
            None => "unknown",
        };
        let approvers: Vec<String> = approvers.iter().map(|name| without_domain(context, name)).collect();
        let approved = match break_glass {
            Some(reason) => format!("break glass: {}", redacted(context, reason)),
            None if approvers.is_empty() => "nobody".to_owned(),
            None => approvers.join(", "),
        };
        table.row(vec![
            number.to_string().into(),
            minute(started).into(),
            without_domain(context, runner).into(),
            approved.into(),
            ended.as_str().into(),
            cloud.as_str().into(),
            these.into(),
        ]);
    }
    section.table(table);
    if more {
        section.say("Earlier runs are in the journal.");
    }
    let in_effect = |run: &&Run| run.is_complete && !run.is_local;
    if !newest.iter().any(|run| in_effect(&run)) {
        let what = format!("No run listed from the journal at {place} was completed in a real cloud");
        let cure =
            Phrase::new().text("Run ").code("holdfast apply").text(" until it ends without a failed step");
        section.gap(context.gap(what, why, cure, None));
    }
    if newest.iter().filter(in_effect).all(|run| run.is_of_these_policies != Some(true)) {
        let text =
            "No run here has applied all of the policies that this document was made from to a real cloud.";
        section.note(Severity::Warning, text);
    }
}

fn commits(context: &Context<'_>, section: &mut Section) {
    match context.inputs.commits {
        History::Unread(reason) => {
            let reason = redacted(context, reason);
            section.note(
                Severity::Note,
                format!("The history of the policies in git is not included: {reason}."),
            );
        }
        History::Read { newest, more, notes, .. } => {
            notes.iter().for_each(|note| section.note(Severity::Note, note));
            let mut table = Table::new("Changed in git, newest first", &["Commit", "Day", "By", "What"]);
            for Commit { id, day, author, subject } in newest {
                table.row(vec![
                    Phrase::new().code(id),
                    day.into(),
                    redacted(context, author).into(),
                    redacted(context, subject).into(),
                ]);
            }
            if newest.is_empty() {
                section.note(Severity::Note, "No commit is known to have changed the policies.");
            }
            section.table(table);
            if *more {
                section.say("Earlier commits are in the repository.");
            }
        }
    }
}

/// `2026-11-23T10:15:30.123Z` as `2026-11-23 10:15 UTC`.
pub(crate) fn minute(at: &str) -> String {
    utc(at, 16)
}

/// `2026-11-23T10:15:30.123Z` as `2026-11-23 10:15:30 UTC`.
pub(crate) fn second(at: &str) -> String {
    utc(at, 19)
}

fn utc(at: &str, letters: usize) -> String {
    match at.get(..letters).filter(|_| at.ends_with('Z')) {
        Some(time) => format!("{} UTC", time.replace('T', " ")),
        None => at.to_owned(),
    }
}

pub(super) fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}
