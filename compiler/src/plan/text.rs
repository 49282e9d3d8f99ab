//! The plan for a reviewer at a terminal: the verdict, what is dangerous, what changes, why, and the line of the policy that
//! causes it. It fits into 80 columns.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::Value;
use similar::ChangeTag;

use super::alike::Alike;
use super::consent::Ask;
use super::pretty::{brief, pretty, summary_of};
use super::{Action, After, Around, Cause, Change, Counts, Plan, Step};
use super::{assumed, behind, effect_text, irreversible, lost, people, same_text, turn, unknown};
use crate::diagnostic::Style;
use crate::line_diff::LineDiff;
use crate::policy;
use crate::printable::one_line as line;
use crate::resource::Shape;
use crate::text::{Pen, wrap};

/// The width of the column of attribute names.
const NAME_WIDTH: usize = 22;
/// Where everything is in full that is told once for many.
pub(super) const DETAILS: &str = "`plan --details` and `show --details` print each in full.";
/// What resources that belong to no service are listed under.
pub(super) const SHARED: &str = "Shared by services";

/// How the changes of a plan are listed as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// The same change of many resources in full once, with a line for each resource; the same objectives and statements of many
    /// services in one line.
    Grouped,
    /// Each change in full.
    Each,
}

/// Write the plan as text, in pieces of whole lines: the verdict, the objectives, what warns, and the changes, in the order
/// of [`comment`](super::comment). `around` is `None` for a plan that is being applied. Same plan, surroundings, listing and style,
/// same bytes.
///
/// # Errors
/// It cannot be written.
pub fn text(
    plan: &Plan,
    around: Option<&Around>,
    listing: Listing,
    style: Style,
    to: &mut dyn Write,
) -> io::Result<()> {
    let plan = &*plan.shown();
    let pen = Pen::new(style);
    let mut out = String::new();
    turn::text(plan, &pen, &mut out);
    out.push_str(&super::document::head(plan, around, style));
    let grouped = listing == Listing::Grouped;
    match super::document::objectives(plan, style).filter(|_| grouped) {
        Some(table) => {
            out.push_str(&table);
            let _ = writeln!(out, "  {}", pen.dim(DETAILS));
        }
        None => effect_text::text(&plan.objectives, &pen, &mut out),
    }
    let policy = super::document::policy_changes(plan, style).filter(|_| grouped);
    let policy = policy.map(|list| format!("{list}  {}\n", pen.dim(DETAILS)));
    let policy = policy.unwrap_or_else(|| policy_changes(plan, style));
    warnings(plan, &policy, &pen, &mut out);
    if plan.is_empty() {
        notes(plan, &pen, &mut out);
        nothing(plan, &pen, &mut out);
        verdict(plan, &pen, &mut out);
        return to.write_all(out.as_bytes());
    }
    same_text::text(plan, &pen, &mut out);
    notes(plan, &pen, &mut out);
    let alike = if grouped { Alike::of(plan, pen.width()) } else { Alike::default() };
    alike.text(&pen, &mut out);
    for (service, steps) in by_service(plan) {
        let mut steps = steps.into_iter().filter(|step| !alike.has(step)).peekable();
        if steps.peek().is_some() {
            let _ = writeln!(out, "\n{}", pen.bold(&line(service)));
        }
        for step in steps {
            pen.step(step, &mut out);
            to.write_all(out.as_bytes())?;
            out.clear();
        }
    }
    // The end of a long output is what a terminal shows.
    let _ = writeln!(out, "\n{}", pen.bold(&summary(plan.counts())));
    verdict(plan, &pen, &mut out);
    to.write_all(out.as_bytes())
}

/// Everything that warns, the worst first. `policy` is what changed in the policies.
fn warnings(plan: &Plan, policy: &str, pen: &Pen, out: &mut String) {
    let before = out.len();
    turn::details(plan, pen, out);
    if out.len() > before {
        out.insert(before, '\n');
    }
    lost::text(plan, pen, out);
    behind::text(plan, pen, out);
    irreversible::text(plan, pen, out);
    consents(plan, pen, out);
    out.push_str(policy);
    for caution in plan.cautions() {
        let text = format!("! {}", line(&caution));
        let _ = writeln!(out, "\n{}", pen.caution(&wrap(&text, 0, pen.width())));
    }
    unknown::text(plan, pen, out);
    people::text(&plan.awaited, pen, out);
    left(plan, pen, out);
}

/// What is known and accepted.
fn notes(plan: &Plan, pen: &Pen, out: &mut String) {
    if !plan.commands.is_empty() {
        let _ = writeln!(out, "\n{}", pen.bold("Commands that drills run"));
        plan.commands.iter().for_each(|command| {
            let _ = writeln!(out, "{}", wrap(&line(command), 2, pen.width()));
        });
    }
    if !plan.waived.is_empty() {
        let _ = writeln!(out, "\n{}", pen.bold("Waived"));
        plan.waived.iter().for_each(|waived| {
            let _ = writeln!(out, "{}", wrap(&line(waived), 2, pen.width()));
        });
    }
    assumed::text(&plan.assumed, pen, out);
}

/// That there are no changes.
fn nothing(plan: &Plan, pen: &Pen, out: &mut String) {
    let keep = plan.counts().keep;
    let (head, rest) = match (plan.unknown.is_empty(), plan.turns_posture()) {
        (true, true) => {
            ("No changes in the cloud.", "An apply records the change of the evacuated sites.".to_owned())
        }
        (true, false) => ("No changes.", format!("All {keep} resources match the policy.")),
        (false, _) => ("No other changes.", format!("The other {keep} resources match the policy.")),
    };
    let _ = writeln!(out, "\n{} {rest}", pen.bold(head));
}

/// The steps that change something, by the names of their services.
///
/// Within a service they are in the order in which kinds are declared, with the removal of a replaced object directly after
/// its replacement.
pub(super) fn by_service(plan: &Plan) -> Vec<(&str, Vec<&Step>)> {
    let mut services: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in plan.pending() {
        services.entry(step.address.owner()).or_default().push(step);
    }
    let services = services.into_iter().map(|(service, mut steps)| {
        steps.sort_by_key(|step| (step.address.kind().rank(), &step.address, step.action == Action::Delete));
        (if service.is_empty() { SHARED } else { service }, steps)
    });
    services.collect()
}

/// One step as it is in the plan, `width` columns wide and without colours.
pub(super) fn of_step(step: &Step, width: usize) -> String {
    let mut out = String::new();
    Pen::new(Style { color: None, width }).step(step, &mut out);
    out
}

/// The last line, if an objective is missed or something becomes weaker.
fn verdict(plan: &Plan, pen: &Pen, out: &mut String) {
    if let Some(verdict) = plan.verdict().filter(|verdict| !verdict.is_clean()) {
        let text = format!("Protection: {verdict}.");
        let _ = writeln!(out, "{}", pen.caution(&wrap(&text, 0, pen.width())));
    }
}

/// What changed in the policies, as [`text`] shows it. Empty if they were not compared.
#[must_use]
pub fn policy_changes(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    if let Some(changes) = &plan.policy_changes {
        policy::changes(changes, &Pen::new(style), &mut out);
    }
    out
}

/// What needs an explicit consent, given or not, with the flag to paste.
fn consents(plan: &Plan, pen: &Pen, out: &mut String) {
    let mut caution = |text: String| {
        let _ = writeln!(out, "\n{}", pen.caution(&wrap(&line(&text), 0, pen.width())));
    };
    for Ask { consent, what } in plan.asks() {
        caution(format!("! {what}: {}.", plan.state_of(&consent)));
    }
    if !plan.targets.is_empty() {
        let targets = plan.targets.join(", ");
        caution(format!("! only {targets}, and what the targets need. Nothing else was looked at."));
    }
}

/// What stays as it is, and what is somebody else's to make.
fn left(plan: &Plan, pen: &Pen, out: &mut String) {
    if !plan.unmade.is_empty() {
        let text = "! Holdfast makes vaults in another account only where `account` of a site names a role there. Set up these:";
        let _ = writeln!(out, "\n{}", pen.caution(&wrap(text, 0, pen.width())));
        plan.unmade.iter().for_each(|unmade| {
            let _ = writeln!(out, "{}", pen.caution(&wrap(&line(unmade), 2, pen.width())));
        });
    }
    for left in &plan.left {
        let text = format!("! {}", left.in_words());
        let _ = writeln!(out, "\n{}", pen.caution(&wrap(&line(&text), 0, pen.width())));
    }
}

/// `Plan: 3 to create, 1 to update, 0 to replace, 0 to delete; 12 to keep.`
pub(super) fn summary(counts: Counts) -> String {
    let Counts { create, update, replace, delete, keep } = counts;
    format!(
        "Plan: {create} to create, {update} to update, {replace} to replace, {delete} to delete; {keep} to keep."
    )
}

/// The parts of a plan.
impl Pen {
    fn sign(&self, action: Action) -> String {
        match action {
            Action::Keep => " ".to_owned(),
            Action::Create => self.plus("+"),
            Action::Update => self.caution("~"),
            Action::Replace => self.caution("±"),
            Action::Delete => self.minus("-"),
        }
    }

    /// The first line of a step: its sign, what it is about, what happens, and because of what.
    pub(super) fn step_head(&self, step: &Step, about: &str, out: &mut String) {
        let cause = step.cause.map_or("", label);
        let cause = self.dim(&format!("({cause})"));
        let _ =
            writeln!(out, "  {} {} {} {cause}", self.sign(step.action), self.bold(&line(about)), step.action);
    }

    fn step(&self, step: &Step, out: &mut String) {
        self.step_head(step, step.id.as_str(), out);
        let why = line(&format!("{}: {}", step.purpose, step.reason));
        let _ = writeln!(out, "{}", self.dim(&wrap(&why, 6, self.width())));
        if let Some(place) = &step.place {
            let _ = writeln!(out, "      {}", self.dim(&line(&format!("at {place}"))));
        }
        // A new object is shown with all attributes, and a deleted one is named by its purpose. An update
        // shows only the changed attributes, so name the object here.
        if let (Action::Update | Action::Replace, Some(object)) = (step.action, &step.object) {
            let object = line(&format!("on {} {}", object.kind.name(), summary_of(object)));
            let _ = writeln!(out, "{}", self.dim(&wrap(&object, 6, self.width())));
        }
        self.step_body(step, out);
    }

    /// The cautions and the attributes of a step.
    pub(super) fn step_body(&self, step: &Step, out: &mut String) {
        for caution in &step.cautions {
            let text = wrap(&format!("! {}", line(caution)), 6, self.width());
            let _ = writeln!(out, "{}", self.caution(&text));
        }
        for change in &step.changes {
            self.change(step, change, out);
            if let Some(applied) = &change.applied {
                let text = format!("{}: {} when last applied", label(change.cause), brief(applied));
                let _ = writeln!(out, "{}", self.dim(&wrap(&line(&text), 7 + NAME_WIDTH, self.width())));
            }
        }
    }

    fn change(&self, step: &Step, change: &Change, out: &mut String) {
        let shape = step.address.kind().schema().attribute(&change.name).map(|attribute| attribute.shape);
        let name = format!("{:NAME_WIDTH$}", change.name);
        let note = if change.replaces { self.caution(" (cannot change in place)") } else { String::new() };
        let after = match &change.after {
            After::Known(value) => value,
            After::Unknown => {
                let _ = writeln!(out, "      {name} {}{note}", self.dim("known after apply"));
                return;
            }
        };
        match (step.action, shape) {
            (Action::Create, Some(Shape::Document)) => {
                let _ = writeln!(out, "      {}", change.name);
                for line in pretty(after, self.width() - 8).lines() {
                    let _ = writeln!(out, "        {}", self::line(line));
                }
            }
            (_, Some(Shape::Document)) => {
                let _ = writeln!(out, "      {}{note}", change.name);
                self.document(&change.before, after, out);
            }
            (Action::Create, Some(Shape::Tags)) => self.tags(&change.name, &Value::Null, after, out),
            (_, Some(Shape::Tags)) => self.tags(&change.name, &change.before, after, out),
            (Action::Create, _) => self.value(&name, &brief(after), out),
            _ => {
                let arrow = format!("{} → {}", brief(&change.before), brief(after));
                self.value(&name, &arrow, out);
                if change.replaces {
                    let _ = writeln!(
                        out,
                        "{:1$} {2}",
                        "",
                        6 + NAME_WIDTH,
                        self.caution("cannot change in place")
                    );
                }
            }
        }
    }

    /// A name with a value that wraps below itself.
    fn value(&self, name: &str, value: &str, out: &mut String) {
        let indent = 7 + NAME_WIDTH;
        let wrapped = wrap(&line(value), indent, self.width());
        let _ = writeln!(out, "      {name} {}", wrapped.trim_start());
    }

    /// The tags one by one. Of an existing set, only those that change.
    fn tags(&self, name: &str, before: &Value, after: &Value, out: &mut String) {
        let _ = writeln!(out, "      {name}");
        for (key, value) in after.as_object().into_iter().flatten() {
            let old = before.get(key);
            let text = match old {
                Some(old) if old == value => continue,
                Some(old) => format!("{key} = {} → {}", brief(old), brief(value)),
                None => format!("{key} = {}", brief(value)),
            };
            let _ = writeln!(out, "        {}", line(&text));
        }
    }

    fn document(&self, before: &Value, after: &Value, out: &mut String) {
        let width = self.width() - 10;
        let text = |value: &Value| if value.is_null() { String::new() } else { pretty(value, width) + "\n" };
        let (before, after) = (text(before), text(after));
        for hunk in LineDiff::new(&before, &after).hunks(2) {
            for (tag, text) in hunk.lines() {
                let line = line(text.trim_end_matches('\n'));
                let line = match tag {
                    ChangeTag::Equal => format!("  {line}"),
                    ChangeTag::Delete => self.minus(&format!("- {line}")),
                    ChangeTag::Insert => self.plus(&format!("+ {line}")),
                };
                let _ = writeln!(out, "        {line}");
            }
        }
    }
}

/// The label of a cause.
pub(super) fn label(cause: Cause) -> &'static str {
    match cause {
        Cause::Policy => "policy",
        Cause::Drift => "drift",
        Cause::Both => "policy and drift",
    }
}
