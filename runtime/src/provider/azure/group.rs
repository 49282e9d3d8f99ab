//! Resource groups, which are only looked at.

use async_trait::async_trait;
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::azure::group as kind;
use holdfast_compiler::resource::{Identity, Kind, Values};

use super::client::arm::Arm;
use super::client::models::{self, Named};
use super::driver::{Look, Sight};
use super::fields::lacks;
use super::places::Places;
use crate::cloud::{CloudError, Command, Done, refuse};

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let id = identity.get(kind::ID).ok_or_else(|| lacks(&kind::GET, kind::ID))?;
        let found: Option<Named> = look.arm.get(&kind::GET, &models::group(id)).await?;
        // The id is as the policy writes it: Azure reads it without regard to case.
        let (id, attributes) = (id.to_owned(), identity.values());
        let object = |_| Object { kind: kind::KIND, id, attributes, outputs: Values::new() };
        Ok(found.map(object).map_or(Sight::Absent, Sight::Seen))
    }

    async fn one(&self, _: &Arm, _: &Places, command: &Command) -> Result<Done, CloudError> {
        Err(refuse(command, "Holdfast does not create or change resource groups"))
    }
}
