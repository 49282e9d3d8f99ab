//! `holdfast rehearse`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::compile::{Options, check};
use holdfast_compiler::diagnostic::{Severity, did_you_mean, render};
use holdfast_compiler::document::{Disruption, Name};
use holdfast_compiler::policy::Policy;
use holdfast_compiler::rehearsals::{self, Rehearsals, Runs};
use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use crate::estate::load;
use crate::rehearse::play;

/// Rehearse a disaster on paper: play the recovery many times, and compare the runs with bounds and objectives.
///
/// Prints RTO and RPO of the median and of the worst run beside the derived bound, the timeline of the worst run, and
/// bounds that are loose. Run 0 is adversarial: every delay at its limit.
///
/// Does not read the cloud or the clock: the same policies, seed and number of runs print the same bytes. Exits with 3 if
/// an objective is missed or unknown in some run, and with 1 if a run is above its bound, which is a mistake in Holdfast.
#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A site that is lost, or what several share: all of those. Can be repeated: the sites are lost together.
    #[arg(long, value_name = "SITE")]
    lose: Vec<String>,
    /// Somebody who never answers: their deputy is called once they should have. Can be repeated.
    #[arg(long, value_name = "PERSON")]
    away: Vec<String>,
    /// What goes wrong. `site-loss` needs `--lose`; `account-compromise` strikes each service with those it
    /// depends on, and the others strike each service alone.
    #[arg(long, value_enum, default_value_t = DisruptionName::SiteLoss)]
    disruption: DisruptionName,
    /// When it goes wrong, from 1970 to 2200: 2026-03-29T01:30:00Z. Without it, run 0 strikes at the worst moments of
    /// 2026, and every other run at a random one.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<i64>,
    /// The number of runs, with run 0: from 1 to 100000. Services that suffer times runs: at most 20,000,000.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(rehearsals::MOST_RUNS)))]
    runs: u32,
    /// The seed of the random runs.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// The output format.
    #[arg(long, value_enum, default_value_t = RehearsalFormat::Text)]
    format: RehearsalFormat,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DisruptionName {
    /// One or more sites are lost.
    SiteLoss,
    /// Data is deleted or corrupted.
    Corruption,
    /// Somebody else controls the account.
    AccountCompromise,
    /// The KMS key of the primary site is lost.
    KeyLoss,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RehearsalFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
    /// The worst run as a picture, with a lane for each person and each service.
    Svg,
}

impl Rehearse {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        self.check_usage()?;
        let sources = load::load(&self.paths)?;
        let checked = check(&sources, Options::default());
        let Some(policy) = checked.policy else { return Err(Failure::invalid(checked.findings, sources)) };
        let runs = Runs { count: self.runs, seed: self.seed, at: self.at };
        let rehearsals = match self.disruption {
            DisruptionName::SiteLoss => Rehearsals::of_sites(&policy, self.lost(&policy)?, runs),
            DisruptionName::Corruption => Rehearsals::of_disruption(&policy, Disruption::Corruption, runs),
            DisruptionName::AccountCompromise => {
                Rehearsals::of_disruption(&policy, Disruption::AccountCompromise, runs)
            }
            DisruptionName::KeyLoss => Rehearsals::of_disruption(&policy, Disruption::KeyLoss, runs),
        };
        let rehearsals = rehearsals.without(&self.away(&policy)?);
        let most = rehearsals.most_runs();
        if self.runs > most {
            return Err(Failure::usage(format!(
                "{} runs are too many for the services that suffer: `--runs` can be at most {most} here",
                self.runs
            )));
        }
        let report = rehearsals.report(&play(&rehearsals));
        match self.format {
            RehearsalFormat::Text => terminal.result(&rehearsals::text(&report, terminal.stdout())),
            RehearsalFormat::Svg => terminal.result(&rehearsals::svg(&report)),
            RehearsalFormat::Json => terminal.json(&rehearsals::json(&report)),
        }
        // As `objectives`: the result shows what is missed; the findings show where, and the cure.
        let errors: Vec<_> =
            checked.findings.into_iter().filter(|finding| finding.severity() == Severity::Error).collect();
        if report.has_wrong_bound() {
            if !errors.is_empty() {
                terminal.error(&render(&errors, &sources, terminal.stderr()));
            }
            return Ok(exit::FAILED);
        }
        if !errors.is_empty() {
            return Err(Failure::invalid(errors, sources));
        }
        Ok(if report.all_within() { exit::DONE } else { exit::INVALID })
    }

    fn check_usage(&self) -> Result<(), Failure> {
        match (self.disruption, self.lose.is_empty()) {
            (DisruptionName::SiteLoss, true) => Err(Failure::usage(
                "nothing is lost: name a site with `--lose SITE`, or choose another `--disruption`",
            )),
            (DisruptionName::SiteLoss, false) | (_, true) => Ok(()),
            (_, false) => Err(Failure::usage(
                "`--lose` is for the loss of a site: leave it out, or leave out `--disruption`",
            )),
        }
    }

    /// Those who never answer, as the policy has them.
    fn away<'p>(&self, policy: &'p Policy) -> Result<BTreeSet<&'p Name>, Failure> {
        let contacts = || policy.continuity.iter().flat_map(|plan| plan.contacts.keys());
        let find = |name: &String| {
            let found = contacts().find(|contact| contact.as_str() == name);
            found.ok_or_else(|| unknown("contact", name, &contacts().collect::<Vec<_>>()))
        };
        self.away.iter().map(find).collect()
    }

    /// The names of the sites, as the policy has them.
    fn lost<'p>(&self, policy: &'p Policy) -> Result<BTreeSet<&'p Name>, Failure> {
        lost(policy, &self.lose)
    }
}

/// A name that nothing has: what it was to be the name of, and the names that there are.
fn unknown(what: &str, name: &str, known: &[&Name]) -> Failure {
    let near = did_you_mean(name, known.iter().map(|name| name.as_str()));
    let hint = near.map_or_else(
        || {
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("the estate has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })
        },
        |near| format!("did you mean `{near}`?"),
    );
    Failure::usage(format!("there is no {what} `{name}`: {hint}"))
}

/// The sites that are lost: each name is that of a site, or of what several share.
pub(super) fn lost<'p>(policy: &'p Policy, names: &[String]) -> Result<BTreeSet<&'p Name>, Failure> {
    let mut lost = BTreeSet::new();
    for name in names {
        match policy.sites_of(name).as_slice() {
            [] => _ = site(policy, name)?,
            sites => lost.extend(sites.iter().copied()),
        }
    }
    Ok(lost)
}

/// The site of this name.
pub(super) fn site<'p>(policy: &'p Policy, name: &str) -> Result<&'p Name, Failure> {
    let mut all = policy.sites.keys();
    all.find(|site| site.as_str() == name)
        .ok_or_else(|| unknown("site", name, &policy.sites.keys().collect::<Vec<_>>()))
}

/// Parses a moment on the command line, as seconds since 1970-01-01 UTC.
fn moment(text: &str) -> Result<i64, String> {
    timestamp(text).map(Timestamp::as_second)
}

/// Parses a moment on the command line.
pub(super) fn timestamp(text: &str) -> Result<Timestamp, String> {
    const EXAMPLE: &str = "write it with its offset from UTC, like 2026-03-29T01:30:00Z";
    let pieces =
        Pieces::parse(text).map_err(|_| format!("not a moment of the years 1970 to 2200: {EXAMPLE}"))?;
    if pieces.time().is_none() || pieces.offset().is_none() {
        return Err(format!("the time or its offset from UTC is missing: {EXAMPLE}"));
    }
    let moment = text.parse::<Timestamp>().ok();
    let known = moment.filter(|at| (1970..=2200).contains(&at.to_zoned(TimeZone::UTC).year()));
    known.ok_or_else(|| "out of range: the year in UTC must be from 1970 to 2200".to_owned())
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moment_says_what_is_wrong_with_it() {
        assert_eq!(moment("1970-01-01T00:00:01Z"), Ok(1));
        for (text, says) in [
            ("yesterday", "not a moment"),
            ("2026-03-29T01:30:00", "offset from UTC is missing"),
            ("9999-12-31T23:59:59Z", "out of range"),
            ("1969-12-31T23:59:59Z", "out of range"),
            ("2201-01-01T00:00:00Z", "out of range"),
        ] {
            let error = moment(text).expect_err(text);
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
