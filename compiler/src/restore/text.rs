//! The report as text for one screen: counts first, then everything that is not certain or not there.

use std::fmt::Write as _;

use super::history::Gap;
use super::point::{JobState, Whole};
use super::report::{Counted, FromPoint, Measured, Problem, Report};
use crate::diagnostic::Style;
use crate::printable::one_line as line;
use crate::text::{Pen, wrap};
use crate::units::{Duration, bytes_in_words};

/// How many keys that stay are named.
const NAMED: usize = 10;

/// The report as text.
#[must_use]
pub fn text(report: &Report, style: Style) -> String {
    let pen = Pen::new(style);
    let mut out = String::new();
    let name = format!("{}.{}", line(&report.service), line(&report.data));
    let head = if report.only_planned { "Plan to restore" } else { "Restore of" };
    let _ = writeln!(out, "{head} {}, as of {}", pen.bold(&name), time(report.moment));
    match &report.point {
        Some(from) => point(report, from, &mut out),
        None => {
            let what = if report.replica { "the copy at" } else { "the versions at" };
            let (source, prefix, site) = (line(&report.source), line(&report.prefix), line(&report.site));
            let _ = writeln!(out, "  from  s3://{source}/{prefix}  ({what} {site})");
        }
    }
    let _ = writeln!(out, "  into  s3://{}/{}", line(&report.into), line(&report.into_prefix));
    // Nothing is counted of a job that has not begun.
    let counted = report.point.is_none() || !report.only_planned;
    if counted || report.point.as_ref().is_some_and(|from| from.job.is_some()) {
        out.push('\n');
    }
    if let Some(from) = &report.point {
        job(from, &pen, &mut out);
    }
    if !is_uncompared(report) && counted {
        counts(report, &mut out);
    }
    if let Some(from) = report.point.as_ref().filter(|from| from.uncompared.objects > 0) {
        let _ = writeln!(out, "Restored and not verified: {}.", in_words(from.uncompared));
    }
    for gap in &report.gaps {
        let said = format!("! {gap}");
        let _ = writeln!(out, "\n{}", pen.caution(&wrap(&line(&said), 0, pen.width())));
    }
    let (uncertain, failed) = match report.only_planned {
        false => ("Restored, but not certain", "NOT RESTORED, OR NOT VERIFIED"),
        true => ("Not certain", "CANNOT BE RESTORED"),
    };
    problems(uncertain, &report.uncertain, &pen, &mut out);
    problems("UNKNOWN, so nothing was restored", &report.unknown, &pen, &mut out);
    problems(failed, &report.failed, &pen, &mut out);
    stay("Newer than the moment, and left there", &report.newer, &mut out);
    stay("At the destination, and not in the source", &report.foreign, &mut out);
    if let Some(measured) = &report.measured {
        let how = if report.point.is_some() { "by the restore job" } else { "copied and verified" };
        measure(measured, how, &mut out);
    }
    let _ = writeln!(out, "\n{}", pen.bold(&wrap(verdict(report), 0, pen.width())));
    out
}

/// Which recovery point, how old, and why no other.
fn point(report: &Report, from: &FromPoint, out: &mut String) {
    let chosen = &from.chosen;
    let kind = if chosen.point.window.is_some() { "continuous recovery point" } else { "recovery point" };
    let size = chosen.point.bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    let _ = writeln!(out, "  from  {}", line(&chosen.point.id));
    let _ = writeln!(
        out,
        "        the {kind} of {}{size}, in vault {} at {}",
        time(chosen.point.made),
        line(&chosen.point.vault),
        line(&report.site)
    );
    let age = u64::try_from(report.moment.saturating_sub(chosen.as_of) / 1000).unwrap_or_default();
    if age > 0 {
        let age = Duration::seconds(age).in_words();
        let _ =
            writeln!(out, "        {age} older than the moment: what was written in between is not in it");
    }
    let whole = match &chosen.point.whole {
        Whole::Yes => "its job ended with success".to_owned(),
        Whole::No(why) => format!("NOT WHOLE: {}", line(why)),
        Whole::Unknown(why) => format!("nobody can tell whether it is whole: {}", line(why)),
    };
    let _ = writeln!(out, "        {whole}");
    for (other, why) in &chosen.passed {
        let _ = writeln!(out, "  not   {}  of {}: {}", line(&other.id), time(other.made), line(why));
    }
}

/// How the job stands.
fn job(from: &FromPoint, pen: &Pen, out: &mut String) {
    let Some(job) = &from.job else { return };
    let took =
        job.milliseconds.map(|took| format!(", after {}", Duration::seconds(took.div_ceil(1000)).in_words()));
    let state = format!("Restore job {}: {}{}.", line(&job.id), job.state.word(), took.unwrap_or_default());
    let said = job.said.as_ref().filter(|_| job.state != JobState::Completed);
    let said = said.map(|said| format!(" {}", line(said))).unwrap_or_default();
    let shown = wrap(&format!("{state}{said}"), 0, pen.width());
    let _ = match job.state {
        JobState::Completed | JobState::Running => writeln!(out, "{shown}"),
        JobState::Aborted | JobState::Failed => writeln!(out, "{}", pen.caution(&shown)),
    };
}

fn counts(report: &Report, out: &mut String) {
    let _ = writeln!(out, "Objects of the moment: {}.", in_words(report.wanted));
    if report.absent > 0 {
        let _ = writeln!(out, "Keys that did not exist then: {}.", report.absent);
    }
    if report.only_planned {
        return;
    }
    let done = if report.point.is_some() { "Restored and verified" } else { "Copied and verified" };
    let _ = writeln!(out, "{done}: {}.", in_words(report.restored));
    if report.there.objects > 0 {
        let _ = writeln!(out, "There already, and verified: {}.", in_words(report.there));
    }
    let ways: Vec<String> = report
        .verified
        .iter()
        .map(|(how, count)| match how {
            super::Verified::Checksum(algorithm) => format!("{count} by {}", line(algorithm)),
            super::Verified::Data => format!("{count} by reading the data on both sides"),
        })
        .collect();
    if !ways.is_empty() {
        let _ = writeln!(out, "Verified: {}.", ways.join(", "));
    }
}

fn problems(title: &str, problems: &[Problem], pen: &Pen, out: &mut String) {
    if problems.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", pen.caution(&format!("{title}: {}", problems.len())));
    for problem in problems {
        let version = problem
            .version
            .as_ref()
            .map(|version| format!("  (version {})", line(version)))
            .unwrap_or_default();
        let _ = writeln!(out, "  {}{version}", line(&problem.key));
        let _ = writeln!(out, "{}", wrap(&line(&problem.why), 4, pen.width()));
    }
}

/// Keys at the destination that a restore leaves there.
fn stay(title: &str, keys: &[String], out: &mut String) {
    if keys.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}: {}", keys.len());
    for key in keys.iter().take(NAMED) {
        let _ = writeln!(out, "  {}", line(key));
    }
    if keys.len() > NAMED {
        let _ = writeln!(out, "  and {} more (`--format json` names all)", keys.len() - NAMED);
    }
}

fn measure(measured: &Measured, how: &str, out: &mut String) {
    let tenths = measured.milliseconds.div_ceil(100);
    let _ = writeln!(
        out,
        "\nMeasured: {} in {}.{} s, {how}.",
        in_words(measured.copied),
        tenths / 10,
        tenths % 10
    );
    if let Some(rate) = measured.throughput {
        let _ = writeln!(out, "For the service in your policy:\n");
        let _ = writeln!(
            out,
            "  assumptions:\n    restore-throughput:\n      {{ value: {rate}, measured: {}, because: a restore of {} }}",
            measured.on,
            in_words(measured.copied)
        );
    }
}

fn verdict(report: &Report) -> &'static str {
    if let Some(from) = &report.point {
        return verdict_of_a_point(report, from);
    }
    if report.wanted.objects == 0 && report.unknown.is_empty() {
        return "NOTHING WAS RESTORED: the source has no object of that moment under this prefix. If there should be some, look at the \
                moment and the prefix. Versions that were deleted by id leave no trace.";
    }
    match (report.only_planned, report.is_complete()) {
        (true, true) => "Nothing was written. Nothing stands in the way of this restore.",
        (true, false) => "Nothing was written. This restore would not be complete.",
        (false, true) => "Every object that the source has of the moment is restored and verified.",
        (false, false) => "NOT COMPLETE: see above.",
    }
}

fn verdict_of_a_point(report: &Report, from: &FromPoint) -> &'static str {
    match from.job.as_ref().map(|job| job.state) {
        None if report.only_planned => {
            "Nothing was written. A restore job restores this recovery point as a whole."
        }
        Some(_) if report.only_planned => {
            "This command wrote nothing. An earlier one has started the restore job above: run it without --dry-run to follow and compare it."
        }
        Some(JobState::Failed | JobState::Aborted) => {
            "NOT COMPLETE: the restore job did not end well. To start another, empty the bucket or name an empty one, and run the command \
             again."
        }
        Some(JobState::Completed) if report.is_complete() => {
            "Every object that the source has of the moment is restored and verified."
        }
        Some(JobState::Completed)
            if report.wanted.objects == 0 && report.unknown.is_empty() && !is_uncompared(report) =>
        {
            "NOT COMPLETE: no bucket has an object of that moment to compare with. Versions that were deleted by id leave no trace."
        }
        Some(JobState::Completed) => "NOT COMPLETE: see above.",
        None | Some(JobState::Running) => {
            "NOT COMPLETE: the restore job has not ended. Run the same command again to follow it."
        }
    }
}

/// Whether nothing was compared.
fn is_uncompared(report: &Report) -> bool {
    report.gaps.iter().any(|gap| matches!(gap, Gap::Uncompared(_)))
}

fn in_words(counted: Counted) -> String {
    let noun = if counted.objects == 1 { "object" } else { "objects" };
    format!("{} {noun} ({})", counted.objects, size(counted.bytes))
}

fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{bytes} bytes") } else { bytes_in_words(bytes) }
}

/// A moment: `2026-11-30T09:00:00Z`.
pub(super) fn time(moment: i64) -> String {
    jiff::Timestamp::from_millisecond(moment).map_or_else(|_| format!("{moment} ms"), |at| at.to_string())
}
