//! Documents in a browser: what `fixtures/look.mjs` sees of a page. It needs a Chromium, which not every machine has: `.ci/run` installs
//! one, and asks for this test by name.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::shipped;
use crate::support::{Bench, packages, root};

fn browser() -> Option<&'static str> {
    let installed = |name: &&str| {
        let mut command = Command::new(name);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    };
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].into_iter().find(installed)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// Look at the document that a command prints.
fn look(bench: &Bench<'_>, browser: &str, command: &str) {
    let (page, pdf) = (bench.folder.path().join("page.html"), bench.folder.path().join("page.pdf"));
    std::fs::write(&page, bench.run(&format!("{command} --format html")).expect(0).stdout).unwrap();
    let output = packages::node()
        .arg(root().join("fixtures/look.mjs"))
        .arg(browser)
        .args([&page, &pdf])
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    let none: [&str; 0] = [];
    assert_eq!(texts(&seen["requests"]), none, "{command}");
    assert_eq!(texts(&seen["said"]), none, "{command}: the console");
    assert_eq!(texts(&seen["unnamed"]), none, "{command}");
    assert_eq!(texts(&seen["folded"]), none, "{command}: not readable on paper");
    let headings = texts(&seen["headings"]);
    assert!(
        headings.len() > 10 && seen["looked"].as_u64() > Some(headings.len() as u64),
        "{command}: {seen}"
    );
    // The outline of the PDF has its headings. Those with other letters than ASCII are written otherwise.
    let pdf = String::from_utf8_lossy(&std::fs::read(pdf).unwrap()).into_owned();
    for heading in headings.into_iter().filter(|heading| heading.is_ascii()) {
        let written = heading.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        assert!(pdf.contains(&format!("/Title ({written})")), "{command}: `{heading}` is not on paper");
    }
}

#[test]
#[ignore = "needs Chromium: cargo test --workspace --test all browser -- --ignored"]
fn pages_ask_for_nothing_name_every_control_and_are_whole_on_paper() {
    let browser = browser().expect("no Chromium is installed");
    let bench = shipped();
    for command in
        ["report policies --as-of 2026-11-30 --runs 20 --offline", "bcp policies --as-of 2026-11-30"]
    {
        look(&bench, browser, command);
    }
}
