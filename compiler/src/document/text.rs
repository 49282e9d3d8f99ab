//! The text types of the language. Each has a pattern for editors and an error code.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::diagnostic::codes;
use crate::units::{Bytes, Date, Duration, Throughput};

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $pattern:expr, $description:literal, [$($example:literal),*]) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": $description,
                    "pattern": $pattern,
                    "patternErrorMessage": $description,
                    "examples": [$($example),*],
                })
            }
        }
    };
}

pub(crate) use text_type;

text_type! {
    /// The name of a site, service, data set or entry of traffic. It becomes part of addresses and role names.
    Name, "^[a-z][a-z0-9-]{0,38}[a-z0-9]$|^[a-z]$",
    "A name: lower-case letters, digits and hyphens, starting with a letter, at most 40 characters.",
    ["payments", "web-shop"]
}
text_type! {
    /// A DNS name without the final dot.
    DomainName, "^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
    "A DNS name in lower case: two or more labels with dots between them, without a final dot.",
    ["api.acme.example"]
}
text_type! {
    /// The path of a file in the folder of the estate or below it.
    FilePath, "^(?!/)(?!.*(^|/)\\.\\.(/|$))[A-Za-z0-9._/-]{1,200}$",
    "A file path relative to the folder of the estate, without `..`.",
    ["approvers.allowed_signers"]
}
text_type! {
    /// An absolute path of a URL.
    UrlPath, "^/[!-~]{0,254}$",
    "The path that a health checker requests: starts with `/`, at most 255 characters.",
    ["/healthz"]
}

text_type! {
    /// The URL of an endpoint that takes messages.
    HttpsUrl, "^(?=.{9,200}$)(?!.*\\.\\.\\.)https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?([/?][!-~]*)?$",
    "An HTTPS URL, such as the one that an on-call service gives for its integrations.",
    ["https://on-call.example/hooks/payments"]
}

text_type! {
    /// The URL of a page that a drill requests. Its host is a name: an address could be one inside the runner's network.
    ProbeUrl, "^(?=.{8,500}$)https?://(?=[^/:]{1,253}([/:]|$))([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?(/[!-~]*)?$",
    "The URL of a page: http:// or https://, a DNS name in lower case, and a path.",
    ["https://api.acme.example/healthz"]
}

text_type! {
    /// A word of a command: the path of a program, or an argument. Nothing in it has a meaning of its own.
    CommandWord, "^[^\\x00]{0,1000}$",
    "A program or an argument: up to 1,000 characters, without NUL.",
    ["/usr/local/bin/check-orders"]
}

/// Text for people: a reason, an instruction, the name of a team. A placeholder is refused, because a reader would
/// take it for a statement.
pub(crate) struct Prose;

/// A letter or a digit somewhere, and more than a word that stands for a text nobody has written: `TODO`, `xxx`,
/// `<reason>`, or the `because: …` of Holdfast's own help.
pub(crate) const PROSE: &str = "^(?!\\s*(<[^<>]*>|[Tt][Oo][Dd][Oo]|[Tt][Bb][DdAa]|[Ff][Ii][Xx][Mm][Ee]|[Xx]{2,}|\
                                [Rr][Ee][Aa][Ss][Oo][Nn]|[Bb][Ee][Cc][Aa][Uu][Ss][Ee]|[Pp][Ll][Aa][Cc][Ee][Hh][Oo][Ll][Dd][Ee][Rr])\
                                [\\s.:…]*$)[\\s\\S]*[\\p{L}\\p{N}]";

impl JsonSchema for Prose {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Prose".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PROSE })
    }
}

/// An address of a person, which must be complete: `+353…` cannot be dialled.
pub(crate) struct ReachAddress;

/// As [`PROSE`], without dots that stand for what is left out.
pub(crate) const REACH: &str = "^(?!\\s*(<[^<>]*>|[Tt][Oo][Dd][Oo]|[Tt][Bb][DdAa])\\s*$)(?![\\s\\S]*(…|\\.\\.\\.))\
                                [\\s\\S]*[\\p{L}\\p{N}]";

impl JsonSchema for ReachAddress {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ReachAddress".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": REACH })
    }
}

text_type! {
    /// A time of day, to the minute.
    TimeOfDay, "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    "A time of day, such as 03:00.",
    ["03:00"]
}
text_type! {
    /// A time zone of the IANA database.
    ZoneName, "^UTC$|^[A-Z][A-Za-z_]{1,20}(/[A-Z][A-Za-z_-]{1,30}){1,2}$",
    "A time zone of the IANA database, such as Europe/Berlin, or UTC.",
    ["UTC", "Europe/Berlin"]
}
text_type! {
    /// What a step of a recovery does.
    StepAction, "^(declare|verify)$|^(failover traffic|restore data)\\.[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
    "What a step does: `declare`, `verify`, `failover traffic.NAME` or `restore data.NAME`.",
    ["declare", "failover traffic.api", "restore data.ledger", "verify"]
}
text_type! {
    /// An API call as IAM names the action.
    ApiCall, "^[a-z0-9-]{2,40}:[A-Za-z]{2,80}$",
    "An API call as IAM names it: the service, a colon, the action.",
    ["ec2:RunInstances", "rds:RestoreDBInstanceFromDBSnapshot"]
}
/// The code of a finding that can be waived: a warning, or an error about objectives or recovery. Findings
/// about waivers themselves cannot be waived.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct FindingCode(String);

impl FindingCode {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for FindingCode {
    fn schema_name() -> Cow<'static, str> {
        "FindingCode".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let waivable = |code: &str| {
            let kept = [codes::WAIVER_ENDED, codes::WAIVER_IDLE].iter().any(|own| own.as_str() == code);
            !kept && ["W", "E08", "E09"].iter().any(|family| code.starts_with(family))
        };
        let pages = codes::PAGES.iter().filter(|(code, _)| waivable(code.as_str()));
        let title = |page: &str| page.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
        let (all, titles): (Vec<&str>, Vec<String>) =
            pages.map(|(code, page)| (code.as_str(), title(page))).unzip();
        json_schema!({
            "type": "string",
            "description": "The code of a warning, or of an error about objectives or recovery.",
            "enum": all,
            "enumDescriptions": titles,
        })
    }
}

text_type! {
    /// The three-letter code of a currency (ISO 4217).
    Currency, "^[A-Z]{3}$",
    "The three-letter code of a currency (ISO 4217), such as EUR.",
    ["EUR", "USD"]
}

macro_rules! quantity {
    ($name:ident, $description:literal, [$($example:literal),*]) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": $description,
                    "pattern": Self::PATTERN,
                    "patternErrorMessage": $description,
                    "examples": [$($example),*],
                })
            }
        }
    };
}

quantity!(
    Duration,
    "A span of time: a whole number and a unit, one of s, m, h, d.",
    ["60s", "15m", "4h", "35d"]
);
quantity!(Date, "A calendar date: year, month, day.", ["2026-11-23"]);
quantity!(
    Bytes,
    "An amount of data: a whole number and a unit, one of KiB, MiB, GiB, TiB.",
    ["750GiB", "2TiB"]
);
quantity!(
    Throughput,
    "Data per second: a whole number and a unit, one of KiB/s, MiB/s, GiB/s, TiB/s.",
    ["200MiB/s"]
);
