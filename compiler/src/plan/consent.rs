//! Consents: what an operator has to allow explicitly, in addition to the plan itself.
//!
//! A mistake can look like a decision: a path forgotten on the command line looks like a service that is no
//! longer needed. Some changes therefore need a consent, given as `--allow WHAT` when planning. Consents are
//! an input of the plan: reviewers see them, and they are part of what is approved.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Action, Plan};
use crate::diagnostic::{Diagnostic, codes, one_of};
use crate::resource::Address;
use crate::text::shell_word;

/// An estate with fewer objects may change as a whole, because a share of a few objects means little. Value
/// of octoDNS (`octodns/provider/plan.py`, `MIN_EXISTING_RECORDS`).
const SMALL_ESTATE: usize = 10;
/// The share of existing objects, in percent, that may be changed or removed without consent. Value of
/// octoDNS (`MAX_SAFE_UPDATE_PCENT`, `MAX_SAFE_DELETE_PCENT`).
const MOST_PERCENT: usize = 30;

/// One explicit consent of an operator. Written as `teardown:SERVICE`, `destroy:ADDRESS`, `adopt:ADDRESS`,
/// `empty-primary:ADDRESS`, `lock:ADDRESS`, `return:DATA` or `many`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Consent {
    /// Remove a service that no policy declares any more.
    Teardown(String),
    /// Delete an object that holds data and that no policy declares any more.
    Destroy(Address),
    /// Make a primary bucket anew whose data is gone.
    EmptyPrimary(Address),
    /// Take over an object that belongs to another estate, service or owner.
    Adopt(Address),
    /// Change an object in a way that nobody can take back.
    Lock(Address),
    /// Return to the primary site of a data set (`SERVICE.DATA`), although nothing shows that it has all that was written meanwhile.
    Return(String),
    /// Change or remove a large share of the existing objects.
    Many,
}

impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Teardown(service) => write!(f, "teardown:{service}"),
            Self::Destroy(address) => write!(f, "destroy:{address}"),
            Self::EmptyPrimary(address) => write!(f, "empty-primary:{address}"),
            Self::Adopt(address) => write!(f, "adopt:{address}"),
            Self::Lock(address) => write!(f, "lock:{address}"),
            Self::Return(data) => write!(f, "return:{data}"),
            Self::Many => f.write_str("many"),
        }
    }
}

impl FromStr for Consent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "many" => Ok(Self::Many),
            Some(("teardown", service)) if !service.is_empty() => Ok(Self::Teardown(service.to_owned())),
            Some(("return", data)) if !data.is_empty() => Ok(Self::Return(data.to_owned())),
            Some(("destroy", address)) => Ok(Self::Destroy(Address::try_from(address.to_owned())?)),
            Some(("adopt", address)) => Ok(Self::Adopt(Address::try_from(address.to_owned())?)),
            Some(("lock", address)) => Ok(Self::Lock(Address::try_from(address.to_owned())?)),
            Some(("empty-primary", address)) => {
                Ok(Self::EmptyPrimary(Address::try_from(address.to_owned())?))
            }
            _ => Err("it can be `teardown:SERVICE`, `destroy:ADDRESS`, `adopt:ADDRESS`, \
                      `empty-primary:ADDRESS`, `lock:ADDRESS`, `return:DATA` or `many`"
                .to_owned()),
        }
    }
}

impl TryFrom<String> for Consent {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Consent> for String {
    fn from(consent: Consent) -> Self {
        consent.to_string()
    }
}

impl Consent {
    /// The flag that gives this consent, ready to paste: one word without line breaks, quoted for a shell if
    /// necessary.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--allow={}", shell_word(&self.to_string()))
    }
}

/// A change that needs a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    /// The consent.
    pub(super) consent: Consent,
    /// What it does, as a clause: ``deletes aws.bucket.a.b.c, which holds data``.
    pub(super) what: String,
}

/// All given consents.
pub type Consents = BTreeSet<Consent>;

/// A share of the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The number of objects that are changed or removed.
    pub changed: usize,
    /// The number of existing objects.
    pub existing: usize,
}

impl Share {
    /// In percent, rounded down.
    #[must_use]
    pub fn percent(self) -> usize {
        (self.changed * 100).checked_div(self.existing).unwrap_or(0)
    }
}

impl Plan {
    /// What needs a consent, given or not. Locks are asked for where they are shown.
    pub(super) fn asks(&self) -> Vec<Ask> {
        let leaving = self.leaving.iter().map(|service| Ask {
            consent: Consent::Teardown(service.clone()),
            what: format!("removes service `{service}`, which none of these policies mentions"),
        });
        let lost = self.lost.iter().map(|lost| Ask {
            consent: Consent::EmptyPrimary(lost.address.clone()),
            what: format!("makes `{}` anew, empty, although its data is gone", lost.name),
        });
        let destroyed = self.destroyed().map(|address| Ask {
            consent: Consent::Destroy(address.clone()),
            what: format!("deletes {address}, which holds data"),
        });
        let many = self.large_share().map(|share| {
            let Share { changed, existing } = share;
            let what =
                format!("changes or removes {changed} of {existing} resources ({} %)", share.percent());
            Ask { consent: Consent::Many, what }
        });
        let returned = self.returned().map(|data| Ask {
            consent: Consent::Return(data.entry.clone()),
            what: format!("returns to `{}`, whose data of {} may be behind", data.site, data.entry),
        });
        leaving.chain(lost).chain(destroyed).chain(returned).chain(many).collect()
    }

    /// Whether a consent is given, and with which flag, as a clause.
    pub(super) fn state_of(&self, consent: &Consent) -> String {
        match self.consents.contains(consent) {
            true => format!("allowed with `{}`", consent.flag()),
            false => format!("an apply refuses it unless you plan with `{}`", consent.flag()),
        }
    }

    /// The consents without which an apply refuses this plan.
    #[must_use]
    pub fn consents_to_give(&self) -> Consents {
        let makes = |address: &Address| self.pending().any(|step| step.address == *address);
        let asked = self.asks().into_iter().map(|ask| ask.consent).filter(|consent| match consent {
            Consent::EmptyPrimary(address) => makes(address),
            _ => true,
        });
        let locks = self.irreversible().map(|(step, _)| Consent::Lock(step.address.clone()));
        asked.chain(locks).filter(|consent| !self.consents.contains(consent)).collect()
    }

    /// Findings for missing consents: one per kind of consent, with the flags to paste.
    #[must_use]
    pub fn missing_consents(&self) -> Vec<Diagnostic> {
        let mut missing: Vec<Diagnostic> = self.lost_without_consent().into_iter().collect();
        missing.extend(self.locks_without_consent());
        missing.extend(self.returns_without_consent());
        let teardown = |service: &&String| Consent::Teardown((*service).clone());
        let services: Vec<&String> =
            self.leaving.iter().filter(|service| !self.consents.contains(&teardown(service))).collect();
        if !services.is_empty() {
            let names = one_of(services.iter().map(|name| name.as_str()));
            let flags: Vec<String> = services.iter().map(|service| teardown(service).flag()).collect();
            let message =
                format!("no policy mentions {names} any more, so all its resources would be removed");
            let help = format!(
                "name all paths of the estate; if the removal is intended, plan with `{}`",
                flags.join(" ")
            );
            missing.push(Diagnostic::new(codes::SERVICE_LEAVES, message).help(help));
        }
        if let Some(share) = self.large_share().filter(|_| !self.consents.contains(&Consent::Many)) {
            let Share { changed, existing } = share;
            let message = format!(
                "this would change or remove {changed} of the {existing} existing resources ({} %)",
                share.percent()
            );
            let help =
                format!("check that all of it is intended; if it is, plan with `{}`", Consent::Many.flag());
            missing.push(Diagnostic::new(codes::TOO_MANY_CHANGES, message).help(help));
        }
        missing
    }

    /// The share of existing objects that is changed or removed, if it is unlikely to be intended: more than
    /// 30 % of at least ten objects. Given consents are not considered.
    #[must_use]
    pub fn large_share(&self) -> Option<Share> {
        let counts = self.counts();
        // Finishing what an interrupted apply started does not count as a change. An update in two halves is one update.
        let updates = self.steps.iter().filter(|step| !step.unfinished && step.action == Action::Update);
        let updates: BTreeSet<&Address> = updates.map(|step| &step.address).collect();
        let changed = updates.len() + counts.replace;
        let existing = counts.keep + changed + counts.delete;
        let large = |count: usize| count * 100 > existing * MOST_PERCENT;
        let either = large(changed) || large(counts.delete);
        (existing >= SMALL_ESTATE && either).then_some(Share { changed: changed + counts.delete, existing })
    }

    /// Objects that are deleted although they hold data.
    pub fn destroyed(&self) -> impl Iterator<Item = &Address> {
        let gone = self.steps.iter().filter(|step| step.action == Action::Delete);
        gone.map(|step| &step.address).filter(|address| address.kind().schema().stateful)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_parses_what_it_prints() {
        for text in [
            "many",
            "teardown:web",
            "destroy:aws.bucket.files.docs.oregon",
            "adopt:aws.role.files.docs",
            "empty-primary:aws.bucket.a.b.c",
            "lock:aws.backup-vault.ireland.compliance",
            "return:payments.ledger",
        ] {
            assert_eq!(text.parse::<Consent>().unwrap().to_string(), text);
        }
        for text in
            ["", "few", "teardown:", "destroy:", "destroy:nothing", "adopt:", "many:", "lock", "return:"]
        {
            assert!(text.parse::<Consent>().is_err(), "{text}");
        }
    }

    #[test]
    fn flag_of_a_hostile_name_is_one_shell_word() {
        let flag = Consent::Teardown("x; rm 'y'".to_owned()).flag();
        assert_eq!(flag, r"--allow='teardown:x; rm '\''y'\'''");
    }
}
