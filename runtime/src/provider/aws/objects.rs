//! Objects of S3, for restores.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ChecksumMode, ChecksumType, DeleteMarkerEntry, EncodingType, ExpirationStatus,
    LifecycleRule, ObjectVersion, OptionalObjectAttributes,
};
use holdfast_compiler::provider::aws::{
    RESTORE_COPY, RESTORE_HEAD, RESTORE_LIFECYCLE, RESTORE_LIST, RESTORE_PLACE, RESTORE_READ,
    RESTORE_VERSIONING, RESTORE_VERSIONS,
};
use holdfast_compiler::resource::Call;
use holdfast_compiler::restore::{Content, ExpiryRule, History, Retrieval, Stored, Version, Versioning};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::Aws;
use super::error::{Named, fault, unless};
use super::objects_parts::{Copy, patience};
use crate::cloud::{BucketPlace, Class, CloudError, Current, Cursor, Guard, Head, Objects, Page};

/// What is encoded in the header that names the source of a copy: all but letters, digits, what no URL encodes, and the separator.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// How often an object is read if its data breaks off.
const READS: u32 = 5;
/// The code of data that breaks off, of Holdfast's own.
const BROKEN_OFF: &str = "NoAnswer";

#[async_trait]
impl Objects for Aws {
    async fn place(&self, bucket: &str, region: Option<&str>) -> Result<BucketPlace, CloudError> {
        const CALL: &Call = &RESTORE_PLACE;
        self.clients.identity().await?;
        let reach = &self.clients.reach;
        let found = match region {
            Some(region) => reach.ask(CALL, region, self.find(bucket, region)).await,
            None => {
                let ask = |region: String| async move { self.find(bucket, &region).await };
                reach.first_answer(CALL, self.clients.regions(), ask).await
            }
        };
        let region = found.map_err(|error| match error.class {
            Class::NotFound => CloudError { message: format!("there is no bucket `{bucket}`"), ..error },
            Class::Denied => {
                let owner = self.clients.owner();
                let why = format!(
                    "{} (no permission for `{bucket}`, or it does not belong to account {owner})",
                    error.message
                );
                CloudError { message: why, ..error }
            }
            _ => error,
        })?;
        Ok(BucketPlace { bucket: bucket.to_owned(), region })
    }

    async fn history(&self, place: &BucketPlace) -> Result<History, CloudError> {
        let (client, reach) = (self.clients.s3(&place.region), &self.clients.reach);
        let versioning = client.get_bucket_versioning().bucket(&place.bucket).send();
        let versioning = async { versioning.await.named(&RESTORE_VERSIONING) };
        let versioning = reach.ask(&RESTORE_VERSIONING, &place.region, versioning).await?;
        let versioning = match versioning.status() {
            Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
            Some(_) => Versioning::Suspended,
            None => Versioning::Never,
        };
        let rules = client.get_bucket_lifecycle_configuration().bucket(&place.bucket).send();
        let rules = unless(rules.await.named(&RESTORE_LIFECYCLE), &["NoSuchLifecycleConfiguration"]);
        let rules = rules.map(|found| {
            let rules = found.and_then(|found| found.rules).unwrap_or_default();
            rules.iter().filter_map(expiry).collect()
        });
        Ok(History { versioning, rules: rules.map_err(|error| error.to_string()), replica: false })
    }

    async fn versions(
        &self,
        place: &BucketPlace,
        prefix: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Version>, CloudError> {
        const CALL: &Call = &RESTORE_VERSIONS;
        let request = self
            .clients
            .s3(&place.region)
            .list_object_versions()
            .bucket(&place.bucket)
            .prefix(prefix)
            // XML cannot hold every character of a key.
            .encoding_type(EncodingType::Url)
            .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
            .set_key_marker(after.map(|after| after.key.clone()))
            .set_version_id_marker(after.and_then(|after| after.version.clone()));
        let list = async { request.send().await.named(CALL) };
        let page = self.clients.reach.ask(CALL, &place.region, list).await?;
        let is_encoded = page.encoding_type() == Some(&EncodingType::Url);
        let objects = page.versions().iter().map(|one| object(one, is_encoded));
        let objects = objects.collect::<Option<Vec<_>>>().ok_or_else(|| bad(CALL))?;
        let markers = page.delete_markers().iter().map(|one| marker(one, is_encoded));
        let markers = markers.collect::<Option<Vec<_>>>().ok_or_else(|| bad(CALL))?;
        let next = match page.is_truncated().unwrap_or_default() {
            false => None,
            true => Some(Cursor {
                key: page
                    .next_key_marker()
                    .and_then(|key| decoded(key, is_encoded))
                    .ok_or_else(|| bad(CALL))?,
                version: page.next_version_id_marker().map(str::to_owned),
            }),
        };
        Ok(Page { items: merged(objects, markers), next })
    }

    async fn current(
        &self,
        place: &BucketPlace,
        prefix: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Current>, CloudError> {
        const CALL: &Call = &RESTORE_LIST;
        let request = self
            .clients
            .s3(&place.region)
            .list_objects_v2()
            .bucket(&place.bucket)
            .prefix(prefix)
            .encoding_type(EncodingType::Url)
            .set_continuation_token(after.map(|after| after.key.clone()));
        let list = async { request.send().await.named(CALL) };
        let page = self.clients.reach.ask(CALL, &place.region, list).await?;
        let is_encoded = page.encoding_type() == Some(&EncodingType::Url);
        let items = page.contents().iter().map(|one| {
            let size = u64::try_from(one.size().unwrap_or_default()).ok()?;
            Some(Current { key: decoded(one.key()?, is_encoded)?, etag: one.e_tag()?.to_owned(), size })
        });
        let items = items.collect::<Option<_>>().ok_or_else(|| bad(CALL))?;
        let next = page.next_continuation_token().filter(|_| page.is_truncated().unwrap_or_default());
        Ok(Page { items, next: next.map(|token| Cursor { key: token.to_owned(), version: None }) })
    }

    async fn head(&self, place: &BucketPlace, key: &str, version: Option<&str>) -> Result<Head, CloudError> {
        const CALL: &Call = &RESTORE_HEAD;
        let request = self
            .clients
            .s3(&place.region)
            .head_object()
            .bucket(&place.bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .checksum_mode(ChecksumMode::Enabled);
        let found = request.send().await.named(CALL)?;
        let mut checksums = BTreeMap::new();
        // One over the checksums of parts is told by its type, and by the number of the parts behind it.
        if found.checksum_type() != Some(&ChecksumType::Composite) {
            let all = [
                ("SHA256", found.checksum_sha256()),
                ("SHA1", found.checksum_sha1()),
                ("CRC64NVME", found.checksum_crc64_nvme()),
                ("CRC32C", found.checksum_crc32_c()),
                ("CRC32", found.checksum_crc32()),
            ];
            let whole = |value: &&str| !value.contains('-');
            let all = all.into_iter().filter_map(|(name, value)| Some((name, value.filter(whole)?)));
            checksums.extend(all.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let size = found.content_length().and_then(|size| u64::try_from(size).ok());
        Ok(Head {
            version: found.version_id().map(str::to_owned),
            etag: found.e_tag().unwrap_or_default().to_owned(),
            size: size.ok_or_else(|| bad(CALL))?,
            checksums,
        })
    }

    async fn copy(
        &self,
        from: &BucketPlace,
        version: &Version,
        to: &BucketPlace,
        key: &str,
        guard: &Guard,
        part_size: u64,
    ) -> Result<Option<String>, CloudError> {
        let owner = self.clients.account_of(&from.region).unwrap_or(self.clients.owner());
        let source = utf8_percent_encode(&version.key, ENCODED);
        let id = utf8_percent_encode(&version.id, ENCODED);
        let source = format!("{}/{source}?versionId={id}", from.bucket);
        let (client, size) = (self.clients.s3(&to.region), version.object().map_or(0, |stored| stored.size));
        if size > part_size {
            let copy = Copy {
                from: self.clients.s3(&from.region),
                to: client,
                source: (&from.bucket, &version.key, &version.id),
                copy_source: source,
                source_owner: owner.to_owned(),
                destination: (&to.bucket, key),
                size,
                part_size,
                guard,
            };
            return copy.run().await;
        }
        let request = client.copy_object().bucket(&to.bucket).key(key).copy_source(source);
        let request = request.expected_source_bucket_owner(owner);
        let request = match guard {
            Guard::Absent => request.if_none_match("*"),
            Guard::Is(etag) => request.if_match(etag),
        };
        let copied = request.customize().config_override(patience()).send().await.named(&RESTORE_COPY)?;
        Ok(copied.version_id().map(str::to_owned))
    }

    async fn read(
        &self,
        place: &BucketPlace,
        key: &str,
        version: Option<&str>,
    ) -> Result<String, CloudError> {
        let mut attempt = 1;
        loop {
            match self.read_once(place, key, version).await {
                // The SDK repeats a request, and not data that breaks off.
                Err(error) if error.code == BROKEN_OFF && attempt < READS => attempt += 1,
                read => return read,
            }
        }
    }
}

impl Aws {
    /// The SHA-256 of an object, if its data comes to its end.
    async fn read_once(
        &self,
        place: &BucketPlace,
        key: &str,
        version: Option<&str>,
    ) -> Result<String, CloudError> {
        const CALL: &Call = &RESTORE_READ;
        let request = self
            .clients
            .s3(&place.region)
            .get_object()
            .bucket(&place.bucket)
            .key(key)
            .set_version_id(version.map(str::to_owned));
        let mut body = request.send().await.named(CALL)?.body;
        let mut hasher = Sha256::new();
        while let Some(part) = body.next().await {
            let part =
                part.map_err(|error| fault(CALL, BROKEN_OFF, format!("the data breaks off: {error}")))?;
            hasher.update(&part);
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The region of a bucket. S3 names it with every answer, even if the request went to another region.
    async fn find(&self, bucket: &str, asked: &str) -> Result<String, CloudError> {
        let answer = self.clients.s3(asked).head_bucket().bucket(bucket).send().await;
        let told = match &answer {
            Ok(found) => Some(found.bucket_region().unwrap_or(asked).to_owned()),
            Err(error) => {
                let moved = error.raw_response().filter(|response| response.status().as_u16() == 301);
                let headers = moved.map(|response| response.headers());
                headers.and_then(|headers| headers.get("x-amz-bucket-region")).map(str::to_owned)
            }
        };
        match told {
            Some(region) => Ok(region),
            None => answer.named(&RESTORE_PLACE).map(|_| asked.to_owned()),
        }
    }
}

/// A version as it was listed.
struct Listed {
    version: Version,
    /// Whether it is the newest of its key.
    latest: bool,
}

/// Objects and markers, which the SDK gives apart, in one list. Each keeps its order; what has the same time cannot be ordered, and the
/// objects come first. An upload in parts is dated when it began, so it may come after a marker that is older than its end.
fn merged(objects: Vec<Listed>, markers: Vec<Listed>) -> Vec<Version> {
    let mut all = Vec::with_capacity(objects.len() + markers.len());
    let (mut objects, mut markers) = (objects.into_iter().peekable(), markers.into_iter().peekable());
    let order = |one: &Listed, other: &Listed| {
        let newest = |one: &Listed| (one.latest, one.version.modified);
        one.version.key.cmp(&other.version.key).then_with(|| newest(other).cmp(&newest(one)))
    };
    loop {
        let marker_is_next = match (objects.peek(), markers.peek()) {
            (Some(object), Some(marker)) => order(marker, object).is_lt(),
            (object, _) => object.is_none(),
        };
        let next = if marker_is_next { markers.next() } else { objects.next() };
        match next {
            Some(next) => all.push(next.version),
            None => return all,
        }
    }
}

fn object(found: &ObjectVersion, is_encoded: bool) -> Option<Listed> {
    let etag = found.e_tag()?.to_owned();
    let content = Content::Object(Stored {
        size: u64::try_from(found.size()?).ok()?,
        // The tag of an upload in parts ends with their number (Amazon S3 User Guide, "Checking object integrity").
        multipart: etag.contains('-'),
        etag,
        class: found.storage_class().map_or("STANDARD", |class| class.as_str()).to_owned(),
        retrieval: retrieval(found),
    });
    let key = decoded(found.key()?, is_encoded)?;
    let modified = found.last_modified().and_then(|at| at.to_millis().ok());
    let version = Version { key, id: found.version_id()?.to_owned(), modified, content };
    Some(Listed { version, latest: found.is_latest().unwrap_or_default() })
}

/// Whether an archived version was taken out (Amazon S3 API Reference, `RestoreStatus`).
fn retrieval(found: &ObjectVersion) -> Retrieval {
    match found.restore_status() {
        Some(status) if status.is_restore_in_progress() == Some(true) => Retrieval::Running,
        Some(status) if status.restore_expiry_date().is_some() => Retrieval::Done,
        _ => Retrieval::None,
    }
}

fn marker(found: &DeleteMarkerEntry, is_encoded: bool) -> Option<Listed> {
    let key = decoded(found.key()?, is_encoded)?;
    let modified = found.last_modified().and_then(|at| at.to_millis().ok());
    let id = found.version_id()?.to_owned();
    let version = Version { key, id, modified, content: Content::Marker };
    Some(Listed { version, latest: found.is_latest().unwrap_or_default() })
}

/// A rule that removes versions, if it is enabled.
fn expiry(rule: &LifecycleRule) -> Option<ExpiryRule> {
    let noncurrent = rule.noncurrent_version_expiration()?;
    if rule.status() != &ExpirationStatus::Enabled {
        return None;
    }
    let filter = rule.filter();
    // The element `Prefix` is the old form of the filter.
    #[expect(deprecated, reason = "rules written before 2016 still have it")]
    let old = rule.prefix();
    let prefix = filter.and_then(|filter| filter.prefix().or(filter.and()?.prefix())).or(old);
    let days = noncurrent.noncurrent_days().and_then(|days| u64::try_from(days).ok());
    Some(ExpiryRule {
        id: rule.id().unwrap_or_default().to_owned(),
        prefix: prefix.unwrap_or_default().to_owned(),
        days: days.unwrap_or_default(),
    })
}

/// A key as it is. S3 encodes a space as `+`.
fn decoded(key: &str, is_encoded: bool) -> Option<String> {
    if !is_encoded {
        return Some(key.to_owned());
    }
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn bad(call: &Call) -> CloudError {
    fault(call, "BadAnswer", "the response lacks a part that it must have")
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::RestoreStatus;
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn archived_version_can_be_read_until_its_copy_expires() {
        let listed = |running: bool, until: Option<i64>| {
            let until = until.map(DateTime::from_secs);
            let status = RestoreStatus::builder().is_restore_in_progress(running);
            let status = status.set_restore_expiry_date(until).build();
            retrieval(&ObjectVersion::builder().restore_status(status).build())
        };
        assert_eq!(retrieval(&ObjectVersion::builder().build()), Retrieval::None);
        assert_eq!(listed(true, None), Retrieval::Running);
        assert_eq!(listed(false, Some(1_796_083_200)), Retrieval::Done);
        assert_eq!(listed(false, None), Retrieval::None);
    }
}
