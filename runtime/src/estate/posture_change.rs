//! The change of the posture that an operator asks for.

use holdfast_compiler::policy::Policy;
use holdfast_compiler::posture::Posture;

/// A change of the posture that the operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PostureChange {
    /// None: the posture of the journal.
    #[default]
    Stay,
    /// Evacuate these sites, besides those that are evacuated already.
    Evacuate(Vec<String>),
    /// Prepare the return to these sites; if there are none, to all: what is there is read and changed again, and users stay elsewhere.
    Prepare(Vec<String>),
    /// Return to these sites; if there are none, to all.
    Return(Vec<String>),
}

impl PostureChange {
    /// The same for sites instead of what they share.
    pub(super) fn by_site(&self, policy: &Policy, was: &Posture) -> Self {
        let of = |name: &String| {
            let sites: Vec<String> = policy.sites_of(name).into_iter().map(ToString::to_string).collect();
            // What is none is refused later.
            if sites.is_empty() { vec![name.clone()] } else { sites }
        };
        // Of what several sites share, one returns to those that were evacuated.
        let left = |name: &String| {
            let sites = of(name);
            let left = sites.iter().filter(|site| was.sites().any(|one| one == *site)).cloned().collect();
            if sites.len() > 1 { left } else { sites }
        };
        match self {
            Self::Stay => Self::Stay,
            Self::Evacuate(names) => Self::Evacuate(names.iter().flat_map(of).collect()),
            Self::Prepare(names) => match names.iter().flat_map(left).collect::<Vec<_>>() {
                sites if sites.is_empty() => self.clone(),
                sites => Self::Prepare(sites),
            },
            Self::Return(names) => match names.iter().flat_map(left).collect::<Vec<_>>() {
                sites if sites.is_empty() => self.clone(),
                sites => Self::Return(sites),
            },
        }
    }

    /// The posture after it.
    ///
    /// # Errors
    /// A return to a site that is not evacuated, or to none at all, as a message for the user.
    pub(super) fn after(&self, was: &Posture) -> Result<Posture, String> {
        let now = |site: &str| was.sites().any(|one| one == site);
        match self {
            Self::Stay => Ok(was.clone()),
            // A site that is lost again before the return is left alone again.
            Self::Evacuate(sites) => Ok(was.with(&Posture::of(sites.iter().cloned()))),
            Self::Prepare(_) | Self::Return(_) if was.is_normal() => {
                Err("no site is evacuated, so there is nothing to return to".to_owned())
            }
            Self::Prepare(sites) | Self::Return(sites) if sites.iter().any(|site| !now(site)) => {
                let wrong: Vec<String> =
                    sites.iter().filter(|site| !now(site)).map(|site| format!("`{site}`")).collect();
                Err(format!("{} is not evacuated", wrong.join(" or ")))
            }
            Self::Prepare(sites) if sites.is_empty() => {
                Ok(was.preparing(&was.sites().map(str::to_owned).collect::<Vec<_>>()))
            }
            Self::Prepare(sites) => Ok(was.preparing(sites)),
            Self::Return(sites) if sites.is_empty() => Ok(Posture::default()),
            Self::Return(sites) => Ok(was.without(sites)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(change: &PostureChange, was: &[&str]) -> Result<Vec<String>, String> {
        let posture = change.after(&Posture::of(was.iter().copied()))?;
        Ok(posture.sites().map(str::to_owned).collect())
    }

    #[test]
    fn evacuations_add_up_and_a_return_ends_some_or_all() {
        let sites = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(after(&PostureChange::Stay, &["oregon"]).unwrap(), ["oregon"]);
        let both = after(&PostureChange::Evacuate(sites(&["virginia"])), &["oregon"]);
        assert_eq!(both.unwrap(), ["oregon", "virginia"]);
        let one = after(&PostureChange::Return(sites(&["oregon"])), &["oregon", "virginia"]);
        assert_eq!(one.unwrap(), ["virginia"]);
        assert!(after(&PostureChange::Return(Vec::new()), &["oregon", "virginia"]).unwrap().is_empty());
        let wrong = after(&PostureChange::Return(sites(&["virginia"])), &["oregon"]);
        assert_eq!(wrong.unwrap_err(), "`virginia` is not evacuated");
        assert!(after(&PostureChange::Return(Vec::new()), &[]).unwrap_err().contains("nothing to return to"));
    }

    #[test]
    fn prepared_return_ends_with_the_return_or_when_the_site_is_lost_again() {
        let was = Posture::of(["oregon", "virginia"]);
        let oregon = || vec!["oregon".to_owned()];
        let prepared = PostureChange::Prepare(oregon()).after(&was).unwrap();
        assert_eq!(prepared.prepared().collect::<Vec<_>>(), ["oregon"]);
        assert_eq!(prepared.sites().collect::<Vec<_>>(), ["oregon", "virginia"]);
        let text = serde_json::to_string(&prepared).unwrap();
        assert_eq!(text, "[{\"prepared\":\"oregon\"},\"virginia\"]");
        assert_eq!(serde_json::from_str::<Posture>(&text).unwrap(), prepared);
        let more = PostureChange::Evacuate(vec!["ireland".to_owned()]).after(&prepared).unwrap();
        assert_eq!(more.prepared().collect::<Vec<_>>(), ["oregon"]);
        let less = PostureChange::Return(vec!["virginia".to_owned()]).after(&prepared).unwrap();
        assert_eq!(less.prepared().collect::<Vec<_>>(), ["oregon"]);
        assert_eq!(PostureChange::Evacuate(oregon()).after(&prepared).unwrap(), was);
        let all = PostureChange::Prepare(Vec::new()).after(&was).unwrap();
        assert_eq!(all.prepared().count(), 2);
        assert!(PostureChange::Prepare(Vec::new()).after(&Posture::default()).is_err());
    }
}
