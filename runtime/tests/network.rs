//! The way to AWS: a real proxy, and a private certificate authority in front of the stand-in.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Bench, Ran, Standin, packages, root};

/// A server that a script of `fixtures/standin` runs until its stdin closes.
pub(crate) struct Server {
    pub(crate) url: String,
    process: Child,
}

impl Server {
    pub(crate) fn start(script: &str, arguments: &[&Path]) -> Self {
        let mut command = Command::new(packages::python());
        command.arg(root().join("fixtures/standin").join(script)).args(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = piped.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(url.starts_with("http"), "{script} did not start: {line:?}");
        Self { url, process }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

pub(crate) fn openssl(folder: &Path, words: &str) {
    let made = Command::new("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
}

/// A bench whose stand-in is behind TLS, with a certificate of the authority in `authority.pem`.
fn behind_tls<'a>(standin: &'a Standin) -> (Bench<'a>, Server) {
    let bench = Bench::shipped(standin);
    let folder = bench.folder.path();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(
        folder,
        &format!("req -x509 {key} -keyout ca.key -out authority.pem -days 2 -subj /CN=authority"),
    );
    openssl(folder, &format!("req {key} -keyout server.key -out server.csr -subj /CN=standin"));
    bench.write("names", "subjectAltName=IP:127.0.0.1\n");
    openssl(
        folder,
        "x509 -req -in server.csr -CA authority.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    );
    let port = standin.url().rsplit(':').next().unwrap().to_owned();
    let files = [folder.join("server.pem"), folder.join("server.key")];
    let tls = Server::start("tls.py", &[Path::new(&port), &files[0], &files[1]]);
    (bench, tls)
}

/// Plan, with these variables and none of the machine's proxies.
fn plan(bench: &Bench<'_>, tls: &Server, variables: &[(&str, &str)]) -> Ran {
    let mut command = bench.command(&["plan", "policies"]);
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "AWS_CA_BUNDLE"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env("AWS_ENDPOINT_URL", &tls.url).env("AWS_MAX_ATTEMPTS", "2");
    command.envs(variables.iter().copied()).output().unwrap().into()
}

#[test]
fn private_certificate_authority_is_trusted_only_if_the_bundle_has_it() {
    let standin = Standin::start();
    let (bench, tls) = behind_tls(&standin);
    let start = Instant::now();
    let refused = plan(&bench, &tls, &[]).expect(1);
    // The reason is the certificate, and it is not asked for again and again.
    assert!(
        refused.stderr.contains("the endpoint is not trusted: invalid peer certificate"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("set AWS_CA_BUNDLE"), "{}", refused.stderr);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let planned = plan(&bench, &tls, &[("AWS_CA_BUNDLE", "authority.pem")]).expect(0);
    assert!(planned.stdout.contains("Plan: 67 to create"), "{}", planned.stdout);

    openssl(
        bench.folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other",
    );
    let refused = plan(&bench, &tls, &[("AWS_CA_BUNDLE", "other.pem")]).expect(1);
    assert!(refused.stderr.contains("the endpoint is not trusted"), "{}", refused.stderr);
    for (bundle, what) in [
        ("no-such.pem", "names no-such.pem, which cannot be read"),
        ("server.key", "names server.key, which has no PEM certificate"),
        ("policies", "names policies, which cannot be read (this is a folder"),
    ] {
        let refused = plan(&bench, &tls, &[("AWS_CA_BUNDLE", bundle)]).expect(1);
        assert!(refused.stderr.contains("the variable `AWS_CA_BUNDLE` names"), "{}", refused.stderr);
        assert!(refused.stderr.contains(what), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    }
}

#[test]
fn proxy_is_used_unless_the_endpoint_is_excepted() {
    let standin = Standin::start();
    let (bench, tls) = behind_tls(&standin);
    let (log, data) = (bench.folder.path().join("proxy.log"), bench.folder.path().join("proxy"));
    let proxy = Server::start("forward.py", &[&log, &data]);
    let tunnels = || std::fs::read_to_string(&log).unwrap().matches("CONNECT 127.0.0.1").count();
    let trusted = ("AWS_CA_BUNDLE", "authority.pem");

    let direct = plan(&bench, &tls, &[trusted]).expect(0);
    assert_eq!(tunnels(), 0);
    let excepted = [trusted, ("HTTPS_PROXY", proxy.url.as_str()), ("NO_PROXY", "10.0.0.0/8,127.0.0.1")];
    assert_eq!(plan(&bench, &tls, &excepted).expect(0).stdout, direct.stdout);
    // A proxy for http is none for https.
    plan(&bench, &tls, &[trusted, ("HTTP_PROXY", proxy.url.as_str())]).expect(0);
    assert_eq!(tunnels(), 0);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let before = tunnels();
        let through = plan(&bench, &tls, &[trusted, (name, proxy.url.as_str())]).expect(0);
        assert_eq!(through.stdout, direct.stdout);
        // The proxy logs a tunnel when it closes.
        let end = Instant::now() + Duration::from_secs(30);
        while tunnels() == before {
            assert!(Instant::now() < end, "{name} is not used");
            std::thread::yield_now();
        }
    }

    // A proxy that is gone, one that refuses, and one that cannot be meant.
    let gone = plan(&bench, &tls, &[trusted, ("HTTPS_PROXY", "http://127.0.0.1:1")]).expect(1);
    assert!(gone.stderr.contains("the proxy of HTTPS_PROXY"), "{}", gone.stderr);
    let wrong = plan(&bench, &tls, &[("HTTPS_PROXY", "socks5://user:secret@proxy")]).expect(1);
    assert!(
        wrong.stderr.contains("the variable `HTTPS_PROXY` is not the URL of an HTTP proxy"),
        "{}",
        wrong.stderr
    );
    assert!(!wrong.stderr.contains("secret"), "{}", wrong.stderr);
}
