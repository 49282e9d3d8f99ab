//! The document of kind `continuity`: the business continuity plan. It says who decides, who is informed, the
//! deadlines, the budget and the reserved resources.
//!
//! Its parts follow NIST SP 800-34 rev. 1 §3.4.6, §4.2 and appendix A.3, ISO 22301:2019 §8.4, and the FFIEC
//! booklet Business Continuity Management (2019), chapter V.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::recovery::Disruption;
use super::text::{Currency, HttpsUrl, Name, PROSE, Prose, ReachAddress};
use super::waiver::Waiver;
use crate::units::{Date, Duration};

/// Always `continuity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContinuityKind {
    /// A continuity plan.
    Continuity,
}

/// The business continuity plan of the estate: at most one.
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
    /// How often it must be reviewed. Without it: 365 d.
    #[serde(default)]
    pub review_every: Option<Duration>,
    /// The people and teams that the plan relies on, by the name of their role.
    #[schemars(extend("minProperties" = 1))]
    pub contacts: BTreeMap<Name, Contact>,
    /// The five levels of incidents, from 1, the most severe, to 5.
    #[serde(default)]
    #[schemars(extend("minItems" = 5, "maxItems" = 5))]
    pub levels: Vec<Level>,
    /// Who is informed of what, on which channels, with which templates.
    #[serde(default)]
    pub communication: Communication,
    /// What the business needs to operate, and what is reserved for an emergency.
    #[serde(default)]
    pub resources: BTreeMap<Name, Resource>,
    /// The budget for emergencies, and who may spend it.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Procedures for people, by name. `stand-down` is the end of an incident and the return to normal.
    #[serde(default)]
    pub procedures: BTreeMap<Name, Procedure>,
    /// How people sign in during an emergency.
    #[serde(default)]
    pub access: Option<Access>,
    /// Findings that somebody has accepted for a limited time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// A person or team that the plan relies on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contact {
    /// The person or rota, as people call it.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub name: String,
    /// How to reach them, by channel, in the order to try: at least two, one of them outside the office
    /// (NIST SP 800-34 rev. 1 §4.2.2).
    #[schemars(extend("minItems" = 1, "maxItems" = 10))]
    pub reach: Vec<Reach>,
    /// The longest time until they answer, at any hour.
    pub answers_within: Duration,
    /// Their deputy: another contact.
    #[serde(default)]
    pub deputy: Option<Name>,
}

/// One way to reach a contact. Exactly one key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// A telephone number.
    Phone(ReachText),
    /// A pager or an on-call service.
    Pager(ReachText),
    /// An e-mail address.
    Mail(ReachText),
    /// A chat room or a handle.
    Chat(ReachText),
    /// The URL that takes messages of machines, such as the one of an on-call service.
    Https(HttpsUrl),
}

/// An address on a channel, as people dial or type it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ReachText(#[schemars(with = "ReachAddress", length(min = 1, max = 200))] pub String);

/// A level of incidents.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Level {
    /// The level: from 1, the most severe, to 5.
    #[schemars(range(min = 1, max = 5), extend("examples" = [1]))]
    pub level: u8,
    /// Its name.
    pub name: Name,
    /// What it means: how to recognize an incident of this level.
    #[schemars(with = "Prose", length(min = 1, max = 1000))]
    pub means: String,
    /// Disruptions that have at least this level.
    #[serde(default)]
    pub disruptions: Vec<Disruption>,
    /// Who declares it: a contact.
    pub declared_by: Name,
    /// The latest time to declare it, counted from when the incident was noticed.
    #[serde(default)]
    pub within: Option<Duration>,
    /// Who is informed: contacts.
    #[serde(default)]
    pub tell: Vec<Name>,
    /// What must happen by when, such as reports to authorities.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
}

/// Something that must happen by a certain time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deadline {
    /// What must happen.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub what: String,
    /// The latest time, counted from when the incident was declared.
    pub within: Duration,
    /// Who is responsible for it: a contact.
    pub by: Name,
    /// The law, contract or rule that requires it.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub because: String,
}

/// Who is informed of what, on which channels, with which templates.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Communication {
    /// The channels, in the order to try.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Prepared texts by name. `{service}`, `{level}`, `{since}` and `{next-update}` are filled in.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Name, Template>")]
    pub templates: BTreeMap<Name, String>,
}

/// The schema of a prepared text.
struct Template;

impl JsonSchema for Template {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 4000, "pattern": PROSE })
    }
}

/// A channel of communication.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Channel {
    /// Its name.
    pub name: Name,
    /// Who is informed on it.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub audience: String,
    /// The site that it depends on, if any. A status page should not fail together with what it reports.
    #[serde(default)]
    pub site: Option<Name>,
    /// How often there is an update on it during an incident.
    #[serde(default)]
    pub every: Option<Duration>,
}

/// Something that the business needs to operate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resource {
    /// What it is.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub what: String,
    /// What is reserved of it for an emergency, and where.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub allocated: String,
    /// Who is responsible for it: a contact.
    pub owner: Name,
}

/// The budget for emergencies (FFIEC Business Continuity Management V.E).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// How much may be spent on one incident without further approval, in whole units of the currency.
    #[schemars(range(min = 1), extend("examples" = [250_000]))]
    pub limit: u64,
    /// The currency.
    pub currency: Currency,
    /// Who may spend it: a contact.
    pub authority: Name,
    /// Who may spend it if they cannot be reached: another contact.
    #[serde(default)]
    pub deputy: Option<Name>,
}

/// A procedure for people.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Procedure {
    /// What it is for.
    #[schemars(with = "Prose", length(min = 1, max = 200))]
    pub purpose: String,
    /// Who carries it out: a contact.
    pub owner: Name,
    /// What to do, step by step.
    #[schemars(with = "Vec<Prose>", extend("minItems" = 1, "maxItems" = 100))]
    pub steps: Vec<String>,
}

/// How people sign in during an emergency.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Access {
    /// The site that the identity provider runs at, if it runs at one site.
    #[serde(default)]
    pub identity_provider: Option<Name>,
    /// Who holds the break-glass credentials: contacts. They work without the identity provider.
    #[serde(default)]
    pub break_glass: Vec<Name>,
}
