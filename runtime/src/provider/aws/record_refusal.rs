//! Parsing Route 53's refusals of a change, which name several records in prose.

use holdfast_compiler::resource::Values;

use super::fields::text;
use crate::cloud::CloudError;

/// The part of a refusal that concerns one record; the whole refusal if it does not name this record.
pub(super) fn concerning(record: &Values, error: &CloudError) -> CloudError {
    let messages = messages(&error.message);
    let own: Vec<&str> = messages.iter().copied().filter(|message| names(message, record)).collect();
    let message = if own.is_empty() { messages.join("; ") } else { own.join("; ") };
    CloudError { message, ..error.clone() }
}

/// The single messages: one per line, or in brackets like `[Tried to create …, Tried to delete …]`.
fn messages(text: &str) -> Vec<&str> {
    let mut messages = Vec::new();
    for line in text.lines() {
        let mut rest = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).unwrap_or(line);
        let mut from = 0;
        // Within a message, a comma is followed by a lower-case letter: "[name='a.example.com.', type='A']".
        while let Some(at) = rest.get(from..).and_then(|tail| tail.find(", ")).map(|at| from + at) {
            let (message, tail) =
                (rest.get(..at).unwrap_or_default(), rest.get(at + 2..).unwrap_or_default());
            if tail.starts_with(|next: char| next.is_ascii_uppercase()) {
                messages.push(message);
                (rest, from) = (tail, 0);
            } else {
                from = at + 2;
            }
        }
        messages.push(rest);
    }
    messages.retain(|message| !message.is_empty());
    messages
}

/// The messages of a refusal that the SDK cannot parse, one per line: Route 53 may send `<InvalidChangeBatch>` as the
/// root element, but the SDK expects it within `<ErrorResponse>` (aws/aws-sdk-go-v2 reads both, in
/// `service/route53/internal/customizations`).
pub(super) fn bare_refusal(body: &[u8]) -> Option<String> {
    let body = std::str::from_utf8(body).ok().filter(|body| body.contains("<InvalidChangeBatch"))?;
    let messages = body.split("<Message>").skip(1).filter_map(|rest| rest.split("</Message>").next());
    let messages = messages.map(|message| {
        // Decode the ampersand last, so that nothing is decoded twice.
        let entities =
            [("&apos;", "'"), ("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
        entities.into_iter().fold(message.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
    });
    Some(messages.collect::<Vec<_>>().join("\n")).filter(|messages| !messages.is_empty())
}

fn names(message: &str, record: &Values) -> bool {
    let stated = |key: &str| {
        let from = message.split_once(&format!("{key}='")).map(|(_, from)| from);
        from.and_then(|from| from.split_once('\'')).map(|(value, _)| value)
    };
    let agrees = |key: &str, name: &str| stated(key).is_none_or(|value| text(record, name) == Some(value));
    let Some(name) = text(record, "name") else { return false };
    let message = message.replace("\\052", "*").to_lowercase();
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*');
    let mentioned = message.split(|c: char| !part_of_name(c)).any(|word| word.trim_end_matches('.') == name);
    mentioned && agrees("type", "type") && agrees("set identifier", "set-identifier")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn about(name: &str, set: &str, message: &str) -> String {
        let record = json!({"name": name, "type": "A", "set-identifier": set});
        let record: Values = serde_json::from_value(record).unwrap();
        let error = super::super::error::fault(
            &holdfast_compiler::provider::aws::route53::record::CHANGE,
            "InvalidChangeBatch",
            message,
        );
        concerning(&record, &error).message
    }

    const TWO: &str = "[Tried to create resource record set [name='app.example.com.', type='A', \
        set identifier='one'] but it already exists, Tried to delete resource record set \
        [name='_standby1.app.example.com.', type='A'] but it was not found]";

    #[test]
    fn each_refused_record_gets_its_own_message() {
        let one = about("app.example.com", "one", TWO);
        assert!(one.ends_with("but it already exists") && one.starts_with("Tried to create"), "{one}");
        let inner = about("_standby1.app.example.com", "x", TWO);
        assert!(inner.starts_with("Tried to delete") && inner.ends_with("not found"), "{inner}");
        let lines = "Tried to create [name='\\052.example.com.'] but it already exists\nRRSet is bad";
        assert_eq!(about("*.example.com", "x", lines), lines.lines().next().unwrap());
    }

    #[test]
    fn unwrapped_refusal_is_parsed() {
        let body = b"<?xml version=\"1.0\"?><InvalidChangeBatch xmlns=\"x\"><Messages><Message>Tried to create \
            [name=&apos;a.example.&apos;]</Message><Message>a &amp;lt; b</Message></Messages></InvalidChangeBatch>";
        let found = bare_refusal(body);
        assert_eq!(found.as_deref(), Some("Tried to create [name='a.example.']\na &lt; b"));
        assert_eq!(bare_refusal(b"<ErrorResponse><Message>x</Message></ErrorResponse>"), None);
    }

    #[test]
    fn record_that_is_not_named_gets_all_messages() {
        let other = about("app.example.com", "another", TWO);
        assert!(other.contains("already exists; Tried to delete"), "{other}");
    }
}
