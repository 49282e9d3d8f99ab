//! A credential that can forget its token. A token can be revoked before it expires, and `azure_identity` keeps each one until then: only
//! another credential asks for another token.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, StatusCode};

use crate::cloud::CloudError;

type Make = dyn Fn() -> Result<Arc<dyn TokenCredential>, CloudError> + Send + Sync;

/// The credential of this moment.
pub(super) struct Renewed {
    make: Box<Make>,
    now: Mutex<Now>,
}

struct Now {
    credential: Arc<dyn TokenCredential>,
    /// The last token that it gave.
    token: Option<AccessToken>,
}

impl Renewed {
    /// The first credential that `make` makes.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn new(
        make: impl Fn() -> Result<Arc<dyn TokenCredential>, CloudError> + Send + Sync + 'static,
    ) -> Result<Self, CloudError> {
        let now = Now { credential: make()?, token: None };
        Ok(Self { make: Box::new(make), now: Mutex::new(now) })
    }

    /// Ask with another credential from now on, if this header has the last token. A request that was sent with an earlier one ends late.
    fn forget(&self, header: &str) {
        let mut now = self.lock();
        let last = now.token.as_ref().map(|token| format!("Bearer {}", token.token.secret()));
        if last.is_some_and(|last| last == header)
            && let Ok(credential) = (self.make)()
        {
            *now = Now { credential, token: None };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenCredential for Renewed {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let credential = self.lock().credential.clone();
        let token = credential.get_token(scopes, options).await?;
        let mut now = self.lock();
        if Arc::ptr_eq(&now.credential, &credential) {
            now.token = Some(token.clone());
        }
        Ok(token)
    }
}

/// Forgets the token of a request that Azure does not take. It stands below what puts tokens into requests, which forgets its own after it.
#[derive(Debug)]
pub(super) struct Forget(pub(super) Arc<Renewed>);

#[async_trait]
impl Policy for Forget {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let missing =
            || azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "there is no transport");
        let (first, rest) = next.split_first().ok_or_else(missing)?;
        let answer = first.send(context, request, rest).await?;
        if answer.status() == StatusCode::Unauthorized
            && let Some(header) = request.headers().get_optional_str(&AUTHORIZATION)
        {
            self.0.forget(header);
        }
        Ok(answer)
    }
}
