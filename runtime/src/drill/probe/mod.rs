//! Criteria that a drill looks at itself: a page, the answer of DNS, or the end of a command. At the first two it looks from outside: names are asked at the resolvers of the
//! drill, no proxy and no credentials are used, and what is seen of a page is its status and whether a text is in it.

mod page;

use std::net::IpAddr;
use std::sync::Arc;

use holdfast_compiler::drill::Record;
use holdfast_compiler::policy::{Criterion, Page, RecordType};

use super::order::Order;
use super::outside::{Ask, resolvers};
use super::session::{Session, timed};
use super::{DrillError, command};

/// The most addresses that a host may have, so that a probe ends: each is asked.
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
    let before = record.clone();
    let seen = timed(record, "probes", look(session, order, &before, &probes)).await;
    for ((nth, _), (met, output)) in probes.into_iter().zip(seen) {
        if let Some(criterion) = record.criteria.get_mut(nth) {
            (criterion.met, criterion.output) = (met, Some(output));
        }
    }
    Ok(())
}

/// Whom to ask, and whether the cloud is a stand-in.
struct Outside {
    all: Vec<(String, Arc<dyn Ask>)>,
    is_standin: bool,
}

/// Whom to ask, or why nobody can be asked.
async fn outside(session: &Session, order: &Order) -> Result<Outside, String> {
    if session.context.is_embedded() {
        return Err("the embedded cloud serves no users, so nothing was asked".to_owned());
    }
    let all = match order.resolvers.on_a_real_cloud() {
        Ok(all) => resolvers(&all).await,
        Err(why) => Err(format!("the resolvers of this machine are not known: {why}")),
    };
    let all = all?;
    let is_standin = std::env::var("AWS_ENDPOINT_URL").is_ok_and(|endpoint| page::is_standin(&endpoint));
    Ok(Outside { all, is_standin })
}

async fn look(
    session: &Session,
    order: &Order,
    record: &Record,
    probes: &[(usize, &Criterion)],
) -> Vec<Seen> {
    let is_command = |(_, one): &(usize, &Criterion)| matches!(one, Criterion::Command { .. });
    let outside = match probes.iter().all(is_command) {
        true => Err(String::new()),
        false => outside(session, order).await,
    };
    let mut seen = Vec::new();
    for (_, criterion) in probes {
        seen.push(match (criterion, &outside) {
            (Criterion::Command { argv, within }, _) => command::look(session, record, argv, *within).await,
            (Criterion::Sentence(_), _) => (None, String::new()),
            (_, Err(why)) => (None, why.clone()),
            (Criterion::Page { page, status, contains }, Ok(Outside { all, is_standin })) => {
                of_page(page, *status, contains.as_deref(), all, *is_standin).await
            }
            (Criterion::Name { name, kind, value }, Ok(outside)) => {
                of_name(name, *kind, value, &outside.all).await
            }
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

/// Whether the page answers as it should at every address that the resolvers give for its host. One that does not is enough for a no;
/// without one, an address of which nobody can tell makes all of it unknown.
async fn of_page(
    page: &Page,
    status: u16,
    contains: Option<&str>,
    all: &[(String, Arc<dyn Ask>)],
    is_standin: bool,
) -> Seen {
    let addresses = match addresses(page, all).await {
        Ok(addresses) => addresses,
        Err(why) => return (None, why),
    };
    let (mut said, mut unknown) = (Vec::new(), Vec::new());
    for address in addresses {
        if let Some(why) = page::refused(address, is_standin) {
            unknown.push(format!("{} is at {address}, which is {why}: it is not asked", page.host));
            continue;
        }
        let response = match page::get(page, address).await {
            Err(page::NoResponse::Unreachable(why)) => {
                unknown.push(format!("users can get {address}, and this machine cannot reach it: {why}"));
                continue;
            }
            Err(page::NoResponse::Silent(why)) => {
                return (Some(false), format!("{address} gives no response: {why}"));
            }
            Ok(response) => response,
        };
        if response.status != status {
            return (Some(false), format!("{address} answers with the status {}", response.status));
        }
        match contains.map_or(Some(true), |text| response.has(text)) {
            Some(true) => said.push(format!("{address} answers with the status {}", response.status)),
            Some(false) => return (Some(false), format!("{address} answers without that text")),
            None => unknown.push(format!(
                "{address} answers with more than 64 KiB, and the text is not in the first 64 KiB"
            )),
        }
    }
    if unknown.is_empty() { (Some(true), said.join("; ")) } else { (None, unknown.join("; ")) }
}

/// The addresses of a host, IPv4 and IPv6, by the resolvers, or by this machine if none is asked.
///
/// # Errors
/// They are not known, or there are too many to ask all of them: why, as a clause.
async fn addresses(page: &Page, all: &[(String, Arc<dyn Ask>)]) -> Result<Vec<IpAddr>, String> {
    let mut addresses = Vec::new();
    for (resolver, ask) in all {
        for kind in [RecordType::A, RecordType::Aaaa] {
            let asked = ask.ask(&page.host, kind).await;
            let values =
                asked.map_err(|why| format!("{resolver} answers nothing for {}: {why}", page.host))?;
            addresses.extend(values.iter().filter_map(|value| value.parse::<IpAddr>().ok()));
        }
    }
    if all.is_empty() {
        let found = tokio::net::lookup_host((page.host.as_str(), page.port)).await;
        let found = found.map_err(|error| format!("{} cannot be found: {error}", page.host))?;
        addresses.extend(found.map(|at| at.ip()));
    }
    addresses.sort_unstable();
    addresses.dedup();
    match addresses.len() {
        0 => Err(format!("{} has no address", page.host)),
        1..=ADDRESSES => Ok(addresses),
        many => Err(format!("{} has {many} addresses, and only {ADDRESSES} would be asked", page.host)),
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// A resolver with these IPv4 and IPv6 addresses for every name.
    struct Script([Vec<String>; 2]);

    #[async_trait]
    impl Ask for Script {
        async fn ask(&self, _: &str, kind: RecordType) -> Result<Vec<String>, String> {
            let Self([four, six]) = self;
            Ok(if kind == RecordType::A { four.clone() } else { six.clone() })
        }
    }

    async fn found(four: usize, six: usize) -> Result<Vec<IpAddr>, String> {
        let page = Page {
            url: "http://shop.acme.example/".to_owned(),
            is_secure: false,
            host: "shop.acme.example".to_owned(),
            port: 80,
            path: "/".to_owned(),
        };
        let of = |prefix: &str, count: usize| -> Vec<String> {
            (1..=count).map(|nth| format!("{prefix}{nth}")).collect()
        };
        let script = Arc::new(Script([of("192.0.2.", four), of("2001:db8::", six)])) as Arc<dyn Ask>;
        // What two resolvers say alike counts once.
        addresses(&page, &[("r0:53".to_owned(), script.clone()), ("r1:53".to_owned(), script)]).await
    }

    #[tokio::test]
    async fn addresses_of_both_kinds_are_asked_and_more_than_all_of_them_are_unknown() {
        let both: Vec<String> = found(1, 1).await.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(both, ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(found(0, 1).await.unwrap().len(), 1);
        assert_eq!(found(4, 4).await.unwrap().len(), ADDRESSES);
        let many = "shop.acme.example has 9 addresses, and only 8 would be asked";
        assert_eq!(found(5, 4).await, Err(many.to_owned()));
        assert_eq!(found(0, 0).await, Err("shop.acme.example has no address".to_owned()));
    }
}
