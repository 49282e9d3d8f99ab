//! The name of the provider.

/// The key that selects it at a site, and the first part of addresses.
pub const AZURE: &str = "azure";
