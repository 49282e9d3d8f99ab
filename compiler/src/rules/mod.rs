//! Rules: what the schema allows and what still fails in a disaster. Each is one function (one table for the
//! calls of static stability) with one code, one page and one fixture. Each can be waived.

mod calls;
mod continuity;
mod data;
mod dates;
mod drills;
mod people;
mod sites;
mod traffic;

use crate::diagnostic::Diagnostic;
use crate::policy::Policy;
use crate::units::Date;

/// A rule: adds its findings about a policy.
type Rule = fn(&Policy, Option<Date>, &mut Vec<Diagnostic>);

/// All rules, in the order of their codes.
const RULES: &[Rule] = &[
    data::not_at_the_standby,
    data::not_watched,
    data::read_only_copy,
    traffic::many_checks,
    data::many_backups,
    dates::old_measurements,
    calls::control_planes,
    sites::identity_at_site,
    sites::journal_at_site,
    traffic::long_ttl,
    sites::shared_fate,
    people::one_decider,
    people::no_deputy,
    people::one_channel,
    dates::review_overdue,
    dates::drill_overdue,
    drills::never_drilled,
    drills::discussion_only,
    drills::weak_criteria,
    continuity::incomplete,
    people::shared,
    drills::foreign_probe,
];

/// The findings of all rules.
pub(crate) fn check(policy: &Policy, as_of: Option<Date>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    RULES.iter().for_each(|rule| rule(policy, as_of, &mut out));
    out
}
