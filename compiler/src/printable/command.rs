//! Text in a log that CI systems execute as commands.
//!
//! - GitHub Actions, and Gitea and Forgejo like it: a line that begins with `::` after blanks
//!   (actions/runner, `ActionCommand.TryParseV2`). Blanks are white space as .NET and Unicode define it.
//! - GitHub's runner in its older form and Azure Pipelines: `##[…]` anywhere in a line (`ActionCommand.TryParse`), and
//!   `##vso[…]` anywhere (microsoft/azure-pipelines-agent, `Command.TryParse`).
//! - TeamCity `##teamcity[…]` and Octopus Deploy `##octopus[…]`. Others are likely to look the same, so every
//!   word counts.
//!
//! Markers of other systems (GitLab's sections, Buildkite's and Travis' escapes, Jenkins' notes) begin with
//! control characters.

/// Reads a text from its start and decides for each character whether it makes a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// Only blanks since the start of the line.
    blank: bool,
    /// The previous character is a `#`.
    hash: bool,
    /// Whether a quote counts as the start of a line.
    quotes: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self { blank: true, hash: false, quotes: false }
    }
}

impl Reader {
    pub(crate) fn within_a_line() -> Self {
        Self { blank: false, ..Self::default() }
    }

    pub(super) fn of_json() -> Self {
        Self { quotes: true, ..Self::default() }
    }

    /// Whether this character, followed by `rest`, must be escaped so that no command begins here: the first
    /// colon of a line that begins with two, or the last `#` before a word and a bracket.
    pub(crate) fn read(&mut self, c: char, rest: &str) -> bool {
        let command = match c {
            ':' => self.blank && rest.starts_with(':'),
            '#' => self.hash && rest.trim_start_matches(is_word_char).starts_with('['),
            _ => false,
        };
        self.blank = c == '\n' || self.quotes && c == '"' || self.blank && c.is_whitespace();
        // An escaped `#` does not count as one for the next character.
        self.hash = c == '#' && !command;
        command
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}
