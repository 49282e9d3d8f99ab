//! Replication policies at source accounts, with the ids that the destination has given to the policy and its rules.

use async_trait::async_trait;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::azure::storage::replication::{POLICY, REGION};
use holdfast_compiler::provider::azure::storage::source as kind;
use holdfast_compiler::resource::{Call, Identity, Kind, Values};
use serde_json::json;

use super::changes::{Readable, Todo, confirm, unchanged};
use super::client::arm::{Again, Arm};
use super::client::error::{CHANGED, fault};
use super::client::models::policy::{Policy, Properties};
use super::driver::{Look, Sight};
use super::fields::{lacks, required, values};
use super::pair;
use super::places::Places;
use crate::cloud::{CloudError, Command, Done, refuse};

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let part = |name: &str| identity.get(name).ok_or_else(|| lacks(&kind::LIST, name));
        let (from, to) = (part(kind::ACCOUNT)?, part(kind::DESTINATION)?);
        let region = match look.account(from).await? {
            Sight::Seen(account) => account.region.as_str(),
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let all = match look.policies(from).await? {
            Sight::Seen(all) => all,
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let found = pair::find(all, from, to);
        Ok(found.map_or(Sight::Absent, |found| Sight::Seen(object(found, from, to, region))))
    }

    async fn one(&self, arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
        match command.action {
            Action::Create | Action::Update => write(arm, places, command).await,
            Action::Delete => delete(arm, places, command).await,
            Action::Keep | Action::Replace => Err(refuse(command, "a replication policy is never replaced")),
        }
    }
}

fn object(policy: &Properties, from: &str, to: &str, region: &str) -> Object {
    let mut attributes = values([
        (kind::ACCOUNT, json!(from)),
        (kind::DESTINATION, json!(to)),
        (REGION, json!(region)),
        (POLICY, json!(policy.policy_id)),
    ]);
    attributes.extend(values(pair::attributes(policy)));
    Object {
        kind: kind::KIND,
        id: format!("{from}/{}", policy.policy_id),
        attributes,
        outputs: Values::new(),
    }
}

/// The policy of a command, to look at again.
struct Known<'a> {
    arm: &'a Arm,
    places: &'a Places,
    from: &'a str,
    to: &'a str,
    region: &'a str,
}

impl Known<'_> {
    /// The policy as it is now.
    async fn look(&self) -> Result<Option<Properties>, CloudError> {
        let all = pair::list(self.arm, self.places, self.from).await?;
        Ok(pair::find(&all, self.from, self.to).cloned())
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

async fn write(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let wanted = &command.values;
    let [from, to, id, region] =
        [kind::ACCOUNT, kind::DESTINATION, POLICY, REGION].map(|name| required(wanted, name, CALL));
    let (from, to, id, region) = (from?, to?, id?, region?);
    let known = Known { arm, places, from, to, region };
    let now = known.look().await?;
    let done = Done { id: format!("{from}/{id}"), outputs: Values::new() };
    if command.action == Action::Create {
        if now.is_some() {
            let message = format!("a policy to `{to}` appeared after the plan was made; plan again");
            return Err(fault(CALL, CHANGED, message));
        }
    } else if unchanged(CALL, command, now.as_ref().map(|now| known.object(now)).as_ref())? == Todo::Nothing {
        return Ok(done);
    }
    // The ids of the rules are the destination's.
    let there: Option<Policy> = arm.get(&kind::GET, &pair::place(&kind::GET, places, to, id)?).await?;
    let missing =
        || fault(&kind::GET, CHANGED, format!("the policy does not stand at `{to}` any more; plan again"));
    let mut there = there.ok_or_else(missing)?.properties;
    if there.enabled_time.is_none() {
        there.enabled_time = now.as_ref().and_then(|now| now.enabled_time.clone());
    }
    let standing: Vec<&Properties> = std::iter::once(&there).chain(&now).collect();
    let policy = pair::wanted(CALL, places, [from, to], wanted, &standing)?;
    if policy.properties.rules.iter().any(|rule| rule.rule_id.is_none()) {
        let message = format!(
            "`{to}` has given no id to one of the rules: somebody changed the policy there; plan again"
        );
        return Err(fault(CALL, CHANGED, message));
    }
    pair::put(arm, CALL, &pair::place(CALL, places, from, id)?, &policy, Again::Yes).await?;
    confirm(CALL, kind::KIND, wanted, &known).await?;
    Ok(done)
}

/// Delete the policy that the plan saw.
async fn delete(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::DELETE;
    let object = command.object.as_ref().ok_or_else(|| lacks(CALL, "object"))?;
    let (from, policy) = object.id.split_once('/').ok_or_else(|| lacks(CALL, "id"))?;
    arm.delete(CALL, &pair::place(CALL, places, from, policy)?).await?;
    Ok(Done { id: object.id.clone(), outputs: Values::new() })
}
