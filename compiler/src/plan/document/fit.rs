//! The document within the limits of a comment.

use super::changes::{self, Steps};
use super::{Around, Size, before_steps, policy, report_of};
use crate::plan::Plan;
use crate::report::{self, Block};

/// The most that a comment has. GitHub refuses a body of more than 65,536 characters and documents neither what a character is
/// nor how a line break counts. Here a character counts as its bytes in UTF-8 and a line break as two, so it is within the
/// limit in every way of counting. The rest is for a line that a job adds.
const LIMIT: usize = 65_000;
/// How much of it the part before the steps has.
const HEAD: usize = 40_000;
/// How much of it the part before the steps and the list of the policies have together.
const MOST_WITHOUT_STEPS: usize = 50_000;
/// The smallest size: fewer than 80 texts, of which each character takes at most ten bytes. The next command comes on top.
const LEAST: Size = Size { rows: 5, warnings: 1, names: 1, text: 50 };
/// The sizes of the part before the steps. The first that fits is taken.
const SIZES: [Size; 5] = [
    Size { rows: 40, warnings: usize::MAX, names: 20, text: 4_000 },
    Size { rows: 30, warnings: 20, names: 10, text: 2_000 },
    Size { rows: 20, warnings: 5, names: 5, text: 600 },
    Size { rows: 10, warnings: 2, names: 3, text: 200 },
    LEAST,
];

/// How much of a plan a comment shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything that fits.
    Comment,
    /// Everything but the steps.
    Summary,
}

/// The plan as the Markdown of a comment on a pull request, with a hidden marker by which a job finds its own comment again.
/// Always within GitHub's limit of 65,536 characters. Same plan and surroundings, same bytes.
#[must_use]
pub fn comment(plan: &Plan, around: &Around, extent: Extent) -> String {
    let shown = &*plan.shown();
    let marker = marker(&shown.context.estate, &around.name);
    let draw = |before: &[Block], blocks: Vec<Block>, size: Size| {
        report::comment(&report_of(shown, before, blocks, size), &marker)
    };
    let (mut size, mut before) = (LEAST, Vec::new());
    for next in SIZES {
        (size, before) = (next, before_steps(shown, around, next));
        if length(&draw(&before, Vec::new(), size)) <= HEAD {
            break;
        }
    }
    let steps = Steps::of(shown);
    let with = |blocks: Vec<Block>| draw(&before, blocks, size);
    if extent == Extent::Summary {
        return with(policy::count_of(shown).into_iter().chain(changes::elsewhere(shown, around)).collect());
    }
    // The list of the policies must leave some room for the steps.
    let mut policy = policy::blocks(shown);
    if length(&with(policy.clone())) > MOST_WITHOUT_STEPS {
        policy = policy::count_of(shown).into_iter().collect();
    }
    let with_steps = |shown: usize| with([policy.as_slice(), &steps.details(plan, around, shown)].concat());
    // Twice as many steps as long as they fit, then the most of those between.
    let (mut fits, mut tried, mut too_many) = (0, steps.count().min(1), steps.count() + 1);
    let mut best = with_steps(0);
    while fits < tried && tried < too_many {
        let text = with_steps(tried);
        if length(&text) <= LIMIT {
            (fits, best) = (tried, text);
        } else {
            too_many = tried;
        }
        let between = fits + (too_many - fits) / 2;
        tried = if too_many > steps.count() { (fits * 2).min(steps.count()) } else { between };
    }
    best
}

/// How many characters a text has at most, however they are counted.
fn length(text: &str) -> usize {
    text.len() + text.matches('\n').count()
}

/// The comment of HTML that names the estate and the comment's own name. It holds nothing secret and nothing that changes.
fn marker(estate: &str, name: &str) -> String {
    format!("<!-- holdfast:plan estate={} name={} -->", plain(estate), plain(name))
}

/// A word that ends no comment of HTML: letters, digits and single hyphens; everything else in percent-encoding.
fn plain(word: &str) -> String {
    let mut out = String::new();
    for byte in word.bytes() {
        match byte {
            b'-' if !out.ends_with('-') => out.push('-'),
            b'.' | b'_' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
