//! Containers.

use async_trait::async_trait;
use azure_core::http::Method;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::azure::storage::container as kind;
use holdfast_compiler::resource::{Call, Identity, Kind, Values};
use serde_json::{Value, json};

use super::changes::{Readable, Todo, confirm, unchanged};
use super::client::arm::{Again, Arm, Place};
use super::client::error::fault;
use super::client::models::container::{Container, Properties};
use super::client::models::{account_id, at};
use super::driver::{Look, Sight};
use super::fields::{lacks, required, text, values};
use super::places::Places;
use crate::cloud::{CloudError, Command, Done, refuse};

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let part = |name: &str| identity.get(name).ok_or_else(|| lacks(&kind::GET, name));
        let (account, name) = (part(kind::ACCOUNT)?, part(kind::NAME)?);
        let at = match look.account(account).await? {
            Sight::Seen(at) => at,
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let place = place(&account_id(&at.group, account), name);
        let known = Known { arm: look.arm, place, account, name, region: &at.region };
        Ok(known.read().await?.map_or(Sight::Absent, Sight::Seen))
    }

    fn check(&self, command: &Command) -> Result<(), CloudError> {
        match command.values.get(kind::PUBLIC_ACCESS) {
            Some(access) if *access != kind::NOBODY => {
                Err(refuse(command, "no policy opens a container to everybody"))
            }
            _ => Ok(()),
        }
    }

    async fn one(&self, arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
        match command.action {
            Action::Create | Action::Update => write(arm, places, command).await,
            Action::Delete | Action::Keep | Action::Replace => {
                Err(refuse(command, "Holdfast never deletes a container"))
            }
        }
    }
}

fn place(account: &str, name: &str) -> Place {
    at(account, &format!("/blobServices/default/containers/{name}"))
}

/// A container to look at again. Its region is that of its account.
struct Known<'a> {
    arm: &'a Arm,
    place: Place,
    account: &'a str,
    name: &'a str,
    region: &'a str,
}

#[async_trait]
impl Readable for Known<'_> {
    async fn read(&self) -> Result<Option<Object>, CloudError> {
        let found: Option<Container> = self.arm.get(&kind::GET, &self.place).await?;
        Ok(found.map(|found| {
            let access = found.properties.public_access.map_or(Value::Null, Value::String);
            let attributes = values([
                (kind::ACCOUNT, json!(self.account)),
                (kind::NAME, json!(self.name)),
                (kind::REGION, json!(self.region)),
                (kind::PUBLIC_ACCESS, access),
            ]);
            let id = format!("{}/{}", self.account, self.name);
            Object { kind: kind::KIND, id, attributes, outputs: Values::new() }
        }))
    }
}

/// Writing a container that exists would change it, so it is looked at first.
async fn write(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    let is_new = command.action == Action::Create;
    let call: &Call = if is_new { &kind::CREATE } else { &kind::UPDATE };
    let wanted = &command.values;
    let [account, name, region] =
        [kind::ACCOUNT, kind::NAME, kind::REGION].map(|part| required(wanted, part, call));
    let (account, name, region) = (account?, name?, region?);
    let place = place(&places.id(call, account)?, name);
    let known = Known { arm, place: place.clone(), account, name, region };
    let now = known.read().await?;
    let done = Done { id: format!("{account}/{name}"), outputs: Values::new() };
    if is_new && now.is_some() {
        let message = format!("`{account}/{name}` appeared after the plan was made; plan again");
        return Err(fault(call, "ContainerAlreadyExists", message));
    }
    if !is_new && unchanged(call, command, now.as_ref())? == Todo::Nothing {
        return Ok(done);
    }
    let body = Container { properties: Properties { public_access: text(wanted, kind::PUBLIC_ACCESS) } };
    let method = if is_new { Method::Put } else { Method::Patch };
    let _: Container = arm.write(call, method, &place, &body, Again::Yes).await?;
    confirm(call, kind::KIND, wanted, &known).await?;
    Ok(done)
}
