//! Where a journal is stored.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use holdfast_compiler::document::S3Location;
use holdfast_compiler::policy::LEASE;
use serde::{Deserialize, Serialize};

/// Where a journal is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A prefix in a bucket, which teams share.
    S3 {
        /// Bucket and prefix.
        s3: S3Location,
        /// The bucket's region. If `None`, S3 is asked.
        region: Option<String>,
        /// The buckets with copies of it, and their regions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        copies: Vec<(S3Location, Option<String>)>,
        /// After how many seconds without an entry others may take a run over.
        lease: u64,
        /// The account that owns the bucket. If `None`, the account of the credentials. Only a trust anchor sets it,
        /// never a plan file: otherwise whoever can write the plan file could choose whose bucket is trusted.
        #[serde(skip)]
        owner: Option<String>,
    },
}

impl Place {
    /// The folder, if it is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::S3 { .. } => None,
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !S3Location::is_meant(text) {
            return Ok(Self::Folder(text.into()));
        }
        let s3 = S3Location::parse(text)?;
        Ok(Self::S3 { s3, region: None, copies: Vec::new(), lease: LEASE.as_seconds(), owner: None })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::S3 { s3, .. } => write!(f, "{s3}"),
        }
    }
}
