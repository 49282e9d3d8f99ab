//! The text types of the language that are specific to AWS: names of buckets, locations in them, accounts,
//! keys.

use super::name::AWS;
use crate::document::text::text_type;

text_type! {
    /// The name of a general purpose bucket.
    ///
    /// Rules: Amazon S3 User Guide, "General purpose bucket naming rules".
    BucketName, "^(?!xn--|sthree-|amzn-s3-demo-)(?!.*\\.\\.)(?!.*(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3)$)(?![0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    "The name of an S3 bucket: 3 to 63 lower-case letters, digits, hyphens and dots. Bucket names are unique across all AWS accounts.",
    ["acme-payments-ledger"]
}
text_type! {
    /// A bucket and a key prefix in it. The bucket's name is checked when the text is bound
    /// ([`S3Location::parse`]).
    S3Location, "^(?=.{6,400}$)s3://[a-z0-9.-]+(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
    "A location in S3: `s3://BUCKET/PREFIX`, with a prefix of letters, digits, `_`, `.`, `-` and single slashes.",
    ["s3://acme-holdfast/journal"]
}
text_type! {
    /// A twelve-digit AWS account number.
    AccountId, "^[0-9]{12}$",
    "An AWS account number: twelve digits, in quotes.",
    ["123456789012"]
}
text_type! {
    /// The name of an IAM role (IAM API Reference, `CreateRole`, `RoleName`).
    RoleName, "^[A-Za-z0-9+=,.@_-]{1,64}$",
    "The name of an IAM role, without its path.",
    ["holdfast-operator"]
}
text_type! {
    /// What a role asks of whoever assumes it (AWS STS API Reference, `AssumeRole`, `ExternalId`).
    ExternalId, "^[A-Za-z0-9+=,.@:/_-]{2,1224}$",
    "The external id that the trust policy of a role asks for: 2 to 1,224 letters, digits and `+=,.@:/_-`. It is no secret.",
    ["acme-recovery"]
}
text_type! {
    /// A KMS key: `managed`, an alias in the site's own region, or the ARN of a key.
    KmsKey, "^managed$|^alias/(?!holdfast-)[a-zA-Z0-9/_-]{1,250}$|^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]{1,64}$",
    "A KMS key of the site's region: `managed` for one that Holdfast makes, or `alias/NAME` or the ARN of one that exists. Aliases that begin with `holdfast-` are those of Holdfast.",
    ["managed", "alias/acme-recovery"]
}

impl KmsKey {
    /// Whether a policy asks Holdfast to make it. Its name is bound later.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.0 == "managed"
    }

    /// The key that Holdfast makes with an alias. No policy can name it, because those aliases are kept for Holdfast.
    pub(super) fn made(alias: String) -> Self {
        Self(alias)
    }
}

const SCHEME: &str = "s3://";

impl S3Location {
    /// The provider that it is a place of.
    pub const PROVIDER: &str = AWS;

    /// Whether a text is intended as such a location.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Parse `s3://BUCKET` or `s3://BUCKET/PREFIX`.
    ///
    /// # Errors
    /// What is wrong with it, as text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(SCHEME).ok_or("it does not begin with `s3://`")?;
        let mut parts = rest.split('/');
        if let Some(fault) = bucket_name_fault(parts.next().unwrap_or_default()) {
            return Err(fault);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if parts.any(|part| part.is_empty() || part.starts_with(['.', '-']) || !part.chars().all(plain)) {
            return Err("the prefix can only have letters, digits, `_`, `.`, `-` and single slashes");
        }
        if text.len() > 400 { Err("it is longer than 400 characters") } else { Ok(Self(text.to_owned())) }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.parts().0
    }

    /// The prefix of keys: empty, or with a final slash.
    #[must_use]
    pub fn prefix(&self) -> String {
        let prefix = self.parts().1;
        if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
    }

    /// A place with the same prefix in another bucket, as an example.
    #[must_use]
    pub fn in_another_bucket(&self, suffix: &str) -> String {
        let (bucket, prefix) = self.parts();
        let other = format!("{bucket}-{suffix}");
        let bucket = if bucket_name_fault(&other).is_none() { &other } else { "acme-holdfast-copy" };
        format!("{SCHEME}{bucket}{}{prefix}", if prefix.is_empty() { "" } else { "/" })
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix(SCHEME).unwrap_or(&self.0);
        rest.split_once('/').unwrap_or((rest, ""))
    }
}

/// The bucket name that was probably meant, or the rules.
#[must_use]
pub fn bucket_name_cure(name: &str) -> String {
    match bucket_name_meant(name) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => BUCKET_NAME_RULES.to_owned(),
    }
}

/// What follows `s3://` in the location that was probably meant, or the rules of bucket names.
#[must_use]
pub fn bucket_location_cure(location: &str) -> String {
    let (bucket, prefix) =
        location.strip_prefix(SCHEME).unwrap_or(location).split_once('/').unwrap_or_default();
    match bucket_name_meant(bucket) {
        Some(meant) => format!("did you mean `{SCHEME}{meant}/{prefix}`?"),
        None => BUCKET_NAME_RULES.to_owned(),
    }
}

const BUCKET_NAME_RULES: &str =
    "write 3 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or a digit";

/// The valid name that is nearest to what is written, without dots: they are allowed, but break TLS.
fn bucket_name_meant(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
    let parts: Vec<&str> = lower.split('-').filter(|part| !part.is_empty()).collect();
    Some(parts.join("-")).filter(|meant| bucket_name_fault(meant).is_none())
}

/// What is wrong with a bucket name, or `None` if it is valid.
#[must_use]
pub fn bucket_name_fault(name: &str) -> Option<&'static str> {
    let ends_ok = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let kept = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    Some(match name {
        _ if name.chars().any(|c| c.is_ascii_uppercase()) => "it has upper-case letters",
        _ if name.contains('_') => "it has an underscore; use a hyphen",
        _ if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c)) => {
            "only lower-case letters, digits, hyphens and dots are allowed"
        }
        _ if !(3..=63).contains(&name.chars().count()) => "it must be 3 to 63 characters long",
        _ if name.contains("..") => "it has two dots in a row",
        _ if !ends_ok(name.chars().next()) || !ends_ok(name.chars().last()) => {
            "it must start and end with a letter or a digit"
        }
        _ if name.starts_with("xn--") || name.starts_with("sthree-") || name.starts_with("amzn-s3-demo-") => {
            "S3 reserves the prefixes `xn--`, `sthree-` and `amzn-s3-demo-`"
        }
        _ if name.chars().all(|c| c.is_ascii_digit() || c == '.') => "it looks like an IP address",
        _ if kept.iter().any(|suffix| name.ends_with(suffix)) => {
            "S3 reserves the suffixes `-s3alias`, `--ol-s3`, `.mrap`, `--x-s3` and `--table-s3`"
        }
        _ => return None,
    })
}
