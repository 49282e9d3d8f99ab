//! Amazon Route 53: zones, records that fail over, health checks.

pub mod health_check;
pub mod hosted_zone;
mod lower;
pub mod record;

pub(super) use lower::lower;
