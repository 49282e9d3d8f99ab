//! Asking a resolver, with a resolver library: over UDP, and over TCP if an answer is too long for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType as Type};
use hickory_resolver::{Resolver, TokioResolver};
use holdfast_compiler::policy::RecordType;

use super::ResolverAt;

/// How long one try takes at most.
const TRY: Duration = Duration::from_secs(2);
/// How often a question is repeated that got no answer: datagrams get lost.
const REPEATS: usize = 1;
/// How long an answer takes at most, whatever is tried.
const MOST: Duration = Duration::from_secs(6);
/// The most values of an answer that are kept.
const VALUES: usize = 32;

/// A resolver that can be asked.
#[async_trait]
pub(in crate::drill) trait Ask: Send + Sync {
    /// The values of a record, sorted. None: there is no such record.
    ///
    /// # Errors
    /// It gave no answer: why, as a clause.
    async fn ask(&self, record: &str, kind: RecordType) -> Result<Vec<String>, String>;
}

/// The resolvers at these places, each with its name.
///
/// # Errors
/// One of them cannot be found: a finding's message.
pub(in crate::drill) async fn resolvers(all: &[ResolverAt]) -> Result<Vec<(String, Arc<dyn Ask>)>, String> {
    let mut made: Vec<(String, Arc<dyn Ask>)> = Vec::new();
    for at in all {
        let missing = |why: String| format!("the resolver `{at}` cannot be found: {why}");
        let mut found = tokio::net::lookup_host((at.host.as_str(), at.port))
            .await
            .map_err(|error| missing(error.to_string()))?;
        let address = found.next().ok_or_else(|| missing("its name has no address".to_owned()))?;
        let resolver = resolver(address).map_err(|error| missing(error.to_string()))?;
        made.push((at.to_string(), Arc::new(resolver)));
    }
    Ok(made)
}

/// A resolver without a cache and without the hosts of this machine: each question goes to that address.
fn resolver(address: SocketAddr) -> Result<TokioResolver, NetError> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = TRY;
    options.attempts = REPEATS;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    options.positive_max_ttl = Some(Duration::ZERO);
    options.negative_max_ttl = Some(Duration::ZERO);
    builder.build()
}

#[async_trait]
impl Ask for TokioResolver {
    async fn ask(&self, record: &str, kind: RecordType) -> Result<Vec<String>, String> {
        let wanted = match kind {
            RecordType::A => Type::A,
            RecordType::Aaaa => Type::AAAA,
            RecordType::Cname => Type::CNAME,
        };
        // With the final dot no search domain is tried.
        let asked = tokio::time::timeout(MOST, self.lookup(format!("{record}."), wanted)).await;
        let found = match asked {
            Ok(Ok(found)) => found,
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => {
                // Name servers without an SOA record are a referral, not an answer (RFC 2308 §2.2).
                let is_referral =
                    none.response_code == ResponseCode::NoError && none.soa.is_none() && none.ns.is_some();
                return if is_referral {
                    Err("it refers to other servers".to_owned())
                } else {
                    Ok(Vec::new())
                };
            }
            Ok(Err(NetError::Timeout)) | Err(_) => {
                return Err(format!("no answer within {} s", MOST.as_secs()));
            }
            Ok(Err(error)) => return Err(error.to_string()),
        };
        let value = |data: &RData| match data {
            RData::A(address) => Some(address.to_string()),
            RData::AAAA(address) => Some(address.to_string()),
            RData::CNAME(host) => Some(host.to_ascii().trim_end_matches('.').to_ascii_lowercase()),
            _ => None,
        };
        let of_kind = found.answers().iter().filter(|answer| answer.record_type() == wanted);
        let mut values: Vec<String> = of_kind.filter_map(|answer| value(&answer.data)).take(VALUES).collect();
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::op::{Message, OpCode};
    use hickory_resolver::proto::rr::rdata::NS;
    use hickory_resolver::proto::rr::{Name, Record};
    use tokio::net::UdpSocket;

    use super::*;

    /// What is understood of an answer without records: with this code, and with a name server or without.
    async fn understood(code: ResponseCode, refers: bool) -> Result<Vec<String>, String> {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let resolver = resolver(server.local_addr().unwrap()).unwrap();
        let answer = async {
            let mut buffer = [0; 4096];
            let (length, from) = server.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            answer.metadata.response_code = code;
            answer.add_query(question.queries[0].clone());
            if refers {
                let name = |text: &str| Name::from_ascii(text).unwrap();
                let data = RData::NS(NS(name("ns.acme.example.")));
                answer.add_authority(Record::from_rdata(name("acme.example."), 60, data));
            }
            server.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        };
        let (said, ()) = tokio::join!(resolver.ask("api.acme.example", RecordType::A), answer);
        said
    }

    #[tokio::test]
    async fn referral_is_no_answer_and_no_record_is_one() {
        let refers = Err("it refers to other servers".to_owned());
        assert_eq!(understood(ResponseCode::NoError, true).await, refers);
        assert_eq!(understood(ResponseCode::NoError, false).await, Ok(Vec::new()));
        assert_eq!(understood(ResponseCode::NXDomain, true).await, Ok(Vec::new()));
    }
}
