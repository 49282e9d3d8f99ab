//! The one place that sends: token, correlation id, attempts, pages, and counting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::headers::{CONTENT_TYPE, Headers, RETRY_AFTER};
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{
    ClientOptions, Context, Method, Pipeline, PipelineSendOptions, Request, RetryOptions, Transport, Url,
};
use azure_core::{Bytes, Uuid};
use holdfast_compiler::resource::Call;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, OwnedMutexGuard};
use tracing::info;

use super::error::{fault, refused, silent};
use super::patience::Patience;
use super::renewed::{Forget, Renewed};
use super::settings::Settings;
use super::transport::{self, Way};
use super::{operation, sign_in};
use crate::cloud::{Caller, Calls, Class, CloudError, Waste};

/// How long a question may take with all its attempts: a lost region must not hold up a plan.
const QUESTION: Duration = Duration::from_secs(30);
/// How long a change may take with all its attempts.
const CHANGE: Duration = Duration::from_secs(120);
/// The most pages of a list.
const MOST_PAGES: usize = 1_000;

/// The name under which Azure's logs have every call of one command: Azure Resource Manager documentation, "Track asynchronous Azure
/// operations", request headers.
const CORRELATION: &str = "x-ms-correlation-request-id";

/// Azure Resource Manager, for whoever signs in.
#[derive(Debug)]
pub(crate) struct Arm {
    pipeline: Pipeline,
    credential: Arc<dyn TokenCredential>,
    pub(super) settings: Settings,
    correlation: String,
    caller: OnceCell<Caller>,
    counts: Mutex<Counts>,
    /// See [`Arm::alone`].
    alone: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug, Default)]
struct Counts {
    calls: Calls,
    /// How many attempts have begun and not ended. One whose future is dropped never ends.
    open: u64,
}

/// Where something is: a path below the endpoint, and the version of the API that its shape is from.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The path, from its first `/`.
    pub(crate) path: String,
    /// The version.
    pub(crate) api: &'static str,
}

/// Whether a change may be sent again if its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It is the same the second time.
    Yes,
    /// The second time would make another one: whoever asks looks first.
    No,
}

/// Something that is written as a whole, with what others have set in it.
#[async_trait]
pub(crate) trait Whole: Sync {
    /// As it is sent and answered.
    type Document: Serialize + DeserializeOwned + Send;

    /// Look at it as it is now, and say what is to be written; `None` if nothing is. A second attempt may find what the first one wrote.
    async fn next(&self, is_first: bool) -> Result<Option<Self::Document>, CloudError>;
}

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    /// Required: an answer without it is not an empty list.
    value: Vec<T>,
    next_link: Option<String>,
}

/// A request, to be sent as often as it takes.
pub(super) struct Sent<'a> {
    pub(super) call: &'a Call,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Bytes>,
    pub(super) again: Again,
}

impl Arm {
    /// Read the configuration. Makes no call.
    ///
    /// # Errors
    /// The environment names an endpoint, credentials, a proxy or certificate authorities that cannot be used.
    pub(crate) fn connect() -> Result<Self, CloudError> {
        let settings = Settings::read()?;
        let transport = Transport::new(transport::http_client(Way::AsTheEnvironmentSays)?);
        let credential = {
            let transport = transport.clone();
            Arc::new(Renewed::new(move || sign_in::credential(&transport))?)
        };
        let bearer = BearerTokenAuthorizationPolicy::new(credential.clone(), [settings.scope.clone()]);
        let forget = Forget(credential.clone());
        let options = ClientOptions {
            transport: Some(transport),
            // Repeating is ours.
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        let (name, version) = (Some("holdfast"), option_env!("CARGO_PKG_VERSION"));
        let pipeline =
            Pipeline::new(name, version, options, Vec::new(), vec![Arc::new(bearer), Arc::new(forget)], None);
        let correlation = Uuid::new_v4().to_string();
        Ok(Self {
            pipeline,
            credential,
            settings,
            correlation,
            caller: OnceCell::new(),
            counts: Mutex::default(),
            alone: Mutex::default(),
        })
    }

    /// Who signs in. Cached after the first call.
    ///
    /// # Errors
    /// There is no token.
    pub(crate) async fn caller(&self) -> Result<&Caller, CloudError> {
        let ask = || sign_in::caller(&*self.credential, &self.settings.scope, &self.settings.partition);
        self.caller.get_or_try_init(ask).await
    }

    /// Say in the log under which id Azure has recorded the calls of a run.
    pub(crate) fn run_begins(&self, run: u64) {
        info!("run {run} is in Azure's activity log with the correlation id {}", self.correlation);
    }

    /// Read one thing; `None` if it does not exist.
    ///
    /// # Errors
    /// The answer was another error, or there is none.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        call: &Call,
        place: &Place,
    ) -> Result<Option<T>, CloudError> {
        let url = self.url(call, place)?;
        match self.send(&Sent { call, method: Method::Get, url, body: None, again: Again::Yes }).await {
            Ok(answer) => answer.read(call).map(Some),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Read a whole list; `None` if what it belongs to does not exist.
    ///
    /// # Errors
    /// The answer was another error, there is none, or it leads to another host.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        call: &Call,
        place: &Place,
    ) -> Result<Option<Vec<T>>, CloudError> {
        let mut next = Some(self.url(call, place)?);
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { return Ok(Some(all)) };
            let sent = Sent { call, method: Method::Get, url, body: None, again: Again::Yes };
            let page: Page<T> = match self.send(&sent).await {
                Ok(answer) => answer.read(call)?,
                Err(error) if error.class == Class::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            all.extend(page.value);
            let link = page.next_link.filter(|link| !link.is_empty());
            next = link.map(|link| self.same_host(call, &link)).transpose()?;
        }
        match next {
            None => Ok(Some(all)),
            Some(_) => Err(fault(call, "TooManyPages", format!("the list has more than {MOST_PAGES} pages"))),
        }
    }

    /// Write one thing, and wait until it has taken effect. What it is then.
    ///
    /// # Errors
    /// It was refused, or there is no answer.
    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        call: &Call,
        method: Method,
        place: &Place,
        body: &impl Serialize,
        again: Again,
    ) -> Result<T, CloudError> {
        let url = self.url(call, place)?;
        let body = serde_json::to_vec(body).map_err(|error| fault(call, "BadRequest", error.to_string()))?;
        let sent = Sent { call, method, url: url.clone(), body: Some(body.into()), again };
        let answer = self.send(&sent).await?;
        operation::settled(self, call, answer, url).await?.read(call)
    }

    /// Write one thing as a whole, and wait until it has taken effect. Each attempt looks anew: what others wrote after a failed one stays.
    /// Whether anything was written.
    ///
    /// # Errors
    /// It was refused, there is no answer, or a look says that it must not be written.
    pub(crate) async fn write_whole<W: Whole>(
        &self,
        call: &Call,
        place: &Place,
        whole: &W,
    ) -> Result<bool, CloudError> {
        let url = self.url(call, place)?;
        let mut patience = Patience::new(CHANGE);
        loop {
            let Some(document) = whole.next(patience.is_fresh()).await? else { return Ok(false) };
            let body = serde_json::to_vec(&document);
            let body = body.map_err(|error| fault(call, "BadRequest", error.to_string()))?;
            let (method, body) = (Method::Put, Some(body.into()));
            let sent = Sent { call, method, url: url.clone(), body, again: Again::Yes };
            match self.attempt(&sent).await {
                Ok(answer) => {
                    let answer = operation::settled(self, call, answer, url).await?;
                    return answer.read::<W::Document>(call).map(|_| true);
                }
                Err((error, asked)) => patience.again(error, asked, sent.again).await?,
            }
        }
    }

    /// Wait until nobody else in this process changes a thing, by its resource id. It is kept from others until the guard is dropped.
    pub(crate) async fn alone(&self, id: &str) -> OwnedMutexGuard<()> {
        let one = {
            let mut all = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
            // Azure reads ids without regard to case.
            Arc::clone(all.entry(id.to_ascii_lowercase()).or_default())
        };
        one.lock_owned().await
    }

    /// Delete one thing. One that does not exist is deleted.
    ///
    /// # Errors
    /// It was refused, or there is no answer.
    pub(crate) async fn delete(&self, call: &Call, place: &Place) -> Result<(), CloudError> {
        let url = self.url(call, place)?;
        let sent = Sent { call, method: Method::Delete, url, body: None, again: Again::Yes };
        match self.send(&sent).await {
            Ok(answer) => operation::over(self, call, answer).await,
            Err(error) if error.class == Class::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The calls so far: what has begun and not ended was given up.
    pub(crate) fn calls(&self) -> Calls {
        let counts = self.lock();
        let mut calls = counts.calls.clone();
        (0..counts.open).for_each(|_| calls.waste(Waste::GivenUp));
        calls
    }

    /// Send, again if it makes sense.
    pub(super) async fn send(&self, sent: &Sent<'_>) -> Result<Answer, CloudError> {
        let mut patience = Patience::new(if sent.method == Method::Get { QUESTION } else { CHANGE });
        loop {
            match self.attempt(sent).await {
                Ok(answer) => return Ok(answer),
                Err((error, asked)) => patience.again(error, asked, sent.again).await?,
            }
        }
    }

    /// One attempt: what it failed with, and how long Azure asks to wait then.
    async fn attempt(&self, sent: &Sent<'_>) -> Result<Answer, (CloudError, Option<Duration>)> {
        match self.once(sent).await {
            // A redirect is not followed, and is no answer either.
            Ok(answer) if answer.status < 300 => Ok(answer),
            Ok(answer) => Err((refused(sent.call, answer.status, &answer.body), answer.pause())),
            Err(error) => Err((error, None)),
        }
    }

    /// Send once.
    async fn once(&self, sent: &Sent<'_>) -> Result<Answer, CloudError> {
        let mut request = Request::new(sent.url.clone(), sent.method);
        request.insert_header(CORRELATION, self.correlation.clone());
        request.insert_header("accept", "application/json");
        if let Some(body) = &sent.body {
            request.insert_header(CONTENT_TYPE, "application/json");
            request.set_body(body.clone());
        }
        self.begins(sent.call);
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let answer = self.pipeline.send(&Context::default(), &mut request, Some(options)).await;
        let answer = answer.map_err(|error| silent(sent.call, &error)).map(|answer| {
            let (status, headers, body) = answer.deconstruct();
            Answer { status: status.into(), headers, body: body.into() }
        });
        self.ends(match &answer {
            Ok(Answer { status: 429, .. }) => Some(Waste::Throttled),
            Ok(Answer { status: 500.., .. }) => Some(Waste::Refused),
            Err(error) if error.class == Class::Unanswered => Some(Waste::Unanswered),
            _ => None,
        });
        answer
    }

    /// The URL of a place.
    fn url(&self, call: &Call, place: &Place) -> Result<Url, CloudError> {
        if !is_path(&place.path) {
            return Err(fault(call, "BadRequest", "a part of the path is not a name"));
        }
        let mut url = self.settings.endpoint.clone();
        url.set_path(&place.path);
        url.query_pairs_mut().append_pair("api-version", place.api);
        Ok(url)
    }

    /// A URL in an answer: tokens are sent to the endpoint only.
    pub(super) fn same_host(&self, call: &Call, link: &str) -> Result<Url, CloudError> {
        let url = self.settings.endpoint.join(link).ok();
        let ours = |url: &Url| url.origin() == self.settings.endpoint.origin();
        url.filter(ours).ok_or_else(|| {
            fault(call, "BadAnswer", "the answer leads to another host, where Holdfast sends no token")
        })
    }

    fn begins(&self, call: &Call) {
        let mut counts = self.lock();
        counts.calls.count(call.service());
        counts.open += 1;
    }

    fn ends(&self, why: Option<Waste>) {
        let mut counts = self.lock();
        counts.open = counts.open.saturating_sub(1);
        why.into_iter().for_each(|why| counts.calls.waste(why));
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether each part of a path is the name of something. What Azure answers is part of paths too, and a name must not lead elsewhere: a URL
/// takes `%2e%2e` for `..` and `\` for `/`, leaves out control characters, and ends its path at `?` and `#` (WHATWG, "URL Standard").
fn is_path(path: &str) -> bool {
    let is_name = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.contains(|one: char| one.is_control() || matches!(one, '%' | '\\' | '?' | '#'))
    };
    path.strip_prefix('/').is_some_and(|parts| parts.split('/').all(is_name))
}

impl Answer {
    /// The body.
    pub(super) fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, CloudError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            fault(
                call,
                "BadAnswer",
                format!("the response cannot be read (HTTP status {}): {error}", self.status),
            )
        })
    }

    /// How long Azure asks to wait, if it says so in seconds.
    pub(super) fn pause(&self) -> Option<Duration> {
        let seconds = self.headers.get_optional_str(&RETRY_AFTER)?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_a_path_leads_nowhere_else() {
        let group = "/subscriptions/s/resourceGroups/g";
        for name in ["default", "acme_recovery(1).eu-x", "größe", "a b", "...", "..a"] {
            assert!(is_path(&format!("{group}/{name}/x")), "{name}");
        }
        let others = [
            "", ".", "..", "%2e", "%2E%2e", ".%2e", "a%2fb", "a\\b", "..\\..", "a?b", "a#b", "a\nb", "a\tb",
            ".\t.", "\u{0}", "\u{7f}", "\u{85}",
        ];
        for name in others {
            assert!(!is_path(&format!("{group}/{name}/x")), "{name:?}");
            assert!(!is_path(&format!("{group}/{name}")), "{name:?}");
        }
        assert!(!is_path("") && !is_path("subscriptions/s") && !is_path("//host/s"));
    }

    /// Whatever a name is made of, a URL of it has the path that was asked for, or there is none.
    #[test]
    fn every_path_that_is_allowed_stays_below_its_place() {
        let pieces = [".", "%", "2e", "/", "\\", "?", "#", "\n", "\t", " ", "a", "é", ":", "@", ";"];
        let names = pieces.iter().flat_map(|one| pieces.iter().map(move |two| [one, two]));
        let names = names.flat_map(|[one, two]| pieces.iter().map(move |three| format!("{one}{two}{three}")));
        for path in names.map(|name| format!("/below/{name}/end")).filter(|path| is_path(path)) {
            let mut url = Url::parse("https://management.azure.com").unwrap();
            url.set_path(&path);
            let parts = path.split('/').count();
            let (begin, end) = (url.path().starts_with("/below/"), url.path().ends_with("/end"));
            assert!(begin && end && url.path().split('/').count() == parts, "{path:?}: {url}");
            assert_eq!((url.query(), url.fragment()), (None, None), "{path:?}");
        }
    }
}
