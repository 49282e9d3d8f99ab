//! Bad network conditions between Holdfast and AWS: a proxy that answers some requests wrongly, late or not at all.
//!
//! The fate of a request depends on a seed, on the operation, and on how often that operation was requested before,
//! so that the same seed gives the same conditions. Every connection carries one request.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It is throttled, with the error of its service.
    Throttle,
    /// It is refused with 503.
    Refuse,
    /// The connection is reset before the request arrives.
    Reset,
    /// It takes effect, and then the connection ends without a response.
    Lose,
    /// It takes two additional seconds.
    Delay,
    /// It is taken, and never answered.
    Hang,
}

/// Stop the `number`th request (from 1) and notify the test: before it arrives, or after it took effect.
pub(crate) struct Stop {
    pub number: u64,
    pub after: bool,
    pub tell: mpsc::Sender<()>,
}

/// What happens to which requests.
enum Rule {
    /// Each fault has a probability in percent, drawn from a seed.
    Chances(u64, Vec<(Fault, u64)>),
    /// One request is stopped.
    Stop(Stop),
    /// The first answer to everything that is not a GET gets lost.
    LoseWrites,
    /// No service of a region answers.
    LoseRegion(String, Fault),
}

struct Sky {
    upstream: String,
    rule: Rule,
    requests: AtomicU64,
    /// How often each operation was requested.
    asked: Mutex<BTreeMap<String, u64>>,
    faults: Mutex<BTreeMap<Fault, u64>>,
    seen: Mutex<Vec<Request>>,
    over: AtomicBool,
}

/// The proxy; it ends when this value is dropped.
pub(crate) struct Weather {
    address: SocketAddr,
    sky: Arc<Sky>,
}

impl Weather {
    /// Start a proxy in front of a stand-in, with probabilities in percent.
    pub(crate) fn start(upstream: &str, seed: u64, chances: &[(Fault, u64)]) -> Self {
        Self::begin(upstream, Rule::Chances(seed, chances.to_vec()))
    }

    /// Start a proxy that affects only one request.
    pub(crate) fn stopping(upstream: &str, stop: Stop) -> Self {
        Self::begin(upstream, Rule::Stop(stop))
    }

    /// Every request that may change something takes effect the first time, and its answer gets lost.
    pub(crate) fn losing_writes(upstream: &str) -> Self {
        Self::begin(upstream, Rule::LoseWrites)
    }

    /// Every request that is signed for a region meets with a fault.
    pub(crate) fn losing_region(upstream: &str, region: &str, fault: Fault) -> Self {
        Self::begin(upstream, Rule::LoseRegion(region.to_owned(), fault))
    }

    fn begin(upstream: &str, rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sky = Arc::new(Sky {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            rule,
            requests: AtomicU64::new(0),
            asked: Mutex::default(),
            faults: Mutex::default(),
            seen: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let shared = sky.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let sky = shared.clone();
                // Some tests kill the client in the middle of a request.
                std::thread::spawn(move || sky.serve(client?));
            }
        });
        Self { address, sky }
    }

    /// The URL on which it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.sky.seen.lock().unwrap().clone()
    }

    /// How often each fate happened.
    pub(crate) fn faults(&self) -> BTreeMap<Fault, u64> {
        self.sky.faults.lock().unwrap().clone()
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.sky.over.store(true, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

/// The relevant parts of a request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// Method and target: `PUT /bucket?versioning`.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1")
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All headers.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.map(|(name, value)| (name, value.trim()))
    }

    /// The body.
    pub(crate) fn body(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, as hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        self.body.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn read(client: &mut TcpStream) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = client.read(&mut buffer)?;
            if count == 0 {
                return Ok(None);
            }
            bytes.extend_from_slice(&buffer[..count]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let lower = head.to_lowercase();
            assert!(!lower.contains("\r\ntransfer-encoding:"), "a request in chunks: {head}");
            let length = lower.split("\r\ncontent-length:").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            let mut body = bytes.split_off(end + 4);
            let read = body.len();
            body.resize(length, 0);
            client.read_exact(&mut body[read.min(length)..])?;
            return Ok(Some(Self { head, body }));
        }
    }

    /// The operation: IAM names it in the body, the others in the first line. Ids that Route 53 assigns are left out,
    /// because they differ each time.
    fn key(&self) -> String {
        let line = self.head.lines().next().unwrap();
        if line.starts_with("POST / ") {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        let is_id = |part: &&str| part.len() > 12 && self.is_for("route53");
        let parts = line.split_inclusive(['/', '?', ' ']).map(|part| if is_id(&part) { "ID" } else { part });
        parts.collect()
    }

    /// The service, from the scope of its signature.
    pub(crate) fn is_for(&self, service: &str) -> bool {
        self.head.contains(&format!("/{service}/aws4_request"))
    }
}

impl Sky {
    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(request) = Request::read(&mut client)? else { return Ok(()) };
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        self.seen.lock().unwrap().push(request.clone());
        if let Rule::Stop(stop) = &self.rule
            && stop.number == number
        {
            if stop.after {
                self.forward(&request)?;
            }
            stop.tell.send(()).unwrap();
            // Until the client disconnects.
            let _ = client.read(&mut [0]);
            return Ok(());
        }
        let fault = self.fault(&request);
        let answer = match fault {
            Some(Fault::Reset) => return reset(client),
            Some(Fault::Throttle) if request.is_for("s3") => refusal(&request, 503, "SlowDown"),
            Some(Fault::Throttle) => refusal(&request, 400, "Throttling"),
            Some(Fault::Refuse) => refusal(&request, 503, "ServiceUnavailable"),
            Some(Fault::Lose) => return self.forward(&request).map(drop),
            Some(Fault::Hang) => {
                // Until the client is gone.
                let _ = client.read(&mut [0]);
                return Ok(());
            }
            Some(Fault::Delay) => {
                std::thread::sleep(Duration::from_secs(2));
                self.forward(&request)?
            }
            None => self.forward(&request)?,
        };
        client.write_all(&answer)
    }

    fn fault(&self, request: &Request) -> Option<Fault> {
        let fault = match &self.rule {
            Rule::Chances(seed, chances) => {
                let key = request.key();
                draw(*seed, chances, &key, self.nth(key.clone()))
            }
            Rule::LoseWrites if request.line().starts_with("GET ") => None,
            Rule::LoseWrites => {
                let nth = self.nth(format!("{}{}", request.key(), request.body()));
                (nth == 1).then_some(Fault::Lose)
            }
            Rule::LoseRegion(region, fault) => {
                request.head.contains(&format!("/{region}/")).then_some(*fault)
            }
            Rule::Stop(_) => None,
        };
        // An answer to HEAD has no body, so nothing tells that it is throttled.
        let blank = request.line().starts_with("HEAD ");
        let fault = fault.map(|fault| if blank && fault == Fault::Throttle { Fault::Refuse } else { fault });
        if let Some(fault) = fault {
            *self.faults.lock().unwrap().entry(fault).or_default() += 1;
        }
        fault
    }

    /// How often this was requested, this time included.
    fn nth(&self, key: String) -> u64 {
        let mut asked = self.asked.lock().unwrap();
        let nth = asked.entry(key).or_default();
        *nth += 1;
        *nth
    }

    /// The response of the stand-in.
    fn forward(&self, request: &Request) -> std::io::Result<Vec<u8>> {
        let mut upstream = TcpStream::connect(&self.upstream)?;
        let head: Vec<&str> =
            request.head.lines().filter(|line| !line.to_lowercase().starts_with("connection:")).collect();
        upstream.write_all(format!("{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).as_bytes())?;
        upstream.write_all(&request.body)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// Reset the connection instead of closing it.
fn reset(client: TcpStream) -> std::io::Result<()> {
    socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO))
}

/// An error in the format of its service; S3 has no wrapper element. Sources: Amazon S3 API Reference, "REST error
/// responses"; Route 53 API Reference, "Common errors"; IAM API Reference, "Common errors".
fn refusal(request: &Request, status: u16, code: &str) -> Vec<u8> {
    if request.is_for("backup") || request.is_for("kms") {
        let body = format!("{{\"__type\":\"{code}Exception\",\"Message\":\"Rate exceeded\"}}");
        let head = format!(
            "Content-Type: application/json\r\nx-amzn-errortype: {code}Exception\r\nConnection: close"
        );
        let length = body.len();
        return format!("HTTP/1.1 {status} Refused\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}")
            .into_bytes();
    }
    let error = format!("<Code>{code}</Code><Message>Rate exceeded</Message>");
    // The control plane of S3 wraps its errors.
    let control = request.line().contains(" /v20180820/");
    let body = if request.is_for("s3") && !control {
        format!("<Error>{error}<RequestId>1</RequestId></Error>")
    } else {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>1</RequestId></ErrorResponse>"
        )
    };
    let length = body.len();
    let head = "Content-Type: text/xml\r\nConnection: close";
    format!("HTTP/1.1 {status} Refused\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn draw(seed: u64, chances: &[(Fault, u64)], key: &str, nth: u64) -> Option<Fault> {
    let mut hasher = DefaultHasher::new();
    (seed, key, nth).hash(&mut hasher);
    let mut drawn = hasher.finish() % 100;
    for (fault, chance) in chances {
        if drawn < *chance {
            return Some(*fault);
        }
        drawn -= chance;
    }
    None
}
