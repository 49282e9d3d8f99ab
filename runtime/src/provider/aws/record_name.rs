//! Converting DNS names from Route 53's form to Holdfast's: lower case, no final dot, no escapes.

/// A name of Route 53 in Holdfast's form. Route 53 writes characters other than letters, digits, `-`, `_` and `.` as
/// `\` and three octal digits, such as `\052` for `*`. Source: Amazon Route 53 Developer Guide, "DNS domain name
/// format".
pub(super) fn plain(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('\\') {
        let (before, escaped) = rest.split_at(at);
        plain.push_str(before);
        let code = escaped.get(1..4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                plain.push(char::from(code));
                rest = escaped.get(4..).unwrap_or_default();
            }
            None => {
                plain.push('\\');
                rest = escaped.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn escaped_names_of_route_53_are_decoded() {
        assert_eq!(plain(r"\052.Example.COM."), "*.example.com");
        assert_eq!(plain(r"a\040b\137c.example.com."), "a b_c.example.com");
        assert_eq!(plain("_standby1.app.example.com"), "_standby1.app.example.com");
    }

    #[test]
    fn text_that_is_not_an_escape_is_kept() {
        assert_eq!(plain(r"a\9b.example.com."), r"a\9b.example.com");
        assert_eq!(plain(r"a\377b."), r"a\377b");
        assert_eq!(plain(r"end\05"), r"end\05");
    }
}
