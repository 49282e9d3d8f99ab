//! Amazon Route 53: zones, failover records, health checks.

pub mod health_check;
pub mod hosted_zone;
mod lower;
pub mod record;

pub(super) use lower::lower;
