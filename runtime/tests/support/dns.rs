//! OURS: a DNS server that answers from the live records of the stand-in, which has none itself.
//!
//! Each question reads the records and health checks through the API of Route 53 and chooses among them as Route 53 documents it (Amazon
//! Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is configured", "How health checks work in complex
//! Amazon Route 53 configurations"): the PRIMARY if it is healthy, or else the SECONDARY if that is, or else the PRIMARY all the same. A record
//! without a health check is healthy; an alias that evaluates its target is healthy if one of the records it leads to is. Which
//! endpoints fail, the test says: nobody checks them.

use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use aws_sdk_route53::Client;
use aws_sdk_route53::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_route53::types::{HealthCheck, ResourceRecordSet, ResourceRecordSetFailover as Failover};
use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME};
use hickory_resolver::proto::rr::{Name, RData, Record};

/// Aliases that lead to each other end here.
const DEEPEST: usize = 8;

/// A running server; it ends when this value is dropped.
pub(crate) struct Dns {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    source: Source,
    /// The addresses and host names whose health checks fail.
    failing: Mutex<BTreeSet<String>>,
    asked: AtomicU64,
    over: AtomicBool,
}

enum Source {
    /// The API of Route 53 at this URL.
    Api(String),
    /// The same address for every question, as from a cache that never expires.
    Always(&'static str),
}

impl Dns {
    /// A server for the zones of a stand-in.
    pub(crate) fn of(url: &str) -> Self {
        Self::start(Source::Api(url.to_owned()))
    }

    /// A resolver that answers every question with the same address.
    pub(crate) fn stuck(at: &'static str) -> Self {
        Self::start(Source::Always(at))
    }

    fn start(source: Source) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (failing, asked, over) = (Mutex::default(), AtomicU64::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { source, failing, asked, over });
        let theirs = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                if theirs.over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                let answer = runtime.block_on(theirs.answer(&question));
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    /// Where it answers: `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The health checks of this endpoint fail from now on.
    pub(crate) fn fail(&self, endpoint: &str) {
        self.shared.failing.lock().unwrap().insert(endpoint.to_owned());
    }

    /// The health checks of this endpoint succeed again.
    pub(crate) fn heal(&self, endpoint: &str) {
        self.shared.failing.lock().unwrap().remove(endpoint);
    }

    /// How many questions came.
    pub(crate) fn asked(&self) -> u64 {
        self.shared.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Something to receive, so that it looks.
        let _ = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(&[0], self.address));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    async fn answer(&self, question: &Message) -> Message {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.metadata.recursion_desired = question.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.metadata.authoritative = true;
        let query = question.queries[0].clone();
        let (name, kind) = (query.name().to_ascii().to_ascii_lowercase(), query.query_type().to_string());
        let (name, owner) = (name.trim_end_matches('.').to_owned(), query.name().clone());
        answer.add_query(query);
        let (ttl, values) = match &self.source {
            Source::Always(at) => (60, vec![(*at).to_owned()]),
            Source::Api(url) => self.zones(url).await.choose(&name, &kind, 0),
        };
        for value in &values {
            let data = match kind.as_str() {
                "A" => RData::A(A(value.parse().unwrap())),
                "AAAA" => RData::AAAA(AAAA(value.parse().unwrap())),
                _ => RData::CNAME(CNAME(Name::from_ascii(value).unwrap())),
            };
            answer.add_answer(Record::from_rdata(owner.clone(), ttl, data));
        }
        if values.is_empty() {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        answer
    }

    /// All records and health checks as they are now.
    async fn zones(&self, url: &str) -> Zones {
        let config = aws_sdk_route53::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("000000000001", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = Client::from_conf(config);
        let mut records = Vec::new();
        for zone in client.list_hosted_zones().send().await.unwrap().hosted_zones {
            let page = client.list_resource_record_sets().hosted_zone_id(zone.id).send().await.unwrap();
            assert!(!page.is_truncated, "a zone of a test fits into a page");
            records.extend(page.resource_record_sets);
        }
        let checks = client.list_health_checks().send().await.unwrap().health_checks;
        Zones { records, checks, failing: self.failing.lock().unwrap().clone() }
    }
}

/// Records, with the state of their health checks.
struct Zones {
    records: Vec<ResourceRecordSet>,
    checks: Vec<HealthCheck>,
    failing: BTreeSet<String>,
}

impl Zones {
    fn named<'z>(&'z self, name: &str, kind: &str) -> Vec<&'z ResourceRecordSet> {
        let is = |set: &&ResourceRecordSet| {
            set.name().trim_end_matches('.').eq_ignore_ascii_case(name) && set.r#type().as_str() == kind
        };
        self.records.iter().filter(is).collect()
    }

    /// The TTL and the values of the record that is chosen.
    fn choose(&self, name: &str, kind: &str, depth: usize) -> (u32, Vec<String>) {
        let sets = self.named(name, kind);
        let of = |role: Failover| sets.iter().find(|set| set.failover() == Some(&role)).copied();
        let (primary, secondary) = (of(Failover::Primary), of(Failover::Secondary));
        let chosen = match (primary, secondary) {
            (Some(primary), _) if self.is_healthy(primary, depth) => Some(primary),
            (_, Some(secondary)) if self.is_healthy(secondary, depth) => Some(secondary),
            (primary, secondary) => primary.or(secondary).or_else(|| sets.first().copied()),
        };
        let Some(chosen) = chosen else { return (0, Vec::new()) };
        match chosen.alias_target() {
            Some(alias) if depth < DEEPEST => {
                self.choose(alias.dns_name().trim_end_matches('.'), kind, depth + 1)
            }
            Some(_) => (0, Vec::new()),
            None => {
                let values = chosen.resource_records().iter().map(|record| record.value().to_owned());
                (u32::try_from(chosen.ttl().unwrap_or_default()).unwrap(), values.collect())
            }
        }
    }

    fn is_healthy(&self, set: &ResourceRecordSet, depth: usize) -> bool {
        let checked = set.health_check_id().is_none_or(|id| self.succeeds(id));
        let target = set.alias_target().filter(|alias| alias.evaluate_target_health());
        checked
            && target.is_none_or(|alias| {
                let there = self.named(alias.dns_name().trim_end_matches('.'), set.r#type().as_str());
                depth < DEEPEST && there.iter().any(|set| self.is_healthy(set, depth + 1))
            })
    }

    /// The state of a health check. One that is disabled counts as healthy, and an inverted one the other way round (Route 53 API
    /// Reference, `HealthCheckConfig`).
    fn succeeds(&self, id: &str) -> bool {
        let Some(config) =
            self.checks.iter().find(|one| one.id() == id).and_then(HealthCheck::health_check_config)
        else {
            return true;
        };
        let endpoint = config.ip_address().or(config.fully_qualified_domain_name());
        let fails = endpoint.is_some_and(|endpoint| self.failing.contains(endpoint));
        let healthy = config.disabled().unwrap_or(false) || !fails;
        healthy != config.inverted().unwrap_or(false)
    }
}
