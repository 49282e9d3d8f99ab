//! Every code with its page. A code without a page does not compile; a code that is never reported fails a
//! test.

use std::fmt;

use super::Severity;

/// The code of a finding: `E` for errors, `W` for warnings, four digits. The first two digits name the family:
/// 00 files, 01 YAML, 02 the schema, 03 names, 04 service rules, 05 the graph, 06 the live cloud, 07 the run,
/// 08 objectives, 09 static stability (SS01 is 01), 10 continuity and drills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(&'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Code {
    /// The code as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The severity that the code stands for.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.0.starts_with('W') { Severity::Warning } else { Severity::Error }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: Code = Code($code);)*
        /// Every code with its page, in order.
        pub const PAGES: &[(Code, &str)] = &[
            $(($name, include_str!(concat!("pages/", $code, ".md"))),)*
        ];
    };
}

codes! {
    /// A path given by the user does not exist.
    MISSING_PATH = "E0001";
    /// A folder without policy files.
    NO_POLICIES = "E0002";
    /// A file without a document.
    EMPTY_FILE = "E0003";
    /// A file is not UTF-8.
    NOT_UTF8 = "E0004";
    /// A file cannot be read, is not a regular file, or is larger than a policy can be.
    UNREADABLE = "E0005";
    /// A link in a folder that points outside it.
    LEADS_OUT = "E0006";
    /// More files, bytes or nested folders than the limits allow.
    TOO_MANY_FILES = "E0007";

    /// The YAML cannot be parsed.
    SYNTAX = "E0101";
    /// A tab where YAML requires spaces.
    TAB = "E0102";
    /// The same key twice in one mapping.
    DUPLICATE_KEY = "E0103";
    /// Nesting or aliases beyond the limits.
    TOO_MUCH = "E0104";
    /// YAML that policies do not use: tags, keys that are not text, numbers out of range.
    UNSUPPORTED_YAML = "E0105";

    /// A key that the document does not have.
    UNKNOWN_KEY = "E0201";
    /// A required key is missing.
    MISSING_KEY = "E0202";
    /// A value of the wrong type.
    WRONG_TYPE = "E0203";
    /// A value that is not one of the allowed ones.
    NOT_ALLOWED = "E0204";
    /// Text that is not a duration.
    BAD_DURATION = "E0205";
    /// A bucket name that the cloud does not allow.
    BAD_BUCKET_NAME = "E0206";
    /// A name that cannot be part of an address.
    BAD_NAME = "E0207";
    /// A number, text or list outside its limits.
    OUT_OF_RANGE = "E0208";
    /// Text that does not match the pattern of its key.
    BAD_FORM = "E0209";

    /// A site that the estate does not declare.
    UNKNOWN_SITE = "E0301";
    /// Two services with one name.
    DUPLICATE_SERVICE = "E0302";
    /// No document of kind estate.
    NO_ESTATE = "E0303";
    /// More than one document of kind estate.
    TWO_ESTATES = "E0304";
    /// Two sites in one region.
    SHARED_REGION = "E0305";
    /// A site twice in one list, or a copy at the site of the original.
    REPEATED_SITE = "E0306";
    /// A site that does not belong to the service.
    FOREIGN_SITE = "E0307";
    /// A service that no document declares.
    UNKNOWN_SERVICE = "E0308";
    /// A contact that the continuity plan does not declare.
    UNKNOWN_CONTACT = "E0309";
    /// A tier that the estate does not declare.
    UNKNOWN_TIER = "E0310";
    /// A step that the procedure does not have.
    UNKNOWN_STEP = "E0311";
    /// A data set or traffic entry that the service does not have.
    UNKNOWN_PART = "E0312";
    /// Two things with one name.
    DUPLICATE_NAME = "E0313";
    /// More than one continuity plan.
    TWO_PLANS = "E0314";
    /// An `existing` entry for something that the service does not have.
    UNKNOWN_EXISTING = "E0315";
    /// A name or an attribute in `existing` that Holdfast cannot use.
    NOT_LEFT = "E0316";
    /// An attestation of a control that its framework does not have.
    UNKNOWN_CONTROL = "E0317";

    /// A record outside its zone.
    OUTSIDE_ZONE = "E0401";
    /// Endpoints that do not fit into one record type.
    MIXED_ENDPOINTS = "E0402";
    /// A CNAME record at the apex of a zone.
    CNAME_AT_APEX = "E0403";
    /// Traffic without a target if the primary is lost.
    NO_FAILOVER = "E0404";
    /// An endpoint without a health check.
    NO_PROBE = "E0405";
    /// One bucket for two purposes.
    BUCKET_TWICE = "E0406";
    /// One record for two purposes.
    RECORD_TWICE = "E0407";
    /// A KMS key in another region.
    FOREIGN_KEY = "E0408";
    /// An address that the health checkers cannot reach.
    UNREACHABLE_ENDPOINT = "E0409";
    /// A record that points to itself.
    SELF_REFERENCE = "E0410";
    /// A backup window outside the limits of the backup service.
    BAD_WINDOW = "E0411";
    /// A retention of zero, or one outside the limits of the backup service.
    BAD_RETENTION = "E0412";
    /// Backups that take longer than the time between two of them.
    BACKUPS_OVERLAP = "E0413";
    /// A time zone that does not exist.
    UNKNOWN_ZONE = "E0414";
    /// A bucket name for a backup that is stored in a vault.
    NO_BUCKET_IN_VAULT = "E0415";
    /// A backup at an hour that summer time skips.
    SKIPPED_HOUR = "W0416";
    /// A bucket name with dots.
    DOTTED_BUCKET = "W0417";
    /// Traffic moves to a site that has no copy of the data.
    DATA_ELSEWHERE = "W0418";
    /// More health checks than the quota of an account.
    MANY_CHECKS = "W0419";
    /// A key that a backup vault cannot have.
    VAULT_KEY_ALIAS = "E0420";
    /// More backups of one data set than the backup service allows.
    TOO_MANY_BACKUPS = "E0421";
    /// More backed-up data sets than the quota of an account.
    MANY_BACKUPS = "W0422";
    /// A replica of a key that Holdfast does not make.
    NO_KEY_TO_REPLICATE = "E0423";
    /// A backfill without a real-time copy.
    NOTHING_TO_FILL = "E0424";
    /// A continuous backup where the policy keeps none.
    CONTINUOUS_ELSEWHERE = "W0425";

    /// A site in another account, while the estate does not say which is its own.
    ACCOUNT_UNSAID = "E0430";
    /// What can only be in one account, and would be in another one.
    PRIMARY_ELSEWHERE = "E0431";
    /// A copy in another account that the default key there would encrypt.
    DEFAULT_KEY_ELSEWHERE = "E0432";
    /// A lock of versions that contradicts what else is said of the data set.
    LOCK_CONTRADICTED = "E0433";
    /// Real-time copies that cannot go both ways.
    NOT_TWO_WAY = "E0434";

    /// A place of one provider at a site of another one.
    OTHER_PROVIDER = "E0435";
    /// What the provider of a site cannot do, or Holdfast not there.
    NOT_AT_PROVIDER = "E0436";
    /// More copies, or other ones, than the storage of a provider allows together.
    COPIES_COLLIDE = "E0437";
    /// Copies at a provider where nobody is told that they fail.
    NOT_WATCHED = "W0438";
    /// A standby that can read its copy of the data and not write to it.
    READ_ONLY_COPY = "W0439";
    /// Traffic that its provider keeps at a site, of a service without a site there.
    NO_PLACE = "E0440";
    /// Two endpoints of one name with one target.
    TARGET_TWICE = "E0441";

    /// A cycle in the graph.
    CYCLE = "E0501";

    /// A hosted zone that does not exist.
    NO_ZONE = "E0601";
    /// A bucket that exists in another region.
    BUCKET_ELSEWHERE = "E0602";
    /// A record with the same name and another routing policy.
    OTHER_ROUTING = "E0603";
    /// The credentials belong to an account other than the estate's.
    WRONG_ACCOUNT = "E0604";
    /// A role that has permissions from other sources.
    FOREIGN_RIGHTS = "E0605";
    /// A change of something that cannot change.
    LOCKED_FOR_GOOD = "E0606";
    /// A key that cannot be used, where something would begin to use it.
    UNUSABLE_KEY = "E0607";

    /// The cloud has changed since the plan was made.
    STALE_PLAN = "E0701";
    /// Another run is applying.
    LOCKED = "E0702";
    /// The journal cannot be trusted.
    JOURNAL_DAMAGED = "E0703";
    /// A plan file that cannot be read or used.
    BAD_PLAN_FILE = "E0704";
    /// An apply without approval.
    NOT_CONFIRMED = "E0705";
    /// A plan that deletes a whole service.
    SERVICE_LEAVES = "E0706";
    /// A plan that changes an unlikely share of the estate.
    TOO_MANY_CHANGES = "E0708";
    /// A run that has been silent for longer than its lease.
    ABANDONED_RUN = "E0716";
    /// A run that another runner has taken over.
    RUN_TAKEN_OVER = "E0717";
    /// A plan that has already been applied.
    APPLIED_ALREADY = "E0707";
    /// Too few approvals of a plan.
    TOO_FEW_APPROVALS = "E0709";
    /// An approval that was changed or cannot be read.
    APPROVAL_CHANGED = "E0710";
    /// An approval of another plan.
    APPROVAL_OF_ANOTHER = "E0711";
    /// An approval with a key that is not allowed to approve.
    APPROVAL_UNKNOWN_KEY = "E0712";
    /// An approval that is expired or not valid yet.
    APPROVAL_EXPIRED = "E0713";
    /// An approval by the author of the plan.
    APPROVAL_OWN = "E0714";
    /// An approval that was already used.
    APPROVAL_USED = "E0715";
    /// A signers file that cannot be used.
    BAD_SIGNERS = "E0719";
    /// A trust anchor that cannot be used.
    BAD_TRUST = "E0720";
    /// An estate, cloud, account or partition that the trust anchor does not name.
    NOT_TRUSTED = "E0721";
    /// A journal that the trust anchor does not accept.
    JOURNAL_NOT_TRUSTED = "E0722";
    /// A run without a signature by a runner of the trust anchor.
    RUN_NOT_SIGNED = "E0723";
    /// No valid break-glass signature.
    GLASS_NOT_BROKEN = "E0724";
    /// A plan without the signature of its author.
    PLAN_NOT_SIGNED = "E0725";
    /// The steps to apply differ from the approved ones.
    NOT_AS_APPROVED = "E0726";
    /// A journal of which an earlier epoch holds entries that the last one lacks.
    JOURNAL_DIVERGED = "E0727";
    /// A primary bucket whose data is gone, and that would be made anew.
    EMPTY_PRIMARY = "E0728";
    /// A change that nobody can take back.
    LOCKS_FOR_GOOD = "E0729";
    /// Something of a provider that Holdfast has no client for.
    NO_CLIENT = "E0730";
    /// A journal whose runs were removed.
    JOURNAL_EMPTIED = "E0740";
    /// A resource that belongs to somebody else.
    ANOTHER_OWNER = "E0750";
    /// A bucket that would be adopted and is encrypted with a key that the policy does not declare.
    ADOPTED_KEY = "E0760";
    /// A bucket with Object Lock that would be copied to one without.
    ADOPTED_LOCK = "E0761";
    /// A change that stops an object which the same plan removes.
    STOPS_WHAT_GOES = "E0762";
    /// Traffic of which all sites would be evacuated.
    NOWHERE_TO_GO = "E0763";
    /// A return to a site of which nothing shows that its data is up to date.
    MAY_BE_BEHIND = "E0764";
    /// A plan made for another posture than the journal's.
    OTHER_POSTURE = "E0765";
    /// A restore that would write over what is there.
    RESTORE_OVER = "E0770";
    /// What a restore cannot read.
    RESTORE_NOT_SERVED = "E0771";
    /// A moment that no recovery point serves.
    NO_RECOVERY_POINT = "E0772";
    /// What a restore job of the backup service cannot do.
    RESTORE_JOB = "E0773";
    /// A drill that does not begin, because something it needs is not so.
    DRILL_NOT_READY = "E0780";
    /// A drill that cannot be held.
    DRILL_NOT_SERVED = "E0781";
    /// A word of a person in a drill that does not count.
    WORD_REFUSED = "E0782";
    /// A part of a recovery that no engine can do.
    EXPORT_UNDOABLE = "E0790";
    /// An order that an engine can only keep by missing an objective.
    EXPORT_TOO_SLOW = "E0791";
    /// An evacuation that changes more than an engine would.
    EXPORT_UNAPPLIED = "E0792";
    /// A recovery beyond the quotas of an engine.
    EXPORT_TOO_LARGE = "E0793";
    /// A recovery that has other than the two regions of an engine.
    EXPORT_REGIONS = "E0794";
    /// A saved plan that was made from other policies than those that are there now.
    OTHER_SOURCES = "E0795";
    /// Policies of a git commit that cannot be read.
    UNREADABLE_BASE = "E0741";
    /// A git commit that does not exist.
    NO_SUCH_BASE = "E0742";
    /// Policies of a git commit that are not valid.
    INVALID_BASE = "E0743";
    /// A stored text of a policy that is missing or changed.
    POLICY_TEXT = "E0744";

    /// More data may be lost than the objective allows.
    RPO_MISSED = "E0801";
    /// Recovery may take longer than the objective allows.
    RTO_MISSED = "E0802";
    /// A measurement that is too old.
    OLD_MEASUREMENT = "W0803";
    /// An undecided objective.
    UNDECIDED = "W0804";

    /// SS01: a recovery step that changes DNS or health checks.
    CALLS_DNS = "E0901";
    /// SS02: a recovery step that changes IAM.
    CALLS_IAM = "E0902";
    /// SS03: a recovery step that changes the organization or an account.
    CALLS_ACCOUNT = "E0903";
    /// SS04: a recovery step that creates or configures buckets.
    CALLS_BUCKETS = "E0904";
    /// SS05: a recovery step that creates a resource whose creation needs the DNS service's control plane.
    CALLS_ENDPOINTS = "E0905";
    /// SS06: a recovery step that changes the edge: CloudFront, its certificates, WAF, Global Accelerator.
    CALLS_EDGE = "E0906";
    /// SS07: a recovery step that changes the configuration of ARC, networks or multi-region access points.
    CALLS_RECOVERY_CONFIG = "E0907";
    /// SS09: an identity provider that runs at the lost site.
    IDENTITY_AT_SITE = "W0909";
    /// SS10: a recovery step that looks up the ARC cluster during the recovery.
    CALLS_ARC_LOOKUP = "E0910";
    /// SS11: a recovery step that provisions capacity during the recovery.
    CALLS_PROVISIONING = "E0911";
    /// SS12: a journal that is lost with the site.
    JOURNAL_AT_SITE = "W0912";
    /// SS13: a TTL that takes most of the time allowed for a failover.
    LONG_TTL = "W0913";
    /// SS14: primary and standbys that share a point of failure.
    SHARED_FATE = "W0914";
    /// SS15: a decision that depends on one person, or has no deadline.
    ONE_DECIDER = "W0915";

    /// A contact of the recovery without a deputy.
    NO_DEPUTY = "W1001";
    /// A contact who can be reached in one way only.
    ONE_CHANNEL = "W1002";
    /// A continuity plan whose review is overdue.
    REVIEW_OVERDUE = "W1003";
    /// A drill that is overdue.
    DRILL_OVERDUE = "W1004";
    /// A critical service that no drill tests.
    NEVER_DRILLED = "W1005";
    /// A critical service whose drills are discussions only.
    ONLY_TALK = "W1006";
    /// A drill whose success criteria are weaker than the objective.
    LOOSE_DRILL = "W1007";
    /// A continuity plan without a required part.
    PLAN_INCOMPLETE = "W1008";
    /// A contact who is their own deputy.
    OWN_DEPUTY = "E1009";
    /// Incident levels that are not exactly 1 to 5.
    BAD_LEVELS = "E1010";
    /// A waiver that has expired.
    WAIVER_ENDED = "W1011";
    /// A waiver that waives nothing.
    WAIVER_IDLE = "W1012";
    /// One person who recovers several services at the same time.
    SHARED_PERSON = "W1013";
    /// A contact whom alarms are to tell, without a way that takes messages of machines.
    UNTOLD = "E1014";
    /// Alarms of an incident level that the continuity plan does not declare.
    NO_LEVEL = "E1015";
    /// A file of controls that cannot be used.
    BAD_CONTROLS = "E1016";
    /// A probe of a drill that requests a page of a host that is none of its services.
    FOREIGN_PROBE = "E1017";
}

/// The page of a code, in upper or lower case (`e0201`, `E0201`).
#[must_use]
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| known.0.eq_ignore_ascii_case(code.trim())).map(|(_, page)| *page)
}
