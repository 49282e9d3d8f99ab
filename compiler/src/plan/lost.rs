//! Primary buckets that are gone. Making one anew gives an empty bucket under the name of a full one: the plan says first that
//! the data is gone and which copies hold it, and an apply needs a consent.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::inputs::Inputs;
use super::{Action, Consent, Plan, Step, Unknown};
use crate::copies::{CopyJob, CopyState, Moment, SeenCopy};
use crate::diagnostic::{Diagnostic, codes};
use crate::observation::{Object, Owned};
use crate::printable::one_line;
use crate::resource::{Address, Identity, Kind};
use crate::text::{Pen, wrap};

/// A primary bucket that the journal knows and that no longer exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The resource.
    pub address: Address,
    /// The name of the bucket.
    pub name: String,
    /// The buckets with copies of its data.
    pub copies: Vec<LostCopy>,
}

/// A bucket with a copy of lost data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostCopy {
    /// The name of the bucket.
    pub name: String,
    /// Whether it exists.
    pub exists: bool,
    /// When the copy was last seen to work. `None`: never.
    pub worked: Option<Moment>,
}

/// The primary buckets that the journal knows, and that the plan makes or whose names somebody else has now.
pub(super) fn primaries(
    inputs: &Inputs<'_>,
    copies: &[SeenCopy],
    steps: &[Step],
    unknown: &[Unknown],
) -> Vec<Lost> {
    let sets = inputs.compiled.policy.services.values().flat_map(|service| service.data.values());
    let primaries: BTreeSet<&str> = sets.map(|set| set.primary.name.as_str()).collect();
    let had = |kind: Kind, identity: &Identity| {
        let is = |own: &Owned| own.address.kind() == kind && own.identity == *identity;
        inputs.owned.iter().any(|own| is(own) && own.applied.is_some())
    };
    let exists = |kind: Kind, name: &str| {
        let is = |object: &&Object| object.kind == kind && object.identity().is_named(name);
        inputs.observation.objects.iter().any(|object| is(&object))
    };
    let made = steps.iter().filter(|step| step.action == Action::Create);
    let made = made.map(|step| (&step.address, Identity::of_resource(step.address.kind(), &step.attributes)));
    let taken = unknown.iter().filter(|one| one.taken).map(|one| (&one.address, one.identity.clone()));
    let gone = made.chain(taken).filter(|(address, _)| address.kind().schema().stateful);
    let gone = gone.filter_map(|(address, identity)| {
        let kind = address.kind();
        let name = *primaries.iter().find(|name| identity.is_named(name))?;
        let copies = copies.iter().filter(|copy| copy.from == name).map(|copy| {
            let known = inputs.copies.iter().find(|known| known.from == copy.from && known.to == copy.to);
            let worked = known.and_then(|known| known.worked);
            LostCopy { name: copy.to.clone(), exists: exists(kind, &copy.to), worked }
        });
        let copies = copies.collect();
        had(kind, &identity).then(|| Lost { address: address.clone(), name: name.to_owned(), copies })
    });
    gone.collect()
}

impl Plan {
    /// Whether the journal has to remember something of a copy: that it does not work, or that a job has copied what it lacked.
    #[must_use]
    pub fn has_news_of_copies(&self) -> bool {
        let is_news = |copy: &SeenCopy| {
            matches!(copy.state, CopyState::Broken(_)) || copy.job.as_ref().is_some_and(CopyJob::is_done)
        };
        self.copies.iter().any(is_news)
    }

    /// The finding for lost primaries that nobody has allowed to make anew.
    pub(super) fn lost_without_consent(&self) -> Option<Diagnostic> {
        let consent = |lost: &Lost| Consent::EmptyPrimary(lost.address.clone());
        let makes = |lost: &Lost| self.pending().any(|step| step.address == lost.address);
        let lost = self.lost.iter().filter(|lost| makes(lost) && !self.consents.contains(&consent(lost)));
        let lost: Vec<&Lost> = lost.collect();
        if lost.is_empty() {
            return None;
        }
        let names: Vec<String> = lost.iter().map(|lost| format!("`{}`", lost.name)).collect();
        let flags: Vec<String> = lost.iter().map(|lost| consent(lost).flag()).collect();
        let message =
            format!("the data of {} is gone, and this would make it anew and empty", names.join(", "));
        let help = format!(
            "restore the data from a copy first, or find out who deleted it; if the new one may be empty, plan with `{}`",
            flags.join(" ")
        );
        Some(Diagnostic::new(codes::EMPTY_PRIMARY, message).help(help))
    }
}

impl Lost {
    /// ``the bucket `NAME` (ADDRESS) no longer exists``
    pub(crate) fn in_words(&self) -> String {
        let Self { address, name, .. } = self;
        format!(
            "the {} `{name}` ({address}) no longer exists",
            address.kind().schema().name.replace('-', " ")
        )
    }
}

impl LostCopy {
    /// ``copy in `NAME`: …``
    pub(super) fn in_words(&self) -> String {
        let Self { name, exists, worked } = self;
        let when = match worked {
            Some(Moment { run, date }) => format!("last seen to be copied to in run {run}, on {date}"),
            None => "never seen to be copied to".to_owned(),
        };
        match exists {
            true => format!("copy in `{name}`: {when}; what was written later may be lost"),
            false => format!("copy in `{name}`: gone too"),
        }
    }
}

/// The first thing that a reviewer reads: what is gone, and which copies hold it.
pub(super) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    for lost in &plan.lost {
        let copies = &lost.copies;
        let head = format!("DATA IS GONE: {}.", lost.in_words());
        let _ = writeln!(out, "\n{}", pen.minus(&wrap(&one_line(&head), 0, pen.width())));
        for copy in copies {
            let _ = writeln!(out, "{}", wrap(&one_line(&copy.in_words()), 2, pen.width()));
        }
        if copies.iter().all(|copy| !copy.exists) {
            let _ = writeln!(out, "  {}", pen.minus("No copy exists."));
        }
    }
}
