//! Control planes that a recovery should not need.
//!
//! A profile of Traffic Manager answers and probes without regard to the loss of a region ("Traffic Manager FAQs"). Changing one is another
//! matter: Azure Resource Manager sends every change through the region of the resource group, so that it may fail while that region is
//! unavailable, also for resources without a region, of which Traffic Manager is one (Azure Resource Manager documentation, "What is Azure
//! Resource Manager?", resource group location).

use crate::diagnostic::codes;
use crate::provider::facts::ControlPlane;

/// Ordered from specific to general: the first group that contains a call reports it.
pub(super) const CONTROL_PLANES: &[ControlPlane] = &[ControlPlane {
    code: codes::CALLS_DNS,
    what: "changes a profile of Traffic Manager, which can fail while the region of its resource group is lost",
    instead: "let the probes move the traffic: `does: failover traffic.NAME` needs no call",
    calls: &[("azure-traffic", &["ProfilesCreate", "ProfilesUpdate", "ProfilesDelete", "Endpoints"])],
}];
