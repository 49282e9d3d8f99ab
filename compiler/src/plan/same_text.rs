//! An overview of a plan that is longer than a screen: the same change of many resources in one line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::text::{SHARED, label};
use super::{Plan, SameChange};
use crate::printable::one_line;
use crate::text::{Pen, wrap};

/// The number of changes that need no overview: with the rest of the plan they fit a screen or two.
const FEW: usize = 20;
/// How many services are named in a line.
const NAMES: usize = 3;

/// The overview. Nothing for a short plan.
pub(super) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    if plan.pending().count() <= FEW {
        return;
    }
    let _ = writeln!(out, "\n{}", pen.bold("Changes, the same one of several resources once"));
    for change in plan.same_changes() {
        let line = one_line(&in_words(&change));
        // Without the sign of a step, so that no line looks like one.
        let _ = writeln!(out, "  {}", wrap(&line, 4, pen.width()).trim_start());
    }
}

/// `update ttl 60 → 30: 440 records of 220 services, s0, s1, s10 and 217 more (policy)`.
fn in_words(change: &SameChange<'_>) -> String {
    let attributes = change.attributes.iter().map(|one| format!("{}{}", one.name, one.movement()));
    let attributes = attributes.collect::<Vec<_>>().join(", ");
    let blank = if attributes.is_empty() { "" } else { " " };
    let resources = change.only().map_or_else(|| change.many(), ToString::to_string);
    let cause = change.cause.map(label).map(|cause| format!(" ({cause})")).unwrap_or_default();
    format!(
        "{}{blank}{attributes}: {resources}{}{cause}",
        change.verb(),
        of(change.services(), change.only().is_some())
    )
}

/// Whose they are: ` of 220 services, s0, s1, s10 and 217 more`. The empty name is that of what services share.
pub(super) fn of(mut owners: BTreeSet<&str>, is_one: bool) -> String {
    let is_shared = owners.remove("");
    let services: Vec<&str> = owners.into_iter().collect();
    let text = match services.as_slice() {
        // Its address names the service.
        _ if is_one => return String::new(),
        [] => return format!(", {}", SHARED.to_lowercase()),
        [one] => format!(" of {one}"),
        all => {
            let named: Vec<&str> = all.iter().copied().take(NAMES).collect();
            let rest = all.len().saturating_sub(NAMES);
            let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
            format!(" of {} services, {}{rest}", all.len(), named.join(", "))
        }
    };
    if is_shared { format!("{text}, and {}", SHARED.to_lowercase()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn what_services_share_is_no_service() {
        let cases: [(&[&str], &str); 6] = [
            (&[""], ", shared by services"),
            (&["files"], " of files"),
            (&["", "files"], " of files, and shared by services"),
            (&["files", "mail"], " of 2 services, files, mail"),
            (&["", "a", "b", "c"], " of 3 services, a, b, c, and shared by services"),
            (&["", "a", "b", "c", "d"], " of 4 services, a, b, c and 1 more, and shared by services"),
        ];
        for (owners, expected) in cases {
            assert_eq!(of(owners.iter().copied().collect(), false), expected);
        }
        assert_eq!(of(["files"].into(), true), "");
    }
}
