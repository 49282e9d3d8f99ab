//! Whether an object at the destination is a version of the source: by the size, and by a checksum of the whole object that both sides
//! have; else by reading both. An entity tag says nothing: it depends on encryption and on the parts of an upload. A checksum that
//! anybody can make other data for says nothing of an object that somebody else may have written.

use holdfast_compiler::restore::{Verified, Version};

use crate::cloud::{BucketPlace, CloudError, Head, Objects};

/// The algorithms of checksums, the strongest first.
pub(super) const ALGORITHMS: [&str; 5] = [UNFORGEABLE, "SHA1", "CRC64NVME", "CRC32C", "CRC32"];
/// The algorithm for which nobody can make other data with the same checksum. For a CRC everybody can, and for SHA-1 some (the attack of
/// 2020, "SHA-1 is a Shambles").
const UNFORGEABLE: &str = "SHA256";

/// Who wrote the object that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenBy {
    /// This run, just now. Any checksum shows a mistake.
    Us,
    /// Perhaps somebody who wants it to look like the version.
    Anybody,
}

/// What a comparison found.
#[derive(Debug)]
pub(super) enum Compared {
    /// The same data, and how that was seen.
    Same(Verified, Head),
    /// Other data, and how that was seen.
    Different(String),
}

/// Compare a version with an object. `there` is its version, or `None` for the current one.
///
/// # Errors
/// One of them cannot be read.
pub(super) async fn compare(
    objects: &dyn Objects,
    from: &BucketPlace,
    version: &Version,
    to: &BucketPlace,
    key: &str,
    there: Option<&str>,
    by: WrittenBy,
) -> Result<Compared, CloudError> {
    let (wanted, found) = futures::try_join!(
        objects.head(from, &version.key, Some(&version.id)),
        objects.head(to, key, there),
    )?;
    if wanted.size != found.size {
        return Ok(Compared::Different(format!(
            "it has {} bytes, and the version has {}",
            found.size, wanted.size
        )));
    }
    let both = |algorithm: &'static str| {
        Some((algorithm, wanted.checksums.get(algorithm)?, found.checksums.get(algorithm)?))
    };
    if let Some((algorithm, wanted, have)) = ALGORITHMS.into_iter().find_map(both) {
        if wanted != have {
            let how = format!("its {algorithm} is {have}, and that of the version is {wanted}");
            return Ok(Compared::Different(how));
        }
        if by == WrittenBy::Us || algorithm == UNFORGEABLE {
            return Ok(Compared::Same(Verified::Checksum(algorithm.to_owned()), found.clone()));
        }
    }
    // What is current may be replaced between the two looks, so the one that was looked at is read.
    let (wanted, have) = futures::try_join!(
        objects.read(from, &version.key, Some(&version.id)),
        objects.read(to, key, found.version.as_deref()),
    )?;
    Ok(match wanted == have {
        true => Compared::Same(Verified::Data, found),
        false => Compared::Different("its data differs from that of the version".to_owned()),
    })
}
