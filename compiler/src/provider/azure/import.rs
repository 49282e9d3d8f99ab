//! An import proposes nothing for Azure yet, and says so for each container and each profile that it has seen and that no policy
//! describes.

use std::collections::BTreeSet;

use super::storage::container;
use super::traffic::profile;
use crate::graph::Graph;
use crate::import::candidate::{Candidate, Given};
use crate::import::survey::{LeftOut, Survey};
use crate::provider::region::Region;
use crate::resource::{Identity, Resource};

pub(super) fn found_regions(_: &Survey, _: &str) -> Vec<Region> {
    Vec::new()
}

pub(super) fn candidates<'a>(
    survey: &'a Survey,
    given: Given<'a>,
    out: &mut Vec<LeftOut>,
) -> Vec<Candidate<'a>> {
    for (kind, what) in [(container::KIND, "container"), (profile::KIND, "profile")] {
        let described = given.graph.into_iter().flat_map(Graph::iter);
        let described = described.filter(|resource| resource.address.kind() == kind);
        let described: BTreeSet<Identity> = described.map(Resource::identity).collect();
        let new = survey.of(kind).filter(|found| !described.contains(&found.identity()));
        out.extend(new.map(|found| {
            LeftOut::new(
                format!("{what} {}", found.id),
                "an import proposes nothing for Azure yet: write it into a policy",
            )
        }));
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::compile::{Options, check};
    use crate::lower::{TargetAccounts, lower};
    use crate::observation::Object;
    use crate::resource::Values;
    use crate::source::Sources;

    const POLICY: &str = "
kind: estate
name: acme
sites:
  amsterdam: { azure: westeurope, subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme }
  dublin: { azure: northeurope, subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme }
---
kind: service
name: files
primary: amsterdam
data:
  docs:
    container: { account: acmedocs, name: docs }
    backups: [{ strategy: real-time, to: [dublin] }]
";

    fn container_named(name: &str) -> Object {
        let attributes = json!({container::ACCOUNT: "acmedocs", container::NAME: name});
        Object {
            kind: container::KIND,
            id: format!("acmedocs/{name}"),
            attributes: serde_json::from_value(attributes).unwrap(),
            outputs: Values::new(),
        }
    }

    #[test]
    fn container_of_a_policy_is_not_told_of() {
        let mut sources = Sources::default();
        sources.add("all.yaml", POLICY);
        let policy = check(&sources, Options::default()).policy.unwrap();
        let graph = lower(&policy, &TargetAccounts::one("azure", "000000000000")).unwrap();
        let objects = ["docs", "scans"].map(container_named).to_vec();
        let survey = Survey { objects, ..Survey::default() };
        let given = Given {
            sites: &BTreeMap::new(),
            graph: Some(&graph),
            services: &BTreeSet::new(),
            account: "000000000000",
            elsewhere: &BTreeSet::new(),
        };
        let mut left_out = Vec::new();
        assert!(candidates(&survey, given, &mut left_out).is_empty());
        let told: Vec<&str> = left_out.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(told, ["container acmedocs/scans"]);
    }
}
