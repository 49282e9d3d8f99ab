//! Replication policies at destination accounts. A new one is written without an id, and the answer has it; so whether one was made is
//! asked before it is written, and again where the answer was lost.

use async_trait::async_trait;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::azure::storage::destination as kind;
use holdfast_compiler::provider::azure::storage::replication::{POLICY, REGION};
use holdfast_compiler::resource::{Call, Identity, Kind, Values};
use serde_json::json;

use super::changes::{Readable, Todo, confirm, unchanged};
use super::client::arm::{Again, Arm};
use super::client::error::{CHANGED, fault};
use super::client::models::policy::Properties;
use super::driver::{Look, Sight};
use super::fields::{lacks, required, values};
use super::pair;
use super::places::Places;
use crate::cloud::{CloudError, Command, Done, refuse};

/// How often a new policy is sent whose answer is lost and that is not there then.
const ATTEMPTS: u32 = 5;

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let part = |name: &str| identity.get(name).ok_or_else(|| lacks(&kind::LIST, name));
        let (to, from) = (part(kind::ACCOUNT)?, part(kind::SOURCE)?);
        let region = match look.account(to).await? {
            Sight::Seen(account) => account.region.as_str(),
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let all = match look.policies(to).await? {
            Sight::Seen(all) => all,
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let Some(found) = pair::find(all, from, to) else { return Ok(Sight::Absent) };
        let mut found = found.clone();
        if pair::lacks_time(&found)
            && let Sight::Seen(at_source) = look.policies(from).await?
        {
            add_time(&mut found, at_source, from, to);
        }
        Ok(Sight::Seen(object(&found, from, to, region)))
    }

    async fn one(&self, arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
        match command.action {
            Action::Create => create(arm, places, command).await,
            Action::Update => update(arm, places, command).await,
            Action::Delete => delete(arm, places, command).await,
            Action::Keep | Action::Replace => Err(refuse(command, "a replication policy is never replaced")),
        }
    }
}

/// Since when it copies, which the policy at the source says.
fn add_time(policy: &mut Properties, at_source: &[Properties], from: &str, to: &str) {
    let other = pair::find(at_source, from, to);
    policy.enabled_time = other.and_then(|other| other.enabled_time.clone());
}

fn object(policy: &Properties, from: &str, to: &str, region: &str) -> Object {
    let mut attributes =
        values([(kind::ACCOUNT, json!(to)), (kind::SOURCE, json!(from)), (REGION, json!(region))]);
    attributes.extend(values(pair::attributes(policy)));
    let outputs = values([(POLICY, json!(policy.policy_id))]);
    Object { kind: kind::KIND, id: format!("{to}/{}", policy.policy_id), attributes, outputs }
}

fn done(object: Object) -> Done {
    Done { id: object.id, outputs: object.outputs }
}

/// The policy of a command, to look at again.
struct Known<'a> {
    arm: &'a Arm,
    places: &'a Places,
    from: &'a str,
    to: &'a str,
    region: &'a str,
}

impl<'a> Known<'a> {
    fn of(arm: &'a Arm, places: &'a Places, values: &'a Values) -> Result<Self, CloudError> {
        let part = |name: &str| required(values, name, &kind::PUT);
        let (from, to, region) = (part(kind::SOURCE)?, part(kind::ACCOUNT)?, part(REGION)?);
        Ok(Self { arm, places, from, to, region })
    }

    /// The policy as it is now.
    async fn look(&self) -> Result<Option<Properties>, CloudError> {
        let all = pair::list(self.arm, self.places, self.to).await?;
        let mut found = pair::find(&all, self.from, self.to).cloned();
        if let Some(found) = found.as_mut().filter(|found| pair::lacks_time(found)) {
            let at_source = pair::list(self.arm, self.places, self.from).await?;
            add_time(found, &at_source, self.from, self.to);
        }
        Ok(found)
    }

    async fn confirm(&self, wanted: &Values) -> Result<Done, CloudError> {
        confirm(&kind::PUT, kind::KIND, wanted, self).await.map(done)
    }

    fn object(&self, policy: &Properties) -> Object {
        object(policy, self.from, self.to, self.region)
    }
}

#[async_trait]
impl Readable for Known<'_> {
    async fn read(&self) -> Result<Option<Object>, CloudError> {
        Ok(self.look().await?.map(|policy| self.object(&policy)))
    }
}

async fn create(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let wanted = &command.values;
    let known = Known::of(arm, places, wanted)?;
    if known.look().await?.is_some() {
        let message = format!("a policy from `{}` appeared after the plan was made; plan again", known.from);
        return Err(fault(CALL, CHANGED, message));
    }
    let policy = pair::wanted(CALL, places, [known.from, known.to], wanted, &[])?;
    let place = pair::place(CALL, places, known.to, pair::NEW)?;
    let mut lost = None;
    for _ in 0..ATTEMPTS {
        match pair::put(arm, CALL, &place, &policy, Again::No).await {
            Ok(_) => return known.confirm(wanted).await,
            Err(error) if error.is_silence() => lost = Some(error),
            Err(error) => return Err(error),
        }
        if known.look().await?.is_some() {
            return known.confirm(wanted).await;
        }
    }
    Err(lost.unwrap_or_else(|| fault(CALL, "NoAnswer", "there is no response")))
}

async fn update(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let wanted = &command.values;
    let known = Known::of(arm, places, wanted)?;
    let now = known.look().await?;
    let todo = unchanged(CALL, command, now.as_ref().map(|now| known.object(now)).as_ref())?;
    let Some(now) = now.filter(|_| todo == Todo::Write) else {
        return known.confirm(wanted).await;
    };
    let policy = pair::wanted(CALL, places, [known.from, known.to], wanted, &[&now])?;
    let place = pair::place(CALL, places, known.to, &now.policy_id)?;
    pair::put(arm, CALL, &place, &policy, Again::Yes).await?;
    known.confirm(wanted).await
}

/// Delete the policy that the plan saw, and no other one between the accounts.
async fn delete(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::DELETE;
    let object = command.object.as_ref().ok_or_else(|| lacks(CALL, "object"))?;
    let (to, policy) = object.id.split_once('/').ok_or_else(|| lacks(CALL, "id"))?;
    arm.delete(CALL, &pair::place(CALL, places, to, policy)?).await?;
    Ok(Done { id: object.id.clone(), outputs: Values::new() })
}
