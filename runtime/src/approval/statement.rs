//! The statement that an approver signs: a few lines of text in an exact form.

use std::path::{Path, PathBuf};

use holdfast_compiler::plan::{Account, Context};
use jiff::Timestamp;

use super::Namespace;
use crate::files::{self, absent, inside};

/// The first lines. A later format gets another number.
pub(super) const APPROVAL: &str = "holdfast approval 3";
const BREAK_GLASS: &str = "holdfast break-glass 2";
/// The most statements that are read for one plan.
const MOST: usize = 100;
/// The most files in the folder of a plan.
const MOST_NAMES: usize = 100_000;

/// Who approves which plan, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its purpose: an approval, or breaking the glass.
    pub namespace: Namespace,
    /// The digest of the plan, in hexadecimal digits.
    pub plan: String,
    /// The plan's estate, cloud and accounts.
    pub context: Context,
    /// The principal who approves.
    pub approver: String,
    /// The start of its validity.
    pub approved_at: Timestamp,
    /// The end of its validity.
    pub expires_at: Timestamp,
    /// The reason for an apply without approvals; only for breaking the glass.
    pub because: Option<String>,
}

impl Statement {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { plan, context, approver, approved_at, expires_at, because, .. } = self;
        let Context { estate, cloud, accounts } = context;
        let accounts: String = accounts
            .iter()
            .map(|(provider, Account { id, partition })| format!("account {provider} {id} {partition}\n"))
            .collect();
        let head = if because.is_some() { BREAK_GLASS } else { APPROVAL };
        let because = because.as_ref().map(|because| format!("because {because}\n")).unwrap_or_default();
        format!(
            "{head}\nplan sha256:{plan}\nestate {estate}\n{accounts}cloud {cloud}\n\
             approver {approver}\napproved-at {approved_at:.0}\nexpires-at {expires_at:.0}\n{because}"
        )
    }

    /// Parse a statement; `None` if the text is not in the exact form of [`text`](Self::text).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().peekable();
        let namespace = match lines.next()? {
            APPROVAL => Namespace::Approval,
            BREAK_GLASS => Namespace::BreakGlass,
            _ => return None,
        };
        let plan = lines.next()?.strip_prefix("plan sha256:")?.to_owned();
        let estate = lines.next()?.strip_prefix("estate ")?.to_owned();
        let mut accounts = Vec::new();
        while let Some(account) = lines.peek().and_then(|line| line.strip_prefix("account ")) {
            let (provider, rest) = account.split_once(' ')?;
            let (id, partition) = rest.split_once(' ')?;
            let account = Account { id: id.to_owned(), partition: partition.to_owned() };
            accounts.push((provider.to_owned(), account));
            lines.next();
        }
        if accounts.is_empty() {
            return None;
        }
        let mut value = |key: &str| Some(lines.next()?.strip_prefix(key)?.to_owned());
        let cloud = value("cloud ")?;
        let statement = Self {
            namespace,
            plan,
            context: Context { estate, cloud, accounts: accounts.into_iter().collect() },
            approver: value("approver ")?,
            approved_at: value("approved-at ")?.parse().ok()?,
            expires_at: value("expires-at ")?.parse().ok()?,
            because: value("because "),
        };
        let fits = statement.because.is_some() == (namespace == Namespace::BreakGlass);
        (fits && statement.text() == text).then_some(statement)
    }

    /// The path of its file: beside the plan, with the approver in its name.
    #[must_use]
    pub fn path(&self, plan: &Path) -> PathBuf {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "@._+-".contains(c) { c } else { '_' };
        let approver: String = self.approver.chars().map(plain).collect();
        appended(plan, &format!(".{approver}{}", ending(self.namespace)))
    }
}

/// The suffix of the file names of statements for a purpose.
fn ending(namespace: Namespace) -> &'static str {
    if namespace == Namespace::BreakGlass { ".break-glass" } else { ".approval" }
}

/// The path of a statement's signature, as `ssh-keygen -Y sign` chooses it.
#[must_use]
pub fn signature_path(statement: &Path) -> PathBuf {
    appended(statement, ".sig")
}

fn appended(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

/// The paths of the statements for a purpose beside a plan, sorted. Neither they nor their signatures may be links
/// that lead out of the folder.
///
/// # Errors
/// The folder cannot be read, holds too many files, or holds such a link.
pub fn statement_paths(plan: &Path, namespace: Namespace) -> std::io::Result<Vec<PathBuf>> {
    let folder = plan.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beginning = format!("{}.", plan.file_name().unwrap_or_default().to_string_lossy());
    let ours = |name: &std::ffi::OsString| {
        let name = name.to_string_lossy();
        name.starts_with(&beginning) && name.ends_with(ending(namespace))
    };
    let names = files::list(folder, MOST_NAMES)?.into_iter().filter(ours);
    let paths: Vec<PathBuf> = names.map(|name| plan.with_file_name(name)).take(MOST + 1).collect();
    if paths.len() > MOST {
        return Err(std::io::Error::other(format!("there are more than {MOST} approvals of this plan")));
    }
    for path in paths.iter().flat_map(|path| [path.clone(), signature_path(path)]) {
        let name = path.file_name().unwrap_or_default();
        absent(inside(folder, Path::new(name))).map_err(std::io::Error::other)?;
    }
    Ok(paths)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const TEXT: &str = "holdfast approval 3\nplan sha256:ab\nestate acme\naccount aws 000000000000 aws\n\
        cloud local:a b.json\napprover alice@acme.example\napproved-at 2026-11-23T12:00:00Z\n\
        expires-at 2026-11-24T12:00:00Z\n";

    #[test]
    fn statement_not_in_its_exact_form_is_refused() {
        let statement = Statement::parse(TEXT).unwrap();
        assert_eq!((statement.text().as_str(), statement.context.cloud.as_str()), (TEXT, "local:a b.json"));
        let lines: Vec<&str> = TEXT.lines().collect();
        for nth in 0..lines.len() {
            let without: Vec<&str> =
                lines.iter().enumerate().filter(|(n, _)| *n != nth).map(|(_, l)| *l).collect();
            assert_eq!(Statement::parse(&(without.join("\n") + "\n")), None, "without line {nth}");
            let mut swapped = lines.clone();
            swapped.swap(nth, (nth + 1) % lines.len());
            assert_eq!(Statement::parse(&(swapped.join("\n") + "\n")), None, "line {nth} moved");
        }
        for other in [
            TEXT.trim_end().to_owned(),
            format!("{TEXT}\n"),
            format!("{TEXT}note x\n"),
            TEXT.replace('\n', "\r\n"),
            TEXT.replace("12:00:00Z", "12:00:00.5Z"),
            TEXT.replace("12:00:00Z", "13:00:00+01:00"),
            TEXT.replace("approval 3", "approval 2"),
            TEXT.replace("approval 3", "break-glass 2"),
            format!("{TEXT}because it burns\n"),
        ] {
            assert_eq!(Statement::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn approver_names_become_safe_file_names() {
        let statement = Statement { approver: "../a b@c".to_owned(), ..Statement::parse(TEXT).unwrap() };
        assert_eq!(statement.path(Path::new("x/change.plan")), Path::new("x/change.plan..._a_b@c.approval"));
    }
}
