//! The threat model itself: the tests and fixtures that it names exist.

use crate::support::root;

/// A path in the table begins at the repository (`fixtures/…`, `compiler/…`), at `runtime` (`tests/…`, `src/…`) or at `runtime/tests`.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let text = std::fs::read_to_string(root().join("runtime/SECURITY.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut named = 0;
    for row in rows.skip(1) {
        let shown = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let mut paths = shown.split('`').skip(1).step_by(2).peekable();
        assert!(paths.peek().is_some(), "nothing shows: {row}");
        for path in paths {
            named += 1;
            let (file, test) = path.split_once("::").map_or((path, None), |(file, test)| (file, Some(test)));
            let folder = match file.split('/').next() {
                Some("fixtures" | "compiler") => root(),
                Some("tests" | "src") => root().join("runtime"),
                _ => root().join("runtime/tests"),
            };
            let place = folder.join(file);
            assert!(place.exists(), "{path} is named, and there is no {}", place.display());
            if let Some(test) = test {
                let text = std::fs::read_to_string(&place).unwrap();
                assert!(text.contains(&format!("fn {test}()")), "{path}: there is no such test");
            }
        }
    }
    assert!(named > 14, "{named}");
}
