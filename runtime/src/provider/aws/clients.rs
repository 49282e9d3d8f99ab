//! The SDK's clients: one configuration from the default chain (environment, profile, instance), one S3 client per
//! region, and one client for each service with a single endpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_sdk_s3::config::retry::{RetryPartition, TokenBucket};
use holdfast_compiler::policy::SiteAccount;
use holdfast_compiler::provider::aws::IDENTITY;
use holdfast_compiler::provider::aws::iam::role_arn;
use tokio::sync::OnceCell;

use super::bucket_notification::Writers;
use super::count::Counter;
use super::network::{self, CertificateIsFinal};
use super::owner::{Expected, Owner};
use super::reach::Reach;
use super::{driver, identity};
use crate::cloud::{Caller, Class, CloudError, Command, refuse};
use crate::provider::Places;

/// The region of S3's global operations and of the control planes of IAM and Route 53.
pub(crate) const HOME: &str = "us-east-1";

/// The SDK's number of attempts if neither environment nor profile sets one.
const SDK_ATTEMPTS: u32 = 3;
/// Holdfast's number of attempts, because a disaster is a bad time to give up early. If 30 % of the calls are lost,
/// with five attempts one call in 400 fails, which is every second apply; with twelve, one in a million. The pauses
/// add up to at most 36 seconds, on average half of that, because the SDK randomises each pause.
const ATTEMPTS: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(30);
const OPERATION: Duration = Duration::from_secs(120);

/// The client of a service for a region: one for each, made when it is first needed.
macro_rules! regional {
    ($name:ident, $sdk:ident) => {
        /// The client for a region.
        pub(crate) fn $name(&self, region: &str) -> $sdk::Client {
            let mut cache = self.$name.lock().unwrap_or_else(PoisonError::into_inner);
            let client = cache.entry(region.to_owned()).or_insert_with(|| {
                let config = $sdk::config::Builder::from(self.configuration(region))
                    .region(Region::new(region.to_owned()))
                    .retry_partition(self.partition.clone())
                    .retry_classifier(CertificateIsFinal)
                    .interceptor(self.counter.of(region));
                $sdk::Client::from_conf(config.build())
            });
            client.clone()
        }
    };
}

/// The clients of all services.
#[derive(Debug)]
pub(crate) struct Clients {
    sdk: SdkConfig,
    /// The configurations of the regions that are in another account, with the credentials of the role there.
    elsewhere: BTreeMap<String, Elsewhere>,
    /// The same once a run has begun, which its sessions name.
    in_run: OnceLock<BTreeMap<String, SdkConfig>>,
    /// The name of the estate, which names the sessions.
    estate: String,
    path_style: bool,
    s3: Mutex<BTreeMap<String, aws_sdk_s3::Client>>,
    kms: Mutex<BTreeMap<String, aws_sdk_kms::Client>>,
    cloudwatch: Mutex<BTreeMap<String, aws_sdk_cloudwatch::Client>>,
    backup: Mutex<BTreeMap<String, aws_sdk_backup::Client>>,
    eventbridge: Mutex<BTreeMap<String, aws_sdk_eventbridge::Client>>,
    sns: Mutex<BTreeMap<String, aws_sdk_sns::Client>>,
    s3control: Mutex<BTreeMap<String, aws_sdk_s3control::Client>>,
    pub(crate) route53: aws_sdk_route53::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    /// The regions that may be asked what all of them know of the estate's account: that of the chain, then those of the estate.
    regions: Vec<String>,
    pub(crate) reach: Reach,
    caller: OnceCell<Caller>,
    owner: Owner,
    /// The buckets that were made by these clients: nobody else has set anything up there.
    new_buckets: Mutex<BTreeSet<String>>,
    pub(super) notifications: Writers,
    /// The ARN of the permissions boundary for the roles that Holdfast creates, from `HOLDFAST_ROLE_BOUNDARY`: the
    /// owner of the runner sets it, not the authors of policies.
    pub(crate) role_boundary: Option<String>,
    pub(crate) counter: Counter,
    /// Disables the SDK's retry quota. The SDK stops retrying after many failures in a row (a bucket of 500 tokens,
    /// refilled by successes), so that a fleet of servers does not add to an outage. Holdfast is one process with
    /// limited parallelism and attempts, and giving up early would leave an estate incomplete.
    partition: RetryPartition,
    /// Whether the endpoint supports reading the tags of only one health check per call.
    pub(crate) single_tags: AtomicBool,
}

/// A region in another account.
#[derive(Debug)]
struct Elsewhere {
    account: SiteAccount,
    sdk: SdkConfig,
}

impl Clients {
    /// Read the configuration. Makes no call to AWS.
    ///
    /// # Errors
    /// The environment names a proxy or certificate authorities that cannot be used.
    pub(crate) async fn connect(places: &Places) -> Result<Self, CloudError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(network::http_client()?)
            .timeout_config(timeouts.build());
        if let Ok(name) = AppName::new("holdfast") {
            loader = loader.app_name(name);
        }
        let sdk = loader.load().await;
        let attempts = attempts(sdk.retry_config(), std::env::var_os("AWS_MAX_ATTEMPTS").is_some());
        let region = sdk.region().cloned().unwrap_or(Region::from_static(HOME));
        let sdk = sdk.into_builder().region(region).retry_config(attempts).build();
        let mut elsewhere = BTreeMap::new();
        for (region, account) in &places.accounts {
            let sdk = assumed(&sdk, region, account, session(&places.estate, None)).await;
            elsewhere.insert(region.clone(), Elsewhere { account: account.clone(), sdk });
        }
        Ok(Self { estate: places.estate.clone(), ..Self::new(sdk, elsewhere, &places.regions) })
    }

    /// Clients with a fixed identity, for tests without calls.
    #[cfg(test)]
    pub(super) fn offline(caller: Caller) -> Self {
        let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
        let mut clients = Self::new(sdk.region(Region::from_static(HOME)).build(), BTreeMap::new(), &[]);
        clients.caller = OnceCell::new_with(Some(caller));
        clients
    }

    fn new(sdk: SdkConfig, elsewhere: BTreeMap<String, Elsewhere>, regions: &[String]) -> Self {
        let reach = Reach::default();
        let counter = Counter::new(reach.clone());
        let partition = RetryPartition::custom("holdfast").token_bucket(TokenBucket::unlimited()).build();
        let home = || Some(Region::from_static(HOME));
        let mut route53 = aws_sdk_route53::config::Builder::from(&sdk)
            .interceptor(counter.of(HOME))
            .retry_classifier(CertificateIsFinal);
        route53.set_retry_partition(Some(partition.clone()));
        route53.set_region(home());
        let mut iam = aws_sdk_iam::config::Builder::from(&sdk)
            .interceptor(counter.of(HOME))
            .retry_classifier(CertificateIsFinal);
        iam.set_retry_partition(Some(partition.clone()));
        iam.set_region(home());
        let first = sdk.region().map_or(HOME, AsRef::as_ref).to_owned();
        let others = regions.iter().filter(|region| **region != first).cloned();
        let mut regions: Vec<String> = std::iter::once(first.clone()).chain(others).collect();
        // A region in another account knows what that account has.
        regions.retain(|region| !elsewhere.contains_key(region));
        let special = std::env::var("AWS_ENDPOINT_URL_S3").ok();
        Self {
            path_style: special.as_deref().or(sdk.endpoint_url()).is_some_and(needs_path_style),
            s3: Mutex::default(),
            kms: Mutex::default(),
            cloudwatch: Mutex::default(),
            backup: Mutex::default(),
            eventbridge: Mutex::default(),
            sns: Mutex::default(),
            s3control: Mutex::default(),
            route53: aws_sdk_route53::Client::from_conf(route53.build()),
            iam: aws_sdk_iam::Client::from_conf(iam.build()),
            regions,
            reach,
            caller: OnceCell::new(),
            owner: Owner::default(),
            new_buckets: Mutex::default(),
            notifications: Writers::default(),
            role_boundary: std::env::var("HOLDFAST_ROLE_BOUNDARY").ok().filter(|arn| !arn.is_empty()),
            counter,
            partition,
            single_tags: AtomicBool::new(false),
            elsewhere,
            in_run: OnceLock::new(),
            estate: String::new(),
            sdk,
        }
    }

    /// Name a run in the sessions in other accounts from now on, so that CloudTrail there says which run did what.
    pub(crate) async fn name_sessions(&self, run: u64) {
        let mut named = BTreeMap::new();
        for (region, elsewhere) in &self.elsewhere {
            let session = session(&self.estate, Some(run));
            let sdk = assumed(&self.sdk, region, &elsewhere.account, session).await;
            named.insert(region.clone(), sdk);
        }
        if self.in_run.set(named).is_err() {
            return;
        }
        // The clients there have credentials of the session before.
        self.forget(&self.s3);
        self.forget(&self.kms);
        self.forget(&self.cloudwatch);
        self.forget(&self.backup);
        self.forget(&self.eventbridge);
        self.forget(&self.sns);
        self.forget(&self.s3control);
    }

    /// Forget the clients of regions in other accounts.
    fn forget<C>(&self, clients: &Mutex<BTreeMap<String, C>>) {
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|region, _| !self.elsewhere.contains_key(region));
    }

    /// The configuration for a region.
    fn configuration(&self, region: &str) -> &SdkConfig {
        let in_run = self.in_run.get().and_then(|named| named.get(region));
        in_run.or_else(|| Some(&self.elsewhere.get(region)?.sdk)).unwrap_or(&self.sdk)
    }

    /// The account of a region, if it is not the estate's.
    pub(crate) fn account_of(&self, region: &str) -> Option<&str> {
        self.elsewhere.get(region).map(|elsewhere| elsewhere.account.id.as_str())
    }

    /// The accounts other than the estate's, each with its regions, any of which may be asked what all of them know.
    pub(crate) fn other_accounts(&self) -> BTreeMap<&str, Vec<String>> {
        let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (region, elsewhere) in &self.elsewhere {
            all.entry(&elsewhere.account.id).or_default().push(region.clone());
        }
        all
    }

    /// The error of a call in a region. In another account, the credentials are those of the role that its site names.
    pub(crate) fn explained(&self, region: &str, error: CloudError) -> CloudError {
        match self.account_of(region).filter(|_| error.class == Class::Credentials) {
            None => error,
            Some(account) => {
                let causes =
                    error.message.split_once("): ").map_or(error.message.as_str(), |(_, causes)| causes);
                let message = format!(
                    "the role that the site in {region} names in account {account} cannot be assumed: {causes}"
                );
                CloudError { message, ..error }
            }
        }
    }

    /// Refuse a command for another account than the one that its region is in.
    pub(crate) fn in_its_account(&self, command: &Command) -> Result<(), CloudError> {
        let region = driver::region_of(command);
        let account = region.and_then(|region| self.account_of(region));
        match command.named.account.as_deref() == account {
            true => Ok(()),
            false => Err(refuse(command, "the account of the step is not the one of its region")),
        }
    }

    /// The identity of the credentials, cached after the first call. From then on all buckets must belong to that
    /// account, unless [`expect_owner`](Self::expect_owner) named another one before.
    pub(crate) async fn identity(&self) -> Result<&Caller, CloudError> {
        let ask = |region: String| async move { identity::ask(&self.sts(&region)).await };
        let ask = || self.reach.first_answer(&IDENTITY, &self.regions, ask);
        let caller = self.caller.get_or_try_init(ask).await?;
        self.owner.set(&caller.account.id);
        Ok(caller)
    }

    /// Require that all buckets belong to this account.
    pub(crate) fn expect_owner(&self, account: &str) {
        self.owner.set(account);
    }

    /// The account that all buckets must belong to, once it is known.
    pub(crate) fn owner(&self) -> &str {
        self.owner.get().unwrap_or("unknown")
    }

    /// The S3 client for a region. Call [`identity`](Self::identity) or [`expect_owner`](Self::expect_owner) first,
    /// because its requests name the expected bucket owner.
    pub(crate) fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        // A poisoned cache is still valid: only complete clients are inserted.
        let mut cache = self.s3.lock().unwrap_or_else(PoisonError::into_inner);
        let client = cache.entry(region.to_owned()).or_insert_with(|| {
            let owner = match self.account_of(region) {
                Some(account) => Expected::Account(account.to_owned()),
                None => Expected::Estate(self.owner.clone()),
            };
            let config = aws_sdk_s3::config::Builder::from(self.configuration(region))
                .region(Region::new(region.to_owned()))
                .force_path_style(self.path_style)
                .retry_partition(self.partition.clone())
                .retry_classifier(CertificateIsFinal)
                .interceptor(self.counter.of(region))
                .interceptor(owner);
            aws_sdk_s3::Client::from_conf(config.build())
        });
        client.clone()
    }

    regional!(kms, aws_sdk_kms);
    regional!(backup, aws_sdk_backup);
    regional!(cloudwatch, aws_sdk_cloudwatch);
    regional!(eventbridge, aws_sdk_eventbridge);
    regional!(sns, aws_sdk_sns);

    /// The client of S3's control plane for a region. Its endpoints have a name for each account, and what has no names below it, as
    /// an address, is called without one.
    pub(crate) fn s3control(&self, region: &str) -> aws_sdk_s3control::Client {
        let mut cache = self.s3control.lock().unwrap_or_else(PoisonError::into_inner);
        let client = cache.entry(region.to_owned()).or_insert_with(|| {
            let mut config = aws_sdk_s3control::config::Builder::from(self.configuration(region))
                .region(Region::new(region.to_owned()))
                .retry_partition(self.partition.clone())
                .retry_classifier(CertificateIsFinal)
                .interceptor(self.counter.of(region));
            let named = std::env::var("AWS_ENDPOINT_URL_S3_CONTROL").ok();
            let url = named.as_deref().or(self.sdk.endpoint_url());
            if let Some(url) = url.filter(|url| needs_path_style(url)) {
                config = config.endpoint_resolver(OneEndpoint(url.to_owned()));
            }
            aws_sdk_s3control::Client::from_conf(config.build())
        });
        client.clone()
    }

    fn sts(&self, region: &str) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.sdk)
            .region(Region::new(region.to_owned()))
            .retry_partition(self.partition.clone())
            .retry_classifier(CertificateIsFinal)
            .interceptor(self.counter.of(region));
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// Remember that a bucket was made.
    pub(crate) fn made_bucket(&self, name: &str) {
        self.new_buckets.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Whether a bucket was made by these clients, so that its documents need not be read before they are written.
    pub(crate) fn is_new_bucket(&self, name: &str) -> bool {
        self.new_buckets.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// The regions that may be asked what all of them know.
    pub(crate) fn regions(&self) -> &[String] {
        &self.regions
    }
}

/// The configuration of a region in another account. The credentials are those of the role there, asked for when they are first needed.
async fn assumed(sdk: &SdkConfig, region: &str, account: &SiteAccount, session: String) -> SdkConfig {
    let mut role = AssumeRoleProvider::builder(role_arn(&account.id, &account.role))
        .session_name(session)
        .region(Region::new(region.to_owned()))
        .configure(sdk);
    if let Some(id) = &account.external_id {
        role = role.external_id(id);
    }
    let credentials = SharedCredentialsProvider::new(role.build().await);
    sdk.clone().into_builder().credentials_provider(credentials).build()
}

/// The name of a session: whose it is, and of which run. A long name of an estate is cut (AWS STS API Reference, `AssumeRole`,
/// `RoleSessionName`: 2 to 64 letters, digits and `_+=,.@-`; the name of an estate has no others).
fn session(estate: &str, run: Option<u64>) -> String {
    const LONGEST: usize = 64;
    let run = run.map(|run| format!("-run-{run}")).unwrap_or_default();
    let whose: String =
        format!("holdfast-{estate}").chars().take(LONGEST.saturating_sub(run.len())).collect();
    whose + &run
}

/// An endpoint as it is.
#[derive(Debug)]
struct OneEndpoint(String);

impl aws_sdk_s3control::config::endpoint::ResolveEndpoint for OneEndpoint {
    fn resolve_endpoint<'a>(
        &'a self,
        _: &'a aws_sdk_s3control::config::endpoint::Params,
    ) -> aws_sdk_s3control::config::endpoint::EndpointFuture<'a> {
        let endpoint = aws_smithy_types::endpoint::Endpoint::builder().url(self.0.clone()).build();
        aws_sdk_s3control::config::endpoint::EndpointFuture::ready(Ok(endpoint))
    }
}

/// The retry configuration: the user's mode or `standard`, and Holdfast's number of attempts unless the user sets
/// one. A profile that sets exactly the SDK's default number cannot be told from one that sets none.
fn attempts(config: Option<&RetryConfig>, wished: bool) -> RetryConfig {
    let config = config.cloned().unwrap_or_else(RetryConfig::standard);
    if wished || config.max_attempts() != SDK_ATTEMPTS {
        return config;
    }
    config.with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_PAUSE).with_max_backoff(LONGEST_PAUSE)
}

/// Whether an endpoint needs path-style addressing: any endpoint that is not Amazon's.
fn needs_path_style(endpoint: &str) -> bool {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    !["amazonaws.com", "amazonaws.com.cn", "api.aws"]
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_aws_endpoints_use_a_host_per_bucket() {
        for plain in ["http://127.0.0.1:4566", "http://localhost:9000/", "https://[::1]:80", "https://s3.lan"]
        {
            assert!(needs_path_style(plain), "{plain}");
        }
        let private = "https://bucket.vpce-1a2b-5e6f.s3.eu-west-1.vpce.amazonaws.com";
        for amazon in ["https://s3.eu-west-1.amazonaws.com:443/x", private, "https://s3.eu-west-1.api.aws"] {
            assert!(!needs_path_style(amazon), "{amazon}");
        }
        assert!(needs_path_style("https://notamazonaws.com"));
    }

    #[test]
    fn session_of_a_run_says_which_however_long_the_name_of_the_estate_is() {
        assert_eq!(session("acme", None), "holdfast-acme");
        assert_eq!(session("acme", Some(12)), "holdfast-acme-run-12");
        let long = session(&"a".repeat(80), Some(u64::MAX));
        assert!(long.len() == 64 && long.ends_with("-run-18446744073709551615"), "{long}");
    }

    #[test]
    fn configured_number_of_attempts_is_used() {
        assert_eq!(attempts(None, false).max_attempts(), 12);
        assert_eq!(attempts(Some(&RetryConfig::standard()), true).max_attempts(), 3);
        let nine = RetryConfig::adaptive().with_max_attempts(9);
        assert_eq!(attempts(Some(&nine), false), nine);
    }
}
