//! The title and the first lines: what a reviewer has to know before anything else.

use super::{Around, Next, Size, clip, names};
use crate::plan::{Billed, Plan};
use crate::report::{Block, Inline, Phrase};
use crate::text::count;

/// The longest next command that stays whole in every size, in bytes.
const COMMAND: usize = 2_400;
/// The name of the fact that says which cloud and account a plan is about.
const CLOUD: &str = "Cloud";

/// `Estate acme: 1 of 8 objectives is not met, 1 becomes weaker; 440 changes`.
pub(super) fn title(plan: &Plan) -> String {
    let changes = match plan.counts() {
        _ if plan.is_empty() => "no changes".to_owned(),
        counts => count(counts.create + counts.update + counts.replace + counts.delete, "change"),
    };
    format!("Estate {}: {}; {changes}", plan.context.estate, protection(plan))
}

/// What the plan means for the objectives, in one clause.
fn protection(plan: &Plan) -> String {
    match plan.verdict() {
        Some(verdict) => verdict.to_string(),
        None => "the effect of a partial plan on the objectives is unknown".to_owned(),
    }
}

/// What is said of who agreed and of what is next.
pub(super) struct Ahead {
    pub(super) approvals: Phrase,
    /// `None`: it is said below, because a command that breaks into lines cannot be pasted.
    pub(super) next: Option<Phrase>,
}

impl Ahead {
    /// All of it.
    pub(super) fn of(plan: &Plan, around: &Around, size: Size) -> Self {
        let next = Some(Next::of(plan, around).in_words(plan, around));
        Self { approvals: approvals(around, size), next }
    }
}

/// The first lines: what is dangerous, what changes, what it costs, and what is ahead, unless the plan is being applied.
pub(super) fn facts(plan: &Plan, size: Size, dangerous: Phrase, ahead: Option<Ahead>) -> Block {
    let counts = plan.counts();
    let changes = format!(
        "{} to create, {} to update, {} to replace, {} to delete; {} to keep",
        counts.create, counts.update, counts.replace, counts.delete, counts.keep
    );
    let unseen = plan.unknown.len() + plan.waiting.len();
    let changes = match unseen {
        0 => changes,
        _ => format!("{changes}; {unseen} unknown or waiting"),
    };
    let mut facts = vec![
        ("Dangerous", dangerous, size.text),
        ("Changes", changes.into(), size.text),
        ("Billed anew", billed(&plan.billed), size.text),
    ];
    if let Some(Ahead { approvals, next }) = ahead {
        facts.push(("Approvals", approvals, size.text));
        facts.extend(next.map(|next| {
            let whole = size.text.max(if bytes(&next) <= COMMAND { COMMAND } else { 0 });
            ("Next", next, whole)
        }));
    }
    facts.push((CLOUD, account(plan), size.text));
    let facts = facts.into_iter().map(|(name, mut value, most)| {
        clip::phrase(&mut value, most);
        (name.to_owned(), value)
    });
    Block::Facts { facts: facts.collect() }
}

/// Only which cloud and account it is about.
pub(super) fn cloud(plan: &Plan, size: Size) -> Block {
    let mut account = account(plan);
    clip::phrase(&mut account, size.text);
    Block::Facts { facts: vec![(CLOUD.to_owned(), account)] }
}

fn account(plan: &Plan) -> Phrase {
    format!("{}, account {}", plan.context.cloud, plan.context.accounts).into()
}

/// How long a phrase is.
fn bytes(phrase: &Phrase) -> usize {
    let of = |inline: &Inline| match inline {
        Inline::Plain(text) | Inline::Strong(text) | Inline::Code(text) => text.len(),
        _ => 0,
    };
    phrase.0.iter().map(of).sum()
}

/// The digest that people approve, or that of the changes.
pub(super) fn digest(around: &Around) -> Block {
    let end = if around.file.is_some() { "" } else { " of the changes; the plan is not saved" };
    Block::Paragraph { text: format!("Digest: sha256:{}{end}", around.digest).into() }
}

fn billed(billed: &[Billed]) -> Phrase {
    match billed {
        [] => "nothing that Holdfast knows of".into(),
        all => Phrase::marked(&all.iter().map(Billed::in_words).collect::<Vec<_>>().join("; ")),
    }
}

/// `1 of 2 for the plan: bob@acme.example`.
fn approvals(around: &Around, size: Size) -> Phrase {
    if around.approvals.is_empty() {
        return match around.offline {
            true => "the policies require none. Not checked here: the rule of the last run".into(),
            false => "none required".into(),
        };
    }
    let each = around.approvals.iter().map(|given| {
        let Some(_) = given.people.first() else {
            return Phrase::marked(&format!("0 of {} for {}: nobody yet", given.required, given.whose));
        };
        let text = format!("{} of {} for {}: ", given.people.len(), given.required, given.whose);
        let most = size.names.max(given.required);
        Phrase::marked(&text).phrase(names(given.people.iter().map(String::as_str), most, true))
    });
    let all = Phrase::joined(each, "; ");
    match around.offline {
        true => all.text(". Not checked here: the rule of the last run, and whether an approval was used"),
        false => all,
    }
}
