//! What the compiler reports to the user: a code, a message, places in the text, and help.
//!
//! Wording: lower case, no full stop, the user's own words in backticks, how to fix it in `help`.

pub mod codes;
pub mod machine;
mod render;

pub use crate::printable::visible;
use crate::source::Span;
pub use codes::Code;
pub use render::{Style, render};

/// The most findings that are reported for one document, and in total. Nobody reads more, and a hostile file
/// can cause a million.
pub(crate) const MOST_REPORTED: usize = 100;

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy does not compile, or the run is refused.
    Error,
    /// Something to fix or to accept; nothing is refused.
    Warning,
}

/// A marked piece of the user's text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// What is marked.
    pub span: Span,
    /// The note beside the mark.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code; `holdfast explain CODE` shows its page.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The places. The first label is the place of the finding. Empty for a finding about a whole file.
    pub labels: Vec<Label>,
    /// The file, for a finding without a place.
    pub file: Option<String>,
    /// How to fix it.
    pub help: Option<String>,
    /// The thing that the finding is about, if it is not the first label. Boxed to keep errors small, because
    /// few findings have one.
    pub about: Option<Box<Span>>,
}

impl Diagnostic {
    /// A finding without a place. Its severity is that of its code.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), labels: Vec::new(), file: None, help: None, about: None }
    }

    /// The severity, which the code determines.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Mark a place. The first marked place is the place of the finding.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Set the thing that the finding is about. The cause can be in another document.
    #[must_use]
    pub fn about(mut self, span: Span) -> Self {
        self.about = Some(Box::new(span));
        self
    }

    /// Set the file, for a finding without a place.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<String>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Say how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Add the help, if there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// Sort findings by file and place, and remove exact repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let key = |d: &Diagnostic| (d.labels.first().map(|l| l.span), d.code, d.message.clone());
    diagnostics.sort_by_key(key);
    diagnostics.dedup();
}

/// The candidate nearest to the written word, if it is near enough to be a typing mistake and no other
/// candidate is equally near.
#[must_use]
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = written.chars().count();
    let allowed = (length / 3).clamp(1, 3);
    // A difference in length is at least that many mistakes, so most candidates need no comparison.
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

/// [`did_you_mean`] for lists that a hostile file can make arbitrarily long: stops comparing after
/// [`MOST_GUESSES`] findings.
pub(crate) fn guess<'a>(
    found: &[Diagnostic],
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if found.len() < MOST_GUESSES { did_you_mean(written, candidates) } else { None }
}

/// The help for a misspelt word: the nearest candidate, or all candidates. Bounded as in [`guess`].
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

/// The number of findings after which misspelt names are no longer compared.
const MOST_GUESSES: usize = 10 * MOST_REPORTED;

/// The most names that a misspelt name is compared with.
const MOST_NAMES: usize = 1_000;

/// The most names that a sentence lists. The list of AWS regions fits.
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
