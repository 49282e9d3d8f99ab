//! The difference between two texts, line by line.
//!
//! Both texts can come from an untrusted source, so the work is bounded. The bound is the size of the
//! difference, not the time taken, so that slow and fast machines print the same bytes.

use std::collections::BTreeMap;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, ChangeTag, DiffOp, DiffableStr as _, capture_diff_slices, group_diff_ops};

/// The most lines that may differ, counted over both texts, without the common beginning and the common end.
/// At this bound the slowest of 90 kinds of pairs (random lines drawn from 64 different ones; permutations,
/// reversals and shifted periods are faster) takes 0.25 s in a release build on one core of a small machine.
const MOST_LINES: usize = 100_000;
/// The same bound in bytes: two policy files of the largest size.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The lines to delete and to insert.
pub(crate) struct LineDiff<'a> {
    before: Vec<&'a str>,
    after: Vec<&'a str>,
    operations: Vec<DiffOp>,
}

/// Adjacent changes with the lines around them.
pub(crate) struct Hunk<'a> {
    diff: &'a LineDiff<'a>,
    operations: Vec<DiffOp>,
}

impl<'a> LineDiff<'a> {
    /// Compare two texts. Beyond the bound, everything between the common beginning and the common end is
    /// reported as one change.
    pub(crate) fn new(before: &'a str, after: &'a str) -> Self {
        let (before, after) = (before.tokenize_lines(), after.tokenize_lines());
        let begin = common(before.iter(), after.iter());
        let longest = before.len().min(after.len()) - begin;
        let end = common(before.iter().rev(), after.iter().rev()).min(longest);
        let middle = |lines: &[&str]| {
            let lines = lines.get(begin..lines.len() - end).unwrap_or_default();
            (lines.len(), lines.iter().map(|line| line.len()).sum::<usize>())
        };
        let ((old_len, old_bytes), (new_len, new_bytes)) = (middle(&before), middle(&after));
        let operations = if old_len + new_len <= MOST_LINES && old_bytes + new_bytes <= MOST_BYTES {
            let mut numbers = BTreeMap::new();
            let (old, new) = (numbered(&before, &mut numbers), numbered(&after, &mut numbers));
            capture_diff_slices(Algorithm::Myers, &old, &new)
        } else {
            vec![
                DiffOp::Equal { old_index: 0, new_index: 0, len: begin },
                DiffOp::Replace { old_index: begin, old_len, new_index: begin, new_len },
                DiffOp::Equal { old_index: begin + old_len, new_index: begin + new_len, len: end },
            ]
        };
        Self { before, after, operations }
    }

    /// The changes, each with this many lines of context. Empty if the texts are equal.
    pub(crate) fn hunks(&self, context: usize) -> impl Iterator<Item = Hunk<'_>> {
        let groups = group_diff_ops(self.operations.clone(), context).into_iter();
        groups.filter(|group| !group.is_empty()).map(|operations| Hunk { diff: self, operations })
    }
}

impl Hunk<'_> {
    /// The line numbers as a unified diff writes them: `@@ -1,3 +1,4 @@`.
    pub(crate) fn header(&self) -> String {
        UnifiedHunkHeader::new(&self.operations).to_string()
    }

    /// Its lines, with their line ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (ChangeTag, &str)> {
        let changes =
            self.operations.iter().flat_map(|op| op.iter_changes(&self.diff.before, &self.diff.after));
        changes.map(|change| (change.tag(), change.value()))
    }
}

/// The number of equal lines from the first on.
fn common<'a>(one: impl Iterator<Item = &'a &'a str>, other: impl Iterator<Item = &'a &'a str>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// Number the lines so that equal lines have equal numbers. Comparing numbers is fast even if lines are long.
fn numbered<'a>(lines: &[&'a str], numbers: &mut BTreeMap<&'a str, usize>) -> Vec<usize> {
    let number = |line: &&'a str| {
        let next = numbers.len();
        *numbers.entry(line).or_insert(next)
    };
    lines.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The deleted lines, the inserted lines, and the number of context lines.
    fn changes(before: &str, after: &str) -> (Vec<String>, Vec<String>, usize) {
        let diff = LineDiff::new(before, after);
        let (mut deleted, mut inserted, mut context) = (Vec::new(), Vec::new(), 0);
        for hunk in diff.hunks(3) {
            for (tag, line) in hunk.lines() {
                match tag {
                    ChangeTag::Delete => deleted.push(line.to_owned()),
                    ChangeTag::Insert => inserted.push(line.to_owned()),
                    ChangeTag::Equal => context += 1,
                }
            }
        }
        (deleted, inserted, context)
    }

    /// Lines in no order, with many repetitions: the slowest case for algorithms that look for the shortest
    /// difference.
    fn scrambled(lines: usize, mut seed: u64) -> String {
        let mut line = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("line {}\n", (seed >> 33) % 64)
        };
        (0..lines).map(|_| line()).collect()
    }

    #[test]
    fn same_texts_always_give_the_same_difference() {
        for lines in [1_000, MOST_LINES / 2, MOST_LINES] {
            let (before, after) = (scrambled(lines, 1), scrambled(lines, 2));
            assert_eq!(changes(&before, &after), changes(&before, &after), "{lines} lines");
        }
    }

    #[test]
    fn applying_the_difference_gives_the_other_text() {
        for lines in [0, 1, 1_000, MOST_LINES] {
            let (before, after) = (scrambled(lines, 1), scrambled(lines / 2, 2));
            let diff = LineDiff::new(&before, &after);
            let all = diff.hunks(2 * MOST_LINES).collect::<Vec<_>>();
            let without = |tag: ChangeTag| -> String {
                let lines = all.iter().flat_map(Hunk::lines);
                lines.filter(|(found, _)| *found != tag).map(|(_, line)| line).collect()
            };
            assert!(without(ChangeTag::Insert) == before, "{lines} lines");
            assert!(without(ChangeTag::Delete) == after, "{lines} lines");
        }
    }

    #[test]
    fn text_beyond_the_bound_is_one_changed_block() {
        let text = |first: &str, last: &str| {
            let same = "same\n".repeat(MOST_LINES);
            format!("begin\n{first}\n{same}{last}\nend\n")
        };
        let (before, after) = (text("a", "b"), text("c", "d"));
        let (deleted, inserted, context) = changes(&before, &after);
        assert_eq!((deleted.len(), inserted.len(), context), (MOST_LINES + 2, MOST_LINES + 2, 2));
    }

    #[test]
    fn one_changed_line_in_a_text_of_any_size_is_one_changed_line() {
        let text = |line: &str| format!("{0}{line}\n{0}", "same\n".repeat(MOST_LINES));
        let (deleted, inserted, context) = changes(&text("a"), &text("b"));
        assert_eq!((deleted, inserted, context), (vec!["a\n".to_owned()], vec!["b\n".to_owned()], 6));
    }

    #[test]
    fn long_lines_count_against_the_bound() {
        let text = |mark: &str| format!("{mark}\n{}\n{mark}\n", "x".repeat(MOST_BYTES / 2));
        let (deleted, inserted, context) = changes(&text("a"), &text("b"));
        assert_eq!((deleted.len(), inserted.len(), context), (3, 3, 0));
    }
}
