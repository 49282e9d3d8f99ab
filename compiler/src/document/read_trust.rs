//! Reading a trust anchor.

use super::schema::trust_validator;
use super::trust::Trust;
use super::{schema_error, tree, trees, typed};
use crate::diagnostic::{Diagnostic, MOST_REPORTED, codes};
use crate::source::{Sources, Span};

/// Whether the text can be a head: the digest of an entry, or `none`.
fn is_head(text: &str) -> bool {
    text == "none"
        || text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Read the only document of the only source.
///
/// # Errors
/// All findings about its text.
pub fn read_trust(sources: &Sources) -> Result<Trust, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let Some((id, source)) = sources.iter().next() else { return Err(findings) };
    let mut documents =
        trees(id, &source.text, &mut findings).into_iter().filter(|tree| tree.root().is_some());
    let (first, second) = (documents.next(), documents.next());
    let (Some(document), None) = (first, second) else {
        if findings.is_empty() {
            let message = "a trust anchor is one document that begins with `kind: trust`";
            findings.push(Diagnostic::new(codes::BAD_TRUST, message).in_file(source.path.clone()));
        }
        return Err(findings);
    };
    let trust = if findings.is_empty() { fitting(&document, id, &mut findings) } else { None };
    match trust {
        Some(trust) if findings.is_empty() => Ok(trust),
        _ => Err(findings),
    }
}

fn fitting(document: &tree::Tree, id: crate::source::SourceId, out: &mut Vec<Diagnostic>) -> Option<Trust> {
    let root = document.root()?;
    let whole = Span::new(id, root.span.start, root.span.start);
    let json = document.to_json(root);
    let validator = trust_validator()?;
    validator
        .iter_errors(&json)
        .take(MOST_REPORTED)
        .for_each(|error| schema_error::report(document, whole, &error, out));
    if !out.is_empty() {
        return None;
    }
    let trust: Trust = typed(json, document, whole, out)?;
    for (name, estate) in &trust.estates {
        if !is_head(&estate.journal.head) {
            let path = ["estates".into(), name.as_str().into(), "journal".into(), "head".into()];
            let message = "a head is 64 hexadecimal digits, or `none` before the first run";
            out.push(
                Diagnostic::new(codes::BAD_FORM, message)
                    .at(document.span(&path).unwrap_or(whole), "not a head")
                    .help("`holdfast journal verify` prints it"),
            );
        }
    }
    Some(trust)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "kind: trust
estates:
  acme:
    cloud: aws
    accounts: [\"111122223333\"]
    journal: { at: /srv/journal, head: none }
    approvals: { required: 2, signers: people }
";

    fn read(text: &str) -> Result<Trust, Vec<String>> {
        let mut sources = Sources::default();
        sources.add("trust.yaml", text);
        read_trust(&sources)
            .map_err(|findings| findings.into_iter().map(|f| format!("{} {}", f.code, f.message)).collect())
    }

    #[test]
    fn complete_anchor_is_read() {
        let trust = read(WHOLE).unwrap();
        let (name, estate) = trust.estates.iter().next().unwrap();
        assert_eq!((name.as_str(), estate.journal.head.as_str()), ("acme", "none"));
        assert_eq!(estate.approvals.as_ref().map(|rule| rule.required), Some(2));
    }

    #[test]
    fn misspelt_or_missing_key_in_an_anchor_is_refused() {
        for (from, to, code) in [
            ("approvals", "aprovals", "E0201"),
            ("required: 2", "required: 0", "E0208"),
            ("head: none", "head: nil", "E0209"),
            (", head: none", "", "E0202"),
            ("kind: trust", "kind: estate", "E0204"),
            ("    cloud: aws\n", "    cloud: aws\n    cloud: aws\n", "E0103"),
            ("[\"111122223333\"]", "[]", "E0208"),
        ] {
            let found = read(&WHOLE.replace(from, to)).unwrap_err();
            assert!(found.iter().any(|finding| finding.starts_with(code)), "{to}: {found:?}");
        }
        assert!(read("").is_err() && read("---\n---\n").is_err());
        assert!(read(&format!("{WHOLE}---\n{WHOLE}")).is_err());
    }
}
