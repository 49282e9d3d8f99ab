//! Frameworks: the controls that policies are judged by, from the files that Holdfast has and from those of the user.

use crate::diagnostic::{Diagnostic, codes, did_you_mean, guess};
use crate::document::{Attestation, Catalog, Control, Controls, Name, Text, read_controls};
use crate::source::{Place, Sources, Span};

/// The files that Holdfast has, by name.
const OWN: [(&str, &str); 9] = [
    ("nist-800-53.yaml", include_str!("frameworks/nist-800-53.yaml")),
    ("iso-22301.yaml", include_str!("frameworks/iso-22301.yaml")),
    ("soc-2.yaml", include_str!("frameworks/soc-2.yaml")),
    ("iso-27001.yaml", include_str!("frameworks/iso-27001.yaml")),
    ("pci-dss.yaml", include_str!("frameworks/pci-dss.yaml")),
    ("hipaa.yaml", include_str!("frameworks/hipaa.yaml")),
    ("eu.yaml", include_str!("frameworks/eu.yaml")),
    ("us-finance.yaml", include_str!("frameworks/us-finance.yaml")),
    ("cis.yaml", include_str!("frameworks/cis.yaml")),
];

/// A framework with its controls.
#[derive(Debug, Clone)]
pub struct Framework {
    /// Its short name.
    pub id: Name,
    /// Its title.
    pub title: String,
    /// The edition that its ids and titles are of.
    pub edition: Option<String>,
    /// Its catalogue in OSCAL, if one is published.
    pub catalog: Option<Catalog>,
    /// Its controls, in the order of the files.
    pub controls: Vec<Control>,
    /// What people attest, each with its place.
    pub attestations: Vec<(Attestation, Place)>,
}

/// The frameworks that Holdfast has, and those of the user's files. A user's file can add controls and attestations to a framework.
///
/// # Errors
/// What is wrong with the user's files, with the sources that the findings are about.
pub fn frameworks(files: &[(String, String)]) -> Result<Vec<Framework>, (Vec<Diagnostic>, Sources)> {
    let mut sources = Sources::default();
    for (name, text) in OWN {
        sources.add(name, text);
    }
    for (name, text) in files {
        sources.add(name.as_str(), text.as_str());
    }
    let documents = match read_controls(&sources) {
        Ok(documents) => documents,
        Err(findings) => return Err((findings, sources)),
    };
    let mut findings = Vec::new();
    let mut all: Vec<Framework> = Vec::new();
    let mut spans: Vec<Vec<Span>> = Vec::new();
    for (body, text) in &documents {
        add(body, text, &mut all, &mut spans, &mut findings);
    }
    for (body, text) in documents {
        attest(body, &text, &sources, &mut all, &mut findings);
    }
    if findings.is_empty() { Ok(all) } else { Err((findings, sources)) }
}

fn add(
    body: &Controls,
    text: &Text,
    all: &mut Vec<Framework>,
    spans: &mut Vec<Vec<Span>>,
    out: &mut Vec<Diagnostic>,
) {
    let known = all.iter().position(|one| one.id == body.framework);
    let nth = known.unwrap_or_else(|| {
        if body.title.is_none() {
            out.push(
                Diagnostic::new(
                    codes::BAD_CONTROLS,
                    format!("the framework `{}` has no title", body.framework),
                )
                .at(text.span(&["framework".into()]), "this framework is new")
                .maybe_help(Some(
                    match did_you_mean(body.framework.as_str(), all.iter().map(|one| one.id.as_str())) {
                        Some(near) => format!("did you mean `{near}`? If not, add `title: …`"),
                        None => "add `title: …`".to_owned(),
                    },
                )),
            );
        }
        all.push(Framework {
            id: body.framework.clone(),
            title: body.title.clone().unwrap_or_default(),
            edition: body.edition.clone(),
            catalog: body.catalog.clone(),
            controls: Vec::new(),
            attestations: Vec::new(),
        });
        spans.push(Vec::new());
        all.len() - 1
    });
    let (Some(framework), Some(spans)) = (all.get_mut(nth), spans.get_mut(nth)) else { return };
    for (nth, control) in body.controls.iter().enumerate() {
        let span = text.span(&["controls".into(), nth.into(), "id".into()]);
        let earlier = framework.controls.iter().position(|one| one.id == control.id);
        if let Some(first) = earlier.and_then(|earlier| spans.get(earlier)) {
            let message = format!("the framework `{}` has two controls `{}`", framework.id, control.id);
            out.push(
                Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .at(span, "again")
                    .at(*first, "first here")
                    .help("give the second one another id"),
            );
            continue;
        }
        framework.controls.push(control.clone());
        spans.push(span);
    }
}

fn attest(body: Controls, text: &Text, sources: &Sources, all: &mut [Framework], out: &mut Vec<Diagnostic>) {
    let Some(framework) = all.iter_mut().find(|one| one.id == body.framework) else { return };
    for (nth, attestation) in body.attestations.into_iter().enumerate() {
        let span = |key: &'static str| text.span(&["attestations".into(), nth.into(), key.into()]);
        let ids = framework.controls.iter().map(|control| control.id.as_str());
        if framework.controls.iter().all(|control| control.id != attestation.control) {
            let near = guess(out, attestation.control.as_str(), ids);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`holdfast audit --list` prints the ids of all controls".to_owned(),
            };
            let message = format!("`{}` has no control `{}`", framework.id, attestation.control);
            out.push(
                Diagnostic::new(codes::UNKNOWN_CONTROL, message)
                    .at(span("control"), "no such control")
                    .help(help),
            );
            continue;
        }
        if attestation.until < attestation.on {
            out.push(
                Diagnostic::new(codes::OUT_OF_RANGE, "the attestation ends before it begins")
                    .at(span("until"), "before `on`")
                    .help("set `until` to the last day on which the attestation counts"),
            );
        }
        framework.attestations.push((attestation, sources.place(span("control"))));
    }
}
