//! Evidence that data is stored apart from its primary: at another site, or in another account. One place is enough.

use super::context::Context;
use super::item::{Item, Standing};
use super::storage::{backup, copy, data};
use crate::document::{Evidence, Name};
use crate::policy::{DataSet, Service, Site};
use crate::source::Span;

/// A place where a data set is stored besides its primary, and how it stands.
struct Stored<'c> {
    site: &'c Site,
    account: Option<&'c str>,
    what: &'static str,
    span: Span,
    standing: Standing,
    says: String,
    resource: Option<String>,
}

/// Whether each data set is stored at a separate site, or in a separate account.
pub(super) fn apart(context: &Context<'_>, kind: Evidence) -> Vec<Item> {
    let mut items = Vec::new();
    for (service, name, set) in data(context) {
        let about = format!("{}.{name}", service.name);
        let is_apart = |place: &Stored<'_>| match kind {
            Evidence::OtherAccount => is_of_another_account(context, set, place),
            _ => is_separate(&set.primary.site, place.site),
        };
        let all = places(context, (service, name), set);
        let best = all.into_iter().filter(is_apart).max_by_key(|place| place.standing);
        let none = match kind {
            Evidence::OtherAccount => "all of it is in one account",
            _ => "all of it is at sites that can be lost together",
        };
        items.push(match best {
            None => Item::new(kind, about, Standing::Fails, none).at(context.place(set.backups)),
            Some(place) => {
                let account =
                    place.account.map(|account| format!(" in account {account}")).unwrap_or_default();
                let says = format!("{} at {}{account}: {}", place.what, place.site.name, place.says);
                let item = Item::new(kind, about, place.standing, says).of(place.resource).seen();
                item.at(context.place(place.span))
            }
        });
    }
    items
}

fn places<'c>(context: &Context<'_>, of: (&Service, &Name), set: &'c DataSet) -> Vec<Stored<'c>> {
    let mut all = Vec::new();
    for to in &set.copies {
        let (standing, says, resource) = copy(context, set, to);
        let (site, account, span) = (&to.site, to.site.own_account(), to.span);
        all.push(Stored { site, account, what: "copy", span, standing, says, resource });
    }
    for schedule in &set.schedules {
        for (site, span) in &schedule.to {
            let (standing, says, resource) = backup(context, of, schedule, site);
            let account = site.vault_account();
            all.push(Stored { site, account, what: "backup", span: *span, standing, says, resource });
        }
    }
    all
}

fn is_separate(primary: &Site, other: &Site) -> bool {
    other.region != primary.region && other.shares.iter().all(|one| !primary.shares.contains(one))
}

/// Whether a place is in another account than the primary and the estate.
fn is_of_another_account(context: &Context<'_>, set: &DataSet, place: &Stored<'_>) -> bool {
    let Some(account) = place.account else { return false };
    let own = context.policy().accounts.get(place.site.region.provider.name).map(|(id, _)| id.as_str());
    let live = context
        .status()
        .and_then(|status| status.plan.context.accounts.get(place.site.region.provider.name))
        .map(|account| account.id.as_str());
    Some(account) != own && Some(account) != live && Some(account) != set.primary.site.own_account()
}
