//! The recovery of a rehearsed run as pictures: what waits for what, with the critical path marked.
//!
//! A small recovery is one picture: a band for each service, a box for each piece of work. A large one is two: the services, each
//! behind those it needs, and the critical path alone, in lines. From left to right is an order and no scale.

mod boxes;
mod document;
mod path;
mod services;
mod work;

use std::collections::BTreeSet;

use crate::document::Name;
use crate::policy::Service;
use crate::rehearsal::Node;
use crate::report::Drawing;
use crate::units::Duration;
pub use document::svg;

/// The most pieces of work of one picture that somebody can read on a page.
const MOST: usize = 48;
/// The most columns of a picture that fits on a page of a report.
pub(crate) const WIDEST: u64 = 6;

/// One picture of everything, or two of its parts.
pub(crate) enum Pictures {
    /// Everything.
    Whole(Drawing),
    /// What is too large for one picture.
    Parts {
        /// The services, each behind those it needs. `None`: there are too many.
        services: Option<Drawing>,
        /// The critical path. `None`: there is none.
        path: Option<Drawing>,
    },
}

/// The pictures. `path` is the critical path from its beginning; `widest` the most columns behind the first one.
pub(crate) fn pictures(services: &[&Service], nodes: &[Node], path: &[usize], widest: u64) -> Pictures {
    let on_path: BTreeSet<usize> = path.iter().copied().collect();
    let columns = work::columns(nodes);
    let last = columns.values().copied().max().unwrap_or_default();
    if nodes.len() <= MOST && last <= widest {
        return Pictures::Whole(work::drawing(nodes, &columns, &on_path));
    }
    Pictures::Parts {
        services: services::drawing(services, nodes, &on_path),
        path: (!path.is_empty()).then(|| path::drawing(nodes, path)),
    }
}

/// Text without the backticks that are for a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// Who does a piece of work.
pub(crate) fn who(node: &Node) -> &str {
    node.by.as_ref().map_or("by itself", Name::as_str)
}

/// Seconds of a run in words. `None`: nobody knows a number.
fn seconds(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "unknown".to_owned(), |seconds| Duration::seconds(seconds).in_words())
}
