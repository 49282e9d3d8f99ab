//! What is as the policy declares it and still waits for a person, who has to do something in another place.

use std::fmt::Write as _;

use serde::Serialize;

use super::bind::Bound;
use crate::graph::Graph;
use crate::printable::one_line;
use crate::resource::Address;
use crate::text::{Pen, wrap};

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Awaited {
    /// The resource.
    pub address: Address,
    /// Who has to do what: a clause. It contains no detail of the person.
    pub what: String,
}

impl Awaited {
    /// `Waiting for a person: …`
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("Waiting for a person: {}.", self.what)
    }
}

/// Everything of the graph that exists and waits for a person.
pub(super) fn awaited(graph: &Graph, bound: &Bound<'_>) -> Vec<Awaited> {
    let all = graph.iter().filter_map(|resource| {
        let address = &resource.address;
        let waits = address.kind().schema().waits?;
        let what = waits(address, &bound.found.get(address)?.attributes)?;
        Some(Awaited { address: address.clone(), what })
    });
    let mut all: Vec<Awaited> = all.collect();
    all.sort_by(|one, other| one.address.cmp(&other.address));
    all
}

pub(super) fn text(awaited: &[Awaited], pen: &Pen, out: &mut String) {
    if !awaited.is_empty() {
        out.push('\n');
    }
    for one in awaited {
        let _ = writeln!(out, "{}", pen.caution(&wrap(&one_line(&one.in_words()), 0, pen.width())));
    }
}
