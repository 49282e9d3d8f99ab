//! The bill of materials that the build gate writes: what its readers may rely on.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{packages, root};
use jsonschema::{Registry, ValidationError, Validator};
use serde_json::Value;

fn bill() -> String {
    let output = Command::new(packages::python()).arg(root().join(".ci/sbom.py")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The official schema of `CycloneDX` 1.5 (`schema/` of CycloneDX/specification), which a package contains with the
/// two schemas that it refers to.
fn standard() -> Validator {
    let read = |name: &str| -> Value {
        let folder = packages::package("cyclonedx").join("schema/_res");
        serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
    };
    let mut registry = Registry::new();
    for name in ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"] {
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), read(name)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let options = jsonschema::options().should_validate_formats(true).with_registry(&registry);
    options.build(&read("bom-1.5.SNAPSHOT.schema.json")).unwrap()
}

#[test]
fn bill_of_materials_is_valid_and_contains_no_machine_details() {
    let text = bill();
    let error = |error: ValidationError<'_>| format!("{}: {error}", error.instance_path());
    let complaints: Vec<_> = standard().iter_errors(&text.parse().unwrap()).map(error).collect();
    assert_eq!(complaints, Vec::<String>::new());
    assert!(!text.contains(root().to_str().unwrap()));
    assert_eq!(text, bill(), "the same sources give the same bytes");
}

#[test]
fn bill_of_materials_lists_each_locked_package_with_its_digest() {
    let bill: Value = bill().parse().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let listed: BTreeSet<_> = (bill["components"].as_array().unwrap().iter())
        .chain([&bill["metadata"]["component"]])
        .map(|c| [&c["name"], &c["version"], &c["hashes"][0]["content"]].map(text))
        .collect();
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let locked: BTreeSet<_> = (lock.split("[[package]]").skip(1))
        .map(|package| {
            let value =
                |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
            ["name", "version", "checksum"]
                .map(|key| value(key).unwrap_or("none").trim_matches('"').to_owned())
        })
        .collect();
    assert_eq!(listed, locked);
}

#[test]
fn bill_of_materials_separates_runtime_from_test_dependencies() {
    let bill: Value = bill().parse().unwrap();
    let scope = |name: &str| {
        let named = |c: &&Value| c["name"] == name;
        bill["components"].as_array().unwrap().iter().find(named).unwrap()["scope"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // One that is linked, one that runs at build time, one of the tests.
    let scopes = ["tokio", "serde_derive", "proptest"].map(scope);
    assert_eq!(scopes, ["required", "required", "excluded"]);
    let program = &bill["metadata"]["component"]["bom-ref"];
    let graph = bill["dependencies"].as_array().unwrap();
    let edges = graph.iter().find(|edges| edges["ref"] == *program).unwrap()["dependsOn"].as_array().unwrap();
    let compiler = |on: &Value| on.as_str().unwrap().starts_with("pkg:cargo/holdfast-compiler@");
    assert!(edges.iter().any(compiler), "{edges:?}");
}
