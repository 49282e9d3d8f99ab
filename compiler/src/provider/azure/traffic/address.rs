//! Which addresses and names an endpoint can have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::provider::facts::Refused;

/// Domains of Azure whose names are endpoints of another type than Holdfast makes, in each of its clouds. Sources: Azure Traffic Manager
/// documentation, "Nested Traffic Manager profiles" (a profile is a nested endpoint), "Traffic Manager endpoints", "Web Apps as endpoints" (a
/// web app answers for the names that it knows, and only an Azure endpoint makes the name of the profile known to it).
const NOT_EXTERNAL: [(&str, Refused); 6] = [
    (".trafficmanager.net", NESTED),
    (".usgovtrafficmanager.net", NESTED),
    (".trafficmanager.cn", NESTED),
    (".azurewebsites.net", WEB_APP),
    (".azurewebsites.us", WEB_APP),
    (".chinacloudsites.cn", WEB_APP),
];

const NESTED: Refused = Refused {
    why: "another profile, whose health is not that of a site: Azure takes it as a nested endpoint only",
    cure: "write the name of what serves the site, not that of a profile",
};
const WEB_APP: Refused = Refused {
    why: "a web app, which answers users with an error until it knows the name that they use",
    cure: "give the web app a custom domain, add the name that your users use to it, and write the custom domain here",
};

/// Networks that no endpoint is in, with the length of their prefix. Source: Azure Traffic Manager documentation, "Traffic Manager FAQs",
/// "What types of IP addresses can I use when adding an endpoint?" (RFC 1918, 6890, 5737, 3068, 2544, 5771).
const REFUSED_V4: [(Ipv4Addr, u32, &str); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "an address of this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, PRIVATE),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's private address"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, MACHINE),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, PRIVATE),
    (Ipv4Addr::new(192, 0, 0, 0), 24, RESERVED),
    (Ipv4Addr::new(192, 0, 2, 0), 24, EXAMPLE),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "an address of 6to4 relays"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, PRIVATE),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "an address for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, EXAMPLE),
    (Ipv4Addr::new(203, 0, 113, 0), 24, EXAMPLE),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "not the address of one host"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, RESERVED),
];

/// The same for IPv6 (RFC 6890 §2.2.3). The multicast addresses are RFC 4291 §2.7.
const REFUSED_V6: [(Ipv6Addr, u32, &str); 11] = [
    (Ipv6Addr::UNSPECIFIED, 128, MACHINE),
    (Ipv6Addr::LOCALHOST, 128, MACHINE),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, "an IPv4-mapped address"),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, "an address that translates to IPv4"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, RESERVED),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, RESERVED),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, EXAMPLE),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "an address of 6to4"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, PRIVATE),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "a link-local address"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "not the address of one host"),
];

const PRIVATE: &str = "a private address";
const MACHINE: &str = "an address of the machine itself";
const RESERVED: &str = "a reserved address";
const EXAMPLE: &str = "an address for examples in documentation";

/// Why an address cannot be that of an endpoint.
#[must_use]
pub fn unreachable(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => {
            let within = |net: Ipv4Addr, length: u32| {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                u32::from(ip) & mask == u32::from(net)
            };
            REFUSED_V4.into_iter().find(|(net, length, _)| within(*net, *length)).map(|(.., why)| why)
        }
        IpAddr::V6(ip) => {
            let within = |net: Ipv6Addr, length: u32| {
                let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
                u128::from(ip) & mask == u128::from(net)
            };
            REFUSED_V6.into_iter().find(|(net, length, _)| within(*net, *length)).map(|(.., why)| why)
        }
    }
}

/// Why a DNS name cannot be that of an external endpoint.
#[must_use]
pub fn not_external(name: &str) -> Option<Refused> {
    NOT_EXTERNAL.into_iter().find(|(domain, _)| name.ends_with(domain)).map(|(_, refused)| refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_types_of_endpoints_are_refused_and_no_others() {
        for (name, refused) in [
            ("acme.trafficmanager.net", true),
            ("acme.azurewebsites.net", true),
            ("acme.azurewebsites.us", true),
            ("trafficmanager.net.acme.example", false),
            ("myazurewebsites.net", false),
            ("shop-nl.westeurope.cloudapp.azure.com", false),
            ("shop.us-east-1.elb.amazonaws.com", false),
        ] {
            assert_eq!(not_external(name).is_some(), refused, "{name}");
        }
    }

    #[test]
    fn only_public_addresses_can_be_endpoints() {
        for (ip, refused) in [
            ("20.50.2.10", false),
            ("192.0.1.255", false),
            ("192.0.2.10", true),
            ("198.51.100.10", true),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("0.0.0.0", true),
            ("255.255.255.255", true),
            ("2603:1020::10", false),
            ("2001:200::1", false),
            ("2001:db8::10", true),
            ("::1", true),
            ("fd00::1", true),
        ] {
            assert_eq!(unreachable(ip.parse().unwrap()).is_some(), refused, "{ip}");
        }
    }
}
