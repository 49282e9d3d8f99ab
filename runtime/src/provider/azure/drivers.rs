//! The driver of each kind.

use holdfast_compiler::resource::{Kind, Lifecycle};

use super::driver::Driver;
use super::{account, container, destination, group, source, traffic_endpoint, traffic_profile};
use crate::cloud::{CloudError, Command, refuse};

/// All drivers. To add one, add a file beside this one, and a line here. A kind without one is refused before any call: it exists in the
/// embedded cloud only.
pub(super) static DRIVERS: &[&dyn Driver] = &[
    &group::Driver,
    &account::Driver,
    &container::Driver,
    &destination::Driver,
    &source::Driver,
    &traffic_profile::Driver,
    &traffic_endpoint::Driver,
];

/// The driver of a kind.
pub(super) fn of(kind: Kind) -> Option<&'static dyn Driver> {
    DRIVERS.iter().copied().find(|driver| driver.kind() == kind)
}

/// Refuse a command that would open what no policy opens, or whose kind Holdfast does not manage. For every cloud, also the embedded one.
pub(super) fn check(command: &Command, _: &str) -> Result<(), CloudError> {
    let kind = command.address.kind();
    if !matches!(kind.schema().lifecycle, Lifecycle::Managed | Lifecycle::Task) {
        return Err(refuse(command, format!("Holdfast does not create or change a {}", kind.name())));
    }
    of(kind).map_or(Ok(()), |driver| driver.check(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_has_two_drivers() {
        for driver in DRIVERS {
            assert_eq!(
                DRIVERS.iter().filter(|other| other.kind() == driver.kind()).count(),
                1,
                "{}",
                driver.kind()
            );
        }
    }
}
