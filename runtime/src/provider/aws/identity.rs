//! The identity of the credentials: one call to STS, before all other calls.

use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;

use holdfast_compiler::plan::Account;
use holdfast_compiler::provider::aws::IDENTITY;
use holdfast_compiler::resource::Call;

use super::error::{Named, fault};
use crate::cloud::{Caller, CloudError};

const OPERATION: &Call = &IDENTITY;

/// Read the identity. The call needs no permission (AWS STS API Reference, `GetCallerIdentity`).
pub(super) async fn ask(sts: &aws_sdk_sts::Client) -> Result<Caller, CloudError> {
    caller(sts.get_caller_identity().send().await.named(OPERATION)?)
}

fn caller(answer: GetCallerIdentityOutput) -> Result<Caller, CloudError> {
    let lacks = |what: &str| fault(OPERATION, "BadAnswer", format!("the response has no {what}"));
    let account = answer.account.ok_or_else(|| lacks("account"))?;
    let arn = answer.arn.ok_or_else(|| lacks("ARN"))?;
    // arn:PARTITION:sts::ACCOUNT:RESOURCE
    let partition = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next());
    let partition = partition.filter(|name| !name.is_empty()).ok_or_else(|| lacks("partition"))?.to_owned();
    Ok(Caller { account: Account { id: account, partition }, principal: arn })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(account: Option<&str>, arn: Option<&str>) -> Result<Caller, CloudError> {
        let answer = GetCallerIdentityOutput::builder().set_account(account.map(str::to_owned));
        caller(answer.set_arn(arn.map(str::to_owned)).build())
    }

    #[test]
    fn partition_is_read_from_the_arn() {
        let arn = "arn:aws-us-gov:sts::111122223333:assumed-role/ci/run-7";
        let caller = of(Some("111122223333"), Some(arn)).unwrap();
        assert_eq!((caller.account.partition.as_str(), caller.principal.as_str()), ("aws-us-gov", arn));
    }

    #[test]
    fn incomplete_identity_answer_is_an_error() {
        for (account, arn) in [
            (None, Some("arn:aws:iam::111122223333:root")),
            (Some("111122223333"), None),
            (Some("111122223333"), Some("who knows")),
            (Some("111122223333"), Some("arn::sts::111122223333:x")),
        ] {
            assert_eq!(of(account, arn).unwrap_err().code, "BadAnswer", "{account:?} {arn:?}");
        }
    }
}
