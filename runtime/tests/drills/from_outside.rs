//! A full-scale drill on the stand-in for AWS, seen from outside: what a resolver answers, not what the drill set.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{causes, healthy, record};
use crate::network::{Server, openssl};
use crate::support::dns::Dns;
use crate::support::page::Page;
use crate::support::{Bench, Ran, Standin, signal};

const HOME: &str = "198.51.100.10";
const AWAY: &str = "192.0.2.10";

/// Three sites, so that the standbys are a name of their own below the record.
const ESTATE: &str = "\
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
  ireland: { aws: eu-west-1 }
---
kind: service
name: pay
owner: alice
primary: oregon
standby: [virginia, ireland]
traffic:
  api:
    zone: acme.example
    record: api.acme.example
    ttl: 60s
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { virginia: 192.0.2.10, oregon: 198.51.100.10, ireland: 203.0.113.10 }
assumptions:
  keep-alive: { value: 5m, because: client keep-alive is 300 s on all load balancers }
---
kind: continuity
name: who-calls-whom
contacts:
  alice:
    name: Alice
    reach: [{ pager: alice@acme.pagerduty.example }, { phone: +1 202 555 0100 }]
    answers-within: 15m
---
kind: drill
name: lose-oregon
type: full-scale
every: 365d
services: [pay]
disruption: site-loss
site: oregon
lead: alice
success: { rto: 4h }
";

fn estate(standin: &Standin) -> Bench<'_> {
    standin.zone("acme.example");
    let bench = Bench::aws(standin);
    bench.write("policies/all.yaml", ESTATE);
    bench.run("apply policies --yes").expect(0);
    healthy(standin);
    bench
}

fn drill(bench: &Bench<'_>, flags: &str) -> Ran {
    bench.run(&format!("drill run lose-oregon policies --format json --yes {flags}"))
}

/// The sites that a resolver answered with, in order, and what each of these answers is.
fn heard(asked: &Value) -> Vec<(&str, &str)> {
    let all = asked["heard"].as_array().unwrap().iter();
    all.map(|one| (one["site"].as_str().unwrap_or("nowhere"), one["values"][0].as_str().unwrap_or("none")))
        .collect()
}

fn rto(record: &Value) -> Value {
    let all = record["achieved"].as_array().unwrap().iter();
    all.clone().find(|one| one["measure"] == "rto").unwrap().clone()
}

fn plain(text: &str) -> String {
    text.replace('│', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn answers_of_resolvers_move_to_the_standby_and_back_and_are_what_is_measured() {
    let standin = Standin::start();
    let bench = estate(&standin);
    let (one, two) = (Dns::of(standin.url()), Dns::of(standin.url()));
    let flags = format!("--resolver {} --resolver {}", one.address(), two.address());
    let dry = bench.run(&format!("drill run lose-oregon policies --dry-run {flags}")).expect(0).stdout;
    let says = format!("# Asks {}, {} for api.acme.example all the time", one.address(), two.address());
    assert!(dry.contains(&says), "{dry}");
    let held = record(drill(&bench, &flags), 0);
    let asked = held["asked"].as_array().unwrap();
    assert_eq!(asked.len(), 2, "{held}");
    for (asked, dns) in asked.iter().zip([&one, &two]) {
        assert_eq!(asked["resolver"], dns.address().to_string());
        assert_eq!(heard(asked), [("oregon", HOME), ("virginia", AWAY), ("oregon", HOME)]);
        assert!(asked["heard"][0]["after"].as_i64().unwrap() < 0, "the first answer is from before: {asked}");
        assert!(dns.asked() >= asked["times"].as_u64().unwrap());
    }
    let last = asked.iter().map(|one| one["heard"][1]["after"].as_u64().unwrap()).max().unwrap();
    let rto = rto(&held);
    assert_eq!(rto["seconds"], last.div_ceil(1000), "the last resolver counts: {rto}");
    let how = format!("until each of {}, {} answered with the standby", one.address(), two.address());
    assert!(rto["how"].as_str().unwrap().contains(&format!("{how}, as it did until the return; ")), "{rto}");
    let page = bench.run("drill report lose-oregon policies --format markdown").expect(0).stdout;
    assert!(page.contains("What resolvers answered") && page.contains("0.2.10 (virginia)"), "{page}");
    bench.run("journal verify policies").expect(0);
    assert!(bench.run("plan policies --quiet").expect(0).stdout.contains("No changes."));
}

#[test]
fn drill_does_not_begin_unless_every_resolver_answers_with_the_site_that_is_exercised() {
    let standin = Standin::start();
    let bench = estate(&standin);
    let dns = Dns::of(standin.url());
    let flags = format!("--resolver {}", dns.address());
    // The health checks of Oregon fail: users are at the standby already, and the cloud shows no change.
    dns.fail(HOME);
    let said = plain(&drill(&bench, &flags).expect(4).stderr);
    let what = "answers `api.acme.example` with 192.0.2.10 (virginia), and not with oregon";
    assert!(said.contains("E0780") && said.contains(what), "{said}");
    // Both fail: the next standby answers. If all fail, the first one does.
    dns.fail(AWAY);
    let said = plain(&drill(&bench, &flags).expect(4).stderr);
    assert!(said.contains("with 203.0.113.10 (ireland), and not with oregon"), "{said}");
    dns.fail("203.0.113.10");
    bench.run(&format!("drill run lose-oregon policies --dry-run {flags}")).expect(0);
    dns.heal(HOME);
    // Nobody listens there.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let said = plain(
        &drill(&bench, &format!("{flags} --resolver {}", silent.local_addr().unwrap())).expect(4).stderr,
    );
    assert!(said.contains("answers `api.acme.example` with nothing: no answer within"), "{said}");
    let said = plain(&drill(&bench, "--resolver no-such-resolver.invalid").expect(4).stderr);
    assert!(said.contains("the resolver `no-such-resolver.invalid:53` cannot be found"), "{said}");
    assert!(drill(&bench, "--resolver 9.9.9.9:0").expect(64).stderr.contains("is not a resolver"));
    let log = bench.run("journal log policies").expect(0).stdout;
    assert!(log.starts_with("run 1 "), "nothing was recorded: {log}");
}

#[test]
fn embedded_cloud_answers_no_dns_and_the_ttl_is_added_to_what_it_shows() {
    let bench = Bench::local();
    bench.write("policies/all.yaml", ESTATE);
    bench.run("apply policies --yes").expect(0);
    assert!(drill(&bench, "--resolver 9.9.9.9").expect(64).stderr.contains("answers no DNS"));
    let dry = bench.run("drill run lose-oregon policies --dry-run").expect(0).stdout;
    assert!(dry.contains("# Asks no resolver.\n"), "{dry}");
    let held = record(drill(&bench, ""), 0);
    let rto = rto(&held);
    assert!(rto["seconds"].as_u64().unwrap() >= 60 && held["asked"].is_null(), "{held}");
    assert!(rto["how"].as_str().unwrap().contains("nobody asked a resolver"), "{rto}");
}

#[test]
fn resolver_that_keeps_the_old_answer_leaves_the_rto_unknown_and_is_named() {
    let standin = Standin::start();
    let bench = estate(&standin);
    let (live, stuck) = (Dns::of(standin.url()), Dns::stuck(HOME));
    let flags = ["--resolver", &live.address().to_string(), "--resolver", &stuck.address().to_string()]
        .map(str::to_owned);
    let mut command =
        bench.command(&["drill", "run", "lose-oregon", "policies", "--format", "json", "--yes"]);
    let mut child = command.args(flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // It would be awaited for the TTL and a minute, so somebody stops the drill.
    let waits = lines.by_ref().any(|line| line.unwrap().contains("until they answer with the standby"));
    assert!(waits);
    // Once it asks a second time, the first round of answers is in.
    let before = stuck.asked();
    while stuck.asked() < before + 2 {
        std::thread::yield_now();
    }
    signal(child.id(), "INT");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    let held = record(Ran { code, stdout: out, stderr: rest.join("\n") }, 1);
    assert_eq!(
        (&held["outcome"], &causes(&held)[0]),
        (&json!("aborted"), &"the drill was stopped".to_owned())
    );
    let rto = rto(&held);
    assert!(rto["seconds"].is_null(), "{rto}");
    let how = format!(
        "`{}` answers `api.acme.example` with {HOME} (oregon), and not with virginia",
        stuck.address()
    );
    assert!(rto["how"].as_str().unwrap().contains(&how), "{rto}");
    assert_eq!(heard(&held["asked"][1]), [("oregon", HOME)]);
    assert!(bench.run("plan policies --quiet").expect(0).stdout.contains("No changes."), "users are back");
}

/// A plain record of the zone.
fn record_of(standin: &Standin, zone: &str, name: &str, kind: &str, value: &str) {
    let set = json!({"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]});
    let batch = json!({"Changes": [{"Action": "CREATE", "ResourceRecordSet": set}]}).to_string();
    standin.aws_args(&[
        "route53",
        "change-resource-record-sets",
        "--hosted-zone-id",
        zone,
        "--change-batch",
        &batch,
    ]);
}

#[test]
fn probes_are_looked_at_from_outside_while_the_site_is_evacuated() {
    let standin = Standin::start();
    let zone = standin.zone("acme.example");
    record_of(&standin, &zone, "shop.acme.example", "A", "127.0.0.1");
    record_of(&standin, &zone, "meta.acme.example", "A", "169.254.169.254");
    let good = Page::of("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nall is well here");
    let away =
        Page::of("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n");
    record_of(&standin, &zone, "both.acme.example", "A", "127.0.0.1");
    record_of(&standin, &zone, "both.acme.example", "AAAA", "fe80::1");
    let body = format!("{}is well", "x".repeat(1 << 16));
    let long = Page::of(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).leak());
    let dns = Dns::of(standin.url());
    let (good_port, away_port, long_port) = (good.port(), away.port(), long.port());
    let estate = |criteria: &str| {
        ESTATE.replace("success: { rto: 4h }", &format!("success:\n  rto: 4h\n  criteria:\n{criteria}"))
    };
    let met = format!(
        "    - {{ dns: api.acme.example, answers: {AWAY} }}\n    - {{ http: \"http://shop.acme.example:{good_port}/healthz?deep\", contains: is well }}\n"
    );
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", &estate(&met));
    bench.run("apply policies --yes").expect(0);
    healthy(&standin);
    let flags = format!("--resolver {}", dns.address());
    let held = record(drill(&bench, &flags), 0);
    let of = |record: &Value, nth: usize| {
        let one = &record["criteria"][nth];
        (one["met"].clone(), one["output"].as_str().unwrap_or_default().to_owned())
    };
    // While Oregon is evacuated, Virginia answers.
    assert_eq!(of(&held, 0), (json!(true), format!("{} answers {AWAY}", dns.address())));
    assert_eq!(of(&held, 1), (json!(true), "127.0.0.1 answers with the status 200".to_owned()));
    assert_eq!(held["criteria"][1]["probed"], true);
    let requests = good.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    let head = requests[0].to_ascii_lowercase();
    assert!(head.starts_with("get /healthz?deep http/1.1\n"), "{head}");
    assert!(
        head.contains(&format!("host: shop.acme.example:{good_port}")) && !head.contains("authorization"),
        "{head}"
    );

    let unmet = format!(
        "    - {{ dns: api.acme.example, answers: {HOME} }}\n    - {{ http: \"http://shop.acme.example:{good_port}/\", contains: is ill }}\n    \
         - {{ http: \"http://shop.acme.example:{away_port}/\" }}\n    - {{ http: \"http://meta.acme.example/latest/meta-data/\" }}\n    \
         - {{ http: \"http://none.acme.example/\" }}\n    - {{ http: \"http://both.acme.example:{good_port}/\" }}\n    \
         - {{ http: \"http://shop.acme.example:{long_port}/\", contains: is well }}\n    - Nothing was booked twice.\n"
    );
    bench.write("policies/all.yaml", &estate(&unmet));
    let held = record(drill(&bench, &flags), 1);
    let found = causes(&held);
    let wanted = [
        format!("a criterion is not met: DNS answers api.acme.example (A) with {HOME}: {} answers {AWAY}", dns.address()),
        format!("a criterion is not met: http://shop.acme.example:{good_port}/ answers with the status 200 and the text `is ill`: 127.0.0.1 answers without that text"),
        format!("a criterion is not met: http://shop.acme.example:{away_port}/ answers with the status 200: 127.0.0.1 answers with the status 302"),
        "nobody can tell whether a criterion is met: http://meta.acme.example/latest/meta-data/ answers with the status 200: meta.acme.example is \
         at 169.254.169.254, which is an address of the local link or of instance metadata: it is not asked".to_owned(),
        "nobody can tell whether a criterion is met: http://none.acme.example/ answers with the status 200: none.acme.example has no address".to_owned(),
        // Its IPv4 address answers as it should.
        format!("nobody can tell whether a criterion is met: http://both.acme.example:{good_port}/ answers with the status 200: both.acme.example is \
         at fe80::1, which is an address of the local link or of instance metadata: it is not asked"),
        format!("nobody can tell whether a criterion is met: http://shop.acme.example:{long_port}/ answers with the status 200 and the text `is well`: \
         127.0.0.1 answers with more than 64 KiB, and the text is not in the first 64 KiB"),
        "nobody said whether a criterion is met: Nothing was booked twice.".to_owned(),
    ];
    for cause in &wanted {
        assert!(found.contains(cause), "{cause}\n{found:#?}");
    }
    assert!(!held.to_string().contains("all is well"), "nothing of a page is kept");
    let template = bench.run(&format!("drill run lose-oregon policies --dry-run {flags}")).expect(0).stdout;
    assert!(
        template.contains(&format!("# Looks whether DNS answers api.acme.example (A) with {HOME}.\n")),
        "{template}"
    );
    assert!(template.contains("criterion.8:") && !template.contains("criterion.1:"), "{template}");
}

#[test]
fn drill_that_is_killed_while_it_waits_for_resolvers_is_returned_by_the_next_one() {
    let standin = Standin::start();
    let bench = estate(&standin);
    let (live, stuck) = (Dns::of(standin.url()), Dns::stuck(HOME));
    let words = ["drill", "run", "lose-oregon", "policies", "--yes", "--resolver"];
    let mut command = bench.command(&words);
    let mut child = command.arg(stuck.address().to_string()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("until they answer with the standby")));
    child.kill().unwrap();
    child.wait().unwrap();
    let open = bench.run("drill list policies").expect(0).stderr;
    assert!(open.contains("did not end"), "{open}");
    let next = drill(&bench, &format!("--resolver {}", live.address()));
    let said = next.stderr.clone();
    assert!(said.contains("did not end: it is rolled back"), "{said}");
    assert!(said.contains("users are back at oregon"), "{said}");
    let held = record(next, 0);
    assert_eq!(heard(&held["asked"][0]), [("oregon", HOME), ("virginia", AWAY), ("oregon", HOME)]);
    assert!(bench.run("plan policies --quiet").expect(0).stdout.contains("No changes."));
}

#[test]
fn page_over_tls_counts_only_with_a_certificate_of_its_name_by_an_authority_of_this_machine() {
    let standin = Standin::start();
    let zone = standin.zone("acme.example");
    for name in ["shop.acme.example", "other.acme.example"] {
        record_of(&standin, &zone, name, "A", "127.0.0.1");
    }
    let bench = Bench::aws(&standin);
    let folder = bench.folder.path();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(
        folder,
        &format!("req -x509 {key} -keyout ca.key -out authority.pem -days 2 -subj /CN=authority"),
    );
    openssl(folder, &format!("req {key} -keyout shop.key -out shop.csr -subj /CN=shop"));
    bench.write("names", "subjectAltName=DNS:shop.acme.example\n");
    openssl(
        folder,
        "x509 -req -in shop.csr -CA authority.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out shop.pem",
    );
    let page = Page::of("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well");
    let upstream = page.port().to_string();
    let files = [folder.join("shop.pem"), folder.join("shop.key")];
    let tls = Server::start("tls.py", &[std::path::Path::new(&upstream), &files[0], &files[1]]);
    let port = tls.url.rsplit(':').next().unwrap();
    let criteria = ["shop", "other"]
        .map(|name| format!("{{ http: \"https://{name}.acme.example:{port}/\", contains: is well }}"))
        .join(", ");
    let estate = ESTATE.replace("type: full-scale", "type: simulation");
    let success = format!("success: {{ rto: 4h, criteria: [{criteria}] }}");
    bench.write("policies/all.yaml", &estate.replace("success: { rto: 4h }", &success));
    let dns = Dns::of(standin.url());
    let resolver = dns.address().to_string();
    let held = |authority: &str| {
        let words = ["drill", "run", "lose-oregon", "policies", "--format", "json", "--resolver", &resolver];
        let mut command = bench.command(&words);
        let ran: Ran = command.env("SSL_CERT_FILE", folder.join(authority)).output().unwrap().into();
        record(ran, 1)["criteria"].clone()
    };
    let trusted = held("authority.pem");
    assert_eq!((&trusted[0]["met"], &trusted[1]["met"]), (&json!(true), &json!(false)), "{trusted}");
    let said = trusted[1]["output"].as_str().unwrap();
    assert!(said.contains("certificate not valid for name \"other.acme.example\""), "{said}");
    assert_eq!(page.requests().len(), 1, "nothing is asked over a way that is not secure");
    // Another authority than the one that signed.
    openssl(folder, &format!("req -x509 {key} -keyout x.key -out stranger.pem -days 2 -subj /CN=stranger"));
    let strange = held("stranger.pem");
    assert_eq!(strange[0]["met"], false, "{strange}");
    assert!(strange[0]["output"].as_str().unwrap().contains("UnknownIssuer"), "{strange}");
    assert_eq!(page.requests().len(), 1);
}
