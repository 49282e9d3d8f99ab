//! Verifying an approval.

use std::collections::BTreeSet;

use holdfast_compiler::digest::{Purpose, digest};
use holdfast_compiler::plan::Context;
use holdfast_compiler::units::Duration;
use jiff::{SignedDuration, Timestamp};

use super::{Author, Namespace, Refusal, Signature, Signers, Statement};

/// The allowed difference between clocks.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// The requirements for a signed statement: for this plan, by one of these people, valid now.
#[derive(Debug)]
pub struct Question<'a> {
    /// Its purpose: [`Namespace::Approval`] or [`Namespace::BreakGlass`].
    pub namespace: Namespace,
    /// The digest of the plan.
    pub plan: &'a str,
    /// The plan's estate, cloud and accounts.
    pub context: &'a Context,
    /// Who made the plan and therefore cannot approve it; `None` if the author may sign too.
    pub author: Option<&'a Author>,
    /// The accepted keys. Without a list any key is accepted, because a different rule checks it.
    pub signers: Option<&'a Signers>,
    /// The longest validity of a statement, in seconds.
    pub hold_seconds: u64,
    /// The reason that the statement must give, if it is for breaking the glass.
    pub because: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
}

/// An approval that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The principal who approves.
    pub approver: String,
    /// The fingerprint of the key.
    pub key: String,
    /// The digest of the statement, which can be used only once.
    pub statement_digest: String,
    /// The end of its validity.
    pub expires_at: Timestamp,
}

/// Verify a statement and its signature against the requirements.
///
/// # Errors
/// The first requirement that is not met. Faults of the files come before faults of their content.
pub fn verify(statement: &str, signature: &str, question: &Question<'_>) -> Result<Accepted, Refusal> {
    let changed = |what: &str| Refusal::Changed(what.to_owned());
    let said = Statement::parse(statement).filter(|said| said.namespace == question.namespace);
    let said = said.ok_or_else(|| changed("the statement is not in its exact form"))?;
    let signature =
        Signature::verify(question.namespace, statement.as_bytes(), signature).map_err(&changed)?;
    let key = signature.key();
    let context = question.context;
    let differs = |what: &'static str| Err(Refusal::Another(what));
    if said.plan != question.plan {
        return differs("plan");
    }
    let partitions = |context: &Context| -> Vec<String> {
        context.accounts.iter().map(|(_, account)| account.partition.clone()).collect()
    };
    let ids = |context: &Context| -> Vec<(String, String)> {
        context.accounts.iter().map(|(name, account)| (name.to_owned(), account.id.clone())).collect()
    };
    for (same, what) in [
        (said.context.estate == context.estate, "estate"),
        (ids(&said.context) == ids(context), "account"),
        (partitions(&said.context) == partitions(context), "partition"),
        (said.context.cloud == context.cloud, "cloud"),
    ] {
        if !same {
            return differs(what);
        }
    }
    if said.because.as_deref() != question.because {
        return differs("reason");
    }
    if let Some(signers) = question.signers {
        signers.may_sign(key, &said.approver, question.namespace, question.now).map_err(|because| {
            Refusal::UnknownKey { key: signature.fingerprint(), approver: said.approver.clone(), because }
        })?;
    }
    in_time(&said, question)?;
    if let Some(same_key) =
        question.author.and_then(|author| author.is(&said.approver, key, question.signers))
    {
        return Err(Refusal::Own { approver: said.approver, same_key });
    }
    let statement_digest =
        digest(Purpose::Approval, statement).map_err(|error| Refusal::Changed(error.to_string()))?;
    Ok(Accepted {
        approver: said.approver,
        key: signature.fingerprint(),
        statement_digest,
        expires_at: said.expires_at,
    })
}

fn in_time(said: &Statement, question: &Question<'_>) -> Result<(), Refusal> {
    let (from, until, now) = (said.approved_at, said.expires_at, question.now);
    let expired = |what: String| Err(Refusal::Expired(what));
    if until <= now {
        return expired(format!("it expired at {until:.0}"));
    }
    if from.duration_since(now) > CLOCKS {
        return expired(format!("it is dated {from:.0}, which is in the future"));
    }
    let most = i64::try_from(question.hold_seconds).unwrap_or(i64::MAX);
    if until.duration_since(from) > SignedDuration::from_secs(most) {
        return expired(format!(
            "it is valid for {}, longer than the {} that the estate allows",
            in_words(until.duration_since(from)),
            in_words(SignedDuration::from_secs(most)),
        ));
    }
    Ok(())
}

fn in_words(time: SignedDuration) -> String {
    Duration::seconds(u64::try_from(time.as_secs()).unwrap_or_default()).in_words()
}

/// The names of the people who approved. Approvals with the same name or the same key count as one person.
#[must_use]
pub fn people(accepted: &[Accepted]) -> Vec<&str> {
    let mut groups: Vec<(BTreeSet<String>, &str)> = Vec::new();
    for approval in accepted {
        let mut known = BTreeSet::from([approval.approver.to_lowercase(), approval.key.clone()]);
        let mut name = approval.approver.as_str();
        groups.retain(|(theirs, first)| {
            let same = !theirs.is_disjoint(&known);
            if same {
                known.extend(theirs.iter().cloned());
                name = first;
            }
            !same
        });
        groups.push((known, name));
    }
    groups.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approvals_with_the_same_name_or_key_count_once() {
        let of = |pairs: &[(&str, &str)]| {
            let accepted: Vec<Accepted> = pairs
                .iter()
                .map(|(approver, key)| Accepted {
                    approver: (*approver).to_owned(),
                    key: (*key).to_owned(),
                    statement_digest: String::new(),
                    expires_at: Timestamp::MAX,
                })
                .collect();
            people(&accepted).len()
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[("a", "1"), ("b", "2")]), 2);
        assert_eq!(of(&[("a", "1"), ("A", "2")]), 1);
        assert_eq!(of(&[("a", "1"), ("b", "1")]), 1);
        assert_eq!(of(&[("a", "1"), ("b", "2"), ("a", "2")]), 1);
        assert_eq!(of(&[("a", "1"), ("b", "2"), ("a", "2"), ("c", "3")]), 2);
    }
}
