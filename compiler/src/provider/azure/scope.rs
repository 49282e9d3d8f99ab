//! The resources of permissions (Azure role-based access control). `SUBSCRIPTION` and `GROUP` are placeholders for the reader.
//!
//! Source: Azure role-based access control documentation, "Azure permissions for Storage" and "… for Management and governance".

use crate::resource::{Permission, Scope};

/// A permission in the resource groups of the estate.
pub(super) const fn on(action: &'static str) -> Permission {
    Permission::new(action, &GROUPS)
}

/// The resource groups of the estate's sites.
pub static GROUPS: Scope = Scope {
    name: "groups",
    resource: "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP",
    all: None,
    condition: None,
};
