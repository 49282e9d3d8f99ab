//! The driver of hosted zones, which are looked up and never created.

use async_trait::async_trait;
use holdfast_compiler::observation::Observation;
use holdfast_compiler::provider::aws::route53::hosted_zone as kind;
use holdfast_compiler::resource::Kind;

use super::driver::{Look, objects};
use super::zone::object;
use crate::cloud::CloudError;

/// The driver of hosted zones.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        let wanted = look.names(kind::KIND, kind::NAME);
        let zones = look.zones().await?;
        Ok(objects(wanted.iter().filter_map(|name| zones.get(name)).map(object).collect()))
    }
}
