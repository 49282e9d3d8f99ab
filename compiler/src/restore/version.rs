//! Versions, as a store lists them.

/// A version of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The key.
    pub key: String,
    /// Its id; `null` for one that was written while the bucket had no versioning.
    pub id: String,
    /// When it was written, in milliseconds since 1970-01-01 UTC, as the store shows it. `None` if it shows no time.
    pub modified: Option<i64>,
    /// What it is.
    pub content: Content,
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The key was deleted.
    Marker,
    /// An object.
    Object(Stored),
}

/// An object, as far as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag. It is no checksum: it depends on encryption and parts.
    pub etag: String,
    /// Whether it was uploaded in parts. S3 then shows when the upload began, and not when the object was there (Amazon S3 User Guide,
    /// "Working with object metadata").
    pub multipart: bool,
    /// Its storage class, such as `STANDARD`.
    pub class: String,
    /// Whether it was taken out of the archive, if it is archived.
    pub retrieval: Retrieval,
}

/// Whether an archived object was taken out of the archive, so that it can be read for some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retrieval {
    /// It was not, or not any more.
    None,
    /// It is being taken out.
    Running,
    /// It can be read.
    Done,
}

impl Version {
    /// The id of versions without versioning.
    pub const NULL: &'static str = "null";

    /// The object, unless it is the marker of a deletion.
    #[must_use]
    pub fn object(&self) -> Option<&Stored> {
        match &self.content {
            Content::Object(stored) => Some(stored),
            Content::Marker => None,
        }
    }
}

impl Stored {
    /// Whether it is in the archive, and must be taken out before it can be read. Source: Amazon S3 User Guide, "Working with archived objects".
    /// An archive tier of `INTELLIGENT_TIERING` is not in a listing.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        matches!(self.class.as_str(), "GLACIER" | "DEEP_ARCHIVE") && self.retrieval != Retrieval::Done
    }
}
