//! The report as text for one screen: counts first, then everything that is not certain or not there.

use std::fmt::Write as _;

use super::report::{Counted, Measured, Problem, Report};
use crate::diagnostic::Style;
use crate::printable::one_line as line;
use crate::text::{Pen, wrap};
use crate::units::bytes_in_words;

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
    let what = if report.replica { "the copy at" } else { "the versions at" };
    let _ = writeln!(
        out,
        "  from  s3://{}/{}  ({what} {})",
        line(&report.source),
        line(&report.prefix),
        line(&report.site)
    );
    let _ = writeln!(out, "  into  s3://{}/{}\n", line(&report.into), line(&report.into_prefix));
    counts(report, &mut out);
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
        measure(measured, &mut out);
    }
    let _ = writeln!(out, "\n{}", pen.bold(&wrap(verdict(report), 0, pen.width())));
    out
}

fn counts(report: &Report, out: &mut String) {
    let _ = writeln!(out, "Objects of the moment: {}.", in_words(report.wanted));
    if report.absent > 0 {
        let _ = writeln!(out, "Keys that did not exist then: {}.", report.absent);
    }
    if report.only_planned {
        return;
    }
    let _ = writeln!(out, "Copied and verified: {}.", in_words(report.restored));
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

fn measure(measured: &Measured, out: &mut String) {
    let tenths = measured.milliseconds.div_ceil(100);
    let _ = writeln!(
        out,
        "\nMeasured: {} in {}.{} s, copied and verified.",
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

fn in_words(counted: Counted) -> String {
    let noun = if counted.objects == 1 { "object" } else { "objects" };
    let bytes = match counted.bytes {
        bytes if bytes < 1 << 20 => format!("{bytes} bytes"),
        bytes => bytes_in_words(bytes),
    };
    format!("{} {noun} ({bytes})", counted.objects)
}

/// A moment: `2026-11-30T09:00:00Z`.
pub(super) fn time(moment: i64) -> String {
    jiff::Timestamp::from_millisecond(moment).map_or_else(|_| format!("{moment} ms"), |at| at.to_string())
}
