//! A KMS key that a policy names. Holdfast looks at it and never creates or changes it.

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{KEYS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Lifecycle, Made, calls};

/// The ARN of the key, or of its alias.
pub const ARN: &str = "arn";
/// The ARN of the key itself.
pub const KEY: &str = "key";
/// The id of its region.
pub const REGION: &str = "region";
/// [`ENABLED`], `Disabled`, `PendingDeletion`, …
pub const STATE: &str = "state";
/// [`SYMMETRIC`] or another specification.
pub const SPEC: &str = "spec";
/// [`ENCRYPTS`] or another usage.
pub const USAGE: &str = "usage";
/// Boolean.
pub const MULTI_REGION: &str = "multi-region";

/// The state of a key that can be used (AWS KMS Developer Guide, "Key states of AWS KMS keys").
pub const ENABLED: &str = "Enabled";
/// The specification that S3 supports (Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys").
pub const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
/// The usage of a key that encrypts.
pub const ENCRYPTS: &str = "ENCRYPT_DECRYPT";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "key",
    lifecycle: Lifecycle::Evidence,
    attributes: &[
        AttributeSchema::identity(ARN),
        AttributeSchema::new(KEY),
        AttributeSchema::new(REGION),
        AttributeSchema::new(STATE),
        AttributeSchema::new(SPEC),
        AttributeSchema::new(USAGE),
        AttributeSchema::new(MULTI_REGION),
    ],
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    DESCRIBE = "kms:DescribeKey", made [Made::Observe], takes [on("kms:DescribeKey", &KEYS)];
}
