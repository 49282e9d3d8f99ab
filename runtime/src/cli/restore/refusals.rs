//! Why `holdfast restore` does not begin.

use holdfast_compiler::diagnostic::{Diagnostic, codes, did_you_mean, visible};
use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::DataSet;
use holdfast_compiler::printable::one_line;

use super::point::BACKUP;
use super::{Named, Restore, VERSIONS};
use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::estate::{EstateError, Policies, Workspace};
use crate::journal::{self, History, Journal, JournalError};
use crate::restore::{Refused, Request, is_made};

/// How many objects a refusal names.
const NAMED: usize = 5;

impl Restore {
    /// Why nothing is written into the bucket of `--into`: it is one of the policies and not named again, or somebody has to approve it.
    pub(super) fn refusal(
        &self,
        named: &Named<'_>,
        policies: &Policies,
        workspace: &Workspace,
    ) -> Result<Option<Diagnostic>, Failure> {
        let into = &named.into;
        match (&self.over_live, named.live) {
            (Some(over), _) if over != into => Err(Failure::usage(visible(&format!(
                "`--over-live {over}` is not the bucket of `--into`, which is `{into}`"
            )))),
            (Some(_), _) => {
                workspace.allows_unsaved()?;
                let rule = policies.compiled.policy.approvals.as_ref();
                let asked = rule.is_some_and(|rule| rule.required > 0);
                if !asked && !workspace.requires_approvals()? {
                    return Ok(None);
                }
                Ok(Some(unapproved()))
            }
            (None, Some(live)) => {
                let message = format!("`{into}` is a bucket of the policies, so its data is live");
                let finding = Diagnostic::new(codes::RESTORE_OVER, message).at(live.span, "this bucket");
                Ok(Some(finding.help(elsewhere(into))))
            }
            (None, None) => Ok(None),
        }
    }

    /// A word of `--from` that is also the name of a site of the data set.
    pub(super) fn refuse_ambiguous(&self, set: &DataSet) -> Result<(), Failure> {
        let from = self.from.as_str();
        let instead = match from {
            BACKUP => "`--from backup:SITE` for a recovery point".to_owned(),
            VERSIONS => {
                format!("`--from site:{}` for the versions of the primary bucket", set.primary.site.name)
            }
            _ => return Ok(()),
        };
        let copies = std::iter::once(&set.primary).chain(&set.copies).map(|bucket| &bucket.site);
        let backups = set.schedules.iter().flat_map(|schedule| &schedule.to).map(|(site, _)| site);
        if !copies.chain(backups).any(|site| site.name.as_str() == from) {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "`{from}` is also a site: write {instead}, or `--from site:{from}` for the copy"
        )))
    }

    /// What the journal tells. If nobody answers where it is, a restore that writes over nothing goes on without it: a region may be lost.
    pub(super) async fn past(
        &self,
        workspace: &Workspace,
        terminal: &Terminal,
    ) -> Result<Option<History>, Failure> {
        let read = async {
            let journal = Journal::open(&workspace.journal).await?;
            workspace.history(&journal).await
        };
        match read.await {
            Ok(history) => Ok(Some(history)),
            Err(EstateError::Journal(JournalError::Cloud { place, error }))
                if self.over_live.is_none() && error.is_silence() =>
            {
                terminal.note(&format!(
                    "warning: the journal {} does not answer, so a bucket that is live and not in the policies is not recognised: {}",
                    one_line(&place),
                    one_line(&error.to_string())
                ));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Why nothing is written into a bucket, by what earlier runs have made and required.
    pub(super) fn refusal_of_the_past(
        &self,
        into: &str,
        past: &History,
        context: &Context,
    ) -> Option<Diagnostic> {
        if self.over_live.is_some() {
            let rule = journal::rule(&past.runs, context);
            return rule.is_some_and(|rule| rule.required > 0).then(unapproved);
        }
        is_made(past, context, into).then(|| {
            let message = format!(
                "`{into}` is not in the policies any more, and runs have made it and not deleted it, so its data is live"
            );
            Diagnostic::new(codes::RESTORE_OVER, message).help(elsewhere(into))
        })
    }

    pub(super) fn refused(&self, refused: &Refused, request: &Request) -> Failure {
        let into = &request.into.bucket;
        match refused {
            Refused::Unversioned => Failure::refused(
                codes::RESTORE_OVER,
                format!("`{into}` keeps no versions, so what is there would be lost"),
                format!(
                    "enable versioning: `aws s3api put-bucket-versioning --bucket {into} --versioning-configuration \
                     Status=Enabled`; or restore into another bucket"
                ),
            ),
            Refused::Taken(taken) => {
                let mut keys: Vec<String> = taken
                    .iter()
                    .take(NAMED)
                    .map(|(key, how)| format!("`{}` ({how})", one_line(key)))
                    .collect();
                if taken.len() > NAMED {
                    keys.push(format!("and {} more", taken.len() - NAMED));
                }
                let noun = if taken.len() == 1 { "key holds" } else { "keys hold" };
                Failure::refused(
                    codes::RESTORE_OVER,
                    format!("{} {noun} something else in `{into}` already: {}", taken.len(), keys.join(", ")),
                    format!(
                        "name an empty place, such as `--into {into}/restored/`; or, to write over what is there, add \
                         `--over-live {into}`"
                    ),
                )
            }
        }
    }
}

/// The cure for a bucket whose data is live.
fn elsewhere(into: &str) -> String {
    format!("restore into another bucket; or, to write over what is there, add `--over-live {into}`")
}

/// A restore over live data where people must approve what is changed.
fn unapproved() -> Diagnostic {
    let message = "a restore over live data cannot be approved, and this estate requires approvals";
    Diagnostic::new(codes::RESTORE_OVER, message)
        .help("restore into a new place, and change the live data from there as your people approve it")
}

/// What a restore cannot read.
pub(super) fn not_served(message: impl Into<String>) -> Failure {
    let help =
        "restore from `versions`, from the copy at a site, or from a recovery point (`--from backup:SITE`)";
    Failure::refused(codes::RESTORE_NOT_SERVED, message, help)
}

/// A name that the policies do not have.
pub(super) fn unknown<'n, Names: Iterator<Item = &'n str>>(
    what: &str,
    name: &str,
    names: impl Fn() -> Names,
) -> Failure {
    let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    let hint = did_you_mean(name, names())
        .map_or_else(|| format!("there is {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
    Failure::usage(visible(&format!("there is no {what} `{name}`: {hint}")))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use holdfast_compiler::compile::{Options, check};
    use holdfast_compiler::source::Sources;

    use super::*;

    /// A site has the name of a word of `--from`.
    const POLICY: &str = "
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  SITE: { aws: us-west-2 }
---
kind: service
name: files
primary: virginia
standby: [SITE]
data:
  docs:
    bucket: acme-docs
    backups: [{ strategy: real-time, to: [SITE] }]
objectives: { rpo: 1h }
assumptions:
  detection: { value: 5m, because: people call within minutes }
recovery: [{ step: read-the-copy, takes: 30m }]
";

    #[derive(clap::Parser)]
    struct Words {
        #[command(flatten)]
        restore: Restore,
    }

    /// Whether a copy is read with this `--from`, or the usage error.
    fn is_of_a_copy(from: &str, site: &str) -> Result<bool, String> {
        let mut sources = Sources::default();
        sources.add("all.yaml", POLICY.replace("SITE", site));
        let policy = check(&sources, Options { as_of: None }).policy.unwrap();
        let words = "restore . --service files --data docs --to-time 2026-11-01T12:00:00Z --into acme-restored --from";
        let words = Words::parse_from(words.split(' ').chain([from]));
        let named = words.restore.named(&policy);
        named.map(|named| named.replica).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn site_with_the_name_of_a_word_is_never_taken_for_the_word() {
        let said = is_of_a_copy("backup", "backup").unwrap_err();
        assert!(said.contains("`backup` is also a site"), "{said}");
        assert!(said.contains("`--from backup:SITE` for a recovery point"), "{said}");
        assert!(said.contains("`--from site:backup` for the copy"), "{said}");
        let said = is_of_a_copy("versions", "versions").unwrap_err();
        assert!(said.contains("`--from site:virginia` for the versions of the primary bucket"), "{said}");
        assert_eq!(is_of_a_copy("site:backup", "backup"), Ok(true));
        assert_eq!(is_of_a_copy("site:virginia", "versions"), Ok(false));
        assert_eq!(is_of_a_copy("versions", "backup"), Ok(false), "the word of no site");
        assert_eq!(is_of_a_copy("oregon", "oregon"), Ok(true));
        assert!(is_of_a_copy("site:tokyo", "oregon").unwrap_err().contains("there is no copy"));
    }
}
