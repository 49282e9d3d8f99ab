//! A backup plan: when backups of a data set are made, how long they stay, and where they are copied to.

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, PLANS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Mark, Shape, calls};

/// Text. AWS allows several plans of one name; Holdfast's names are unique.
pub const NAME: &str = "name";
/// The id of its region: that of the data.
pub const REGION: &str = "region";
/// A list of [`rule`]s.
pub const RULES: &str = "rules";
/// A mapping.
pub const TAGS: &str = "tags";

/// The output: the id that AWS gives it.
pub const ID: &str = "id";

/// The keys of a rule (AWS Backup API Reference, `BackupRuleInput`).
pub mod rule {
    /// Text, unique in the plan.
    pub const NAME: &str = "name";
    /// The name of the vault in the plan's region.
    pub const VAULT: &str = "vault";
    /// `cron(MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)`.
    pub const SCHEDULE: &str = "schedule";
    /// The IANA time zone of the schedule.
    pub const ZONE: &str = "zone";
    /// Within how many minutes after its due time a backup starts.
    pub const START: &str = "start-minutes";
    /// After how many minutes a backup that has started is cancelled.
    pub const COMPLETE: &str = "complete-minutes";
    /// After how many days a backup is deleted.
    pub const DAYS: &str = "delete-after-days";
    /// Present if the rule makes continuous backups.
    pub const CONTINUOUS: &str = "continuous";
    /// The copies: a list of mappings with [`COPY_VAULT`] and [`DAYS`].
    pub const COPIES: &str = "copies";
    /// The ARN of the vault of a copy.
    pub const COPY_VAULT: &str = "vault";
    /// All keys of a rule that Holdfast writes, and so all that the language can say.
    pub const ALL: [&str; 9] = [NAME, VAULT, SCHEDULE, ZONE, START, COMPLETE, DAYS, CONTINUOUS, COPIES];
}

/// The time zone of a schedule in UTC: the service's default (AWS Backup API Reference, `BackupRuleInput`).
pub const UTC: &str = "Etc/UTC";

/// The most rules of a plan, and the most copies of a rule (AWS Backup Developer Guide, "AWS Backup quotas"; neither can be
/// raised).
pub const MOST_RULES: usize = 10;
/// See [`MOST_RULES`].
pub const MOST_COPIES: usize = 5;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "backup-plan",
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(RULES).shaped(Shape::Document),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    outputs: &[ID],
    removal: Some("no more backups are made; those that exist stay"),
    mark: Mark::Attribute(TAGS),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    LIST = "backup:ListBackupPlans", made [Made::Observe], takes [on("backup:ListBackupPlans", &ANY)];
    GET = "backup:GetBackupPlan", made [Made::Observe], takes [on("backup:GetBackupPlan", &PLANS)];
    GET_TAGS = "backup:ListTags", made [Made::Observe], takes [on("backup:ListTags", &ANY)];
    /// What a status reads of the jobs of a region; they have no resource of their own.
    LIST_JOBS = "backup:ListBackupJobs", made [Made::Observe], takes [on("backup:ListBackupJobs", &ANY)];
    LIST_COPY_JOBS = "backup:ListCopyJobs", made [Made::Observe], takes [on("backup:ListCopyJobs", &ANY)];
    /// With tags. Repeated with the same token, it returns the plan that it made.
    CREATE = "backup:CreateBackupPlan", made [Made::Create],
        takes [on("backup:CreateBackupPlan", &PLANS), on("backup:TagResource", &PLANS)];
    UPDATE = "backup:UpdateBackupPlan", made [Made::Update(&[RULES])], takes [on("backup:UpdateBackupPlan", &PLANS)];
    TAG = "backup:TagResource", made [Made::Update(&[TAGS])], takes [on("backup:TagResource", &PLANS)];
    DELETE = "backup:DeleteBackupPlan", made [Made::Delete], takes [on("backup:DeleteBackupPlan", &PLANS)];
}
