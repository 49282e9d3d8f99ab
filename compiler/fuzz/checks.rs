//! Properties of every text, from any source. The fuzz targets and `tests/corpus.rs` check the same ones.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each target asks one of them, and fails by panic"
)]

use holdfast_compiler::compile::{Compiled, Options};
use holdfast_compiler::diagnostic::machine::{self, ReportFormat};
use holdfast_compiler::diagnostic::{Diagnostic, Style, render};
use holdfast_compiler::format::Formatted;
use holdfast_compiler::lower::{self, TargetAccounts};
use holdfast_compiler::objectives::{self, Deriver, Facts};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::{self, Accounts, Context, Inputs};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::printable::Seal;
use holdfast_compiler::resource::{Lifecycle, known};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;
use holdfast_compiler::{compile, document, format};

/// A line that starts another file, because some findings have places in two files.
pub(crate) const ANOTHER_FILE: &str = "\n#=file\n";

const STYLE: Style = Style { color: Some(Seal::new(7)), width: 80 };

/// The front end: text into documents.
pub(crate) fn read(text: &str) {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    let mut findings = Vec::new();
    let documents = document::read(&sources, &mut findings);
    for document in documents {
        let range = document.text.range();
        assert!(text.get(range.start..range.end).is_some(), "{range:?} is not inside the text");
    }
    report(&findings, &sources);
}

/// The whole pipeline: text into a plan.
pub(crate) fn compile(text: &str) {
    let mut sources = Sources::default();
    for (nth, file) in text.split(ANOTHER_FILE).enumerate() {
        sources.add(format!("{nth}.yaml"), file);
    }
    for as_of in [None, Date::parse("2026-07-01")] {
        match compile::compile(&sources, Options { as_of }) {
            Err(findings) => report(&findings, &sources),
            Ok(compiled) => {
                report(&compiled.warnings, &sources);
                for waived in &compiled.waived {
                    report(std::slice::from_ref(&waived.finding), &sources);
                }
                let policy = &compiled.policy;
                let all = Deriver::new(policy, as_of).all(Facts::wanted);
                assert_eq!(all.len(), policy.services.len(), "every service has its derivation");
                let losses = objectives::losses(policy, as_of);
                let _ = objectives::text(policy, &all, &losses, &sources, STYLE);
                let _ = objectives::json(policy, &all, &losses, &sources, as_of);
                plan(&compiled, &sources);
            }
        }
    }
}

/// The plan for an empty cloud, and for one that has only the zones.
fn plan(compiled: &Compiled, sources: &Sources) {
    let target = TargetAccounts::one("aws", "000000000000".to_owned());
    let graph = match lower::lower(&compiled.policy, &target) {
        Ok(graph) => graph,
        Err(findings) => return report(&findings, sources),
    };
    let zones =
        graph.iter().filter(|resource| resource.address.kind().schema().lifecycle == Lifecycle::Prerequisite);
    let zones = zones.enumerate().map(|(nth, resource)| Object {
        kind: resource.address.kind(),
        id: format!("Z{nth}"),
        attributes: known(&resource.attributes),
        outputs: [("id".to_owned(), format!("Z{nth}").into())].into(),
    });
    for observation in
        [Observation::default(), Observation { objects: zones.collect(), ..Observation::default() }]
    {
        let context = Context {
            estate: "acme".into(),
            cloud: "fuzz".into(),
            accounts: Accounts::one("aws", "0", "aws"),
        };
        let (graph, observation) = (&graph, &observation);
        match plan::diff(Inputs {
            context,
            sources,
            compiled,
            graph,
            owned: &[],
            copies: &[],
            observation,
            was: &Posture::default(),
            posture: &Posture::default(),
            consents: plan::Consents::default(),
        }) {
            Err(findings) => report(&findings, sources),
            Ok(plan) => {
                let needed = graph.iter().any(|resource| resource.address.kind().is_shared());
                assert!(!needed || !observation.objects.is_empty(), "a zone is not made");
                let _ = plan::text(&plan, None, plan::Listing::Grouped, STYLE, &mut std::io::sink());
                let _ = plan::json(&plan, &mut std::io::sink());
            }
        }
    }
}

/// The layout is stable. (`format` itself checks that the meaning stays the same.)
pub(crate) fn format(text: &str) {
    let mut sources = Sources::default();
    let id = sources.add("a.yaml", text);
    match format::format(id, text) {
        Err(findings) => report(&findings, &sources),
        Ok(Formatted::Left(_)) => {}
        Ok(Formatted::Text(out)) => {
            let again = format::format(id, &out);
            assert!(matches!(&again, Ok(Formatted::Text(same)) if *same == out), "again:\n{out}\n{again:?}");
            let _ = format::diff("a.yaml", text, &out);
        }
    }
}

/// Every mark is inside its text, and no report contains a character that controls a terminal.
fn report(findings: &[Diagnostic], sources: &Sources) {
    for finding in findings {
        let about = finding.about.as_deref();
        for span in finding.labels.iter().map(|label| &label.span).chain(about) {
            let text = &sources.get(span.source).unwrap().text;
            assert!(text.get(span.start..span.end).is_some(), "{span:?} is not inside the text: {finding:?}");
        }
    }
    let drawn = render(findings, sources, Style { color: None, ..STYLE });
    assert!(!drawn.contains(|c: char| c.is_control() && !"\n\t".contains(c)), "{drawn:?}");
    for format in [ReportFormat::Json, ReportFormat::Sarif, ReportFormat::Github] {
        let written = machine::write(findings, sources, format);
        assert!(!written.contains('\u{1b}'), "{written:?}");
    }
}
