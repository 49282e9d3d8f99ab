//! A storage account with its settings (general purpose v2; `Microsoft.Storage/storageAccounts` and its `blobServices/default`).
//!
//! Several data sets can have containers in one account, so it belongs to the estate.

use serde_json::Value;

use crate::provider::azure::name::AZURE;
use crate::provider::azure::scope::on;
use crate::resource::{Address, AttributeSchema, Change, Kind, KindSchema, Made, Mark, Shape, calls};

/// Text, unique in all of Azure.
pub const NAME: &str = "name";
/// The name of its region.
pub const REGION: &str = "region";
/// The resource id of its resource group.
pub const GROUP: &str = "resource-group";
/// Boolean: blob versioning, which object replication requires at both ends.
pub const VERSIONING: &str = "versioning";
/// Boolean: the change feed, which object replication requires at the source.
pub const CHANGE_FEED: &str = "change-feed";
/// Boolean: only requests over TLS.
pub const SECURE_TRANSFER: &str = "secure-transfer";
/// [`TLS_1_2`], or an older or a newer one; a newer one stays.
pub const MIN_TLS: &str = "minimum-tls";
/// Boolean: whether a container can be opened to everybody.
pub const PUBLIC_BLOBS: &str = "public-blobs";
/// Boolean: whether replication policies can name accounts of other tenants.
pub const CROSS_TENANT: &str = "cross-tenant-replication";
/// Days for which a deleted blob can be taken back, or null. More than a policy asks for stay.
pub const SOFT_DELETE: &str = "soft-delete-days";
/// A mapping.
pub const TAGS: &str = "tags";

/// TLS 1.2 or newer.
pub const TLS_1_2: &str = "TLS1_2";
/// The days of [`SOFT_DELETE`] of Holdfast's own: a week to notice a mistake. The service takes 1 to 365.
pub const SOFT_DELETE_DAYS: u64 = 7;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. Deleting an account deletes what is in it, and nothing asks whether it is empty (Storage resource provider REST API,
/// "Storage Accounts - Delete").
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "storage-account",
    of_estate: true,
    stateful: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::new(REGION).change(Change::Replace),
        AttributeSchema::new(GROUP).change(Change::Replace),
        AttributeSchema::new(VERSIONING).unset(|| false.into()),
        AttributeSchema::new(CHANGE_FEED).unset(|| false.into()),
        AttributeSchema::new(SECURE_TRANSFER).caution(secure).unset(|| true.into()),
        AttributeSchema::new(MIN_TLS).shaped(Shape::AtLeast).caution(tls),
        AttributeSchema::new(PUBLIC_BLOBS).caution(public),
        AttributeSchema::new(CROSS_TENANT).caution(tenants),
        AttributeSchema::new(SOFT_DELETE).shaped(Shape::AtLeast).unset(|| Value::Null),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    never_deleted: Some("deleting a storage account deletes everything in it, so Holdfast never does"),
    mark: Mark::Attribute(TAGS),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "azure-storage:StorageAccountsGet", made [Made::Observe], takes [on("Microsoft.Storage/storageAccounts/read")];
    GET_BLOBS = "azure-storage:BlobServicesGet", made [Made::Observe],
        takes [on("Microsoft.Storage/storageAccounts/blobServices/read")];
    CREATE = "azure-storage:StorageAccountsCreate", made [Made::Create],
        takes [on("Microsoft.Storage/storageAccounts/write")];
    UPDATE = "azure-storage:StorageAccountsUpdate",
        made [Made::Update(&[SECURE_TRANSFER, MIN_TLS, PUBLIC_BLOBS, CROSS_TENANT, TAGS])],
        takes [on("Microsoft.Storage/storageAccounts/write")];
    SET_BLOBS = "azure-storage:BlobServicesSet",
        made [Made::Create, Made::Update(&[VERSIONING, CHANGE_FEED, SOFT_DELETE])],
        takes [on("Microsoft.Storage/storageAccounts/blobServices/write")];
}

/// The address of an account.
#[must_use]
pub fn address(name: &str) -> Address {
    Address::new(KIND, &[name])
}

fn secure(before: &Value, after: &Value) -> Option<&'static str> {
    (before != after && *after == true).then_some("clients that use HTTP are refused from now on")
}

fn tls(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?;
    Some("clients that use an older TLS are refused from now on")
}

fn public(before: &Value, after: &Value) -> Option<&'static str> {
    (*before == true && *after == false).then_some("blobs that are open to everybody today are closed")
}

fn tenants(before: &Value, after: &Value) -> Option<&'static str> {
    (*before == true && *after == false).then_some(
        "replication with accounts of other tenants, and the vaulted backups of Azure Backup, are refused",
    )
}
