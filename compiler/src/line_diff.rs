//! The difference between two texts, line by line.
//!
//! Both texts can be a stranger's, so the work has a bound. The bound is the size of what differs and never the time it
//! takes: a slow machine prints the same bytes as a fast one.

use std::collections::BTreeMap;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, ChangeTag, DiffOp, DiffableStr as _, capture_diff_slices, group_diff_ops};

/// How many lines may differ: those of both texts together, without the lines that both begin or end with. At this
/// bound the worst of 90 kinds of pairs (random lines of 64 different ones; permutations, reversals and shifted periods
/// take less) takes 0.25 s in a release build on one core of a small machine.
const MOST_LINES: usize = 100_000;
/// The same in bytes: two policy files of the largest size.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Which lines go and which come.
pub(crate) struct LineDiff<'a> {
    before: Vec<&'a str>,
    after: Vec<&'a str>,
    operations: Vec<DiffOp>,
}

/// Changes that stand close together, with the lines around them.
pub(crate) struct Hunk<'a> {
    diff: &'a LineDiff<'a>,
    operations: Vec<DiffOp>,
}

impl<'a> LineDiff<'a> {
    /// Compare two texts. Beyond the bound, all between their common beginning and their common end has changed.
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

    /// The changes, each with this many lines of context. None where the texts are the same.
    pub(crate) fn hunks(&self, context: usize) -> impl Iterator<Item = Hunk<'_>> {
        let groups = group_diff_ops(self.operations.clone(), context).into_iter();
        groups.filter(|group| !group.is_empty()).map(|operations| Hunk { diff: self, operations })
    }
}

impl Hunk<'_> {
    /// Which lines it is about, as a unified diff says it: `@@ -1,3 +1,4 @@`.
    pub(crate) fn header(&self) -> String {
        UnifiedHunkHeader::new(&self.operations).to_string()
    }

    /// Its lines, with their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (ChangeTag, &str)> {
        let changes =
            self.operations.iter().flat_map(|op| op.iter_changes(&self.diff.before, &self.diff.after));
        changes.map(|change| (change.tag(), change.value()))
    }
}

/// How many lines are the same from the first on.
fn common<'a>(one: impl Iterator<Item = &'a &'a str>, other: impl Iterator<Item = &'a &'a str>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// A number for each line, the same for the same text, so that a long line is not compared again and again.
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

    /// All that goes, all that comes, and how many lines of context there are.
    fn changes(before: &str, after: &str) -> (Vec<String>, Vec<String>, usize) {
        let diff = LineDiff::new(before, after);
        let (mut gone, mut come, mut kept) = (Vec::new(), Vec::new(), 0);
        for hunk in diff.hunks(3) {
            for (tag, line) in hunk.lines() {
                match tag {
                    ChangeTag::Delete => gone.push(line.to_owned()),
                    ChangeTag::Insert => come.push(line.to_owned()),
                    ChangeTag::Equal => kept += 1,
                }
            }
        }
        (gone, come, kept)
    }

    /// Lines that come back in no order: the hardest for every algorithm that looks for the shortest difference.
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
        let (gone, come, kept) = changes(&before, &after);
        assert_eq!((gone.len(), come.len(), kept), (MOST_LINES + 2, MOST_LINES + 2, 2));
    }

    #[test]
    fn one_changed_line_in_a_text_of_any_size_is_one_changed_line() {
        let text = |line: &str| format!("{0}{line}\n{0}", "same\n".repeat(MOST_LINES));
        let (gone, come, kept) = changes(&text("a"), &text("b"));
        assert_eq!((gone, come, kept), (vec!["a\n".to_owned()], vec!["b\n".to_owned()], 6));
    }

    #[test]
    fn long_lines_count_against_the_bound() {
        let text = |mark: &str| format!("{mark}\n{}\n{mark}\n", "x".repeat(MOST_BYTES / 2));
        let (gone, come, kept) = changes(&text("a"), &text("b"));
        assert_eq!((gone.len(), come.len(), kept), (3, 3, 0));
    }
}
