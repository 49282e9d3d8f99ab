//! Makes a plan: compares desired and observed resources, and says what that means.

use super::differ::Differ;
use super::inputs::Inputs;
use super::{Plan, batch};
use super::{assumed, behind, besides, billed, effect, lost, order, people};
use super::{caution, removal, stops, turn, way_home};
use crate::compile::Waived;
use crate::diagnostic::{Diagnostic, codes};
use crate::digest::{Purpose, digest};
use crate::observation::scope;

/// Compare the inputs and make a plan.
///
/// # Errors
/// Findings about the live cloud that block the policy, each at the line it concerns.
pub fn diff(inputs: Inputs<'_>) -> Result<Plan, Vec<Diagnostic>> {
    compare(inputs, &mut |found| if found.is_empty() { Ok(()) } else { Err(found) })
}

/// What can be seen, also if no plan can be made, with what keeps one from being made. It is for looking at the estate: it lacks steps,
/// and must never be applied.
///
/// # Errors
/// The resources cannot be written as text.
pub fn look(inputs: Inputs<'_>) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut blocks = Vec::new();
    let plan = compare(inputs, &mut |found| {
        blocks.extend(found);
        Ok(())
    })?;
    Ok((plan, blocks))
}

/// Compare. `blocks` decides whether findings end it.
fn compare(
    inputs: Inputs<'_>,
    blocks: &mut dyn FnMut(Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>>,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut differ = Differ::new(&inputs);
    inputs.graph.iter().for_each(|resource| differ.resource(resource));
    blocks(std::mem::take(&mut differ.errors))?;
    let policy = &inputs.compiled.policy;
    let seen = effect::effects(&inputs, &differ.bound.found, differ.blind.services(policy, inputs.graph));
    blocks(seen.obstacles)?;
    seen.begins.into_iter().for_each(|task| differ.begin(task));
    let Differ { mut steps, mut blind, bound, displaced, confirmed, mut left, .. } = differ;
    left.extend(removal::plan(&mut steps, &mut blind, &bound, &displaced, &inputs));
    blocks(stops::findings(&steps, inputs.graph))?;
    order::name_earlier_accounts(&mut steps, inputs.owned, &inputs.context.accounts);
    order::order(&mut steps, inputs.graph);
    batch::assign(&mut steps);
    let wants: Vec<_> = inputs.graph.iter().map(|wanted| (&wanted.address, &wanted.attributes)).collect();
    let wants = digest(Purpose::Policy, &wants).map_err(|error| {
        vec![Diagnostic::new(codes::BAD_PLAN_FILE, format!("the plan cannot be written: {error}"))]
    })?;
    let (objectives, copies, backups) = (seen.effects, seen.copies, seen.backups);
    let (lags, checks) = (seen.lags, seen.checks);
    let lost = lost::primaries(&inputs, &copies, &steps, &blind.unknown);
    let behind = behind::primaries(&inputs, &steps);
    let assumed = assumed::whole(&inputs, &copies);
    let billed = billed::all(policy, &steps);
    let awaited = people::awaited(inputs.graph, &bound);
    let unmade = besides::unmade(policy, &inputs.context.accounts);
    let observed = inputs.observation.sorted();
    let turns = turn::turns(policy, (inputs.observation, inputs.owned), [inputs.was, inputs.posture]);
    let foreign = caution::foreign(&observed, &steps);
    Ok(Plan {
        context: inputs.context,
        policy: wants,
        observed,
        foreign,
        was: inputs.was.clone(),
        posture: inputs.posture.clone(),
        turns,
        scope: scope(inputs.graph, inputs.owned),
        confirmed,
        moved: besides::moved(inputs.graph, inputs.owned),
        leaving: besides::leaving(&steps, policy),
        policy_changes: None,
        lost,
        behind,
        awaited,
        objectives,
        assumed,
        copies,
        backups,
        lags,
        ways_home: way_home::all(policy, inputs.posture, (inputs.observation, inputs.owned)),
        checks,
        commands: besides::commands(policy),
        waived: inputs.compiled.waived.iter().map(Waived::in_words).collect(),
        unmade,
        billed,
        steps,
        left,
        unknown: blind.unknown,
        waiting: blind.waiting,
        consents: inputs.consents,
        targets: Vec::new(),
    })
}
