//! Every code, with its page. A code without a page does not compile; a page nobody uses fails a test.

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

    /// How bad what it stands for is.
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
    /// A path that was named does not exist.
    MISSING_PATH = "E0001";
    /// A folder holds no policy files.
    NO_POLICIES = "E0002";
    /// A file holds no document.
    EMPTY_FILE = "E0003";
    /// A file is not UTF-8.
    NOT_UTF8 = "E0004";
    /// A file cannot be read, is not a regular file, or is larger than a policy can be.
    UNREADABLE = "E0005";
    /// A link in a folder leads out of it.
    LEADS_OUT = "E0006";
    /// More files, bytes or nested folders than are read.
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

    /// A key the document does not have.
    UNKNOWN_KEY = "E0201";
    /// A key that has to be there is not.
    MISSING_KEY = "E0202";
    /// A value of the wrong type.
    WRONG_TYPE = "E0203";
    /// A value outside the list of what is allowed.
    NOT_ALLOWED = "E0204";
    /// A duration that is none.
    BAD_DURATION = "E0205";
    /// A bucket name S3 would refuse.
    BAD_BUCKET_NAME = "E0206";
    /// A name Holdfast cannot use in addresses.
    BAD_NAME = "E0207";
    /// A number, text or list outside its limits.
    OUT_OF_RANGE = "E0208";
    /// Text that does not have the form its place asks for.
    BAD_FORM = "E0209";

    /// A site the estate does not have.
    UNKNOWN_SITE = "E0301";
    /// Two services of one name.
    DUPLICATE_SERVICE = "E0302";
    /// No document of kind estate.
    NO_ESTATE = "E0303";
    /// More than one document of kind estate.
    TWO_ESTATES = "E0304";
    /// Two sites in one region.
    SHARED_REGION = "E0305";
    /// A site named twice in one list, or a copy at the site of the original.
    REPEATED_SITE = "E0306";
    /// A site that is not one of the service's.
    FOREIGN_SITE = "E0307";
    /// A service nobody declared.
    UNKNOWN_SERVICE = "E0308";
    /// A contact nobody declared.
    UNKNOWN_CONTACT = "E0309";
    /// A tier the estate does not have.
    UNKNOWN_TIER = "E0310";
    /// A step the procedure does not have.
    UNKNOWN_STEP = "E0311";
    /// A data set or an entry of traffic the service does not have.
    UNKNOWN_PART = "E0312";
    /// Two things of one name.
    DUPLICATE_NAME = "E0313";
    /// More than one continuity plan.
    TWO_PLANS = "E0314";
    /// Something existing that the service does not have.
    UNKNOWN_EXISTING = "E0315";
    /// A name or an attribute of something existing that cannot be taken over as it is.
    NOT_LEFT = "E0316";

    /// A record outside its zone.
    OUTSIDE_ZONE = "E0401";
    /// Endpoints that do not fit into one record type.
    MIXED_ENDPOINTS = "E0402";
    /// A CNAME at the apex of a zone.
    CNAME_AT_APEX = "E0403";
    /// Traffic with nowhere to go when the primary is lost.
    NO_FAILOVER = "E0404";
    /// Nothing tells the DNS service that an endpoint is down.
    NO_PROBE = "E0405";
    /// One bucket for two purposes.
    BUCKET_TWICE = "E0406";
    /// One record for two purposes.
    RECORD_TWICE = "E0407";
    /// A KMS key of another region.
    FOREIGN_KEY = "E0408";
    /// An address the health checkers cannot reach.
    UNREACHABLE_ENDPOINT = "E0409";
    /// A record that answers with itself.
    SELF_REFERENCE = "E0410";
    /// A backup window AWS Backup does not offer.
    BAD_WINDOW = "E0411";
    /// A retention that keeps nothing, or that AWS Backup does not offer.
    BAD_RETENTION = "E0412";
    /// Backups that take longer than the time between two.
    BACKUPS_OVERLAP = "E0413";
    /// A time zone that does not exist.
    UNKNOWN_ZONE = "E0414";
    /// A bucket for what is kept in a vault.
    NO_BUCKET_IN_VAULT = "E0415";
    /// A backup at an hour that summer time skips.
    SKIPPED_HOUR = "W0416";
    /// A bucket name with dots.
    DOTTED_BUCKET = "W0417";
    /// Traffic moves to a site that has no copy of the data.
    DATA_ELSEWHERE = "W0418";
    /// More health checks than an account may have.
    MANY_CHECKS = "W0419";

    /// A circle in the graph.
    CYCLE = "E0501";

    /// A hosted zone that does not exist.
    NO_ZONE = "E0601";
    /// A bucket that exists in another region.
    BUCKET_ELSEWHERE = "E0602";
    /// Another routing policy holds the record's name.
    OTHER_ROUTING = "E0603";
    /// The credentials belong to another account than the estate.
    WRONG_ACCOUNT = "E0604";
    /// A role on which others have put rights.
    FOREIGN_RIGHTS = "E0605";

    /// The cloud moved since the plan was made.
    STALE_PLAN = "E0701";
    /// Somebody else is applying.
    LOCKED = "E0702";
    /// The journal cannot be trusted.
    JOURNAL_DAMAGED = "E0703";
    /// A plan file that cannot be used.
    BAD_PLAN_FILE = "E0704";
    /// An apply without approval.
    NOT_CONFIRMED = "E0705";
    /// A whole service would go.
    SERVICE_LEAVES = "E0706";
    /// An unlikely share of the estate would change.
    TOO_MANY_CHANGES = "E0708";
    /// A run that was not heard of for its lease.
    ABANDONED_RUN = "E0716";
    /// A run that others have taken over.
    RUN_TAKEN_OVER = "E0717";
    /// A plan that was applied already.
    APPLIED_ALREADY = "E0707";
    /// Too few people have agreed to a plan.
    TOO_FEW_APPROVALS = "E0709";
    /// An approval that was changed or cannot be read.
    APPROVAL_CHANGED = "E0710";
    /// An approval of another plan.
    APPROVAL_OF_ANOTHER = "E0711";
    /// An approval with a key that may not approve.
    APPROVAL_UNKNOWN_KEY = "E0712";
    /// An approval that does not hold now.
    APPROVAL_EXPIRED = "E0713";
    /// An approval by the author of the plan.
    APPROVAL_OWN = "E0714";
    /// An approval that was used before.
    APPROVAL_USED = "E0715";
    /// A list of signers that cannot be used.
    BAD_SIGNERS = "E0719";
    /// A trust anchor that cannot be used.
    BAD_TRUST = "E0720";
    /// An estate, cloud, account or partition that the trust anchor does not name.
    NOT_TRUSTED = "E0721";
    /// A journal that the trust anchor does not accept.
    JOURNAL_NOT_TRUSTED = "E0722";
    /// A run that no runner of the trust anchor has signed.
    RUN_NOT_SIGNED = "E0723";
    /// Nobody who may has broken the glass.
    GLASS_NOT_BROKEN = "E0724";
    /// A plan without the signature of its author.
    PLAN_NOT_SIGNED = "E0725";
    /// What would be done is not what was approved.
    NOT_AS_APPROVED = "E0726";

    /// More data may be lost than the objective allows.
    RPO_MISSED = "E0801";
    /// Recovery may take longer than the objective allows.
    RTO_MISSED = "E0802";
    /// A measurement that is too old to count.
    OLD_MEASUREMENT = "W0803";
    /// An objective that nobody has decided on.
    UNDECIDED = "W0804";

    /// SS01: a recovery step that changes DNS or health checks.
    CALLS_DNS = "E0901";
    /// SS02: a recovery step that changes IAM.
    CALLS_IAM = "E0902";
    /// SS03: a recovery step that changes the organization or an account.
    CALLS_ACCOUNT = "E0903";
    /// SS04: a recovery step that makes or configures buckets.
    CALLS_BUCKETS = "E0904";
    /// SS05: a recovery step that makes what needs the DNS service's control plane to be made.
    CALLS_ENDPOINTS = "E0905";
    /// SS06: a recovery step that changes the edge: CloudFront, its certificates, WAF, Global Accelerator.
    CALLS_EDGE = "E0906";
    /// SS07: a recovery step that changes the configuration of ARC, networks or multi-region access points.
    CALLS_RECOVERY_CONFIG = "E0907";
    /// SS09: an identity provider that is lost with the site.
    IDENTITY_AT_SITE = "W0909";
    /// SS10: a recovery step that looks up the ARC cluster on the day.
    CALLS_ARC_LOOKUP = "E0910";
    /// SS11: a recovery step that provisions on the day.
    CALLS_PROVISIONING = "E0911";
    /// SS12: the journal is lost with the site.
    JOURNAL_AT_SITE = "W0912";
    /// SS13: a TTL that spends the budget of a failover.
    LONG_TTL = "W0913";
    /// SS14: primary and standbys share a fate.
    SHARED_FATE = "W0914";
    /// SS15: a decision that waits for one person, or has no deadline.
    ONE_DECIDER = "W0915";

    /// Somebody the recovery relies on has no deputy.
    NO_DEPUTY = "W1001";
    /// Somebody can be reached in one way only.
    ONE_CHANNEL = "W1002";
    /// The continuity plan was not reviewed in time.
    REVIEW_OVERDUE = "W1003";
    /// A drill was not held in time.
    DRILL_OVERDUE = "W1004";
    /// A critical service that no drill tests.
    NEVER_DRILLED = "W1005";
    /// A critical service whose recovery is only talked about.
    ONLY_TALK = "W1006";
    /// A drill that is passed without meeting the objective.
    LOOSE_DRILL = "W1007";
    /// A continuity plan that lacks a part.
    PLAN_INCOMPLETE = "W1008";
    /// A deputy who is the same person.
    OWN_DEPUTY = "E1009";
    /// Levels that are not 1 to 5.
    BAD_LEVELS = "E1010";
    /// A waiver that has ended.
    WAIVER_ENDED = "W1011";
    /// A waiver that waives nothing.
    WAIVER_IDLE = "W1012";
    /// One person recovers several services at the same time.
    SHARED_PERSON = "W1013";
}

/// The page of a code, written any way a person may type it (`e0201`, `E0201`).
#[must_use]
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| known.0.eq_ignore_ascii_case(code.trim())).map(|(_, page)| *page)
}
