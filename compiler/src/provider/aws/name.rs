//! What the provider is called.

/// The word that selects it at a site, and what addresses begin with.
pub const AWS: &str = "aws";
