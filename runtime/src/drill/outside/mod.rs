//! What DNS says, asked from outside: from resolvers, not from the cloud that was told to change it.
//!
//! | word | means |
//! | --- | --- |
//! | resolver | a server that answers for names: host and port |
//! | endpoint | what a site answers for a record, as the policies say |
//! | settled | a resolver answers with the endpoint of a site, and did so since a moment |

mod ask;
mod place;
mod resolvers;
mod watch;

pub(super) use ask::{Ask, resolvers};
#[cfg(test)]
pub(super) use place::Endpoint;
pub(super) use place::Place;
pub use resolvers::{ResolverAt, Resolvers};
pub(super) use watch::{Watch, Way};
