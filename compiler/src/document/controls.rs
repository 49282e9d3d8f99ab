//! The document of kind `controls`: controls of a framework, what is evidence for each, and what people attest. It is no policy:
//! it says what policies are judged by.

use schemars::JsonSchema;
use serde::Deserialize;

use super::evidence::Evidence;
use super::text::{HttpsUrl, Name, Prose, text_type};
use crate::units::Date;

text_type! {
    /// The id of a control, as OSCAL writes ids.
    ControlId, "^[a-z][a-z0-9.-]{0,62}[a-z0-9]$",
    "The id of a control: lower-case letters, digits, dots and hyphens, starting with a letter.",
    ["cp-4.1", "iso22301-8.4.4"]
}

text_type! {
    /// A SHA-256 digest.
    Sha256, "^[0-9a-f]{64}$",
    "A SHA-256 digest: 64 lower-case hexadecimal digits.",
    ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
}

/// Always `controls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ControlsKind {
    /// Controls.
    Controls,
}

/// Controls of a framework. Several documents can be about one framework: their controls and attestations are put together.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Controls {
    /// `controls`: this document describes controls.
    pub kind: ControlsKind,
    /// The framework: a short name of your own, or that of one that Holdfast has.
    pub framework: Name,
    /// Its title. The first document of a framework must have one.
    #[serde(default)]
    #[schemars(with = "Option<Prose>", length(min = 1, max = 200))]
    pub title: Option<String>,
    /// The edition that the ids and titles are of.
    #[serde(default)]
    #[schemars(with = "Option<Prose>", length(min = 1, max = 300))]
    pub edition: Option<String>,
    /// The catalogue of the framework in OSCAL, if it is published. Without it, exports bring their own.
    #[serde(default)]
    pub catalog: Option<Catalog>,
    /// The controls.
    #[serde(default)]
    #[schemars(extend("maxItems" = 1000))]
    pub controls: Vec<Control>,
    /// What people attest.
    #[serde(default)]
    #[schemars(extend("maxItems" = 1000))]
    pub attestations: Vec<Attestation>,
}

/// A catalogue of controls in OSCAL.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Catalog {
    /// Where it is.
    pub href: HttpsUrl,
    /// The digest of that file, if you know it.
    #[serde(default)]
    pub sha256: Option<Sha256>,
}

/// A control.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Control {
    /// Its id, unique in the framework.
    pub id: ControlId,
    /// Its number, as people write it: `CP-4(1)`.
    #[schemars(with = "Prose", length(min = 1, max = 60))]
    pub label: String,
    /// Its title.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub title: String,
    /// What it asks for, in your own words.
    #[schemars(with = "Prose", length(min = 1, max = 1000))]
    pub asks: String,
    /// The kinds of evidence that Holdfast can check. All of them must hold.
    #[serde(default)]
    #[schemars(extend("maxItems" = 50, "uniqueItems" = true))]
    pub evidence: Vec<Evidence>,
    /// What only people can attest. With it, the control is attested at best.
    #[serde(default)]
    #[schemars(with = "Vec<Prose>", extend("maxItems" = 20))]
    pub people: Vec<String>,
    /// What its evidence does not show, in addition to what each kind of evidence does not show.
    #[serde(default)]
    #[schemars(with = "Option<Prose>", length(min = 1, max = 1000))]
    pub shows_not: Option<String>,
}

/// What somebody attests about a control, for a limited time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attestation {
    /// The control.
    pub control: ControlId,
    /// Who attests it: a name or a role.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub by: String,
    /// What they attest.
    #[schemars(with = "Prose", length(min = 1, max = 1000))]
    pub says: String,
    /// Where the proof is: a document, a ticket, a URL.
    #[serde(default)]
    #[schemars(with = "Option<Prose>", length(min = 1, max = 500))]
    pub at: Option<String>,
    /// The day on which they attested it.
    pub on: Date,
    /// The last day on which it counts.
    pub until: Date,
}
