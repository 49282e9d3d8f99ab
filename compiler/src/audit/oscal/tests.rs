//! The files fit together, and the check finds what validators of the format let pass.

use super::super::tests::Case;
use super::*;

fn made() -> Vec<OscalFile> {
    Case::default().audit(|audit| oscal(audit).unwrap())
}

/// The files, made once: an audit takes a moment.
fn files() -> Vec<OscalFile> {
    static FILES: std::sync::LazyLock<Vec<OscalFile>> = std::sync::LazyLock::new(made);
    FILES.clone()
}

/// What the check says after some text of a file was replaced.
fn faults(name: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = files();
    let file = files.iter_mut().find(|file| file.name.starts_with(name)).unwrap();
    assert!(file.text.contains(from), "{name} has no {from}");
    file.text = file.text.replacen(from, to, 1);
    let all: Vec<(&str, &str)> = files.iter().map(|file| (file.name, file.text.as_str())).collect();
    check(&all)
}

#[test]
fn files_fit_together_and_are_the_same_every_time() {
    let files = files();
    assert_eq!(files.len(), 5);
    assert_eq!(files, made());
    let results: Value = serde_json::from_str(&files[3].text).unwrap();
    let result = &results["assessment-results"]["results"][0];
    let attested = &result["attestations"].as_array().unwrap()[0]["parts"][0];
    let props = result["props"].as_array().unwrap();
    let not_assessed: Vec<&str> = props
        .iter()
        .filter(|prop| prop["name"] == "not-assessed")
        .map(|prop| prop["value"].as_str().unwrap())
        .collect();
    assert!(not_assessed.contains(&"cp-9.8"));
    for finding in result["findings"].as_array().unwrap() {
        let target = finding["target"]["target-id"].as_str().unwrap();
        let control = target.trim_end_matches("_smt");
        assert!(!not_assessed.contains(&control), "what is not assessed is no finding");
        assert_ne!(attested["props"][0]["value"], control, "what is attested is no finding");
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let digits = |file: &str, key: &str| {
        let files = files();
        let text = &files.iter().find(|one| one.name.starts_with(file)).unwrap().text;
        let at = text.find(key).unwrap() + key.len();
        text[at..at + 36].to_owned()
    };
    let observation = digits("assessment-results", "\"observation-uuid\": \"");
    let subject = digits("assessment-results", "\"subject-uuid\": \"");
    let finding = digits("plan-of-action", "\"finding-uuid\": \"");
    let import = digits("assessment-results", "\"href\": \"#");
    let other = "2ed6657d-e927-568b-95e1-2665a8aea6a2";
    let random = "2ed6657d-e927-468b-95e1-2665a8aea6a2";
    for (file, from, to, says) in [
        (
            "assessment-results",
            format!("\"observation-uuid\": \"{observation}"),
            format!("\"observation-uuid\": \"{other}"),
            "leads nowhere",
        ),
        (
            "assessment-results",
            format!("\"subject-uuid\": \"{subject}"),
            format!("\"subject-uuid\": \"{other}"),
            "leads nowhere",
        ),
        (
            "plan-of-action",
            format!("\"finding-uuid\": \"{finding}"),
            format!("\"finding-uuid\": \"{other}"),
            "leads nowhere",
        ),
        (
            "assessment-results",
            format!("\"href\": \"#{import}"),
            format!("\"href\": \"#{other}"),
            "leads nowhere",
        ),
        ("assessment-results", "assessment-plan.json".to_owned(), "plan.json".to_owned(), "there is no file"),
        ("assessment-results", "\"EXAMINE\"".to_owned(), "\"test\"".to_owned(), "no method `test`"),
        ("assessment-results", "\"fail\"".to_owned(), "\"pass\"".to_owned(), "with the reason `pass`"),
        ("assessment-results", "\"SHA-256\"".to_owned(), "\"sha256\"".to_owned(), "no hash `sha256`"),
        (
            "assessment-results",
            "\"end\": \"2026".to_owned(),
            "\"end\": \"2025".to_owned(),
            "ends before it starts",
        ),
        ("assessment-results", "00:00:00Z".to_owned(), "00:00:00".to_owned(), "no moment"),
        ("assessment-plan", "\"days\"".to_owned(), "\"quarters\"".to_owned(), "no unit of time"),
        ("assessment-plan", "\"cp-1\"".to_owned(), "\"zz-99\"".to_owned(), "no catalogue has the control"),
        ("assessment-results", "_smt\"".to_owned(), "_zz\"".to_owned(), "no catalogue has the statement"),
        ("component-definition", "\"1.2.1\"".to_owned(), "\"1.3.0\"".to_owned(), "the version of OSCAL"),
        (
            "component-definition",
            format!("\"source\": \"#{}", digits("component-definition", "\"source\": \"#")),
            format!("\"source\": \"#{other}"),
            "leads nowhere",
        ),
        ("catalog", "Coordinate with Related Plans".to_owned(), String::new(), "is empty"),
        ("catalog", "Contingency Plan".to_owned(), "Another Plan".to_owned(), "the hash of catalog.json"),
        (
            "plan-of-action",
            format!("\"uuid\": \"{finding}"),
            format!("\"uuid\": \"{random}"),
            "no UUID of version 5",
        ),
    ] {
        let found = faults(file, &from, &to);
        assert!(found.iter().any(|fault| fault.contains(says)), "{from} → {to}: {found:?}");
    }
}

#[test]
fn text_of_others_stays_text_in_the_markdown_of_oscal() {
    let own = "kind: controls\nframework: mine\ntitle: \"<img src=x> [a](b)\"\ncontrols:\n  - { id: cp-1, label: \"=1\", title: \"*bold* \
               <script>\", asks: \"see ![x](y)\", evidence: [backups] }\n";
    let one = Case { controls: own, ..Case::default() };
    let files = one.audit(|audit| oscal(audit).unwrap());
    for file in &files {
        assert!(!file.text.contains("<script>") && !file.text.contains("<img"), "{}", file.name);
    }
    assert!(files[0].text.contains("mine-cp-1") && files[0].text.contains("nist-800-53-cp-1"));
}
