//! Documents: the syntax of the language. Text is parsed into span trees, trees are validated against the
//! JSON Schema, and valid trees become typed documents with the byte range of every value.

mod assumptions;
mod continuity;
mod controls;
mod criterion;
mod data;
mod drill;
mod estate;
mod evidence;
mod existing;
mod legible;
mod parse;
mod read_controls;
mod read_trust;
mod recovery;
mod scalar;
pub mod schema;
mod schema_error;
mod schema_union;
mod schema_words;
mod service;
mod syntax_error;
pub(crate) mod text;
mod traffic;
mod tree;
mod trust;
mod waiver;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, MOST_REPORTED, codes, did_you_mean, one_of};
pub use crate::provider::aws::words::{AccountId, BucketName, KmsKey, S3Location};
use crate::source::{SourceId, Sources, Span};
pub use assumptions::{Assumed, Assumptions};
pub use continuity::{
    Access, Budget, Channel, Communication, Contact, Continuity, Deadline, Level, Procedure, Reach,
    ReachText, Resource,
};
pub use controls::{Attestation, Catalog, Control, ControlId, Controls};
pub use criterion::{Criterion, CriterionProbe};
pub use data::{
    Backfiller, Backup, BackupTarget, Data, Encryption, Lock, Store, Strategy, VersionLock, Weekday, Windows,
};
pub use drill::{Drill, Form, Success};
pub use estate::{
    Alarms, Approvals, Defaults, Estate, JournalBucket, JournalCopy, JournalPlace, Replica, Site,
    SiteAccount, SiteKey, Tier, Told, Vault,
};
pub use evidence::{Evidence, Origin};
pub use existing::Existing;
pub use legible::{LegibleEstate, LegibleJournal, legible_estates};
pub(crate) use parse::parse as trees;
pub use read_controls::read_controls;
pub use read_trust::read_trust;
pub use recovery::{Disruption, RecoveryStep};
pub use service::{Limit, Objective, Objectives, RecoveryFrom, Service};
pub use text::{
    ApiCall, Currency, DomainName, FilePath, FindingCode, HttpsUrl, Name, ProbeUrl, StepAction, TimeOfDay,
    UrlPath, ZoneName,
};
pub use traffic::{AliasEndpoint, Endpoint, EndpointText, Interval, Probe, Traffic};
pub(crate) use tree::{Content, MAX_DEPTH, Node as TreeNode};
pub use tree::{Step, Tree};
pub use trust::{Trust, TrustedApprovals, TrustedEstate, TrustedJournal};
pub use waiver::Waiver;

/// The largest policy file in bytes.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// A document that matches the schema.
#[derive(Debug)]
pub struct Document {
    /// Its typed content.
    pub body: Body,
    /// The byte ranges of its values.
    pub text: Text,
}

/// The kinds of document.
#[derive(Debug)]
pub enum Body {
    /// The estate.
    Estate(Box<Estate>),
    /// A service.
    Service(Box<Service>),
    /// The continuity plan.
    Continuity(Box<Continuity>),
    /// A drill.
    Drill(Box<Drill>),
}

/// The byte ranges of everything in a document.
#[derive(Debug)]
pub struct Text {
    tree: Tree,
    whole: Span,
}

impl Text {
    /// The byte range of the value at a path.
    #[must_use]
    pub fn span(&self, path: &[Step<'_>]) -> Span {
        self.tree.span(path).unwrap_or(self.whole)
    }

    /// The byte range of the key at a path.
    #[must_use]
    pub fn key_span(&self, path: &[Step<'_>]) -> Span {
        self.tree.key_span(path).unwrap_or(self.whole)
    }

    /// The byte range of the whole document.
    #[must_use]
    pub fn range(&self) -> Span {
        self.tree.root().map_or(self.whole, |root| root.span)
    }
}

impl Document {
    /// The byte range of the value at a path.
    #[must_use]
    pub fn span(&self, path: &[Step<'_>]) -> Span {
        self.text.span(path)
    }

    /// The byte range of the key at a path.
    #[must_use]
    pub fn key_span(&self, path: &[Step<'_>]) -> Span {
        self.text.key_span(path)
    }
}

/// Read every document of every source. Findings are added to `out`; valid documents are returned in source
/// order.
pub fn read(sources: &Sources, out: &mut Vec<Diagnostic>) -> Vec<Document> {
    sources.iter().flat_map(|(id, source)| read_source(id, &source.path, &source.text, out)).collect()
}

fn read_source(id: SourceId, path: &str, text: &str, out: &mut Vec<Diagnostic>) -> Vec<Document> {
    let before = out.len();
    let trees = parse::parse(id, text, out);
    let nothing = |node: &tree::Node| matches!(node.content, tree::Content::Scalar(Value::Null));
    let empty = |tree: &Tree| tree.root().is_none_or(nothing);
    if out.len() == before && trees.iter().all(empty) {
        out.push(
            Diagnostic::new(codes::EMPTY_FILE, "there is no policy in this file")
                .in_file(path)
                .help("write a document that starts with `kind: service`, or remove the file"),
        );
        return Vec::new();
    }
    // An empty document after a `---` needs no finding.
    let documents = trees.into_iter().filter(|tree| !empty(tree)).filter_map(|tree| document(tree, out));
    let documents = documents.collect();
    let found = out.len() - before;
    if found > MOST_FINDINGS {
        out.truncate(before + MOST_FINDINGS);
        let message =
            format!("the text of this file has {found} findings; the first {MOST_FINDINGS} are reported");
        out.push(
            Diagnostic::new(codes::TOO_MUCH, message)
                .in_file(path)
                .help("fix the repeated cause, and check again"),
        );
    }
    documents
}

/// The most findings of the text of one file. Every output format writes all findings, and a megabyte of
/// repeated keys has a hundred thousand.
const MOST_FINDINGS: usize = 1_000;

fn document(tree: Tree, out: &mut Vec<Diagnostic>) -> Option<Document> {
    let root = tree.root()?;
    let json = tree.to_json(root);
    let whole = first_key(&tree, root.span);
    let Value::Object(map) = &json else {
        let message = "a policy document must be a mapping of keys to values";
        let found = if json.is_array() { "this is a list" } else { "this is a single value" };
        let help = if json.is_array() { UNLIST.to_owned() } else { begin() };
        out.push(Diagnostic::new(codes::WRONG_TYPE, message).at(root.span, found).help(help));
        return None;
    };
    let kinds = schema::KINDS.map(|(kind, _)| kind);
    let Some(kind) = map.get("kind") else {
        out.push(
            Diagnostic::new(codes::MISSING_KEY, "the document lacks the key `kind`")
                .at(whole, "`kind` is missing here")
                .help(begin()),
        );
        return None;
    };
    let Some(validator) = kind.as_str().and_then(schema::validator) else {
        let written = kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
        let near = did_you_mean(&written, kinds);
        out.push(
            Diagnostic::new(codes::NOT_ALLOWED, format!("`{written}` is not a kind of document"))
                .at(tree.span(&["kind".into()]).unwrap_or(whole), "unknown kind")
                .help(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it can be {}", one_of(kinds)),
                }),
        );
        return None;
    };
    let before = out.len();
    let errors = validator.iter_errors(&json).take(MOST_REPORTED);
    errors.for_each(|error| schema_error::report(&tree, whole, &error, out));
    if out.len() > before {
        return None;
    }
    let body = match kind.as_str() {
        Some("estate") => typed(json, &tree, whole, out).map(Body::Estate),
        Some("continuity") => typed(json, &tree, whole, out).map(Body::Continuity),
        Some("drill") => typed(json, &tree, whole, out).map(Body::Drill),
        _ => typed(json, &tree, whole, out).map(Body::Service),
    }?;
    Some(Document { body, text: Text { tree, whole } })
}

const UNLIST: &str = "remove the `-` before the keys, and put `---` between documents";

fn begin() -> String {
    let lines = schema::KINDS.map(|(kind, _)| format!("kind: {kind}"));
    format!("start the document with {}", one_of(lines.iter().map(String::as_str)))
}

/// The first key of a document, where findings about the whole document are shown.
fn first_key(tree: &Tree, root: Span) -> Span {
    match tree.root().map(|node| &node.content) {
        Some(tree::Content::Map(entries)) => entries.iter().map(|entry| entry.key_span).min().unwrap_or(root),
        _ => root,
    }
}

/// Convert schema-valid JSON to its type. The schema is generated from the types, so this fails only where a
/// type is stricter than its schema.
fn typed<T: DeserializeOwned>(json: Value, tree: &Tree, whole: Span, out: &mut Vec<Diagnostic>) -> Option<T> {
    let error = match serde_path_to_error::deserialize(json) {
        Ok(value) => return Some(value),
        Err(error) => error,
    };
    let keys: Vec<Step<'_>> = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(Step::Item(*index)),
            serde_path_to_error::Segment::Map { key } => Some(Step::Key(key)),
            _ => None,
        })
        .collect();
    let span = if keys.is_empty() { whole } else { tree.span(&keys).unwrap_or(whole) };
    let wrong = Diagnostic::new(codes::BAD_FORM, error.inner().to_string());
    out.push(wrong.at(span, "here").help("write one that exists"));
    None
}
