//! The kinds of evidence that a control can name. The list is closed: each kind is computed from the policies, an observation of
//! the cloud, the journal, git, or the record of drills, by code of its own (`audit/`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The text of the policies, and what is derived from it.
    Policy,
    /// The cloud, as somebody observed it.
    Cloud,
    /// The journal of runs.
    Journal,
    /// The history of the policies in git.
    Git,
    /// Drills.
    Drill,
}

impl Origin {
    /// As words: `the policies`.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Policy => "the policies",
            Self::Cloud => "the policies and the cloud",
            Self::Journal => "the journal",
            Self::Git => "git",
            Self::Drill => "the record of drills",
        }
    }
}

macro_rules! evidence {
    ($($name:ident = $key:literal, $origin:ident, $title:literal, $shows:literal, $not:literal;)*) => {
        /// A kind of evidence.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Evidence {
            $(#[doc = $shows] #[serde(rename = $key)] $name,)*
        }

        impl Evidence {
            /// All kinds, in the order in which reports list them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in a file of controls.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// Its heading.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What it shows, as a sentence.
            #[must_use]
            pub const fn shows(self) -> &'static str {
                match self { $(Self::$name => $shows,)* }
            }

            /// What it does not show, as a sentence.
            #[must_use]
            pub const fn shows_not(self) -> &'static str {
                match self { $(Self::$name => $not,)* }
            }

            /// Where it comes from.
            #[must_use]
            pub const fn origin(self) -> Origin {
                match self { $(Self::$name => Origin::$origin,)* }
            }
        }
    };
}

evidence! {
    PlanActivation = "plan-activation", Policy, "The plan says when it is activated",
        "The continuity plan says who activates it, at which level, within which time, and when to escalate.",
        "That the people know it, or would decide in time.";
    PlanRoles = "plan-roles", Policy, "The plan names roles and deputies",
        "The continuity plan names roles, their deputies, the call tree and emergency access.",
        "That the people still work there, answer, and can do what is asked of them.";
    PlanCommunication = "plan-communication", Policy, "The plan says how people communicate",
        "The continuity plan names channels, audiences, templates and deadlines.",
        "That a channel works during the disruption.";
    PlanProcedures = "plan-procedures", Policy, "The plan has recovery procedures",
        "Each service has a recovery procedure in executable order, with somebody who does each step.",
        "That the procedure works. Only a drill shows it.";
    PlanResources = "plan-resources", Policy, "The plan allocates resources and money",
        "The continuity plan names what is reserved for an emergency and who may spend how much.",
        "That what is said to be reserved is there.";
    PlanStandDown = "plan-stand-down", Policy, "The plan says how to return to normal",
        "The continuity plan has a procedure for the end of an incident and the return to normal.",
        "That the return was ever tried.";
    PlanReviewed = "plan-reviewed", Policy, "The plan is reviewed",
        "The policies state a day on which the continuity plan was reviewed, and it is not overdue.",
        "That somebody read it on that day: it is a statement.";
    ObjectivesDeclared = "objectives-declared", Policy, "Objectives are declared",
        "Each service has an RTO for the loss of its primary site, and an RPO if it has data.",
        "That the objectives are right for the business.";
    StandbySite = "standby-site", Policy, "There is a standby site",
        "Each service has a standby site that shares no declared point of failure with its primary.",
        "That the standby has enough capacity, or shares nothing that nobody declared.";
    RecoveryIndependent = "recovery-independent", Policy, "The recovery does not depend on what is lost",
        "No finding says that a recovery needs a control plane, an identity provider or a person that can be lost with the site.",
        "Dependencies that are in no policy.";
    ApprovalsRequired = "approvals-required", Policy, "Changes need approval",
        "The policies say how many people must approve a plan, and with which keys.",
        "Who holds the keys.";
    AlarmsDeclared = "alarms-declared", Policy, "Somebody is told of failures",
        "The policies say who is told when copies, backups or endpoints fail.",
        "That a message arrives.";
    Rto = "rto", Cloud, "Recovery time objectives hold",
        "Each RTO was met by what was observed: the derived bound is within the objective.",
        "That a recovery would take no longer. A bound rests on its terms, and only a drill measures.";
    Rpo = "rpo", Cloud, "Recovery point objectives hold",
        "Each RPO was met by what was observed: the derived bound is within the objective.",
        "That no more data would be lost. A bound rests on its terms, and only a drill measures.";
    Copies = "copies", Cloud, "Copies are made as data is written",
        "Each declared real-time copy was observed to work.",
        "That the copied objects can be read and are right, that objects older than the copy are in it, and that mistakes are not copied too.";
    Backups = "backups", Cloud, "Scheduled backups are made",
        "Each data set has a backup schedule, and a complete backup that is young enough was observed at each place.",
        "That a backup can be restored.";
    SeparateSite = "separate-site", Cloud, "Data is stored at a separate site",
        "Each data set has a working copy or a recent backup in another region that shares no declared point of failure.",
        "The distance, the buildings, hazards that nobody declared, and that objects older than a copy are in it.";
    OtherAccount = "other-account", Cloud, "Data is stored in a separate account",
        "Each data set has a working copy or a recent backup in an account other than that of the estate.",
        "That different people hold the two accounts.";
    Encryption = "encryption", Cloud, "Data is encrypted at rest",
        "Each bucket and each vault was observed to encrypt what is written to it, in the declared way.",
        "That older objects are encrypted the same way, and who can use the keys.";
    Locks = "locks", Cloud, "Backups cannot be deleted",
        "Each data set has backups in a vault that was observed to be locked, so that nobody can delete them before their time.",
        "That the account itself cannot be closed, or the key disabled.";
    Failover = "failover", Cloud, "Traffic fails over",
        "Each entry of traffic has endpoints at two sites or more, and the health check of each was observed to pass.",
        "That a standby can carry the load.";
    AsDeclared = "as-declared", Cloud, "The cloud is as declared",
        "No managed resource was observed to differ from the policies.",
        "What no policy manages.";
    ChangesApproved = "changes-approved", Journal, "Changes were approved",
        "Each run of the period in a real cloud relied on approvals of as many people as the policies require, and at least one, and a trust anchor verified who wrote the journal.",
        "Changes that were made without Holdfast, and whether the approvers understood the change.";
    PoliciesApplied = "policies-applied", Journal, "The policies are in effect",
        "The newest run that changed a real cloud applied these policies completely.",
        "What was changed after that run.";
    JournalKept = "journal-kept", Journal, "Changes are recorded",
        "The journal could be read, the hash of each entry covers the one before it, and a trust anchor verified who wrote it.",
        "That no runs were cut off at its end, unless a trust anchor says which head it had.";
    PoliciesVersioned = "policies-versioned", Git, "The policies are under version control",
        "The policies are in a git repository, and nothing in them is without a commit.",
        "That the authors of the commits are who they say.";
    DrillsPlanned = "drills-planned", Policy, "Each service has a drill",
        "Each service is in a drill that recovers something, with a schedule and success criteria.",
        "That the drills are held.";
    DrillsHeld = "drills-held", Drill, "Drills are held on time",
        "Each declared drill was held within its interval.",
        "A day that only the policies state is a statement, not a result.";
    FailoverTested = "failover-tested", Drill, "Failover is tested",
        "Each service with a standby was in a drill of the loss of a site that recovers something, within its interval.",
        "A day that only the policies state is a statement, not a result.";
    RestoreTested = "restore-tested", Drill, "Restores are tested",
        "Each service with data was in a drill that restores it after corruption, compromise or loss of a key, within its interval.",
        "That every backup can be restored: a drill is a sample.";
}
