//! A change of the posture: what an evacuation moves, what stays without protection meanwhile, and what a return needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Action, Consent, Plan, Step, StepId, Unknown};
use crate::copies::{CopyJob, JobState};
use crate::diagnostic::{Diagnostic, codes, one_of};
use crate::observation::{Observation, Owned};
use crate::policy::{Bucket, Policy, Service};
use crate::posture::Posture;
use crate::printable::one_line;
use crate::provider;
use crate::resource::{Address, Made};
use crate::text::{Pen, wrap};

/// What a change of the posture means for a service that has something at one of the sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The service.
    pub service: String,
    /// Its traffic that is answered elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TurnedTraffic>,
    /// Its data sets whose primary is at one of the sites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<TurnedData>,
}

/// Traffic that another site answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnedTraffic {
    /// The name of the entry.
    pub name: String,
    /// The record.
    pub record: String,
    /// The site that answered first.
    pub from: String,
    /// The site that answers first.
    pub to: String,
    /// Whether health checks move it without any change.
    pub probed: bool,
}

/// A data set whose primary is at a site that is evacuated, or returned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnedData {
    /// `SERVICE.DATA`.
    pub entry: String,
    /// The primary bucket.
    pub primary: String,
    /// Its site.
    pub site: String,
    /// The id of the site's region.
    pub region: String,
    /// The real-time copies at sites in use, each with its site.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<(String, String)>,
    /// What copies back what is written to copies, if the policy wants both ways: to those in use, or before a return to any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub back: Vec<Address>,
    /// Before a return, what was written to copies before the rules that copy it back and is not known to be copied, as clauses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copying: Vec<String>,
    /// Whether a job still copies some of it, so that waiting helps.
    #[serde(skip)]
    pub runs: bool,
    /// Why nobody can write to a copy, if that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<&'static str>,
    /// What to do before somebody can write to each copy, if nobody can.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub make_writable: Vec<String>,
}

impl TurnedData {
    /// Whether it is data of a service.
    fn is_of(&self, service: &str) -> bool {
        self.entry.split('.').next() == Some(service)
    }
}

/// What the change from one posture to another means. Empty if they are the same.
pub(super) fn turns(
    policy: &Policy,
    (observation, owned): (&Observation, &[Owned]),
    [was, now]: [&Posture; 2],
) -> Vec<Turn> {
    let turn = |service: &Service| {
        let first = |posture: &Posture, endpoints: &[crate::policy::Endpoint]| {
            endpoints
                .iter()
                .map(|at| &at.site.name)
                .find(|site| !posture.evacuates(site))
                .map(ToString::to_string)
        };
        let traffic = service.traffic.iter().filter_map(|(name, traffic)| {
            let (from, to) = (first(was, &traffic.endpoints)?, first(now, &traffic.endpoints)?);
            let (name, record, probed) =
                (name.to_string(), traffic.record.to_string(), traffic.probe.is_some());
            (from != to).then_some(TurnedTraffic { name, record, from, to, probed })
        });
        let data = service.data.iter().filter(|(_, set)| {
            let home = &set.primary.site.name;
            was.evacuates(home) != now.evacuates(home)
        });
        let data = data.map(|(name, set)| {
            let there = set.copies.iter().filter(|copy| !now.evacuates(&copy.site.name));
            let copies = there.filter(|copy| !was.evacuates(&copy.site.name));
            let back = |copy: &Bucket| {
                let provider = provider::find(set.primary.site.region.provider.name)?;
                // What the role may do is then up to others.
                let left = (provider.evidence.left)(service, name, &[&set.primary, copy]).is_some();
                set.two_way.filter(|_| !left).map(|_| (provider.evidence.way_back)(service, name, copy))
            };
            // Whoever returns has to have what was written to any copy, also to one at a site that stays evacuated.
            let returns = !now.evacuates(&set.primary.site.name);
            let written = set.copies.iter().filter(|copy| returns || !now.evacuates(&copy.site.name));
            let back: Option<Vec<Address>> = written.map(back).collect();
            let copies: Vec<&Bucket> = copies.collect();
            let storage = &set.primary.site.region.provider.storage;
            let writable = copies.iter().filter_map(|copy| Some(storage.make_writable?(copy.name.as_str())));
            let back = back.unwrap_or_default();
            let job = |copy: &Bucket| {
                let provider = provider::find(set.primary.site.region.provider.name)?;
                (provider.evidence.job_home)(observation, owned, (&service.name, name, copy))
            };
            let prepared = was.prepares(&set.primary.site.name) && !back.is_empty();
            let read = |copy: &&Bucket| returns && !was.leaves_alone(&copy.site.name);
            let jobs: Vec<(&Bucket, Option<CopyJob>)> =
                set.copies.iter().filter(read).map(|copy| (copy, job(copy))).collect();
            let copying = jobs.iter().filter_map(|(copy, job)| match job {
                Some(job) if job.state == JobState::Done => None,
                Some(job) if job.is_under_way() || prepared => {
                    Some(format!("of what was written to `{}`, {}", copy.name, job.in_words()))
                }
                None if prepared => Some(format!(
                    "of what was written to `{}` before the rule that copies it back, nothing is copied: no job has begun",
                    copy.name
                )),
                _ => None,
            });
            TurnedData {
                back,
                copying: copying.collect(),
                runs: jobs.iter().any(|(_, job)| job.as_ref().is_some_and(CopyJob::is_under_way)),
                read_only: storage.read_only_copies,
                make_writable: writable.collect(),
                entry: format!("{}.{name}", service.name),
                primary: set.primary.name.to_string(),
                site: set.primary.site.name.to_string(),
                region: set.primary.site.region.to_string(),
                copies: copies
                    .iter()
                    .map(|copy| (copy.name.to_string(), copy.site.name.to_string()))
                    .collect(),
            }
        });
        let turn =
            Turn { service: service.name.to_string(), traffic: traffic.collect(), data: data.collect() };
        (!turn.traffic.is_empty() || !turn.data.is_empty()).then_some(turn)
    };
    policy.services.values().filter_map(turn).collect()
}

impl Plan {
    /// Whether an apply changes which sites are evacuated.
    #[must_use]
    pub fn turns_posture(&self) -> bool {
        self.was != self.posture
    }

    /// Whether it evacuates sites that services use, and does nothing else than to send their users elsewhere: by policies that are the
    /// last applied ones, as far as the plan knows. Only a journal shows that they are.
    #[must_use]
    pub fn only_evacuates(&self) -> bool {
        let evacuates = self.was.beyond(&self.posture).is_empty() && !self.turns.is_empty();
        let as_applied = self.policy_changes.is_none() && self.moved.is_empty() && self.leaving.is_empty();
        let whole = self.targets.is_empty() && self.consents.iter().all(|one| *one == Consent::Many);
        let sends = |step: &Step| step.address.kind().schema().sends_users;
        evacuates && as_applied && whole && self.pending().all(sends)
    }

    /// The data sets whose primary site the plan returns to.
    pub(super) fn returned(&self) -> impl Iterator<Item = &TurnedData> {
        let data = self.turns.iter().flat_map(|turn| &turn.data);
        data.filter(|data| !self.posture.sites().any(|site| site == data.site))
    }

    /// The finding that a site returned to cannot be seen, for which there is no consent, or that the consent to a return is
    /// missing.
    pub(super) fn returns_without_consent(&self) -> Option<Diagnostic> {
        let silent = self.returned().find_map(|data| {
            let service = data.entry.split('.').next();
            let here = |unknown: &&Unknown| {
                let near =
                    unknown.region.as_ref() == Some(&data.region) || Some(unknown.address.owner()) == service;
                !unknown.taken && !unknown.evacuated && near
            };
            Some((data, self.unknown.iter().find(here)?))
        });
        if let Some((data, unknown)) = silent {
            let message = format!(
                "`{}`, which the return to `{}` needs, cannot be seen: {}",
                unknown.address, data.site, unknown.reason
            );
            let finding = Diagnostic::new(codes::MAY_BE_BEHIND, message);
            let answers = unknown.region.as_ref().unwrap_or(&data.region);
            return Some(finding.help(format!("return once {answers} answers, and plan again then")));
        }
        if let Some(data) = self.returned().find(|data| !data.copying.is_empty()) {
            let message =
                format!("`{}` may lack some of `{}`: {}", data.primary, data.entry, data.copying.join("; "));
            let finding = Diagnostic::new(codes::MAY_BE_BEHIND, message);
            return Some(finding.help(match data.runs {
                true => {
                    "return once that is done, which every plan says; to return without it, cancel the job, and plan again"
                }
                false => {
                    "run `holdfast apply` as it is now, which begins the job, and return once that is done; to return without it, remove \
                     `two-way` and compare the two first"
                }
            }));
        }
        let consent = |data: &TurnedData| Consent::Return(data.entry.clone());
        let missing: Vec<&TurnedData> =
            self.returned().filter(|data| !self.consents.contains(&consent(data))).collect();
        if missing.is_empty() {
            return None;
        }
        let names = one_of(missing.iter().map(|data| data.entry.as_str()));
        let flags: Vec<String> = missing.iter().map(|data| consent(data).flag()).collect();
        let message = format!(
            "nothing shows that {names} at home has what was written elsewhere during the evacuation"
        );
        // Users stay where they are until the data is home.
        let one_way = missing.iter().any(|data| data.back.is_empty() && data.read_only.is_none());
        let prepare = match one_way && self.was.prepared().next().is_none() {
            true => {
                "bring home what was written there first: apply `--prepare-return`, and `two-way: true` after it; "
            }
            false => "copy what was written there back first; ",
        };
        let help =
            format!("{prepare}compare the two, and if they are level, plan with `{}`", flags.join(" "));
        Some(Diagnostic::new(codes::MAY_BE_BEHIND, message).help(help))
    }
}

/// The first lines of a plan while sites are evacuated or the posture changes. Nothing otherwise.
pub(crate) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    for head in heads(plan) {
        let _ = writeln!(out, "{}", pen.bold(&one_line(&head)));
    }
}

/// What the change of the posture means, after the head of the plan.
pub(super) fn details(plan: &Plan, pen: &Pen, out: &mut String) {
    for Said { text, weakens } in meanings(plan) {
        let text = wrap(&one_line(&text), 2, pen.width());
        let _ = writeln!(out, "{}", if weakens { pen.minus(&text) } else { text });
    }
}

/// The sites to which the plan prepares the return.
pub(super) fn prepares(plan: &Plan) -> Vec<&str> {
    let before: Vec<&str> = plan.was.prepared().collect();
    plan.posture.prepared().filter(|site| !before.contains(site)).collect()
}

/// The sites that the plan evacuates, also those to which a return was prepared and that are left alone again.
pub(super) fn evacuates(plan: &Plan) -> Vec<&str> {
    let prepared: Vec<&str> = plan.posture.prepared().collect();
    let again = plan.was.prepared().filter(|site| !prepared.contains(site));
    let again = again.filter(|site| plan.posture.sites().any(|one| one == *site));
    plan.posture.beyond(&plan.was).into_iter().chain(again).collect()
}

/// Which sites the plan evacuates, returns to, and leaves evacuated: a sentence each.
pub(super) fn heads(plan: &Plan) -> Vec<String> {
    let (leaves, comes) = (evacuates(plan), plan.was.beyond(&plan.posture));
    let begun: Vec<&str> = prepares(plan);
    let was: Vec<&str> = plan.posture.prepared().filter(|site| !begun.contains(site)).collect();
    let other = |site: &&str| !leaves.contains(site) && !begun.contains(site) && !was.contains(site);
    let stays: Vec<&str> = plan.posture.sites().filter(other).collect();
    let heads = [
        (leaves, "Evacuates ", "."),
        (comes, "Returns to ", "."),
        (
            begun,
            "Prepares the return to ",
            ": what is there is read and changed again, and users stay elsewhere.",
        ),
        (was, "Return prepared, users are elsewhere: ", ". `holdfast plan --return` plans the way back."),
        (stays, "Evacuated: ", ". `holdfast plan --return` plans the way back."),
    ];
    let pending = plan.pending().filter(|step| step.address.kind().schema().sends_users).count();
    let pending = match (plan.turns_posture() || plan.posture.is_normal(), pending) {
        (true, _) | (_, 0) => None,
        (_, count) => {
            Some(format!("Traffic: {} of this plan, not applied yet.", crate::text::count(count, "change")))
        }
    };
    let heads = heads.into_iter().filter(|(sites, ..)| !sites.is_empty());
    let heads = heads.map(|(sites, before, after)| format!("{before}{}{after}", sites.join(", ")));
    heads.chain(pending).collect()
}

/// A sentence about a change of the posture.
pub(super) struct Said {
    /// The sentence.
    pub(super) text: String,
    /// Whether it is about protection that is lost.
    pub(super) weakens: bool,
}

/// What the change of the posture means. Empty if it does not change.
pub(super) fn meanings(plan: &Plan) -> Vec<Said> {
    let mut said = Vec::new();
    if !plan.turns_posture() {
        return said;
    }
    let mut say = |text: String, weakens: bool| said.push(Said { text, weakens });
    for turn in &plan.turns {
        for TurnedTraffic { name, record, from, to, .. } in &turn.traffic {
            say(
                format!("{}.{name}: `{to}` answers for `{record}`, no longer `{from}`.", turn.service),
                false,
            );
        }
        turn.data.iter().for_each(|data| say(meaning(plan, data), true));
    }
    if plan.posture.beyond(&plan.was).is_empty() {
        return said;
    }
    for (what, instead, count) in control_planes(plan) {
        let steps = if count == 1 { "1 step" } else { &format!("{count} steps") };
        say(format!("Control plane: this plan {what} ({steps}). In a disaster, {instead}."), true);
    }
    let traffic = plan.turns.iter().flat_map(|turn| &turn.traffic).filter(|traffic| traffic.probed);
    let probed: Vec<String> = traffic.map(|traffic| format!("`{}`", traffic.record)).collect();
    if !probed.is_empty() {
        let names = probed.join(", ");
        say(
            format!(
                "If the site is lost, health checks move {names} without this plan, as far as they are set up as declared."
            ),
            false,
        );
    }
    said
}

/// Whether what is written to each copy was seen to be copied back as the policy declares: the rules, and all that they need. What is at a
/// site that is evacuated is as it was when that was seen.
fn copies_back(plan: &Plan, data: &TurnedData) -> bool {
    let sound = |step: &Step| {
        let needs = |address: &Address| step.needs.contains(&StepId::of(address));
        !plan.pending().any(|other| needs(&other.address))
            && !plan.unknown.iter().any(|one| !one.evacuated && data.is_of(one.address.owner()))
    };
    let kept = |by: &Address| {
        let mut steps = plan.steps.iter().filter(|step| step.address == *by);
        steps.any(|step| step.action == Action::Keep && step.object.is_some() && sound(step))
    };
    !data.back.is_empty() && data.back.iter().all(kept)
}

/// What it means for a data set.
fn meaning(plan: &Plan, data: &TurnedData) -> String {
    let TurnedData { entry, primary, site, copies, .. } = data;
    let back = copies_back(plan, data);
    if plan.returned().any(|one| one == data) {
        if !data.copying.is_empty() {
            return format!(
                "{entry}: `{primary}` at `{site}` would be the primary again, and it may lack some of what was written elsewhere: {}.",
                data.copying.join("; ")
            );
        }
        if back {
            return format!(
                "{entry}: `{primary}` at `{site}` is the primary again. Rules that were seen copy to it what was written elsewhere; this \
                 plan does not show that all of it has arrived."
            );
        }
        return format!(
            "{entry}: `{primary}` at `{site}` is the primary again. Nothing shows that it has what was written elsewhere during \
             the evacuation."
        );
    }
    let copies: Vec<String> = copies.iter().map(|(name, at)| format!("`{name}` at `{at}`")).collect();
    match copies.as_slice() {
        [copy] if back => format!(
            "{entry}: the policy has a real-time copy in {copy}. This plan does not show whether it is whole. Rules that were seen copy \
             what is written there to `{primary}` once that answers; until then it has no second copy, so its RPO has no limit."
        ),
        copies if back && !copies.is_empty() => format!(
            "{entry}: the policy has real-time copies in {}. This plan does not show whether they are whole. Rules that were seen copy \
             what is written to one of them to the others, and to `{primary}` once that answers.",
            copies.join(" and ")
        ),
        copies if !data.back.is_empty() && !copies.is_empty() => format!(
            "{entry}: the policy has real-time copies in {}. This plan does not show whether they are whole. Not every rule that is to \
             copy back what is written there was seen as the policy declares it, so until the return its RPO has no limit.",
            copies.join(" and ")
        ),
        [] => {
            format!("{entry}: the policy has no real-time copy at a site in use. Restore it from a backup.")
        }
        copies if let Some(why) = data.read_only => format!(
            "{entry}: the policy has real-time copies in {}. This plan does not show whether they are whole. They can be read and not \
             written to: {why}, which this plan does not do. To write there, {}; nothing copies back then.",
            copies.join(" and "),
            data.make_writable.join(" and ")
        ),
        copies => format!(
            "{entry}: the policy has real-time copies in {}. This plan does not show whether they are whole. Nothing copies what \
             is written there to another site, so until the return its RPO has no limit.",
            copies.join(" and ")
        ),
    }
}

/// The control planes that the changes need: what they do there, what to prepare instead, and how many they are.
fn control_planes(plan: &Plan) -> Vec<(&'static str, &'static str, usize)> {
    let mut found: BTreeMap<(&'static str, &'static str), usize> = BTreeMap::new();
    for step in plan.pending() {
        let Some(facts) = step.address.kind().schema().provider.and_then(provider::find) else {
            continue;
        };
        let planes = facts.facts.control_planes.iter();
        let needed = calls(step).find_map(|call| planes.clone().find(|plane| plane.covers(call)));
        if let Some(plane) = needed {
            *found.entry((plane.what, plane.instead)).or_default() += 1;
        }
    }
    found.into_iter().map(|((what, instead), count)| (what, instead, count)).collect()
}

/// The calls that make a step, other than those that observe.
fn calls(step: &Step) -> impl Iterator<Item = &'static str> {
    let changes = |made: &Made| !matches!(made, Made::Observe | Made::Survey | Made::Recover);
    let all = step.address.kind().schema().calls.iter();
    all.filter(move |call| call.made.iter().any(changes)).map(|call| call.operation)
}
