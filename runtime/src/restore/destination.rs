//! Where nothing is restored to: the journal, and what runs have made.

use holdfast_compiler::plan::Context;

use crate::journal::{self, History};

/// Whether a bucket holds the journal, or a copy of it.
#[must_use]
pub fn holds_journal(journal: &journal::Place, bucket: &str) -> bool {
    match journal {
        journal::Place::Folder(_) => false,
        journal::Place::S3 { s3, copies, .. } => std::iter::once(s3)
            .chain(copies.iter().map(|(copy, _)| copy))
            .any(|place| place.bucket() == bucket),
    }
}

/// Whether runs have made a bucket, for this estate or for another one of the journal, and have not deleted it.
#[must_use]
pub fn is_made(past: &History, context: &Context, bucket: &str) -> bool {
    let estates = std::iter::once(context.clone()).chain(journal::other_estates(&past.entries, context));
    let mut owned = estates.flat_map(|context| journal::owned(&past.entries, &context));
    owned
        .any(|made| made.address.kind().schema().stateful && made.identity.parts().any(|part| part == bucket))
}
