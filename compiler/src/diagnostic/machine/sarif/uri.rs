//! Paths as URIs (RFC 3986).

use std::fmt::Write as _;

/// The URI of a path whose parts are separated by `/`: relative for a relative path, otherwise a `file:` URI.
pub(super) fn of(path: &str) -> String {
    match path.as_bytes() {
        [] => ".".to_owned(),
        [b'/', ..] => format!("file://{}", encoded(path)),
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => {
            let (drive, rest) = path.split_at(2);
            format!("file:///{drive}{}", encoded(rest))
        }
        _ => encoded(path),
    }
}

/// Encode everything except unreserved characters (section 2.3) and the slash. An unencoded colon in the
/// first part of a relative path would end a scheme.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn paths_become_uris() {
        for (path, uri) in [
            ("policies/a.yaml", "policies/a.yaml"),
            ("../a b/ü#1?.yaml", "../a%20b/%C3%BC%231%3F.yaml"),
            ("javascript:alert(1).yaml", "javascript%3Aalert%281%29.yaml"),
            ("/srv/100%.yaml", "file:///srv/100%25.yaml"),
            ("C:/policies/a.yaml", "file:///C:/policies/a.yaml"),
            ("", "."),
        ] {
            assert_eq!(of(path), uri);
        }
    }
}
