//! The seam between providers: what is true of one cloud is in its folder, and nothing neutral names the clouds.
//!
//! The language has words that select a provider, and lists of all providers name them once. Those files are listed here. A file that is
//! not listed must not name Azure or its services; a listed one that no longer does is taken off the list.

#![allow(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "this test reads the sources")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What only Azure has. In comments as well: a neutral rule that is explained by one cloud is a rule of that cloud.
const WORDS: [&str; 8] = [
    "azure",
    "microsoft",
    "storage account",
    "storageaccount",
    "subscriptionid",
    "resource group",
    "object replication",
    "traffic manager",
];

/// The neutral files that name it.
const NAMED: [&str; 10] = [
    // The words that select a provider at a site, for a data set and for a name that fails over, and their direction.
    "compiler/src/document/data.rs",
    "compiler/src/document/estate.rs",
    "compiler/src/document/traffic.rs",
    "compiler/src/policy/direction/table.rs",
    // What a terminal of Azure Pipelines takes for a command.
    "compiler/src/printable/command.rs",
    "compiler/src/printable/hidden.rs",
    "compiler/src/printable/mod.rs",
    // The lists of all providers.
    "compiler/src/provider/mod.rs",
    "runtime/src/provider/mod.rs",
    // An address that no probe asks.
    "runtime/src/drill/probe/page.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// The neutral files of both crates that name Azure.
fn naming() -> BTreeSet<String> {
    let root = root();
    let mut files = Vec::new();
    for sources in ["compiler/src", "runtime/src"] {
        rust_files(&root.join(sources), &mut files);
    }
    assert!(files.len() > 300, "only {} files were read", files.len());
    let named = files.into_iter().filter_map(|path| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        let own = name.contains("/provider/azure/");
        (!own && WORDS.iter().any(|word| text.contains(word))).then_some(name)
    });
    named.collect()
}

#[test]
fn nothing_neutral_names_azure() {
    let listed: BTreeSet<String> = NAMED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(naming(), listed, "left: the files that name Azure; right: those that may");
}

#[test]
fn folder_of_one_provider_does_not_name_the_other() {
    let root = root();
    for (own, other) in [("aws", "azure"), ("azure", "aws")] {
        let mut files = Vec::new();
        for sources in ["compiler/src", "runtime/src"] {
            rust_files(&root.join(sources).join("provider").join(own), &mut files);
        }
        assert!(!files.is_empty());
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            let uses = format!("provider::{other}");
            assert!(!text.contains(&uses), "{}: it uses the code of {other}", path.display());
        }
    }
}
