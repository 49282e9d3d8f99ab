//! What a bundle has of the plans that runs applied, compared with what its statement says of them.

use serde_json::Value;

use crate::approval::{Namespace, Signature};
use crate::planfile::{self, Saved};

/// A plan of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPlan {
    /// The run that applied it.
    pub run: u64,
    /// What is known of its content.
    pub content: Content,
    /// How many approvals of this plan are in the bundle, each with a valid signature. Who signed is not judged.
    pub signed: usize,
    /// How many are in it by their digests only.
    pub left_out: usize,
    /// How many the run relied on that nobody had when the bundle was made.
    pub not_found: usize,
}

/// What is known of the content of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The plan derived from it has the digest that was approved.
    Fits,
    /// Only its digest is in the bundle.
    LeftOut,
    /// This version cannot tell, for this reason: a clause.
    NotCompared(String),
}

/// Compare the members that are plans and approvals with what the statement says of them: that the plan derived from each file is the
/// one that was approved, and that each approval is signed and is one of this plan. Who signed it is not judged here.
///
/// # Errors
/// The first thing that does not fit, by the name of its member.
pub(super) fn check(
    predicate: &Value,
    member: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<CheckedPlan>, String> {
    // A member that is left out has no name.
    let of = |file: &Value| {
        let name = file.get("member")?.as_str()?.to_owned();
        Some((member(&name).unwrap_or_default(), name))
    };
    let made_by = predicate.get("madeBy").and_then(Value::as_str).unwrap_or_default();
    let plan = |applied: &Value| {
        let digest = applied.get("digest").and_then(Value::as_str).unwrap_or_default();
        let run = applied.get("run").and_then(Value::as_u64).unwrap_or_default();
        let signature = applied.get("signature").and_then(of).map(|(text, _)| text);
        let content = match applied.get("plan").and_then(of) {
            None => Content::LeftOut,
            Some((text, name)) => match content(&text, signature.as_deref(), digest, made_by) {
                Ok(content) => content,
                Err(why) => return Err(format!("{name}: it is not the plan that run {run} applied: {why}")),
            },
        };
        let (mut signed, mut left_out) = (0, 0);
        for approval in list(applied, "approvals") {
            let Some((statement, name)) = approval.get("statement").and_then(of) else {
                left_out += 1;
                continue;
            };
            if !statement.lines().any(|line| line.strip_prefix("plan sha256:") == Some(digest)) {
                return Err(format!("{name}: it is an approval of another plan"));
            }
            let armored = approval.get("signature").and_then(of).map(|(text, _)| text).unwrap_or_default();
            Signature::verify(Namespace::Approval, statement.as_bytes(), &armored)
                .map_err(|why| format!("{name}: its signature does not fit: {why}"))?;
            signed += 1;
        }
        Ok(CheckedPlan { run, content, signed, left_out, not_found: list(applied, "notFound").len() })
    };
    list(predicate, "plans").iter().map(plan).collect()
}

/// Compare the content of a plan file with a digest: the digest that stands in the file proves nothing.
fn content(text: &str, signature: Option<&str>, digest: &str, made_by: &str) -> Result<Content, String> {
    match Saved::parse(text.as_bytes(), signature) {
        Ok(saved) if saved.file.digest == digest => Ok(Content::Fits),
        Ok(_) => Err("its digest is another one".to_owned()),
        // What another version derives from a plan is nothing that this one knows.
        Err(_) if planfile::is_of_another_format(text.as_bytes()) => {
            Ok(Content::NotCompared("its format is that of another version of Holdfast".to_owned()))
        }
        Err(_) if made_by != super::MADE_BY => {
            Ok(Content::NotCompared(format!("another version made the bundle ({made_by})")))
        }
        Err(refusal) => Err(refusal.in_words()),
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
