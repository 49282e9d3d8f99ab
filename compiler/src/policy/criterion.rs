//! The conditions of a drill: what somebody answers for, and what the drill looks at itself.

use std::net::IpAddr;

use super::RecordType;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, CriterionProbe};
use crate::source::Span;
use crate::units::Duration;

/// The status that a probe expects unless it says another one: OK (RFC 9110 §15.3.1).
const OK: u16 = 200;
/// How long a command may take unless it says so. Holdfast's choice, like the limit.
const COMMAND_TIME: Duration = Duration::seconds(30);
/// The longest time that one may take: a drill waits for it.
const MOST_COMMAND_TIME: Duration = Duration::seconds(600);

/// A condition of a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criterion {
    /// Somebody answers for a sentence.
    Sentence(String),
    /// The response of a page.
    Page {
        /// The page.
        page: Page,
        /// Its status.
        status: u16,
        /// Text in it.
        contains: Option<String>,
    },
    /// The answer for a name.
    Name {
        /// The name.
        name: String,
        /// The type of the answer, as its value says.
        kind: RecordType,
        /// The only value of the answer.
        value: String,
    },
    /// The end of a command.
    Command {
        /// The program, by its full path, and its arguments.
        argv: Vec<String>,
        /// How long it may take.
        within: Duration,
    },
}

/// A page that a drill requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// As the policy has it.
    pub url: String,
    /// Whether it is requested over TLS.
    pub is_secure: bool,
    /// The host: a DNS name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path, with the query.
    pub path: String,
}

impl Page {
    /// `None`: the port is none.
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at)?,
            None => (rest, "/"),
        };
        let is_secure = scheme == "https";
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
            None => (authority, if is_secure { 443 } else { 80 }),
        };
        Some(Self { url: url.to_owned(), is_secure, host: host.to_owned(), port, path: path.to_owned() })
    }
}

impl Criterion {
    /// The condition as a sentence, or a clause.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Sentence(text) => text.clone(),
            Self::Page { page, status, contains: None } => {
                format!("{} answers with the status {status}", page.url)
            }
            Self::Page { page, status, contains: Some(text) } => {
                format!("{} answers with the status {status} and the text `{text}`", page.url)
            }
            Self::Name { name, kind, value } => format!("DNS answers {name} ({kind}) with {value}"),
            // As a list of words in quotes, so that it is plain where one ends.
            Self::Command { argv, within } => format!("{argv:?} exits with 0 within {}", within.in_words()),
        }
    }

    /// Whether the drill looks itself.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        !matches!(self, Self::Sentence(_))
    }
}

/// Bind a condition. `None`: it was reported.
pub(super) fn bind(
    body: &document::Criterion,
    span: Span,
    out: &mut Vec<Diagnostic>,
) -> Option<(Criterion, Span)> {
    let bound = match body {
        document::Criterion::Sentence(text) => Criterion::Sentence(text.clone()),
        document::Criterion::Probe(CriterionProbe { dns: Some(name), answers: Some(answers), .. }) => {
            let kind = match answers.0.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => RecordType::A,
                Ok(IpAddr::V6(_)) => RecordType::Aaaa,
                Err(_) => RecordType::Cname,
            };
            // An address in the form in which it is answered.
            let value = answers.0.parse::<IpAddr>().map_or_else(|_| answers.0.clone(), |ip| ip.to_string());
            Criterion::Name { name: name.to_string(), kind, value }
        }
        document::Criterion::Probe(CriterionProbe { command: Some(words), within, .. }) => {
            let argv: Vec<String> = words.iter().map(ToString::to_string).collect();
            let within = within.unwrap_or(COMMAND_TIME);
            let wrong = |message: &str, label: &str, cure: &str| {
                Diagnostic::new(codes::BAD_FORM, message).at(span, label).help(cure)
            };
            if !argv.first().is_some_and(|program| program.starts_with('/')) {
                let cure = "write the full path of a program that is installed there: a file beside the policies could be changed with them";
                out.push(wrong("a command begins with the full path of a program", "not a full path", cure));
                return None;
            }
            if within > MOST_COMMAND_TIME || within.as_seconds() == 0 {
                let cure = "write a time from 1s to 10m";
                out.push(wrong("a command ends within 10 min", "not such a time", cure));
                return None;
            }
            Criterion::Command { argv, within }
        }
        document::Criterion::Probe(probe) => {
            // The schema guarantees that there is one.
            let url = probe.http.as_ref()?.as_str();
            let Some(page) = Page::of(url) else {
                out.push(
                    Diagnostic::new(codes::BAD_FORM, format!("`{url}` has no valid port"))
                        .at(span, "not a URL")
                        .help("write a port from 1 to 65535, or none"),
                );
                return None;
            };
            let status = probe.status.unwrap_or(OK);
            Criterion::Page { page, status, contains: probe.contains.clone() }
        }
    };
    Some((bound, span))
}
