//! Criteria that a drill looks at itself: a page, or the answer of DNS. It looks from outside: names are asked at the resolvers of the
//! drill, no proxy and no credentials are used, and what is seen of a page is its status and whether a text is in it.

mod page;

use std::net::IpAddr;
use std::sync::Arc;

use holdfast_compiler::drill::Record;
use holdfast_compiler::policy::{Criterion, Page, RecordType};

use super::DrillError;
use super::order::Order;
use super::outside::{Ask, resolvers};
use super::session::{Session, timed};

/// The most addresses of a host that are tried.
const ADDRESSES: usize = 8;

/// Whether a criterion is met, and what was seen. `None`: nobody can tell.
type Seen = (Option<bool>, String);

/// Look at every criterion that is a probe, and note what was seen.
///
/// # Errors
/// The drill is not in the policies.
pub(super) async fn probe(session: &Session, order: &Order, record: &mut Record) -> Result<(), DrillError> {
    let criteria = &session.drill()?.criteria;
    let probes: Vec<(usize, &Criterion)> = criteria
        .iter()
        .map(|(criterion, _)| criterion)
        .enumerate()
        .filter(|(_, one)| one.is_probe())
        .collect();
    if probes.is_empty() {
        return Ok(());
    }
    let seen = timed(record, "probes", look(session, order, &probes)).await;
    for ((nth, _), (met, output)) in probes.into_iter().zip(seen) {
        if let Some(criterion) = record.criteria.get_mut(nth) {
            (criterion.met, criterion.output) = (met, Some(output));
        }
    }
    Ok(())
}

async fn look(session: &Session, order: &Order, probes: &[(usize, &Criterion)]) -> Vec<Seen> {
    let unknown = |why: String| probes.iter().map(|_| (None, why.clone())).collect();
    if session.context.is_embedded() {
        return unknown("the embedded cloud serves no users, so nothing was asked".to_owned());
    }
    let all = match order.resolvers.on_a_real_cloud() {
        Ok(all) => resolvers(&all).await,
        Err(why) => Err(format!("the resolvers of this machine are not known: {why}")),
    };
    let all = match all {
        Ok(all) => all,
        Err(why) => return unknown(why),
    };
    let mut seen = Vec::new();
    for (_, criterion) in probes {
        seen.push(match criterion {
            Criterion::Page { page, status, contains } => {
                of_page(page, *status, contains.as_deref(), &all).await
            }
            Criterion::Name { name, kind, value } => of_name(name, *kind, value, &all).await,
            Criterion::Sentence(_) => (None, String::new()),
        });
    }
    seen
}

/// Whether every resolver answers with exactly this value.
async fn of_name(name: &str, kind: RecordType, value: &str, all: &[(String, Arc<dyn Ask>)]) -> Seen {
    if all.is_empty() {
        return (None, "no resolver was asked".to_owned());
    }
    let mut silent = None;
    let mut said = Vec::new();
    for (resolver, ask) in all {
        match ask.ask(name, kind).await {
            Err(why) => silent = Some((None, format!("{resolver} answers nothing: {why}"))),
            Ok(values) if values == [value] => said.push(format!("{resolver} answers {value}")),
            Ok(values) if values.is_empty() => {
                return (Some(false), format!("{resolver} answers that there is no such record"));
            }
            Ok(values) => return (Some(false), format!("{resolver} answers {}", values.join(", "))),
        }
    }
    silent.unwrap_or_else(|| (Some(true), said.join("; ")))
}

/// Whether the page answers as it should at every address that the resolvers give for its host.
async fn of_page(page: &Page, status: u16, contains: Option<&str>, all: &[(String, Arc<dyn Ask>)]) -> Seen {
    let addresses = match addresses(page, all).await {
        Ok(addresses) => addresses,
        Err(why) => return (None, why),
    };
    let mut said = Vec::new();
    for address in addresses {
        if let Some(why) = page::refused(address) {
            return (None, format!("{} is at {address}, which is {why}: it is not asked", page.host));
        }
        match page::get(page, address).await {
            Err(why) => return (Some(false), format!("{address} gives no response: {why}")),
            Ok(response) if response.status != status => {
                return (Some(false), format!("{address} answers with the status {}", response.status));
            }
            Ok(response) if contains.is_some_and(|text| !response.has(text)) => {
                return (Some(false), format!("{address} answers without that text"));
            }
            Ok(response) => said.push(format!("{address} answers with the status {}", response.status)),
        }
    }
    (Some(true), said.join("; "))
}

/// The addresses of a host, by the resolvers, or by this machine if none is asked.
async fn addresses(page: &Page, all: &[(String, Arc<dyn Ask>)]) -> Result<Vec<IpAddr>, String> {
    let mut addresses = Vec::new();
    for (resolver, ask) in all {
        let mut values = Vec::new();
        for kind in [RecordType::A, RecordType::Aaaa] {
            if values.is_empty() {
                let asked = ask.ask(&page.host, kind).await;
                values =
                    asked.map_err(|why| format!("{resolver} answers nothing for {}: {why}", page.host))?;
            }
        }
        addresses.extend(values.iter().filter_map(|value| value.parse::<IpAddr>().ok()));
    }
    if all.is_empty() {
        let found = tokio::net::lookup_host((page.host.as_str(), page.port)).await;
        let found = found.map_err(|error| format!("{} cannot be found: {error}", page.host))?;
        addresses.extend(found.map(|at| at.ip()));
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses.truncate(ADDRESSES);
    if addresses.is_empty() { Err(format!("{} has no address", page.host)) } else { Ok(addresses) }
}
