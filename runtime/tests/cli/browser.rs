//! Documents in a browser: what `fixtures/look.mjs` sees of a page. It needs a Chromium, which not every machine has: `.ci/run` installs
//! one, and asks for this test by name.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::shipped;
use crate::hostile::policies;
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

fn texts_of<'v>(seen: &'v Value, key: &str) -> Vec<&'v str> {
    seen[key].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// What the browser sees of the document that a command prints, and the document on paper.
fn seen(bench: &Bench<'_>, browser: &str, command: &str) -> (Value, Vec<u8>) {
    let (page, pdf) = (bench.folder.path().join("page.html"), bench.folder.path().join("page.pdf"));
    std::fs::write(&page, bench.run(&format!("{command} --format html")).expect(0).stdout).unwrap();
    let output = packages::node()
        .arg(root().join("fixtures/look.mjs"))
        .arg(browser)
        .args([&page, &pdf])
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    (serde_json::from_slice(&output.stdout).unwrap(), std::fs::read(pdf).unwrap())
}

/// Look at the document that a command prints.
fn look(bench: &Bench<'_>, browser: &str, command: &str) {
    let (seen, pdf) = seen(bench, browser, command);
    let none: [&str; 0] = [];
    assert_eq!(texts_of(&seen, "requests"), none, "{command}");
    assert_eq!(texts_of(&seen, "said"), none, "{command}: the console");
    assert_eq!(texts_of(&seen, "unnamed"), none, "{command}");
    assert_eq!(texts_of(&seen, "folded"), none, "{command}: not readable on paper");
    let headings = texts_of(&seen, "headings");
    assert!(
        headings.len() > 10 && seen["looked"].as_u64() > Some(headings.len() as u64),
        "{command}: {seen}"
    );
    // The outline of the PDF has its headings. Those with other letters than ASCII are written otherwise.
    let pdf = String::from_utf8_lossy(&pdf).into_owned();
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

/// Text that would do something if a browser took it for more than text.
const HOSTILE: [&str; 16] = [
    "<script>alert(1)</script>",
    "<img src=//evil.example/x onerror=alert(1)>",
    "</title></style></details></table><h1>x</h1>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)' autofocus onfocus='alert(1)",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>click</a>",
    "<link rel=stylesheet href=//evil.example/x><style>*{background:url(//evil.example/y)}</style>",
    "<meta http-equiv=refresh content=0;url=//evil.example/>",
    "<form action=//evil.example/><button autofocus>x</button></form>",
    "<base href=//evil.example/>",
    "&lt;b&gt; &#60;i&#62;",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "\u{1b}[31mred\u{1b}[0m \u{202e}desrever\u{2066} \u{200b}hidden\u{feff}",
    "=cmd|' /C calc'!A0 ../../etc/passwd",
    "<!-- --!> <![CDATA[ <?x",
];

#[test]
#[ignore = "needs Chromium: cargo test --workspace --test all browser -- --ignored"]
fn hostile_text_in_every_field_runs_nothing_asks_for_nothing_and_adds_no_element() {
    let browser = browser().expect("no Chromium is installed");
    let free = policies::free();
    // All of it, and alone what would end an attribute or the head. Columns with a long word are laid out otherwise, so all have one.
    let texts = [HOSTILE.join("\n"), HOSTILE[3].to_owned(), HOSTILE[2].to_owned()];
    let with_long_word = |text: &str| format!("{text} {}", "x".repeat(60));
    for command in [
        "report policies --as-of 2026-11-30 --runs 20 --offline --with-contacts",
        "bcp policies --as-of 2026-11-30 --with-contacts",
        "audit policies --as-of 2026-11-30 --offline",
    ] {
        let of = |text: &str| {
            let bench = shipped();
            for old in ["estate", "continuity", "drills", "payments", "web-shop", "archive"] {
                let _ = std::fs::remove_file(bench.folder.path().join(format!("policies/{old}.yaml")));
            }
            bench.write("policies/all.yaml", &policies::text(&policies::everywhere(&free, text)));
            seen(&bench, browser, command).0
        };
        let ours = of(&with_long_word("ours"));
        assert!(ours["elements"].as_array().unwrap().len() > 200, "{command}");
        for text in &texts {
            let seen = of(&with_long_word(text));
            let none: [&str; 0] = [];
            assert_eq!(texts_of(&seen, "requests"), none, "{command}: {text}");
            assert_eq!(texts_of(&seen, "said"), none, "{command}: {text}");
            // Some lists are in the order of their texts, so the elements are compared in an order of their own.
            let sorted = |page| {
                let mut elements = texts_of(page, "elements");
                elements.sort_unstable();
                elements
            };
            let (ours, seen) = (sorted(&ours), sorted(&seen));
            let differs = ours.iter().zip(&seen).find(|(ours, seen)| ours != seen);
            assert_eq!((differs, seen.len()), (None, ours.len()), "{command}: {text}");
        }
    }
}
