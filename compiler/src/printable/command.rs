//! What CI systems interpret as commands when they read the log of a job.
//!
//! - GitHub Actions, and Gitea and Forgejo after it: a line that begins with `::` once blanks are taken away (actions/runner,
//!   `ActionCommand.TryParseV2`); blanks are what .NET calls white space, as Unicode does.
//! - GitHub's runner in its older form and Azure Pipelines: `##[…]` anywhere in a line (`ActionCommand.TryParse`), and
//!   `##vso[…]` anywhere (microsoft/azure-pipelines-agent, `Command.TryParse`).
//! - TeamCity `##teamcity[…]` and Octopus Deploy `##octopus[…]`. The next one will look the same, so every word counts.
//!
//! The markers of others (GitLab's sections, Buildkite's and Travis' escapes, Jenkins' notes) begin with control
//! characters.

/// Reads a text from its start and tells of each character whether it makes a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// Nothing but blanks since the line began.
    blank: bool,
    /// The character before is a `#`.
    hash: bool,
    /// A quote counts as the beginning of a line.
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

    /// Whether this character, with `rest` behind it, has to be written otherwise, so that no command begins here: the
    /// first colon of a line that begins with two, the last `#` before a word and a bracket.
    pub(crate) fn read(&mut self, c: char, rest: &str) -> bool {
        let command = match c {
            ':' => self.blank && rest.starts_with(':'),
            '#' => self.hash && rest.trim_start_matches(is_word_char).starts_with('['),
            _ => false,
        };
        self.blank = c == '\n' || self.quotes && c == '"' || self.blank && c.is_whitespace();
        // What is written otherwise is no longer a `#`, and the next one begins anew.
        self.hash = c == '#' && !command;
        command
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}
