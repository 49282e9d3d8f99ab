//! Endpoints of profiles of Traffic Manager. All changes of one profile's endpoints are one request, which writes the profile: Azure refuses
//! two endpoints of one priority, so two of them cannot swap one after the other. What is not managed in the profile stays.

use async_trait::async_trait;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::azure::traffic::{endpoint as kind, profile as whole};
use holdfast_compiler::resource::{Call, Identity, Kind, Values};
use serde_json::{Value, json};

use super::changes::{Readable, Todo, confirm, confirm_gone, unchanged};
use super::client::arm::{Arm, Whole};
use super::client::error::fault;
use super::client::models::profile;
use super::client::models::traffic::{Endpoint, Profile};
use super::driver::{Look, Sight};
use super::fields::{lacks, required, text, values};
use super::places::Places;
use super::traffic_profile::{headers_of, headers_value};
use crate::cloud::{CloudError, Command, Done, refuse};

const CALL: &Call = &kind::PUT;
/// The type of an endpoint that is an address or a name anywhere.
const EXTERNAL: &str = "Microsoft.Network/trafficManagerProfiles/externalEndpoints";

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let part = |name: &str| identity.get(name).ok_or_else(|| lacks(&kind::GET, name));
        let (name, site) = (part(kind::PROFILE)?, part(kind::NAME)?);
        let Some(found) = look.profile(name).await? else { return Ok(Sight::Absent) };
        let id = super::client::models::profile_id(&found.group, name);
        let one = find(&found.answer, site).map(|one| object(one, site, name, &id));
        Ok(one.map_or(Sight::Absent, Sight::Seen))
    }

    async fn one(&self, arm: &Arm, _: &Places, command: &Command) -> Result<Done, CloudError> {
        let mut done = write(arm, std::slice::from_ref(command)).await;
        done.pop().unwrap_or_else(|| Err(lacks(CALL, kind::NAME)))
    }
}

/// The endpoints of wanted profiles that no policy declares and Holdfast has not made. What cannot be seen is told with the wanted ones.
pub(super) async fn undeclared(look: &Look<'_>) -> Vec<Object> {
    let mut others = Vec::new();
    for name in look.profile_names() {
        let Ok(Some(found)) = look.profile(name).await else { continue };
        let id = super::client::models::profile_id(&found.group, name);
        let is = |wanted: &Identity, part: &str, name: &str| {
            wanted.get(part).is_some_and(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        let is_wanted = |one: &Endpoint| {
            look.wanted(kind::KIND)
                .any(|wanted| is(wanted, kind::PROFILE, name) && is(wanted, kind::NAME, &one.name))
        };
        let all = found.answer.properties.endpoints.iter().filter(|one| !is_wanted(one));
        others.extend(all.map(|one| object(one, &one.name, name, &id)));
    }
    others
}

/// An endpoint of a profile, of whatever type, by its name.
fn find<'p>(profile: &'p Profile, name: &str) -> Option<&'p Endpoint> {
    profile.properties.endpoints.iter().find(|one| is_named(one, name))
}

/// Names are compared as Azure compares them: without regard to case.
fn is_named(one: &Endpoint, name: &str) -> bool {
    one.name.eq_ignore_ascii_case(name)
}

/// One of another type has another target than any policy asks for. The name is as the policy writes it, if one does.
fn object(one: &Endpoint, name: &str, profile: &str, profile_id: &str) -> Object {
    let is_external = one.sort.to_lowercase().ends_with("/externalendpoints");
    let of = &one.properties;
    let attributes = values([
        (kind::PROFILE, json!(profile)),
        (kind::NAME, json!(name)),
        (kind::PROFILE_ID, json!(profile_id)),
        (kind::TARGET, json!(of.target.as_ref().filter(|_| is_external))),
        (kind::PRIORITY, json!(of.priority)),
        (kind::STATUS, json!(of.endpoint_status)),
        (kind::ALWAYS_SERVE, json!(of.always_serve.as_deref().unwrap_or(whole::DISABLED))),
        (kind::HEADERS, headers_value(of.custom_headers.as_deref())),
    ]);
    Object { kind: kind::KIND, id: format!("{profile}/{name}"), attributes, outputs: Values::new() }
}

/// The profile of a batch, to look at again.
struct Known<'a> {
    arm: &'a Arm,
    id: &'a str,
    name: &'a str,
}

impl<'a> Known<'a> {
    fn of(arm: &'a Arm, command: &'a Command) -> Result<Self, CloudError> {
        let values = values_of(command)?;
        let (id, name) = (required(values, kind::PROFILE_ID, CALL)?, required(values, kind::PROFILE, CALL)?);
        Ok(Self { arm, id, name })
    }

    async fn look(&self) -> Result<Option<Profile>, CloudError> {
        self.arm.get(&kind::GET, &profile(self.id)).await
    }
}

/// One endpoint, to look at again.
struct One<'a> {
    known: &'a Known<'a>,
    site: &'a str,
}

#[async_trait]
impl Readable for One<'_> {
    async fn read(&self) -> Result<Option<Object>, CloudError> {
        let found = self.known.look().await?;
        let one = found.as_ref().and_then(|found| find(found, self.site));
        Ok(one.map(|one| object(one, self.site, self.known.name, self.known.id)))
    }
}

/// The values of a command; of a removal those of what goes.
fn values_of(command: &Command) -> Result<&Values, CloudError> {
    match (command.action, &command.object) {
        (Action::Delete, Some(object)) => Ok(&object.attributes),
        (Action::Delete, None) => Err(lacks(CALL, kind::NAME)),
        _ => Ok(&command.values),
    }
}

/// The endpoints of a profile, to change.
struct Batch<'a> {
    known: &'a Known<'a>,
    /// The names of those that go.
    gone: Vec<String>,
    /// Those that come or change.
    kept: Vec<&'a Command>,
}

impl<'a> Batch<'a> {
    fn of(known: &'a Known<'a>, batch: &'a [Command]) -> Self {
        let (gone, kept): (Vec<&Command>, Vec<&Command>) =
            batch.iter().partition(|command| command.action == Action::Delete);
        let displaced = kept.iter().flat_map(|command| &command.displaces);
        let gone = gone.into_iter().filter_map(|command| command.object.as_ref()).chain(displaced);
        let declared = |name: &str| {
            let mut names = kept.iter().filter_map(|command| text(&command.values, kind::NAME));
            names.any(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        let gone = gone.filter_map(|object| text(&object.attributes, kind::NAME));
        let gone = gone.filter(|name| !declared(name)).collect();
        Self { known, gone, kept }
    }
}

#[async_trait]
impl Whole for Batch<'_> {
    type Document = Profile;

    async fn next(&self, _: bool) -> Result<Option<Profile>, CloudError> {
        let Some(mut found) = self.known.look().await? else {
            if self.kept.is_empty() {
                return Ok(None);
            }
            let message = "the profile was deleted meanwhile; plan again";
            return Err(fault(CALL, "ParentResourceNotFound", message));
        };
        // What goes makes room for what comes.
        let endpoints = &mut found.properties.endpoints;
        let before = endpoints.len();
        endpoints.retain(|one| !self.gone.iter().any(|name| is_named(one, name)));
        let mut writes = endpoints.len() != before;
        for command in &self.kept {
            writes |= put(&mut found, command, self.known)?;
        }
        Ok(writes.then_some(found))
    }
}

/// Execute commands for endpoints of one profile. All are done, or none.
pub(super) async fn write(arm: &Arm, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
    match try_write(arm, batch).await {
        Ok(done) => done,
        Err(error) => batch.iter().map(|_| Err(error.clone())).collect(),
    }
}

async fn try_write(arm: &Arm, batch: &[Command]) -> Result<Vec<Result<Done, CloudError>>, CloudError> {
    let Some(first) = batch.first() else { return Ok(Vec::new()) };
    let known = Known::of(arm, first)?;
    for command in batch {
        if required(values_of(command)?, kind::PROFILE_ID, CALL)? != known.id {
            return Err(refuse(command, "a batch changes the endpoints of one profile"));
        }
    }
    // A change of the profile itself writes the same document.
    let _alone = arm.alone(known.id).await;
    let changes = Batch::of(&known, batch);
    let writes = arm.write_whole(CALL, &profile(known.id), &changes).await?;
    if writes {
        for site in &changes.gone {
            confirm_gone(CALL, site, &One { known: &known, site }).await?;
        }
    }
    let mut all = Vec::with_capacity(batch.len());
    for command in batch {
        if command.action != Action::Delete && writes {
            let site = required(&command.values, kind::NAME, CALL)?;
            confirm(CALL, kind::KIND, &command.values, &One { known: &known, site }).await?;
        }
        all.push(done(command));
    }
    Ok(all)
}

/// Put what one command says into the profile. Whether that changes it.
///
/// # Errors
/// Somebody else changed the endpoint since the plan, or made one of its name.
fn put(profile: &mut Profile, command: &Command, known: &Known<'_>) -> Result<bool, CloudError> {
    let wanted = &command.values;
    let site = required(wanted, kind::NAME, CALL)?;
    let now = find(profile, site).map(|one| object(one, site, known.name, known.id));
    match (&now, &command.object) {
        // An answer that was lost may have made it.
        (Some(_), None) if unchanged(CALL, command, now.as_ref())? == Todo::Nothing => return Ok(false),
        (Some(_), None) => {
            let message =
                format!("the endpoint `{}/{site}` appeared after the plan was made; plan again", known.name);
            return Err(fault(CALL, "Conflict", message));
        }
        (None, None) => {}
        (_, Some(_)) if unchanged(CALL, command, now.as_ref())? == Todo::Nothing => return Ok(false),
        (_, Some(_)) => {}
    }
    let endpoints = &mut profile.properties.endpoints;
    let at = endpoints.iter().position(|one| is_named(one, site));
    let mut one = at.map(|at| endpoints.swap_remove(at)).unwrap_or_default();
    if !one.sort.eq_ignore_ascii_case(EXTERNAL) {
        one = Endpoint { name: site.to_owned(), sort: EXTERNAL.to_owned(), ..Endpoint::default() };
    }
    one.properties.target = text(wanted, kind::TARGET);
    one.properties.priority = wanted.get(kind::PRIORITY).and_then(Value::as_u64);
    one.properties.endpoint_status = text(wanted, kind::STATUS);
    one.properties.always_serve = text(wanted, kind::ALWAYS_SERVE);
    one.properties.custom_headers = Some(headers_of(wanted, kind::HEADERS));
    endpoints.push(one);
    endpoints.sort_by_key(|one| one.properties.priority);
    Ok(true)
}

fn done(command: &Command) -> Result<Done, CloudError> {
    let values = values_of(command)?;
    let (profile, name) = (required(values, kind::PROFILE, CALL)?, required(values, kind::NAME, CALL)?);
    Ok(Done { id: format!("{profile}/{name}"), outputs: Values::new() })
}
