//! What the compiler reports to the user: a code, a message, the places, the cure.
//!
//! Wording: lower case, no full stop, the user's own words in backticks, the cure in `help`.

pub mod codes;
pub mod machine;
mod render;

pub use crate::printable::visible;
use crate::source::Span;
pub use codes::Code;
pub use render::{Style, render};

/// How many findings of one document, and of all, are reported: nobody reads more, and a hostile file can have a
/// million.
pub(crate) const MOST_REPORTED: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy does not compile, or the run is refused.
    Error,
    /// A warning; nothing is refused.
    Warning,
}

/// A marked piece of the user's text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// What is marked.
    pub span: Span,
    /// What stands beside the mark.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code, with a page behind it (`holdfast explain CODE`).
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// Where; the first label is the place the finding is reported at. Empty for whole files.
    pub labels: Vec<Label>,
    /// The file, where there is no place in a text.
    pub file: Option<String>,
    /// The cure.
    pub help: Option<String>,
    /// The thing it is about, where that is not the first place marked. Boxed, since few have one and errors should
    /// be small.
    pub about: Option<Box<Span>>,
}

impl Diagnostic {
    /// A finding without a place yet, as bad as its code says.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), labels: Vec::new(), file: None, help: None, about: None }
    }

    /// How bad it is: its code says so.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Mark a place. The first one marked is the place of the finding.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Name what it is about: the cause can be in another document.
    #[must_use]
    pub fn about(mut self, span: Span) -> Self {
        self.about = Some(Box::new(span));
        self
    }

    /// Name the file, where no text can be marked.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<String>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Say what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Add the cure, if there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// Put findings in the order of files and places, and drop exact repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let key = |d: &Diagnostic| (d.labels.first().map(|l| l.span), d.code, d.message.clone());
    diagnostics.sort_by_key(key);
    diagnostics.dedup();
}

/// The candidate nearest to what was written, if it is near enough to be a slip of the fingers and no other
/// one is as near.
#[must_use]
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = written.chars().count();
    let allowed = (length / 3).clamp(1, 3);
    // A difference in length alone is that many slips: most candidates need no closer look.
    let near = |candidate: &&str| candidate.chars().count().abs_diff(length) <= allowed;
    let mut best: Vec<(usize, &str)> = candidates
        .into_iter()
        .take(MOST_NAMES)
        .filter(near)
        .map(|candidate| (strsim::damerau_levenshtein(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    best.sort_unstable();
    best.dedup();
    match best.as_slice() {
        [(first, _), (second, _), ..] if first == second => None,
        [(_, nearest), ..] => Some(nearest),
        [] => None,
    }
}

/// [`did_you_mean`], for lists that a hostile file can make as long as it likes: while somebody still reads what
/// is found.
pub(crate) fn guess<'a>(
    found: &[Diagnostic],
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if found.len() < MOST_GUESSES { did_you_mean(written, candidates) } else { None }
}

/// What may have been meant, or all there is to choose from; for the same lists.
pub(crate) fn choices<'a, I: Iterator<Item = &'a str>>(
    found: &[Diagnostic],
    written: &str,
    candidates: impl Fn() -> I,
) -> Option<String> {
    if found.len() >= MOST_GUESSES {
        return None;
    }
    Some(match did_you_mean(written, candidates()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it can be {}", one_of(candidates())),
    })
}

/// How many findings there may be until misspelt names are no longer compared with anything.
const MOST_GUESSES: usize = 10 * MOST_REPORTED;

/// How many names are compared with a misspelt one.
const MOST_NAMES: usize = 1_000;

/// How many names a sentence lists. The regions of AWS are the longest list worth reading.
const LONGEST_LIST: usize = 50;

/// A list for a sentence: `a`, `b` or `c`.
#[must_use]
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let quoted: Vec<String> = names.by_ref().take(LONGEST_LIST).map(|name| format!("`{name}`")).collect();
    if names.next().is_some() {
        return format!("{} and so on", quoted.join(", "));
    }
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
