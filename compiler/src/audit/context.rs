//! What the evidence is computed from: the inputs, what is derived from them once, and words for both.

use std::collections::BTreeMap;

use super::Inputs;
use super::assess::{Assessed, Verdict};
use super::item::{Item, Standing};
use super::lines::Lines;
use crate::bcp::{self, Changed, History, Run};
use crate::document::{Evidence, Name};
use crate::estate_report::Live;
use crate::objectives::Derivation;
use crate::policy::Policy;
use crate::provider;
use crate::report::{Inline, Phrase};
use crate::source::{Place, Span};
use crate::status::Status;
use crate::units::Date;

/// The inputs, and what is derived from them once.
pub(super) struct Context<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// What the continuity plan is made from.
    pub(super) plan: bcp::Context<'a>,
    /// The sections of the continuity plan.
    pub(super) document: crate::report::Report,
    /// How observed buckets and vaults encrypt, and their addresses, by their names in the cloud.
    pub(super) encrypted: BTreeMap<String, String>,
    pub(super) addresses: BTreeMap<String, String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>) -> Self {
        let (mut encrypted, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        if let Live::Seen { status, .. } = &inputs.live {
            let steps = status.plan.steps.iter();
            let kept = steps.filter_map(|step| {
                let object = step.object.as_ref()?;
                Some(((object.kind, object.id.as_str()), step.address.to_string()))
            });
            let kept: BTreeMap<_, _> = kept.collect();
            for object in &status.plan.observed {
                let provider = object.kind.schema().provider.and_then(provider::find);
                let how = provider.and_then(|provider| (provider.evidence.encrypts)(object));
                let Some((known_by, how)) = how else { continue };
                let address = kept.get(&(object.kind, object.id.as_str()));
                addresses.extend(address.map(|address| (known_by.clone(), address.clone())));
                encrypted.insert(known_by, how);
            }
        }
        Self {
            inputs,
            plan: bcp::Context::new(&inputs.plan),
            document: bcp::report(&inputs.plan),
            encrypted,
            addresses,
        }
    }

    /// The evidence of a kind.
    pub(super) fn evidence(&self, kind: Evidence) -> Vec<Item> {
        let mut items = match kind {
            Evidence::PlanActivation
            | Evidence::PlanRoles
            | Evidence::PlanCommunication
            | Evidence::PlanProcedures
            | Evidence::PlanResources
            | Evidence::PlanStandDown => super::policy::plan(self, kind),
            Evidence::PlanReviewed => super::policy::reviewed(self),
            Evidence::ObjectivesDeclared => super::policy::objectives(self),
            Evidence::StandbySite => super::policy::standby(self),
            Evidence::RecoveryIndependent => super::policy::independent(self),
            Evidence::ApprovalsRequired => super::policy::approvals(self),
            Evidence::AlarmsDeclared => super::policy::alarms(self),
            Evidence::DrillsPlanned => super::drills::planned(self),
            Evidence::Rto | Evidence::Rpo => super::cloud::objectives(self, kind),
            Evidence::Failover => super::cloud::failover(self),
            Evidence::AsDeclared => super::cloud::as_declared(self),
            Evidence::Copies => super::storage::copies(self),
            Evidence::Backups => super::storage::backups(self),
            Evidence::Encryption => super::storage::encryption(self),
            Evidence::Locks => super::storage::locks(self),
            Evidence::SeparateSite | Evidence::OtherAccount => super::places::apart(self, kind),
            Evidence::ChangesApproved => super::history::approved(self),
            Evidence::PoliciesApplied => super::history::applied(self),
            Evidence::JournalKept => super::history::kept(self),
            Evidence::PoliciesVersioned => super::history::versioned(self),
            Evidence::DrillsHeld => super::drills::held(self),
            Evidence::FailoverTested | Evidence::RestoreTested => super::drills::tested(self, kind),
        };
        for item in &mut items {
            // What a cloud says of keys is no way to reach somebody, although it has long numbers.
            item.says = match kind {
                Evidence::Encryption => item.says.replace('`', ""),
                _ => self.hidden(&item.says),
            };
            item.about = self.hidden(&item.about);
            let line = item.clause.as_ref().and_then(|clause| self.inputs.lines.of(clause));
            item.clause_commit = line.map(|line| line.naming(|author| self.person(author)));
            let rests_on_cloud = item.observed || item.drill.is_some();
            if self.is_embedded() && rests_on_cloud && item.standing == Standing::Holds {
                item.standing = Standing::Stated;
                item.says = format!("in the embedded cloud, which is for tries: {}", item.says);
            }
            if item.run.is_none() {
                item.run = item.resource.as_deref().and_then(|resource| self.last_run(resource));
            }
        }
        items
    }

    /// The policies.
    pub(super) fn policy(&self) -> &'a Policy {
        self.inputs.plan.policy
    }

    /// The day on which something is due or overdue.
    pub(super) fn as_of(&self) -> Date {
        self.inputs.plan.as_of
    }

    /// Where the estate stood when somebody looked.
    pub(super) fn status(&self) -> Option<&'a Status<'a>> {
        match &self.inputs.live {
            Live::Seen { status, .. } => Some(status),
            Live::NotAsked | Live::Unseen(_) => None,
        }
    }

    /// Whether somebody looked at the embedded cloud, which is for tries: what it shows is no evidence about a real one.
    pub(super) fn is_embedded(&self) -> bool {
        self.status().is_some_and(|status| status.plan.context.is_embedded())
    }

    /// Why nobody knows how it stands in the cloud.
    pub(super) fn unseen(&self) -> String {
        match &self.inputs.live {
            Live::Seen { .. } => "it could not be seen".to_owned(),
            Live::NotAsked => "nobody has looked at the cloud".to_owned(),
            Live::Unseen(why) => format!("the cloud could not be observed: {}", self.hidden(why)),
        }
    }

    /// The derivations of a service, by disruption.
    pub(super) fn derived(&self, service: &Name) -> &[Derivation] {
        self.plan.derived.get(service).map(Vec::as_slice).unwrap_or_default()
    }

    /// The place of a span.
    pub(super) fn place(&self, span: Span) -> Option<Place> {
        Some(self.inputs.plan.sources.place(span))
    }

    /// The runs of the journal, newest first, or why they could not be read.
    pub(super) fn runs(&self) -> Result<&'a [Run], &'a str> {
        match self.inputs.plan.runs {
            History::Read { newest, .. } => Ok(newest),
            History::Unread(why) => Err(why),
        }
    }

    /// The run that last changed a resource, as far as runs were read.
    fn last_run(&self, resource: &str) -> Option<u64> {
        let changed = |one: &&Changed| one.address == resource && one.done != Some(false);
        let runs = self.runs().unwrap_or_default().iter();
        runs.filter(|run| run.changed.iter().any(|one| changed(&one))).map(|run| run.number).next()
    }

    /// Text of others without the backticks that are for a terminal. Ways to reach people are left out.
    pub(super) fn hidden(&self, text: &str) -> String {
        bcp::redacted(&self.plan, text).replace('`', "")
    }

    /// Who did something, as the journal or git names them.
    pub(super) fn person(&self, name: &str) -> String {
        bcp::without_domain(&self.plan, name).replace('`', "")
    }

    /// What the audit rests on.
    pub(super) fn rests_on(&self) -> Vec<(&'static str, String)> {
        let plan = &self.inputs.plan;
        let mut facts = vec![
            ("As of", format!("{} (UTC)", plan.as_of)),
            ("Policies", format!("digest {}", bcp::changes::of_policies(&self.plan))),
        ];
        facts.push((
            "Cloud",
            match &self.inputs.live {
                Live::Seen { status, from, to } => {
                    let context = &status.plan.context;
                    let digest = status.plan.observed_digest().unwrap_or_default();
                    format!(
                        "{}, account {}, observed from {} to {}, digest {digest}",
                        context.cloud,
                        context.accounts,
                        bcp::changes::second(from),
                        bcp::changes::second(to)
                    )
                }
                Live::NotAsked | Live::Unseen(_) => format!("not observed: {}", self.unseen()),
            },
        ));
        facts.push((
            "Journal",
            match plan.runs {
                History::Read { place, newest, .. } => match newest.first() {
                    Some(run) => format!("{place}; its last run is {}", run.number),
                    None => format!("{place}; it has no run of this estate"),
                },
                History::Unread(why) => format!("not read: {}", self.hidden(why)),
            },
        ));
        facts.push((
            "Git",
            match plan.commits {
                History::Read { newest, .. } => match newest.first() {
                    Some(commit) => {
                        let (id, day) = (&commit.id, &commit.day);
                        format!(
                            "last commit of the policies: {id} of {day} by {}",
                            self.person(&commit.author)
                        )
                    }
                    None => "no commit of the policies".to_owned(),
                },
                History::Unread(why) => format!("not read: {}", self.hidden(why)),
            },
        ));
        let since = self
            .inputs
            .since
            .map_or_else(|| "all runs that were read".to_owned(), |since| format!("runs since {since}"));
        facts.push(("Changes", since));
        facts
    }

    /// What is missing or stale, each a sentence.
    pub(super) fn lacks(
        &self,
        evidence: &BTreeMap<Evidence, Vec<Item>>,
        frameworks: &[Assessed<'_>],
    ) -> Vec<String> {
        let mut all = Vec::new();
        match &self.inputs.live {
            Live::Seen { status, to, .. } => {
                if self.is_embedded() {
                    let text = "The embedded cloud was looked at, which is for tries. Nothing here is evidence about a real cloud.";
                    all.push(text.to_owned());
                }
                if to.get(..10).and_then(Date::parse).is_some_and(|day| day != self.as_of()) {
                    all.push(format!(
                        "The cloud was observed at {}, and the day of this audit is {}.",
                        bcp::changes::second(to),
                        self.as_of()
                    ));
                }
                let evacuated: Vec<&str> = status.plan.posture.left_alone().collect();
                if !evacuated.is_empty() {
                    all.push(format!("Evacuated, so nobody looked there: {}.", evacuated.join(", ")));
                }
                let prepared: Vec<&str> = status.plan.posture.prepared().collect();
                if !prepared.is_empty() {
                    all.push(format!("Users are away, and the return is prepared: {}.", prepared.join(", ")));
                }
            }
            Live::NotAsked | Live::Unseen(_) => {
                all.push(format!("Nothing here says how it stands in the cloud: {}.", self.unseen()));
            }
        }
        if let History::Unread(why) = self.inputs.plan.runs {
            all.push(format!("The journal could not be read: {}.", self.hidden(why)));
        }
        // Where git could not be read at all, "Git" says it.
        if let (Lines::Unread(why), History::Read { .. }) = (self.inputs.lines, self.inputs.plan.commits) {
            all.push(format!("No clause says which commit it is from: {}.", self.hidden(why)));
        }
        if let History::Read { more: true, .. } = self.inputs.plan.runs {
            all.push("The journal has earlier runs, which were not judged.".to_owned());
        }
        let mut drills = self.policy().drills.values().peekable();
        if drills.peek().is_some() && drills.all(|drill| self.inputs.plan.held.record(drill).is_none()) {
            let text =
                "No drill has a recorded result. The days of drills are those that the policies state.";
            all.push(text.to_owned());
        }
        let no_file = frameworks.iter().all(|one| one.framework.attestations.is_empty());
        for assessed in frameworks {
            for control in &assessed.controls {
                let Some((one, _)) = control.outdated else { continue };
                let (framework, label) =
                    (self.hidden(&assessed.framework.title), self.hidden(&control.control.label));
                all.push(format!(
                    "The attestation of {} for {label} of {framework} counts from {} to {}.",
                    self.hidden(&one.by),
                    one.on,
                    one.until
                ));
            }
            let unattested = assessed.controls.iter().filter(|one| {
                one.verdict == Verdict::NotAssessed
                    && !one.control.people.is_empty()
                    && one.attestation.is_none()
            });
            match unattested.count() {
                0 => {}
                many => {
                    let controls = if many == 1 { "control needs" } else { "controls need" };
                    let title = self.hidden(&assessed.framework.title);
                    let why = match no_file {
                        true => "no file with attestations was read (--controls FILE)",
                        false => "no attestation of it was read",
                    };
                    all.push(format!("{title}: {many} {controls} what only a person can attest, and {why}."));
                }
            }
        }
        let unknown: Vec<&str> = evidence
            .iter()
            .filter(|(_, items)| items.iter().any(|item| item.standing == Standing::Unknown))
            .map(|(kind, _)| kind.title())
            .collect();
        if !unknown.is_empty() {
            all.push(format!("Evidence is missing for: {}.", unknown.join("; ")));
        }
        all
    }
}

/// The text of a phrase, without marks.
pub(super) fn plain(phrase: &Phrase) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Plain(text)
        | Inline::Strong(text)
        | Inline::Code(text)
        | Inline::Link { text, .. }
        | Inline::Verdict { text, .. } => text.clone(),
        Inline::Place(place) => place.to_string(),
        Inline::Section(key) => (*key).to_owned(),
        Inline::Gap(number) => format!("gap {number}"),
    };
    phrase.0.iter().map(one).collect()
}
