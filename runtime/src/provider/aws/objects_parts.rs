//! Copies of large objects in parts, several at a time. S3 takes no metadata and no tags over to them, so both are read first. Whoever
//! reads the key sees the old object until the last part is there.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Config;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::timeout::TimeoutConfig;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_compiler::provider::aws::{
    RESTORE_ABORT, RESTORE_BEGIN, RESTORE_COMPLETE, RESTORE_HEAD, RESTORE_PART, RESTORE_TAGS,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{Named, fault};
use crate::cloud::{Class, CloudError, Guard};

/// The most parts of an upload (Amazon S3 User Guide, "Amazon S3 multipart upload limits").
const MOST_PARTS: u64 = 10_000;
/// How many parts of an object are copied at a time.
const AT_A_TIME: usize = 4;
/// How long S3 may take to copy a part or a whole object: 5 GiB to another region, at 3 MiB/s.
const COPY: Duration = Duration::from_secs(1800);

/// A copy in parts.
pub(super) struct Copy<'c> {
    /// The client of the source's region.
    pub(super) from: Client,
    /// The client of the destination's region.
    pub(super) to: Client,
    /// The bucket, key and version that are read.
    pub(super) source: (&'c str, &'c str, &'c str),
    /// The same, as a header names it.
    pub(super) copy_source: String,
    /// Who must own that bucket.
    pub(super) source_owner: String,
    /// The bucket and key that are written.
    pub(super) destination: (&'c str, &'c str),
    /// The size of the object, in bytes.
    pub(super) size: u64,
    /// The size of a part, in bytes. It is larger if there would be too many.
    pub(super) part_size: u64,
    /// What must still be so in the end.
    pub(super) guard: &'c Guard,
}

/// A configuration that waits for a copy.
pub(super) fn patience() -> aws_sdk_s3::config::Builder {
    let patience = TimeoutConfig::builder().operation_attempt_timeout(COPY).operation_timeout(COPY * 3);
    Config::builder().timeout_config(patience.build())
}

impl Copy<'_> {
    /// Copy the object. Returns the id of the new version. What was begun and failed is given up.
    pub(super) async fn run(&self) -> Result<Option<String>, CloudError> {
        let (bucket, key, version) = self.source;
        let head = self.from.head_object().bucket(bucket).key(key).version_id(version);
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.named(&RESTORE_HEAD)?;
        let tags = self.from.get_object_tagging().bucket(bucket).key(key).version_id(version);
        let tags = tags.send().await.named(&RESTORE_TAGS)?;
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let tags: Vec<String> = tags
            .tag_set()
            .iter()
            .map(|tag| format!("{}={}", encoded(tag.key()), encoded(tag.value())))
            .collect();
        let upload = self.begin(&head, &tags.join("&")).await?;
        let done = self.parts(&upload).await;
        if done.is_err() {
            let (bucket, key) = self.destination;
            let abort = self.to.abort_multipart_upload().bucket(bucket).key(key).upload_id(&upload);
            // The first error is told. Parts that stay are removed by the lifecycle of the bucket, if it has such a rule.
            let _ = abort.send().await.named(&RESTORE_ABORT);
        }
        done
    }

    async fn begin(&self, head: &HeadObjectOutput, tags: &str) -> Result<String, CloudError> {
        let (bucket, key) = self.destination;
        let expires = head.expires_string().and_then(|at| DateTime::from_str(at, Format::HttpDate).ok());
        let begun = self
            .to
            .create_multipart_upload()
            .bucket(bucket)
            .key(key)
            .set_metadata(head.metadata().cloned())
            .set_content_type(head.content_type().map(str::to_owned))
            .set_content_encoding(head.content_encoding().map(str::to_owned))
            .set_content_disposition(head.content_disposition().map(str::to_owned))
            .set_content_language(head.content_language().map(str::to_owned))
            .set_cache_control(head.cache_control().map(str::to_owned))
            .set_website_redirect_location(head.website_redirect_location().map(str::to_owned))
            .set_expires(expires)
            .set_tagging((!tags.is_empty()).then(|| tags.to_owned()))
            .checksum_algorithm(algorithm(head))
            .checksum_type(ChecksumType::FullObject);
        let begun = begun.send().await.named(&RESTORE_BEGIN)?;
        let lacks = || fault(&RESTORE_BEGIN, "BadAnswer", "the response lacks the id of the upload");
        begun.upload_id().map(str::to_owned).ok_or_else(lacks)
    }

    async fn parts(&self, upload: &str) -> Result<Option<String>, CloudError> {
        let size = self.part_size.max(self.size.div_ceil(MOST_PARTS)).max(1);
        let parts = (0..self.size.div_ceil(size)).map(|part| async move {
            let last = ((part + 1) * size).min(self.size) - 1;
            self.part(upload, part, format!("bytes={}-{last}", part * size)).await
        });
        let mut parts: Vec<CompletedPart> =
            stream::iter(parts).buffer_unordered(AT_A_TIME).try_collect().await?;
        parts.sort_by_key(CompletedPart::part_number);
        let (bucket, key) = self.destination;
        let complete = self
            .to
            .complete_multipart_upload()
            .bucket(bucket)
            .key(key)
            .upload_id(upload)
            .checksum_type(ChecksumType::FullObject)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build());
        let complete = match self.guard {
            Guard::Absent => complete.if_none_match("*"),
            Guard::Is(etag) => complete.if_match(etag),
        };
        let done = complete.customize().config_override(patience()).send().await;
        let done = done.named(&RESTORE_COMPLETE).map_err(|error| match error.code.as_str() {
            // An attempt whose answer was lost may have completed it, so this is no answer.
            "NoSuchUpload" => CloudError { class: Class::Unanswered, ..error },
            _ => error,
        })?;
        Ok(done.version_id().map(str::to_owned))
    }

    async fn part(&self, upload: &str, part: u64, range: String) -> Result<CompletedPart, CloudError> {
        let (bucket, key) = self.destination;
        let number = i32::try_from(part + 1)
            .map_err(|_| fault(&RESTORE_PART, "BadRequest", "the object has too many parts"))?;
        let copy = self
            .to
            .upload_part_copy()
            .bucket(bucket)
            .key(key)
            .upload_id(upload)
            .part_number(number)
            .copy_source(&self.copy_source)
            .copy_source_range(range)
            .expected_source_bucket_owner(&self.source_owner);
        let copied = copy.customize().config_override(patience()).send().await.named(&RESTORE_PART)?;
        let lacks = || fault(&RESTORE_PART, "BadAnswer", "the response lacks the part");
        let copied = copied.copy_part_result.ok_or_else(lacks)?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(copied.e_tag)
            .set_checksum_crc64_nvme(copied.checksum_crc64_nvme)
            .set_checksum_crc32_c(copied.checksum_crc32_c)
            .set_checksum_crc32(copied.checksum_crc32)
            .build())
    }
}

/// The algorithm of the checksum: that of the source if S3 computes it over whole objects in parts, so that both can be compared (Amazon S3
/// User Guide, "Checking object integrity for data uploads").
fn algorithm(head: &HeadObjectOutput) -> ChecksumAlgorithm {
    let is_whole = head.checksum_type() == Some(&ChecksumType::FullObject);
    match (head.checksum_crc32_c(), head.checksum_crc32()) {
        (Some(_), _) if is_whole => ChecksumAlgorithm::Crc32C,
        (_, Some(_)) if is_whole => ChecksumAlgorithm::Crc32,
        _ => ChecksumAlgorithm::Crc64Nvme,
    }
}
