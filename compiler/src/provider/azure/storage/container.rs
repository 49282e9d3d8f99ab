//! A container (`Microsoft.Storage/storageAccounts/blobServices/containers`).

use crate::document::Name;
use crate::policy::Bucket;
use crate::provider::azure::name::AZURE;
use crate::provider::azure::scope::on;
use crate::resource::{Address, AttributeSchema, Change, Kind, KindSchema, Made, calls};

/// The name of its storage account.
pub const ACCOUNT: &str = "account";
/// Text, unique in the account.
pub const NAME: &str = "name";
/// The name of the account's region.
pub const REGION: &str = "region";
/// Who can read it without credentials: [`NOBODY`], `Blob` or `Container`.
pub const PUBLIC_ACCESS: &str = "public-access";

/// Nobody reads it without credentials.
pub const NOBODY: &str = "None";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "blob-container",
    stateful: true,
    attributes: &[
        AttributeSchema::identity(ACCOUNT),
        AttributeSchema::identity(NAME),
        AttributeSchema::new(REGION).change(Change::Replace),
        AttributeSchema::new(PUBLIC_ACCESS).caution(closes).unset(|| NOBODY.into()),
    ],
    never_deleted: Some("deleting a container deletes its blobs, so Holdfast never does"),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "azure-storage:BlobContainersGet", made [Made::Observe],
        takes [on("Microsoft.Storage/storageAccounts/blobServices/containers/read")];
    CREATE = "azure-storage:BlobContainersCreate", made [Made::Create],
        takes [on("Microsoft.Storage/storageAccounts/blobServices/containers/write")];
    UPDATE = "azure-storage:BlobContainersUpdate", made [Made::Update(&[PUBLIC_ACCESS])],
        takes [on("Microsoft.Storage/storageAccounts/blobServices/containers/write")];
}

/// The address of a container of a data set.
#[must_use]
pub fn address(service: &Name, data: &Name, at: &Bucket) -> Address {
    Address::new(KIND, &[service.as_str(), data.as_str(), at.site.name.as_str()])
}

fn closes(before: &serde_json::Value, _: &serde_json::Value) -> Option<&'static str> {
    before.as_str().filter(|open| *open != NOBODY)?;
    Some("blobs that are open to everybody today are closed")
}
