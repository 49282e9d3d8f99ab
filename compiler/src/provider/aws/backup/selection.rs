//! What a backup plan backs up: one bucket, by its ARN, and the role that reads it. AWS Backup cannot update a selection.

use crate::provider::aws::iam::is_role;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{PASSED_BACKUP_ROLES, PLANS, on};
use crate::resource::{ActsWith, AttributeSchema, Change, Kind, KindSchema, Made, Shape, calls};

/// Text: the name of its plan, whose only selection it is.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// The id of the plan.
pub const PLAN: &str = "plan";
/// The ARN of the role.
pub const ROLE: &str = "role";
/// ARNs.
pub const RESOURCES: &str = "resources";
/// Null, or tags, conditions and exceptions that somebody has added.
pub const MORE: &str = "more";
/// ARNs that it does not select, of a selection in a survey.
pub const EXCEPT: &str = "except";
/// Whether it depends on more than ARNs, of a selection in a survey.
pub const CONDITIONAL: &str = "conditional";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A new selection of the same name takes the place of the old one in one step.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "backup-selection",
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(PLAN).change(Change::Replace),
        AttributeSchema::new(ROLE).change(Change::Replace),
        AttributeSchema::new(RESOURCES).shaped(Shape::Set).change(Change::Replace),
        AttributeSchema::new(MORE).change(Change::Replace),
    ],
    batched_by: Some(NAME),
    removal: Some("its data is no longer backed up"),
    replacement: Some(
        "AWS Backup cannot update a selection: it is deleted and created again, and a backup that is due in between does not start",
    ),
    acts_with: Some(ActsWith { attribute: ROLE, names: is_role }),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    LIST = "backup:ListBackupSelections", made [Made::Observe], takes [on("backup:ListBackupSelections", &PLANS)];
    GET = "backup:GetBackupSelection", made [Made::Observe], takes [on("backup:GetBackupSelection", &PLANS)];
    /// Repeated with the same token, it returns the selection that it made.
    CREATE = "backup:CreateBackupSelection", made [Made::Create],
        takes [on("backup:CreateBackupSelection", &PLANS), on("iam:PassRole", &PASSED_BACKUP_ROLES)];
    DELETE = "backup:DeleteBackupSelection", made [Made::Delete], takes [on("backup:DeleteBackupSelection", &PLANS)];
}
