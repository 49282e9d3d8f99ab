//! `--compare-data`: whether the data at a site that is returned to has what was written elsewhere, key by key.

use holdfast_compiler::policy::{Bucket, DataSet};
use holdfast_compiler::printable::one_line;

use super::failure::Failure;
use super::output::Terminal;
use super::screen;
use crate::cloud::Objects;
use crate::estate::{LivePlan, Opened};
use crate::restore::apart;

/// Compare each data set that the plan returns to with its copies at sites in use, and say what is different. It is no part of the plan,
/// because it changes with every write.
pub(super) async fn compare(live: &LivePlan, terminal: &Terminal) -> Result<(), Failure> {
    let (plan, policy) = (&live.planned.plan, &live.planned.policies.compiled.policy);
    let Opened { cloud, .. } = live.workspace.open(policy.estate.as_str()).await?;
    for service in policy.services.values() {
        for (name, set) in &service.data {
            let home = &set.primary.site.name;
            if !plan.was.evacuates(home) || plan.posture.evacuates(home) {
                continue;
            }
            let entry = format!("{}.{name}", service.name);
            let Some(objects) = cloud.objects(set.primary.site.region.provider.name) else {
                terminal.error(&format!("{entry}: the cloud `{}` has no objects to compare\n", cloud.name()));
                continue;
            };
            let copies: Vec<&Bucket> =
                set.copies.iter().filter(|copy| !plan.posture.leaves_alone(&copy.site.name)).collect();
            if copies.is_empty() {
                terminal.error(&format!(
                    "{entry}: nothing to compare `{}` with: it has no real-time copy at a site in use, so whether it has everything is \
                     unknown\n",
                    set.primary.name
                ));
            }
            for copy in copies {
                for line in said(objects, &entry, set, copy).await {
                    terminal.error(&format!("{}\n", one_line(&line)));
                }
            }
        }
    }
    terminal.detail(&screen::calls(&cloud.calls()));
    Ok(())
}

/// What is different, or why nobody can tell.
async fn said(objects: &dyn Objects, entry: &str, set: &DataSet, copy: &Bucket) -> Vec<String> {
    let (home, away) = (set.primary.name.as_str(), copy.name.as_str());
    let compared = async {
        let home = objects.place(home, Some(set.primary.site.region.as_str())).await?;
        let away = objects.place(away, Some(copy.site.region.as_str())).await?;
        apart(objects, &home, &away).await
    };
    match compared.await {
        Ok(apart) => apart.in_words(entry, home, away),
        Err(error) => {
            vec![format!("{entry}: whether `{home}` has what was written to `{away}` is unknown: {error}")]
        }
    }
}
