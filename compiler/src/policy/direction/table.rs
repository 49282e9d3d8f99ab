//! The table of directions. A key is named by the end of its path; the first line that matches decides, so the special
//! stands before the general.

use super::Order::{self, Ranked};
use super::{Direction, Said};

const fn of(said: Said, order: Order) -> Direction {
    Direction { said, order }
}

const NEUTRAL: Direction = of(Said::Neutral, Order::None);
const PROTECTS: Direction = of(Said::Protects, Order::None);
const BURDENS: Direction = of(Said::Burdens, Order::None);
const ADMITS: Direction = of(Said::Admits, Order::None);
const COVERS: Direction = of(Said::Covers, Order::None);
const WORKS: Direction = of(Said::Works, Order::None);
const SHIFTS: Direction = of(Said::Shifts, Order::None);
const HOLDS: Direction = of(Said::Holds, Order::None);
/// It says how much work something is.
const WORK_LESS: Direction = of(Said::Works, Order::Less);
const LESS: Direction = of(Said::Protects, Order::Less);
const MORE: Direction = of(Said::Protects, Order::More);
/// What takes the place of a time that is not said depends on other documents.
const LESS_IF_SAID: Direction = of(Said::Holds, Order::Less);

pub(super) const TABLE: &[(&str, Direction)] = &[
    // Waivers: a finding that is accepted is one that nobody acts on.
    ("waivers", BURDENS),
    ("waivers[]", BURDENS),
    ("waivers[].code", NEUTRAL),
    ("waivers[].until", LESS),
    ("waivers[].owner", PROTECTS),
    // What is asked
    ("objectives", HOLDS),
    ("objectives.rto", LESS),
    ("objectives.rpo", LESS),
    ("objectives.*", HOLDS),
    ("objectives.*.rto", LESS),
    ("objectives.*.rpo", LESS),
    ("success.rto", LESS_IF_SAID),
    ("success.rpo", LESS_IF_SAID),
    // What is assumed. The promise of a worse value is less, even if it is true.
    ("assumptions", HOLDS),
    // A restore of which only its step says how long it takes shares nothing.
    ("assumptions.restore-throughput", WORKS),
    ("assumptions.*", PROTECTS),
    ("assumptions.restore-throughput.value", MORE),
    ("assumptions.*.value", LESS),
    ("measured", MORE),
    ("because", NEUTRAL),
    // The estate
    ("estate.account", PROTECTS),
    ("sites", HOLDS),
    ("sites.*", NEUTRAL),
    ("sites.*.aws", NEUTRAL),
    ("sites.*.azure", NEUTRAL),
    // Whoever holds that subscription holds what is at the site.
    ("sites.*.subscription", SHIFTS),
    ("sites.*.resource-group", NEUTRAL),
    // Another account is out of reach of whoever holds the estate's.
    ("sites.*.account", PROTECTS),
    // Whoever holds that account holds the copies.
    ("sites.*.account.id", SHIFTS),
    ("sites.*.account.role", NEUTRAL),
    ("sites.*.account.external-id", NEUTRAL),
    // A key of the account can be lost; the one that AWS manages cannot.
    ("sites.*.kms-key", ADMITS),
    ("sites.*.kms-key.replica-of", ADMITS),
    ("sites.*.vault", HOLDS),
    // In the place of the account of the site, which may be more or less safe.
    ("vault.account", WORKS),
    // It takes the place of the site's key, which can be more or less safe.
    ("vault.kms-key", WORKS),
    ("shares", ADMITS),
    ("shares[]", ADMITS),
    ("approvals", PROTECTS),
    ("approvals.required", MORE),
    ("approvals.signers", NEUTRAL),
    ("approvals.hold", LESS),
    ("approvals.hold-evacuation", LESS),
    ("alarms", PROTECTS),
    ("alarms.*", PROTECTS),
    ("journal", PROTECTS),
    ("journal.site", NEUTRAL),
    ("copies", HOLDS),
    ("copies[]", PROTECTS),
    ("copies[].site", NEUTRAL),
    ("copies[].s3", NEUTRAL),
    ("journal.s3", NEUTRAL),
    ("journal.lease", NEUTRAL),
    ("defaults", HOLDS),
    ("tiers", HOLDS),
    ("tiers.*", HOLDS),
    ("critical", of(Said::Protects, Ranked(&["false", "true"]))),
    // It protects what is read by others, and what it encrypts is lost with the key.
    ("encrypt", of(Said::Works, Ranked(&["AES256", "aws:kms"]))),
    // A service
    ("tier", HOLDS),
    ("primary", NEUTRAL),
    // The first that is there decides where users go.
    ("standby", WORKS),
    ("standby[]", WORKS),
    ("depends-on", ADMITS),
    ("depends-on[]", ADMITS),
    ("existing", HOLDS),
    // It admits that a bucket existed before.
    ("existing.*", ADMITS),
    ("existing.*.as", NEUTRAL),
    ("existing.*.as.*", NEUTRAL),
    ("existing.*.leave", BURDENS),
    ("existing.*.leave[]", BURDENS),
    // Data
    ("data", HOLDS),
    ("data.*", COVERS),
    ("data.*.bucket", NEUTRAL),
    ("container", NEUTRAL),
    ("container.account", NEUTRAL),
    ("size", WORKS),
    ("size.value", LESS),
    ("changes", NEUTRAL),
    ("changes.value", NEUTRAL),
    ("backfill", PROTECTS),
    ("two-way", PROTECTS),
    ("backfilled", PROTECTS),
    ("backfilled.value", NEUTRAL),
    // It protects each version for a time, and nobody can take it back.
    ("data.*.lock", PROTECTS),
    // Without it they are kept for ever.
    ("keep-versions", of(Said::Burdens, Order::More)),
    ("backups", HOLDS),
    // Backups of the same data wait for each other, and so do their copies.
    ("backups[]", WORKS),
    ("strategy", of(Said::Protects, Ranked(&["weekly", "daily", "real-time"]))),
    ("backups[].at", NEUTRAL),
    ("backups[].on", NEUTRAL),
    ("backups[].zone", SHIFTS),
    ("to", HOLDS),
    ("to[]", WORKS),
    ("to[].site", NEUTRAL),
    ("to[].bucket", NEUTRAL),
    ("windows", HOLDS),
    ("windows.start", LESS),
    ("windows.complete", LESS),
    ("keep", MORE),
    ("lock.mode", of(Said::Protects, Ranked(&["governance", "compliance"]))),
    ("lock", of(Said::Protects, Ranked(&["governance", "compliance"]))),
    ("continuous", PROTECTS),
    // Traffic
    ("traffic", HOLDS),
    ("traffic.*", COVERS),
    ("traffic.*.zone", NEUTRAL),
    ("traffic.*.record", NEUTRAL),
    ("traffic.*.traffic-manager", NEUTRAL),
    ("ttl", LESS),
    ("probe", PROTECTS),
    ("probe.every", LESS),
    ("probe.failures", LESS),
    ("probe.timeout", LESS),
    // A request that also reads a text takes longer.
    ("probe.expect", WORKS),
    ("probe.*", NEUTRAL),
    ("endpoints", HOLDS),
    ("endpoints.*", WORKS),
    ("endpoints.*.*", NEUTRAL),
    // Recovery
    ("recovery", HOLDS),
    ("recovery[]", WORKS),
    ("recovery-from", HOLDS),
    ("recovery-from.*", HOLDS),
    ("recovery-from.*[]", WORKS),
    ("takes", WORK_LESS),
    ("calls", ADMITS),
    ("calls[]", ADMITS),
    ("after", WORKS),
    ("after[]", WORKS),
    ("step", NEUTRAL),
    ("does", WORKS),
    ("how", PROTECTS),
    ("by", WORKS),
    // Continuity
    ("contacts", HOLDS),
    ("contacts.*", PROTECTS),
    ("answers-within", LESS),
    ("deputy", PROTECTS),
    ("reach", HOLDS),
    ("reach[]", PROTECTS),
    ("reach[].*", NEUTRAL),
    ("levels", HOLDS),
    ("levels[]", PROTECTS),
    ("level", NEUTRAL),
    ("means", NEUTRAL),
    ("disruptions", HOLDS),
    ("disruptions[]", PROTECTS),
    ("declared-by", PROTECTS),
    ("within", LESS),
    ("tell", HOLDS),
    ("tell[]", PROTECTS),
    ("deadlines", HOLDS),
    ("deadlines[]", PROTECTS),
    ("what", NEUTRAL),
    ("communication", HOLDS),
    ("channels", HOLDS),
    ("channels[]", PROTECTS),
    ("channels[].every", LESS),
    ("channels[].site", ADMITS),
    ("channels[].*", NEUTRAL),
    ("templates", HOLDS),
    ("templates.*", PROTECTS),
    ("resources", HOLDS),
    ("resources.*", PROTECTS),
    ("allocated", NEUTRAL),
    ("budget", PROTECTS),
    ("budget.limit", MORE),
    ("budget.currency", NEUTRAL),
    ("budget.authority", PROTECTS),
    ("access", HOLDS),
    ("identity-provider", ADMITS),
    ("break-glass", HOLDS),
    ("break-glass[]", PROTECTS),
    ("procedures", HOLDS),
    ("procedures.*", PROTECTS),
    ("purpose", NEUTRAL),
    ("procedures.*.steps", HOLDS),
    ("procedures.*.steps[]", PROTECTS),
    ("reviewed", MORE),
    ("review-every", LESS),
    // Drills
    ("drill.every", LESS),
    ("drill.last", MORE),
    ("drill.lead", PROTECTS),
    ("drill.site", NEUTRAL),
    ("drill.disruption", NEUTRAL),
    // From the exercise that shows least to the one that shows most (see `Form`).
    (
        "drill.type",
        of(
            Said::Protects,
            Ranked(&["checklist", "walk-through", "tabletop", "simulation", "functional", "full-scale"]),
        ),
    ),
    ("drill.services", HOLDS),
    ("drill.services[]", PROTECTS),
    ("success", HOLDS),
    ("criteria", HOLDS),
    ("criteria[]", PROTECTS),
    // What a probe asks for; without the text any page with the status will do.
    ("criteria[].http", NEUTRAL),
    ("criteria[].status", NEUTRAL),
    ("criteria[].contains", PROTECTS),
    ("criteria[].dns", NEUTRAL),
    ("criteria[].answers", NEUTRAL),
    ("criteria[].command", NEUTRAL),
    ("criteria[].command[]", NEUTRAL),
    // Of any document or thing
    ("owner", PROTECTS),
    ("name", NEUTRAL),
    ("kind", NEUTRAL),
];
