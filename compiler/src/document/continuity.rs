//! The document of kind `continuity`: the business continuity plan. Who decides, who is told, by when, with what
//! money and which resources.
//!
//! What it holds follows NIST SP 800-34 rev. 1 §3.4.6, §4.2 and appendix A.3, ISO 22301:2019 §8.4, and the FFIEC
//! booklet Business Continuity Management (2019), chapter V.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::recovery::Disruption;
use super::text::{Currency, Name};
use super::waiver::Waiver;
use crate::units::{Date, Duration};

/// Always `continuity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContinuityKind {
    /// A continuity plan.
    Continuity,
}

/// The business continuity plan of the estate: one at the most.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Continuity {
    /// `continuity`: this document is the business continuity plan.
    pub kind: ContinuityKind,
    /// The plan's name.
    pub name: Name,
    /// The day the plan was last reviewed.
    #[serde(default)]
    pub reviewed: Option<Date>,
    /// How often it has to be reviewed. Without it: 365 d.
    #[serde(default)]
    pub review_every: Option<Duration>,
    /// The people and teams the plan relies on, by name of their role.
    #[schemars(extend("minProperties" = 1))]
    pub contacts: BTreeMap<Name, Contact>,
    /// The five levels of incidents, from 1, the worst, to 5.
    #[serde(default)]
    #[schemars(extend("minItems" = 5, "maxItems" = 5))]
    pub levels: Vec<Level>,
    /// Who is told what, on which channels, with which words.
    #[serde(default)]
    pub communication: Communication,
    /// What the business cannot do without, and what of it is set aside for an emergency.
    #[serde(default)]
    pub resources: BTreeMap<Name, Resource>,
    /// The money for emergencies, and who may spend it.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Procedures for people, by name.
    #[serde(default)]
    pub procedures: BTreeMap<Name, Procedure>,
    /// How people sign in on the worst day.
    #[serde(default)]
    pub access: Option<Access>,
    /// Findings that somebody has decided to live with, for a time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// Somebody the plan relies on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contact {
    /// Who it is, for people: a person or a rota.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// How to reach them, by channel, in the order to try: at least two, one of them outside the office
    /// (NIST SP 800-34 rev. 1 §4.2.2).
    #[schemars(extend("minItems" = 1, "maxItems" = 10))]
    pub reach: Vec<Reach>,
    /// How long it takes at the most until they answer, at any hour.
    pub answers_within: Duration,
    /// Who stands in for them: another contact.
    #[serde(default)]
    pub deputy: Option<Name>,
}

/// One way to reach somebody. Exactly one key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// A telephone number.
    Phone(ReachText),
    /// A pager or an on-call service.
    Pager(ReachText),
    /// A mail address.
    Mail(ReachText),
    /// A chat room or a handle.
    Chat(ReachText),
}

/// An address on a channel.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ReachText(#[schemars(length(min = 1, max = 200))] pub String);

/// A level of incidents.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Level {
    /// 1, the worst, to 5.
    #[schemars(range(min = 1, max = 5), extend("examples" = [1]))]
    pub level: u8,
    /// What it is called.
    pub name: Name,
    /// What it means: by what one knows that an incident is of this level.
    #[schemars(length(min = 1, max = 1000))]
    pub means: String,
    /// Disruptions that are at least of this level.
    #[serde(default)]
    pub disruptions: Vec<Disruption>,
    /// Who declares it: a contact.
    pub declared_by: Name,
    /// How long after it was noticed it is declared at the latest.
    #[serde(default)]
    pub within: Option<Duration>,
    /// Who is told: contacts.
    #[serde(default)]
    pub tell: Vec<Name>,
    /// What has to happen by when, such as reports to authorities.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
}

/// Something that has to happen by a certain time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deadline {
    /// What has to happen.
    #[schemars(length(min = 1, max = 200))]
    pub what: String,
    /// How long after the incident was declared, at the latest.
    pub within: Duration,
    /// Who sees to it: a contact.
    pub by: Name,
    /// The law, the contract or the rule that asks for it.
    #[schemars(length(min = 1, max = 200))]
    pub because: String,
}

/// Who is told what, on which channels, with which words.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Communication {
    /// The channels, in the order to try.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Texts that are ready, by name. `{service}`, `{level}`, `{since}` and `{next-update}` are filled in.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = {"type": "string", "minLength": 1, "maxLength": 4000}))]
    pub templates: BTreeMap<Name, String>,
}

/// A channel of communication.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Channel {
    /// Its name.
    pub name: Name,
    /// Who is told on it.
    #[schemars(length(min = 1, max = 200))]
    pub audience: String,
    /// The site it depends on, if it depends on one: a status page that goes down with what it reports.
    #[serde(default)]
    pub site: Option<Name>,
    /// How often there is something new on it during an incident.
    #[serde(default)]
    pub every: Option<Duration>,
}

/// Something the business cannot do without.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resource {
    /// What it is.
    #[schemars(length(min = 1, max = 200))]
    pub what: String,
    /// What of it is set aside for an emergency, and where.
    #[schemars(length(min = 1, max = 200))]
    pub allocated: String,
    /// Who answers for it: a contact.
    pub owner: Name,
}

/// The money for emergencies (FFIEC Business Continuity Management V.E).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// How much may be spent in one incident without asking further, in whole units of the currency.
    #[schemars(range(min = 1), extend("examples" = [250_000]))]
    pub limit: u64,
    /// The currency.
    pub currency: Currency,
    /// Who may spend it: a contact.
    pub authority: Name,
    /// Who may when they cannot be reached: another contact.
    #[serde(default)]
    pub deputy: Option<Name>,
}

/// A procedure for people.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Procedure {
    /// What it is for.
    #[schemars(length(min = 1, max = 200))]
    pub purpose: String,
    /// Who carries it out: a contact.
    pub owner: Name,
    /// What to do, one thing after the other.
    #[schemars(extend("minItems" = 1, "maxItems" = 100))]
    pub steps: Vec<String>,
}

/// How people sign in on the worst day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Access {
    /// The site that the identity provider runs at, if it runs at one.
    #[serde(default)]
    pub identity_provider: Option<Name>,
    /// Who holds the break-glass credentials: contacts. They work without the identity provider.
    #[serde(default)]
    pub break_glass: Vec<Name>,
}
