//! What backup plans select. Source: AWS Backup API Reference, `CreateBackupSelection`.

use holdfast_compiler::provider::aws::backup::{plan, selection as kind};
use holdfast_compiler::provider::aws::iam::role;
use holdfast_compiler::resource::{Kind, Values};

use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Selections in the embedded cloud.
pub(super) struct BackupSelection;

impl Embedded for BackupSelection {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, state: &mut State, _: &Values) -> (String, Values) {
        (state.next_id("selection"), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        if look.state.get(plan::KIND, look.text(kind::PLAN)).is_none() {
            return look.refuse("ResourceNotFoundException", "the backup plan does not exist");
        }
        let name = look.text(kind::ROLE).rsplit('/').next().unwrap_or_default();
        if look.state.get(role::KIND, name).is_none() {
            return look.refuse(
                "InvalidParameterValueException",
                format!("the role `{name}` cannot be assumed by AWS Backup"),
            );
        }
        if look.get(kind::RESOURCES).as_array().is_none_or(Vec::is_empty) {
            return look.refuse("InvalidParameterValueException", "a selection needs resources");
        }
        Ok(())
    }
}
