//! Objects in buckets: what a restore reads and writes. Only what a drill made is ever deleted, and not on every cloud.

use std::collections::BTreeMap;

use async_trait::async_trait;
use holdfast_compiler::restore::{History, Version};

use super::{Class, CloudError};

/// A bucket, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlace {
    /// Its name.
    pub bucket: String,
    /// The id of its region.
    pub region: String,
}

/// A part of a list, in the order of the keys as bytes.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where the next one begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// Where a page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// After this key, or this token of the store.
    pub key: String,
    /// After this version of the key.
    pub version: Option<String>,
}

/// An object that is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Its key.
    pub key: String,
    /// Its entity tag.
    pub etag: String,
    /// Its size in bytes.
    pub size: u64,
}

/// What a store says of an object without sending it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The id of its version; `None` if the bucket has none.
    pub version: Option<String>,
    /// Its entity tag.
    pub etag: String,
    /// Its size in bytes.
    pub size: u64,
    /// The checksums of the whole object, by algorithm. One that was computed over the checksums of parts is not among them.
    pub checksums: BTreeMap<String, String>,
}

/// What must still be so when an object is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// There is no object with the key.
    Absent,
    /// The object with the key has this entity tag.
    Is(String),
}

/// Buckets with objects.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Find a bucket. `region` is where it is, if that is known.
    ///
    /// # Errors
    /// It does not exist, belongs to somebody else, or cannot be asked.
    async fn place(&self, bucket: &str, region: Option<&str>) -> Result<BucketPlace, CloudError>;

    /// What a bucket keeps of its past. Rules that cannot be read are a part of the answer. It is never a replica here.
    ///
    /// # Errors
    /// Whether it keeps versions cannot be read.
    async fn history(&self, place: &BucketPlace) -> Result<History, CloudError>;

    /// A page of all versions whose keys begin with a prefix: by key, and of each the newest first.
    ///
    /// # Errors
    /// The list cannot be read.
    async fn versions(
        &self,
        place: &BucketPlace,
        prefix: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Version>, CloudError>;

    /// A page of the current objects whose keys begin with a prefix.
    ///
    /// # Errors
    /// The list cannot be read.
    async fn current(
        &self,
        place: &BucketPlace,
        prefix: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Current>, CloudError>;

    /// Look at a version of an object; without one, at the current version.
    ///
    /// # Errors
    /// It does not exist, or may not be read.
    async fn head(&self, place: &BucketPlace, key: &str, version: Option<&str>) -> Result<Head, CloudError>;

    /// Copy a version with its metadata and tags within the store, as the newest version of a key. Returns the id of that version;
    /// `None` if the bucket has none. An object of more than `part_size` bytes is copied in parts of that size.
    ///
    /// # Errors
    /// The version may not be read, the key may not be written, or the guard does not hold (`PreconditionFailed`).
    async fn copy(
        &self,
        from: &BucketPlace,
        version: &Version,
        to: &BucketPlace,
        key: &str,
        guard: &Guard,
        part_size: u64,
    ) -> Result<Option<String>, CloudError>;

    /// Whether objects can be removed here.
    fn removes(&self) -> bool {
        false
    }

    /// Remove a version for good: only what a drill made.
    ///
    /// # Errors
    /// It cannot be removed. A version that is not there is none.
    async fn remove(&self, place: &BucketPlace, key: &str, version: &str) -> Result<(), CloudError> {
        let message = format!("objects of `{}` are not removed (`{key}`, version {version})", place.bucket);
        Err(CloudError::new(Class::Refused, "objects", "NotServed", message))
    }

    /// The SHA-256 of the data of a version, read completely: 64 hexadecimal digits. Without a version, of the current one.
    ///
    /// # Errors
    /// It cannot be read to its end.
    async fn read(&self, place: &BucketPlace, key: &str, version: Option<&str>)
    -> Result<String, CloudError>;
}
