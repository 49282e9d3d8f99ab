//! What an audit is made from: the policies with their history, the cloud, and files of controls.

mod applied;
mod applied_check;
mod bundle;

use std::path::{Path, PathBuf};

use holdfast_compiler::audit::{self, Audit, Framework, Inputs, Lines, frameworks};
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::MAX_FILE_BYTES;
use holdfast_compiler::report::Report;
use holdfast_compiler::units::Date;

pub use applied::{AppliedError, AppliedPlan};
pub use applied_check::{CheckedPlan, Content};
pub use bundle::{Besides, Bundle, BundleError, Checked, KeyStanding, SignedBy, bundle, check};

use crate::estate::Findings;
use crate::estate_report::EstateReport;
use crate::files;

/// Which program makes a bundle.
const MADE_BY: &str = concat!("holdfast ", env!("CARGO_PKG_VERSION"));

/// Frameworks, and the user's files that they come from.
#[derive(Debug)]
pub struct ReadFrameworks {
    /// The frameworks.
    pub frameworks: Vec<Framework>,
    /// The path and the text of each file.
    pub files: Vec<(String, String)>,
}

/// The frameworks that Holdfast has, with those of the user's files.
///
/// # Errors
/// A file cannot be read, or is not valid.
pub fn read_frameworks(paths: &[PathBuf]) -> Result<ReadFrameworks, Findings> {
    let mut files = Vec::new();
    for path in paths {
        files.push((path.display().to_string().replace('\\', "/"), read(path)?));
    }
    let frameworks = frameworks(&files).map_err(|(findings, sources)| Findings { findings, sources })?;
    Ok(ReadFrameworks { frameworks, files })
}

fn read(path: &Path) -> Result<String, Findings> {
    files::read_text(path, MAX_FILE_BYTES).map_err(|error| {
        let message = format!("the file of controls cannot be read: {error}");
        let help = "name a readable file whose documents begin with `kind: controls`";
        let finding = Diagnostic::new(codes::BAD_CONTROLS, message).help(help);
        Findings { findings: vec![finding], ..Findings::default() }
    })
}

/// Add the controls of the frameworks that Holdfast has to a report of the estate, with their evidence.
///
/// # Errors
/// A framework is not valid.
pub fn add_controls(read: &EstateReport, report: &mut Report) -> Result<(), Findings> {
    let ReadFrameworks { frameworks, .. } = read_frameworks(&[])?;
    assess(read, &frameworks, None, &Lines::NotAsked, |audit| audit::add_controls(report, audit));
    Ok(())
}

/// Assess the controls of some frameworks, with the commits of the lines of the policies, and do something with the audit. It says nothing about how to reach people.
pub fn assess<T>(
    read: &EstateReport,
    frameworks: &[Framework],
    since: Option<Date>,
    lines: &Lines,
    with: impl FnOnce(&Audit<'_>) -> T,
) -> T {
    let status = read.status();
    let inputs = Inputs {
        plan: read.continuity.inputs(false),
        waived: &read.continuity.waived,
        live: read.live(status.as_ref()),
        lines,
        frameworks,
        since,
    };
    with(&Audit::of(&inputs))
}
