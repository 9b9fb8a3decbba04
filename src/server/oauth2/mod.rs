//! Tokens by OAuth 2.0 client credentials (RFC 6749 section 4.4): one request to a token service, and what came of it. When one
//! is made, and how long its token is kept, the connection manager decides.

mod answer;
mod client;
mod exchange;
mod request;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use tokio::time::timeout;

pub use self::client::{InvalidOAuth2, OAuth2Client};
use self::{answer::Answer, request::Credentials};
use wsmon_manager::{Connectors, Failure, IssuedToken, SecretsDir, TokenService};
use wsmon_model::{PeerText, TokenFault, TokenProblem};

/// How long a token service may take over a request, from its name to the end of its answer.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The token service of one of the monitor's services, asked as a client of its.
pub struct OAuth2 {
    client: OAuth2Client,
    host: String,
    secrets_dir: Option<SecretsDir>,
    connectors: Arc<Connectors>,
    deadline: Duration,
}

impl OAuth2 {
    /// A token service that is given that long for each request.
    pub fn new(
        client: OAuth2Client,
        secrets_dir: Option<SecretsDir>,
        connectors: Arc<Connectors>,
        deadline: Duration,
    ) -> Self {
        let host = client.host();
        Self { client, host, secrets_dir, connectors, deadline }
    }

    /// Whether what the client refers to can be read: its secrets, and the files of its TLS.
    ///
    /// # Errors
    ///
    /// What cannot, and why, as a clause.
    pub async fn check(&self) -> Result<(), PeerText> {
        self.credentials().await.map_err(unreadable)?;
        self.client.connector(&self.connectors).await.map(drop).map_err(unreadable)
    }

    /// What the client is known by, with its secrets read anew.
    async fn credentials(&self) -> Result<Credentials, Failure> {
        Credentials::read(&self.client, self.secrets_dir.as_ref()).await
    }

    async fn ask(&self) -> Result<IssuedToken, TokenFault> {
        let fault = |why| TokenFault { detail: unreadable(why), ..TokenFault::of(TokenProblem::Credentials) };
        let credentials = self.credentials().await.map_err(fault)?;
        let connector = self.client.connector(&self.connectors).await.map_err(fault)?;
        let request = request::token_request(&self.client, &credentials);
        let answer: Answer = exchange::exchange(&self.client, connector, request).await?;
        answer.token(&credentials, SystemTime::now())
    }
}

/// Why something cannot be read, as a clause: where to look, the sentence says that it becomes part of.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unreadable(why: Failure) -> PeerText {
    let sentences = || PeerText::new(why.to_string().trim_end_matches('.'));
    match &why {
        // Its detail says nothing of which file it is.
        Failure::Certificate { .. } => sentences(),
        _ => why.evidence().detail.unwrap_or_else(sentences),
    }
}

impl TokenService for OAuth2 {
    fn host(&self) -> &str {
        &self.host
    }

    fn issue(&self) -> BoxFuture<'_, Result<IssuedToken, TokenFault>> {
        Box::pin(async {
            timeout(self.deadline, self.ask()).await.unwrap_or_else(|_| {
                let after_ms = u32::try_from(self.deadline.as_millis()).ok();
                Err(TokenFault { after_ms, ..TokenFault::of(TokenProblem::Late) })
            })
        })
    }
}
