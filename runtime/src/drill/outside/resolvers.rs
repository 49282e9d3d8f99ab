//! Which resolvers are asked.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::str::FromStr;

use crate::files;

/// The port of DNS (RFC 1035 §4.2).
const PORT: u16 = 53;
/// What names the resolvers of this machine (resolv.conf(5)).
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The most bytes of that file.
const MAX_RESOLV_CONF: u64 = 1 << 20;

/// A resolver: a host and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolverAt {
    /// An address, or a host name, which this machine looks up once.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for ResolverAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl FromStr for ResolverAt {
    type Err = String;

    /// Parses `HOST` or `HOST:PORT`; an IPv6 address with a port is in brackets.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a resolver: write 9.9.9.9, 9.9.9.9:53 or [2620:fe::fe]:53");
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(bad);
        let (host, port) = if text.parse::<Ipv6Addr>().is_ok() {
            (text, PORT)
        } else if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            host.parse::<Ipv6Addr>().map_err(|_| bad())?;
            let number = rest.strip_prefix(':').map(port).transpose()?;
            if number.is_none() && !rest.is_empty() {
                return Err(bad());
            }
            (host, number.unwrap_or(PORT))
        } else if let Some((host, number)) = text.split_once(':') {
            (host, port(number)?)
        } else {
            (text, PORT)
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let is_host = host.parse::<IpAddr>().is_ok()
            || (!host.is_empty() && host.len() <= 253 && host.chars().all(is_name));
        if is_host { Ok(Self { host: host.to_owned(), port }) } else { Err(bad()) }
    }
}

/// Whom a full-scale drill asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Resolvers {
    /// Those that this machine uses. In the embedded cloud, which answers no DNS: nobody.
    #[default]
    OfMachine,
    /// Nobody: what the cloud shows is all that is known.
    Nobody,
    /// These.
    These(Vec<ResolverAt>),
}

impl Resolvers {
    /// From the flags of the command line, in order. `none` alone: nobody.
    ///
    /// # Errors
    /// One of them is not a resolver, or `none` is not alone: as a message with the cure.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [] => Ok(Self::OfMachine),
            [none] if none == "none" => Ok(Self::Nobody),
            _ if texts.iter().any(|text| text == "none") => {
                Err("`--resolver none` asks nobody, so it stands alone".to_owned())
            }
            _ => {
                let mut all: Vec<ResolverAt> = Vec::new();
                for resolver in texts.iter().map(|text| text.parse::<ResolverAt>()) {
                    let resolver = resolver?;
                    if !all.contains(&resolver) {
                        all.push(resolver);
                    }
                }
                Ok(Self::These(all))
            }
        }
    }

    /// The resolvers to ask on a real cloud.
    ///
    /// # Errors
    /// Those of this machine are not known: why, as a clause.
    pub(in crate::drill) fn on_a_real_cloud(&self) -> Result<Vec<ResolverAt>, String> {
        match self {
            Self::Nobody => Ok(Vec::new()),
            Self::These(these) => Ok(these.clone()),
            Self::OfMachine => of_machine(Path::new(RESOLV_CONF)),
        }
    }
}

/// The resolvers that a file in the form of resolv.conf(5) names.
fn of_machine(file: &Path) -> Result<Vec<ResolverAt>, String> {
    let text = files::read(file, MAX_RESOLV_CONF).map_err(|error| error.to_string())?;
    let config = resolv_conf::Config::parse(text).map_err(|error| format!("{}: {error}", file.display()))?;
    let at = |server: &resolv_conf::ScopedIp| ResolverAt { host: server.to_string(), port: PORT };
    let all: Vec<ResolverAt> = config.nameservers.iter().map(at).collect();
    if all.is_empty() { Err(format!("{} names no `nameserver`", file.display())) } else { Ok(all) }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test lays out the file that is read")]
mod tests {
    use super::*;

    #[test]
    fn resolvers_are_hosts_with_a_port_or_without() {
        for (text, at) in [
            ("9.9.9.9", "9.9.9.9:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("dns.acme.example:54", "dns.acme.example:54"),
            ("2620:fe::fe", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]:54", "[2620:fe::fe]:54"),
        ] {
            assert_eq!(text.parse::<ResolverAt>().unwrap().to_string(), at);
        }
        for text in
            ["", ":53", "9.9.9.9:", "9.9.9.9:0", "9.9.9.9:65536", "[9.9.9.9]:53", "[::1]53", "a b", "h:1:2"]
        {
            assert!(text.parse::<ResolverAt>().unwrap_err().contains("is not a resolver"), "{text}");
        }
    }

    #[test]
    fn nobody_stands_alone_and_a_resolver_counts_once() {
        let parse =
            |texts: &[&str]| Resolvers::parse(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(parse(&[]), Ok(Resolvers::OfMachine));
        assert_eq!(parse(&["none"]), Ok(Resolvers::Nobody));
        assert!(parse(&["9.9.9.9", "none"]).unwrap_err().contains("stands alone"));
        let Ok(Resolvers::These(these)) = parse(&["9.9.9.9", "9.9.9.9:53", "1.1.1.1"]) else { panic!() };
        assert_eq!(these.iter().map(ToString::to_string).collect::<Vec<_>>(), ["9.9.9.9:53", "1.1.1.1:53"]);
    }

    #[test]
    fn resolvers_of_the_machine_are_those_of_resolv_conf() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("resolv.conf");
        std::fs::write(&file, "search acme.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n")
            .unwrap();
        let all: Vec<String> = of_machine(&file).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(all, ["192.0.2.53:53", "[2001:db8::53]:53"]);
        std::fs::write(&file, "search acme.example\n").unwrap();
        assert!(of_machine(&file).unwrap_err().contains("names no `nameserver`"));
        assert!(of_machine(&folder.path().join("none")).is_err());
    }
}
