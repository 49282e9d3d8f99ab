//! A bundle is what was packed, and one changed byte is named.

use super::*;

fn members() -> Vec<Member> {
    let one = |name: &str, text: &str| Member { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    vec![one("policies/estate.yaml", "kind: estate\n"), one("audit.json", "{}\n"), one("empty.txt", "")]
}

fn bundle(signed: bool) -> Vec<u8> {
    let members = members();
    let text = statement(&members, serde_json::json!({ "estate": "acme" })).text().unwrap();
    let signatures = vec![("SHA256:abc".to_owned(), "-----BEGIN SSH SIGNATURE-----\n".to_owned())];
    let envelope = Envelope { payload: text.clone().into_bytes(), signatures }.text().unwrap();
    pack(members, &text, signed.then_some(envelope.as_str())).unwrap()
}

#[test]
fn bundle_has_its_members_and_is_the_same_every_time() {
    assert_eq!(bundle(true), bundle(true));
    let read = unpack(&bundle(true)).unwrap();
    let names: Vec<&str> = read.members.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["audit.json", "empty.txt", "policies/estate.yaml"]);
    assert_eq!(read.envelope.unwrap().signatures[0].0, "SHA256:abc");
    assert!(unpack(&bundle(false)).unwrap().envelope.is_none());
}

#[test]
fn every_changed_byte_is_found_and_its_member_named() {
    let whole = bundle(true);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        // A hint at the key is signed by nobody and decides nothing.
        match unpack(&changed) {
            Err(why) => assert!(!why.is_empty()),
            Ok(read) => {
                let envelope = read.envelope.unwrap();
                let original = unpack(&whole).unwrap().envelope.unwrap();
                assert_ne!(envelope.signatures, original.signatures, "byte {at}");
            }
        }
    }
    let named = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut changed = whole.clone();
        changed[at..at + from.len()].copy_from_slice(to.as_bytes());
        unpack(&changed).unwrap_err()
    };
    assert!(named("kind: estate", "kind: eztate").starts_with("policies/estate.yaml: it was changed"));
    assert!(
        named("\"acme\"", "\"acne\"").starts_with("statement.json and signatures.dsse.json: what was signed")
    );
}

#[test]
fn archive_of_somebody_else_is_refused() {
    for name in ["../evil", "/etc/passwd", "a//b", "a\\b", "a b", ""] {
        let member = Member { name: name.to_owned(), bytes: Vec::new() };
        assert!(pack(vec![member], "", None).is_err(), "{name}");
    }
    let twice = vec![members().remove(0), members().remove(0)];
    assert!(pack(twice, "", None).is_err());
    let mut longer = bundle(false);
    longer.extend_from_slice(&[0; 512]);
    assert!(unpack(&longer).unwrap_err().contains("behind the end"));
    assert!(unpack(&bundle(false)[..600]).is_err() && unpack(b"").is_err());
    let mut extra = members();
    let text = statement(&extra, serde_json::Value::Null).text().unwrap();
    extra.push(Member { name: "extra.txt".to_owned(), bytes: Vec::new() });
    let with_extra = pack(extra, &text, None).unwrap();
    assert_eq!(unpack(&with_extra).unwrap_err(), "extra.txt: the statement does not name it");
    let mut less = members();
    less.pop();
    assert_eq!(unpack(&pack(less, &text, None).unwrap()).unwrap_err(), "empty.txt: it is missing");
}

/// The test vector of the DSSE protocol.
#[test]
fn pre_authentication_encoding_is_that_of_dsse() {
    let bytes = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}
