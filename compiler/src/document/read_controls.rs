//! Reading files of controls.

use super::controls::Controls;
use super::schema::controls_validator;
use super::{Text, first_key, schema_error, trees, typed};
use crate::diagnostic::{Diagnostic, MOST_REPORTED, codes};
use crate::source::{SourceId, Sources};

/// How every document of controls begins.
const BEGIN: &str = "begin each document with `kind: controls`";

/// Read every document of every source, in their order.
///
/// # Errors
/// All findings about their text.
pub fn read_controls(sources: &Sources) -> Result<Vec<(Controls, Text)>, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let mut all = Vec::new();
    for (id, source) in sources.iter() {
        let before = all.len() + findings.len();
        all.extend(of_source(id, &source.text, &mut findings));
        if all.len() + findings.len() == before {
            let message = "there are no controls in this file";
            findings
                .push(Diagnostic::new(codes::BAD_CONTROLS, message).in_file(source.path.clone()).help(BEGIN));
        }
    }
    if findings.is_empty() { Ok(all) } else { Err(findings) }
}

fn of_source(id: SourceId, text: &str, out: &mut Vec<Diagnostic>) -> Vec<(Controls, Text)> {
    let Some(validator) = controls_validator() else { return Vec::new() };
    let mut all = Vec::new();
    for tree in trees(id, text, out) {
        let Some(root) = tree.root() else { continue };
        let json = tree.to_json(root);
        if json.is_null() {
            continue;
        }
        let whole = first_key(&tree, root.span);
        let before = out.len();
        validator
            .iter_errors(&json)
            .take(MOST_REPORTED)
            .for_each(|error| schema_error::report(&tree, whole, &error, out));
        if out.len() == before
            && let Some(controls) = typed(json, &tree, whole, out)
        {
            all.push((controls, Text { tree, whole }));
        }
    }
    all
}
