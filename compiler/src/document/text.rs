//! The small texts of the language: each has a pattern for editors, a code for its errors, and one type.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::diagnostic::codes;
use crate::units::{Bytes, Date, Duration, Throughput};

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $pattern:expr, $description:literal, [$($example:literal),*]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
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

text_type! {
    /// The name of a site, service, data set or entry of traffic. It becomes part of addresses and role names.
    Name, "^[a-z][a-z0-9-]{0,38}[a-z0-9]$|^[a-z]$",
    "A name: lower-case letters, digits and hyphens, starting with a letter, at most 40 characters.",
    ["payments", "web-shop"]
}
text_type! {
    /// The name of a general purpose bucket.
    ///
    /// Rules: Amazon S3 User Guide, "General purpose bucket naming rules".
    BucketName, "^(?!xn--|sthree-|amzn-s3-demo-)(?!.*\\.\\.)(?!.*(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3)$)(?![0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    "The name of an S3 bucket: 3 to 63 lower-case letters, digits, hyphens and dots. Bucket names are unique over all accounts of the world.",
    ["acme-payments-ledger"]
}
text_type! {
    /// A bucket, and a prefix of keys in it. The bucket's name is checked where the text is bound
    /// ([`S3Location::parse`]).
    S3Location, "^(?=.{6,400}$)s3://[a-z0-9.-]+(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
    "A place in S3: `s3://BUCKET/PREFIX`, the prefix of letters, digits, `_`, `.`, `-` and single slashes.",
    ["s3://acme-holdfast/journal"]
}
text_type! {
    /// A DNS name without the final dot.
    DomainName, "^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
    "A DNS name in lower case, without a final dot.",
    ["api.acme.example"]
}
text_type! {
    /// A twelve-digit AWS account number.
    AccountId, "^[0-9]{12}$",
    "An AWS account number: twelve digits, in quotes.",
    ["123456789012"]
}
text_type! {
    /// A KMS key: an alias in the site's own region, or the ARN of a key.
    KmsKey, "^alias/[a-zA-Z0-9/_-]{1,250}$|^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]{1,64}$",
    "A KMS key of the site's region: `alias/NAME`, or the ARN of a key. The key has to exist; Holdfast makes none.",
    ["alias/acme-recovery"]
}
text_type! {
    /// An absolute path of a URL.
    UrlPath, "^/[!-~]{0,254}$",
    "The path a health checker asks for: starts with `/`, at most 255 characters.",
    ["/healthz"]
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
    Deed, "^(declare|verify)$|^(failover traffic|restore data)\\.[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
    "What a step does: `declare`, `verify`, `failover traffic.NAME` or `restore data.NAME`.",
    ["declare", "failover traffic.api", "restore data.ledger", "verify"]
}
text_type! {
    /// An API call as IAM names the action.
    ApiCall, "^[a-z0-9-]{2,40}:[A-Za-z]{2,80}$",
    "An API call as IAM names it: the service, a colon, the action.",
    ["ec2:RunInstances", "route53:ChangeResourceRecordSets"]
}
/// The code of a finding that can be waived: a warning, or an error about objectives or recovery. What waivers
/// themselves do wrong cannot.
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
    /// The three letters of a currency (ISO 4217).
    Currency, "^[A-Z]{3}$",
    "The three letters of a currency (ISO 4217), such as EUR.",
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
quantity!(Date, "A day of the calendar: year, month, day.", ["2026-11-23"]);
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

impl S3Location {
    /// Read `s3://BUCKET` or `s3://BUCKET/PREFIX`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix("s3://").ok_or("it does not begin with `s3://`")?;
        let mut parts = rest.split('/');
        if let Some(fault) = bucket_name_fault(parts.next().unwrap_or_default()) {
            return Err(fault);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if parts.any(|part| part.is_empty() || part.starts_with(['.', '-']) || !part.chars().all(plain)) {
            return Err("the prefix is made of letters, digits, `_`, `.`, `-` and single slashes");
        }
        if text.len() > 400 { Err("it is longer than 400 characters") } else { Ok(Self(text.to_owned())) }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.parts().0
    }

    /// What keys begin with: empty, or with a final slash.
    #[must_use]
    pub fn prefix(&self) -> String {
        let prefix = self.parts().1;
        if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix("s3://").unwrap_or(&self.0);
        rest.split_once('/').unwrap_or((rest, ""))
    }
}

/// What is wrong with a bucket name, in words, if anything is.
#[must_use]
pub(super) fn bucket_name_fault(name: &str) -> Option<&'static str> {
    let ends_ok = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let kept = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    Some(match name {
        _ if name.chars().any(|c| c.is_ascii_uppercase()) => "it has upper-case letters",
        _ if name.contains('_') => "it has an underscore; use a hyphen",
        _ if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c)) => {
            "only lower-case letters, digits, hyphens and dots are allowed"
        }
        _ if !(3..=63).contains(&name.chars().count()) => "it has to be 3 to 63 characters long",
        _ if name.contains("..") => "it has two dots in a row",
        _ if !ends_ok(name.chars().next()) || !ends_ok(name.chars().last()) => {
            "it has to start and end with a letter or a digit"
        }
        _ if name.starts_with("xn--") || name.starts_with("sthree-") || name.starts_with("amzn-s3-demo-") => {
            "S3 keeps the prefixes `xn--`, `sthree-` and `amzn-s3-demo-` to itself"
        }
        _ if name.chars().all(|c| c.is_ascii_digit() || c == '.') => "it looks like an IP address",
        _ if kept.iter().any(|suffix| name.ends_with(suffix)) => {
            "S3 keeps the suffixes `-s3alias`, `--ol-s3`, `.mrap`, `--x-s3` and `--table-s3` to itself"
        }
        _ => return None,
    })
}
