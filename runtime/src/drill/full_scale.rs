//! A full-scale drill: the site is evacuated for real, by the same plan and apply as on the day, and returned to.
//!
//! Each change is a run of its own, so that a colleague's apply is not locked out in between, and the posture in the journal says where
//! users are. Whatever goes wrong, the way back is tried; what could not be taken back stays recorded as left.

use std::collections::BTreeSet;
use std::time::{Duration as Time, Instant};

use futures::{FutureExt as _, StreamExt as _};
use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::drill::{Finding, Outcome, Record};
use holdfast_compiler::plan::{Consent, Consents, Plan};

use super::DrillError;
use super::error::{not_ready, not_served};
use super::measured::{losses, measured};
use super::order::{Front, Order};
use super::outside::{Place, Resolvers, Watch, Way, resolvers};
use super::session::{PAUSE, Session, TRIES, Turned, timed};
use super::talk::talk;
use crate::apply::{Limits, STEP_TIMEOUT, Settings};
use crate::estate::{EstateError, LivePlan, PlanOptions, Policies, PostureChange, Selection};
use crate::journal::{DrillMade, Event, JournalError};
use crate::run::{Ended, Evidence, RunError, RunOptions, apply_policies};

/// How many steps run at a time: the default of `apply`.
const PARALLELISM: usize = 16;

/// What a full-scale drill does.
pub(super) struct Evacuation {
    /// The site.
    pub(super) site: String,
    /// The plan that evacuates it.
    pub(super) plan: Plan,
    /// The records that it moves, at the resolvers that are asked.
    pub(super) watch: Watch,
}

impl Evacuation {
    /// Plan the evacuation, and find out whether the way back is open. Nothing is changed.
    pub(super) async fn prepare(
        session: &Session,
        selection: &Selection,
        order: &Order,
    ) -> Result<Self, DrillError> {
        let drill = session.drill()?;
        let Some(site) = drill.site.as_ref().map(ToString::to_string) else {
            return Err(not_served(
                format!("the drill `{}` names no site to evacuate", drill.name),
                "a full-scale drill exercises `disruption: site-loss` with a `site`",
            ));
        };
        if session.requires_approvals()? {
            return Err(not_served(
                "this estate requires approvals, and the plan home can be made and approved only during the evacuation",
                "hold it by hand: `holdfast plan --evacuate SITE --out FILE`, approve, apply; then the same with `--return`",
            ));
        }
        let turn = PostureChange::Evacuate(vec![site.clone()]);
        let plan = session.live(selection, turn, outward(&order.consents)).await?.planned.plan;
        let mut faults: Vec<Diagnostic> = Vec::new();
        let tests = |service: &str| drill.services.keys().any(|name| name.as_str() == service);
        for turned in plan.turns.iter().filter(|turned| !tests(&turned.service)) {
            faults.push(not_ready(
                format!(
                    "`{}` would be evacuated too, and is none of the services of the drill",
                    turned.service
                ),
                "add it to the `services` of the drill, or exercise another site",
            ));
        }
        faults.extend(plan.missing_consents());
        let data = plan.turns.iter().flat_map(|turned| &turned.data);
        let missing: BTreeSet<String> = data
            .map(|data| Consent::Return(data.entry.clone()))
            .filter(|consent| !order.consents.contains(consent))
            .map(|consent| consent.flag())
            .collect();
        if !missing.is_empty() {
            faults.push(not_ready(
                "the way back is not open: nothing will show that the data at home has what is written elsewhere in the drill",
                format!(
                    "see to it that what is written at the standby is copied back, and add `{}`",
                    missing.into_iter().collect::<Vec<_>>().join(" ")
                ),
            ));
        }
        if !faults.is_empty() {
            return Err(DrillError::NotReady(faults));
        }
        let watch = watch(session, order, &plan).await?;
        Ok(Self { site, plan, watch })
    }
}

/// Whom to ask for the records that a plan moves. Each resolver has to answer, and with the site that is evacuated: a drill that measures
/// nothing sends no users away.
async fn watch(session: &Session, order: &Order, plan: &Plan) -> Result<Watch, DrillError> {
    let places = Place::all(session.policy(), session.drill()?, plan);
    if session.context.is_embedded() {
        return match order.resolvers {
            Resolvers::These(_) => Err(DrillError::Usage(
                "the embedded cloud answers no DNS, so no resolver can be asked: leave out `--resolver`"
                    .to_owned(),
            )),
            Resolvers::OfMachine | Resolvers::Nobody => Ok(Watch::new(places, Vec::new())),
        };
    }
    let cure = "name resolvers with `--resolver 9.9.9.9`, or ask nobody with `--resolver none`";
    let unknown = |message: String| DrillError::NotReady(vec![not_ready(message, cure)]);
    let all = order
        .resolvers
        .on_a_real_cloud()
        .map_err(|why| unknown(format!("the resolvers of this machine are not known: {why}")))?;
    let mut watch = Watch::new(places, resolvers(&all).await.map_err(unknown)?);
    watch.look().await;
    let astray = watch.astray(Way::Home).into_iter().map(|(_, clause)| {
        let cure = "find out why, or ask resolvers that see what users see: `--resolver 9.9.9.9`, or nobody: `--resolver none`";
        not_ready(format!("before the drill {clause}"), cure)
    });
    let astray: Vec<Diagnostic> = astray.collect();
    if astray.is_empty() { Ok(watch) } else { Err(DrillError::NotReady(astray)) }
}

/// The consents of the way out: those of the way back are not a part of it.
fn outward(consents: &Consents) -> Consents {
    consents.iter().filter(|consent| !matches!(consent, Consent::Return(_))).cloned().collect()
}

/// Evacuate, look, hold, ask, return, and look again.
pub(super) async fn full_scale(
    session: &Session,
    selection: &Selection,
    order: &Order,
    evacuation: &mut Evacuation,
    front: &dyn Front,
    record: &mut Record,
) -> Result<Vec<Event>, DrillError> {
    // From here on nothing may end the drill but its end: the way back has to be tried.
    let mut requests = front.requests_to_end().map_err(|error| DrillError::Usage(error.to_string()))?;
    let Evacuation { site, plan, watch } = evacuation;
    let sites = vec![site.clone()];
    let made = DrillMade::Evacuation { sites: sites.clone() };
    let log = session.log_first(record).await?;
    let run = log.run;
    log.begin(record).await?;
    log.add(Event::DrillMakes(made.clone())).await?;
    log.close().await?;
    record.outcome = Outcome::Passed;
    let loss = losses(session, site).await;
    record.achieved.extend(loss);
    front.tell(&format!("evacuating {site}"));
    let began = Instant::now();
    watch.order();
    let turn = PostureChange::Evacuate(sites.clone());
    let out = change(session, selection, turn, outward(&order.consents), front);
    let out = timed(record, "evacuation", watch.during(out)).await;
    let out = match (out, session.turned(run).await) {
        (Ok(()), Ok(Turned::Unturned | Turned::Others)) => {
            Err("somebody else changed which sites are evacuated".to_owned())
        }
        (Ok(()), Err(error)) => Err(error.to_string()),
        (out, _) => out.map_err(|failed| failed.why),
    };
    let looked = timed(record, "look at the records", watch.during(look(session, selection))).await;
    let took = began.elapsed().as_millis().div_ceil(1000);
    let took = u64::try_from(took).unwrap_or(u64::MAX);
    match (out, looked) {
        (Ok(()), Ok(())) => {
            let held = tokio::select! {
                biased;
                _ = requests.next() => None,
                done = stay(session, order, front, watch, record) => Some(done),
            };
            // A request may have come while nobody looked.
            tokio::task::yield_now().await;
            let held = held.filter(|_| requests.next().now_or_never().is_none());
            let stopped = match held {
                Some(Ok(())) => None,
                Some(Err(error)) => Some(format!("the drill broke off: {error}")),
                None => Some("the drill was stopped".to_owned()),
            };
            if let Some(cause) = stopped {
                record.outcome = Outcome::Aborted;
                record.findings.push(Finding { cause, owner: None, due: None });
            }
            measured(session, plan, took, watch, record);
        }
        (out, looked) => {
            let cause = [out, looked].into_iter().filter_map(Result::err).collect::<Vec<_>>().join("; ");
            record.findings.push(Finding {
                cause: format!("the evacuation is not whole: {cause}"),
                owner: None,
                due: None,
            });
        }
    }
    let home = match session.turned(run).await {
        Ok(Turned::Unturned) => Ok(()),
        Ok(Turned::Drill) => {
            front.tell(&format!("returning to {site}"));
            let home = go_home(session, selection, run, &sites, &order.consents, front);
            timed(record, "return", watch.during(home)).await
        }
        Ok(Turned::Others) => Err("somebody else changed which sites are evacuated".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    if home.is_ok() && !watch.is_blind() {
        front.tell(&format!("asking {} until they answer with {site} again", watch.names()));
        let settled = timed(record, "return seen from outside", watch.settle(Way::Home));
        tokio::select! {
            biased;
            _ = requests.next() => {}
            () = settled => {}
        }
        let astray = watch.astray(Way::Home).into_iter();
        record.findings.extend(astray.map(|(_, clause)| Finding {
            cause: format!("after the return {clause}"),
            owner: None,
            due: None,
        }));
    }
    record.asked = watch.asked();
    let Err(cause) = home else { return Ok(vec![Event::DrillRemoved(made)]) };
    let (what, events) = match session.evacuated(&sites).await {
        Ok(still) if still.is_empty() => (
            "is not evacuated any more, but the drill did not end as planned",
            vec![Event::DrillRemoved(made)],
        ),
        Ok(_) => ("is still evacuated", Vec::new()),
        Err(_) => ("may still be evacuated: the journal cannot be read", Vec::new()),
    };
    record.findings.push(Finding { cause: format!("{site} {what}: {cause}"), owner: None, due: None });
    Ok(events)
}

/// Stay evacuated: until every resolver answers with the standby, for the time that was ordered, and until the questions are answered.
async fn stay(
    session: &Session,
    order: &Order,
    front: &dyn Front,
    watch: &mut Watch,
    record: &mut Record,
) -> Result<(), DrillError> {
    if !watch.is_blind() {
        front.tell(&format!("asking {} until they answer with the standby", watch.names()));
        timed(record, "evacuation seen from outside", watch.settle(Way::Away)).await;
    }
    if order.hold.as_seconds() > 0 {
        front.tell(&format!("holding for {}", order.hold.in_words()));
        watch.during(tokio::time::sleep(Time::from_secs(order.hold.as_seconds()))).await;
    }
    watch.during(talk(session, order, front, record)).await?;
    // What is measured holds until now.
    watch.look().await;
    Ok(())
}

/// Return to sites that the drill of a run evacuated, and see that the estate is as the policies say. Waits while others use the journal.
///
/// # Errors
/// Why not, as a clause.
pub(super) async fn go_home(
    session: &Session,
    selection: &Selection,
    run: u64,
    sites: &[String],
    consents: &Consents,
    front: &dyn Front,
) -> Result<(), String> {
    let mut tries = 0;
    loop {
        // Whoever had the journal meanwhile may have sent users away for a real disaster.
        if session.turned(run).await.map_err(|error| error.to_string())? != Turned::Drill {
            return Err("somebody else changed which sites are evacuated".to_owned());
        }
        let turn = PostureChange::Return(sites.to_vec());
        match change(session, selection, turn, consents.clone(), front).await {
            Ok(()) => break,
            Err(failed) if failed.is_busy && tries < TRIES => {
                front.tell(&format!("waiting to return: {}", failed.why));
            }
            Err(failed) => return Err(failed.why),
        }
        tries += 1;
        tokio::time::sleep(PAUSE).await;
    }
    look(session, selection).await
}

/// Why the posture was not changed.
struct Failed {
    why: String,
    /// Whether others used the journal, so that it can be tried again.
    is_busy: bool,
}

/// Change the posture, by the apply that everybody uses.
async fn change(
    session: &Session,
    selection: &Selection,
    turn: PostureChange,
    consents: Consents,
    front: &dyn Front,
) -> Result<(), Failed> {
    let failed = |why: String| Err(Failed { why, is_busy: false });
    let policies = match session.again() {
        Ok(policies) => policies,
        Err(error) => return failed(error.to_string()),
    };
    let plan_options = PlanOptions { turn, consents, ..PlanOptions::default() };
    let settings =
        Settings { parallelism: PARALLELISM, limits: Limits::default(), step_timeout: STEP_TIMEOUT };
    let options = RunOptions { settings, timeout: None, take_over: None, evidence: Evidence::default() };
    let run = apply_policies(policies, selection, &plan_options, &options, front.runs());
    match Box::pin(run).await {
        Ok(Ended::Complete) => Ok(()),
        Ok(Ended::Partial) => failed("some steps failed or were not started".to_owned()),
        Ok(Ended::Aborted) => failed("it was stopped at once".to_owned()),
        Err(error) => {
            let is_busy = matches!(
                &error,
                RunError::Overtaken | RunError::Estate(EstateError::Journal(JournalError::Locked { .. }))
            );
            Err(Failed { why: said(error), is_busy })
        }
    }
}

fn said(error: RunError) -> String {
    match error.refusal() {
        Ok(refused) => {
            refused.findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>().join("; ")
        }
        Err(error) => error.to_string(),
    }
}

/// See that the cloud is as the posture of the journal asks.
async fn look(session: &Session, selection: &Selection) -> Result<(), String> {
    let live = session.live(selection, PostureChange::Stay, Consents::new()).await;
    let plan = live.map_err(|error: DrillError| error.to_string())?.planned.plan;
    let pending: Vec<String> = plan.pending().map(|step| format!("`{}`", step.address)).collect();
    if pending.is_empty() { Ok(()) } else { Err(format!("{} are not as planned", pending.join(", "))) }
}

impl Session {
    /// The policies once more, for a plan.
    pub(super) fn again(&self) -> Result<Policies, EstateError> {
        Ok(Policies::read(self.policies.sources.clone(), self.policies.compiled.options.as_of)?)
    }

    /// A plan of the policies for the cloud as it is.
    pub(super) async fn live(
        &self,
        selection: &Selection,
        turn: PostureChange,
        consents: Consents,
    ) -> Result<LivePlan, DrillError> {
        let options = PlanOptions { backups: true, turn, consents, ..PlanOptions::default() };
        Ok(Box::pin(LivePlan::of(self.again()?, selection, &options, &|_| ())).await?)
    }

    /// Whether somebody has to approve a change: by the policies, the last run or the trust anchor.
    fn requires_approvals(&self) -> Result<bool, DrillError> {
        let said = self.policy().approvals.as_ref().is_some_and(|rule| rule.required > 0);
        let last = crate::journal::rule(&self.history.runs, &self.context);
        let last = last.is_some_and(|rule| rule.required > 0);
        Ok(said || last || self.workspace.requires_approvals()? || self.workspace.allows_unsaved().is_err())
    }
}
