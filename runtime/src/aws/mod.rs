//! AWS, through its SDK. Not connected yet: every call says so.

use async_trait::async_trait;
use holdfast_compiler::observation::{Observation, Wanted};

use crate::cloud::{Calls, Cloud, CloudError, Command, Done};

/// AWS.
#[derive(Debug)]
pub struct Aws;

fn missing() -> CloudError {
    CloudError::new("aws", "NotConnected", "this version only knows the embedded cloud: --cloud local")
}

impl Aws {
    /// Connect.
    #[expect(clippy::unused_async, reason = "the SDK reads its configuration asynchronously")]
    pub async fn connect() -> Self {
        Self
    }
}

#[async_trait]
impl Cloud for Aws {
    fn name(&self) -> String {
        "aws".to_owned()
    }
    async fn account(&self) -> Result<String, CloudError> {
        Err(missing())
    }
    async fn observe(&self, _: &[Wanted]) -> Result<Observation, CloudError> {
        Err(missing())
    }
    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        batch.iter().map(|_| Err(missing())).collect()
    }
    fn calls(&self) -> Calls {
        Calls::new()
    }
}
