//! What a document of the policies alone does not read.

use super::{Acknowledgements, Commit, History, Inputs, Run};
use crate::drill::Held;
use crate::policy::Policy;
use crate::source::Sources;
use crate::units::Date;

/// The journal and the commits, unread.
#[derive(Debug)]
pub(crate) struct Unread {
    runs: History<Run>,
    commits: History<Commit>,
    held: Held,
    acknowledged: Acknowledgements,
}

impl Unread {
    /// Why nobody reads them.
    pub(crate) fn because(why: &str) -> Self {
        let unread = || why.to_owned();
        Self {
            runs: History::Unread(unread()),
            commits: History::Unread(unread()),
            held: Held::default(),
            acknowledged: Acknowledgements::default(),
        }
    }

    /// The inputs of a document without them.
    pub(crate) fn inputs<'a>(
        &'a self,
        policy: &'a Policy,
        sources: &'a Sources,
        as_of: Date,
        with_contacts: bool,
    ) -> Inputs<'a> {
        let Self { runs, commits, held, acknowledged } = self;
        Inputs { policy, sources, findings: &[], as_of, with_contacts, runs, commits, held, acknowledged }
    }
}
