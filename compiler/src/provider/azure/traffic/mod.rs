//! Azure Traffic Manager: profiles and their endpoints.

pub mod address;
pub mod endpoint;
mod evidence;
mod lower;
pub mod profile;
#[cfg(test)]
mod tests;

pub(super) use evidence::{diverted, passes, traffic as observed};
pub(super) use lower::lower;
