//! Checks of a probe: what the provider that sends its requests can do.

use super::binder::Binder;
use super::{Probe, Protocol};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Step};
use crate::provider::facts::{Facts, Word};

/// Bind the probe of the entry of traffic at `at`.
pub(super) fn bind(
    binder: &Binder<'_>,
    provider: &'static Facts,
    at: [Step<'_>; 2],
    probe: &document::Probe,
    out: &mut Vec<Diagnostic>,
) -> Probe {
    let span = |key: &'static str| binder.document.span(&[at[0], at[1], "probe".into(), key.into()]);
    // The schema guarantees that exactly one of the three is set.
    let (protocol, port) = match (&probe.https, &probe.http, probe.tcp) {
        (Some(path), ..) => (Protocol::Https(path.as_str().to_owned()), 443),
        (None, Some(path), _) => (Protocol::Http(path.as_str().to_owned()), 80),
        (None, None, port) => (Protocol::Tcp, port.unwrap_or(443)),
    };
    let words = [
        (Word::ProbeTimeout, "timeout", probe.timeout.is_some()),
        (Word::ExpectedText, "expect", probe.expect.is_some()),
    ];
    for (word, key, _) in words.into_iter().filter(|(.., said)| *said) {
        let Some(refused) = (provider.refuses)(word) else { continue };
        let message = format!("a probe of {} cannot have `{key}`", provider.dns.service);
        out.push(
            Diagnostic::new(codes::NOT_AT_PROVIDER, message).at(span(key), refused.why).help(refused.cure),
        );
    }
    let interval = probe.every.unwrap_or_default().seconds();
    let timeout = probe.timeout.map(crate::units::Duration::as_seconds);
    if let Some((seconds, allowed)) = timeout.zip((provider.dns.timeouts)(interval))
        && !allowed.contains(&seconds)
    {
        let (least, most) = (allowed.start(), allowed.end());
        out.push(
            Diagnostic::new(codes::OUT_OF_RANGE, format!("`timeout` cannot be {seconds} s"))
                .at(span("timeout"), format!("not between {least} s and {most} s"))
                .help(format!(
                    "with `every: {interval}s`, {} waits {least} s to {most} s: set `timeout: {most}s`, or remove it",
                    provider.dns.service
                )),
        );
    }
    let usual = (provider.dns.request)(protocol == Protocol::Tcp, probe.expect.is_some(), interval);
    Probe {
        protocol,
        port: probe.port.unwrap_or(port),
        interval,
        failures: probe.failures.unwrap_or(provider.dns.failures),
        // A time that the provider refuses, or has none of, is never taken for a shorter one.
        request: timeout.filter(|_| (provider.refuses)(Word::ProbeTimeout).is_none()).unwrap_or(usual),
        expect: probe.expect.clone(),
        span: binder.document.span(&[at[0], at[1], "probe".into()]),
    }
}
