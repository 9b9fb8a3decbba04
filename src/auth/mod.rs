//! Who may sign in, and the sessions of those who have.
//!
//! Our own rather than a session library's because ids are to have 256 bits, sessions an absolute
//! end and an owner who can list them: what is there knows 128 bits and opaque records.

mod attempts;
mod error;
mod network;
mod password;
mod session_id;

use std::{net::IpAddr, sync::Arc, time::SystemTime};

use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, time::Instant};

use self::{
    attempts::{Attempt, Attempts, Origin},
    network::Network,
};
pub use self::{
    error::{AuthError, LoginError},
    session_id::SessionId,
};
use wsmon_manager::clock::unix_ms;
use wsmon_model::{PeerText, PendingAudit};
use wsmon_store::{ADDRESS_KNOWN_MS, Store, StoreError, StoredSession};

/// The name of the administrator who is there from the first start.
pub const ADMIN: &str = "admin";

/// Password checks at once for strangers; each takes 19 MiB.
const CHECKS_AT_ONCE: usize = 2;

/// Password checks at once for known addresses and sessions, so that these do not queue behind
/// strangers.
const KNOWN_CHECKS_AT_ONCE: usize = 1;

/// Somebody who asks to be let in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Where the request came from.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub agent: PeerText,
}

/// The door: checks passwords and keeps sessions. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    store: Store,
    attempts: Attempts,
    checks: Semaphore,
    known_checks: Semaphore,
    /// What an unknown name's password is checked against, so that it takes as long.
    nobody: String,
}

impl Authenticator {
    /// A door to a store. On the first start it adds the administrator `admin` with this password;
    /// without one, it makes one up and prints it on stderr.
    ///
    /// # Errors
    ///
    /// Any [`AuthError`].
    pub async fn new(store: Store, password: Option<SecretString>) -> Result<Self, AuthError> {
        let nobody = password::hash(password::generate()).await?;
        let door = Self(Arc::new(Inner {
            store,
            attempts: Attempts::default(),
            checks: Semaphore::new(CHECKS_AT_ONCE),
            known_checks: Semaphore::new(KNOWN_CHECKS_AT_ONCE),
            nobody,
        }));
        if door.0.store.administrators().await?.is_empty() {
            let made_up = password.is_none();
            let password = password.unwrap_or_else(password::generate);
            add_administrator(&door.0.store, ADMIN, password.clone(), None).await?;
            if made_up {
                eprintln!("Sign in as {ADMIN} with the password {}", password.expose_secret());
            }
        } else if password.is_none() {
            eprintln!(
                "Sign in with the password set on the first start, or set another: websocket-monitor admin reset-password {ADMIN}"
            );
        }
        Ok(door)
    }

    /// Lets somebody in: a new session, whatever session the browser came with. Here and below, the entry of the audit
    /// log is kept together with what is changed.
    ///
    /// # Errors
    ///
    /// Any [`LoginError`].
    pub async fn log_in(
        &self,
        name: &str,
        password: SecretString,
        visitor: &Visitor,
        audit: Option<&PendingAudit>,
    ) -> Result<SessionId, LoginError> {
        self.check(name, password, visitor, None).await?;
        Ok(self.begin_session(name, visitor, audit).await?)
    }

    /// Sets another password, asked for in a session. Ends every session of the administrator and
    /// begins a new one. What others tried has no say in it: wrong passwords count for the session.
    ///
    /// # Errors
    ///
    /// Any [`LoginError`], when the current password is not right.
    pub async fn change_password(
        &self,
        name: &str,
        session: &SessionId,
        current: SecretString,
        new: SecretString,
        visitor: &Visitor,
        audit: Option<&PendingAudit>,
    ) -> Result<SessionId, LoginError> {
        self.check(name, current, visitor, Some(session)).await?;
        reset_password(&self.0.store, name, new, audit).await?;
        Ok(self.begin_session(name, visitor, None).await?)
    }

    /// Checks a password, unless too many were wrong lately.
    async fn check(
        &self,
        name: &str,
        password: SecretString,
        visitor: &Visitor,
        session: Option<&SessionId>,
    ) -> Result<(), LoginError> {
        let network = Network::of(visitor.address);
        let seen_after_ms = unix_ms(SystemTime::now()) - ADDRESS_KNOWN_MS;
        let account = self.0.store.credentials(name, &network.to_string(), seen_after_ms).await?;
        let origin = match session {
            Some(id) => Origin::Session(id.sha256()),
            None if account.as_ref().is_some_and(|account| account.knows_address) => Origin::KnownAddress,
            None => Origin::Stranger,
        };
        let checks = if origin == Origin::Stranger { &self.0.checks } else { &self.0.known_checks };
        let hash = account.map(|account| account.password_hash);
        let attempt = self.0.attempts.attempt(name, hash.as_deref(), network, origin);
        self.charge(&attempt)?;
        let is_account = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.0.nobody.clone());
        let place = checks.acquire().await;
        let matches = password::verify(password, hash).await.map_err(LoginError::Internal)?;
        drop(place);
        if !(matches && is_account) {
            return Err(LoginError::Credentials);
        }
        self.0.attempts.succeed(&attempt);
        Ok(())
    }

    fn charge(&self, attempt: &Attempt) -> Result<(), LoginError> {
        let charged = self.0.attempts.charge(attempt, Instant::now());
        charged.map_err(|wait| LoginError::TooMany { wait: wait.time, is_first: wait.is_first })
    }

    async fn begin_session(
        &self,
        name: &str,
        visitor: &Visitor,
        audit: Option<&PendingAudit>,
    ) -> Result<SessionId, StoreError> {
        let id = SessionId::generate();
        let now_ms = unix_ms(SystemTime::now());
        let session = StoredSession {
            id_sha256: id.sha256(),
            administrator: name.to_owned(),
            started_ms: now_ms,
            used_ms: now_ms,
            address: visitor.address.to_string(),
            agent: visitor.agent.to_string(),
        };
        let network = Network::of(visitor.address);
        self.0.store.begin_session(&session, &network.to_string(), audit).await?;
        Ok(id)
    }

    /// Whose session this is, if it has not run out.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn session(&self, id: &SessionId) -> Result<Option<String>, StoreError> {
        self.0.store.use_session(&id.sha256(), unix_ms(SystemTime::now())).await
    }

    /// Whose session this is or was: it may have run out.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub async fn owner(&self, id: &SessionId) -> Result<Option<String>, StoreError> {
        self.0.store.session_owner(&id.sha256()).await
    }

    /// Ends a session, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`], and [`StoreError::Full`].
    pub async fn log_out(&self, id: &SessionId, audit: Option<&PendingAudit>) -> Result<(), StoreError> {
        self.0.store.end_session(&id.sha256(), audit).await.map(drop)
    }
}

/// Adds an administrator; false if the name is taken.
///
/// # Errors
///
/// Any [`AuthError`].
pub async fn add_administrator(
    store: &Store,
    name: &str,
    password: SecretString,
    audit: Option<&PendingAudit>,
) -> Result<bool, AuthError> {
    let hash = password::hash(password).await?;
    Ok(store.add_administrator(name, &hash, unix_ms(SystemTime::now()), audit).await?)
}

/// Sets an administrator's password and ends the sessions; false if there is none of the name.
///
/// # Errors
///
/// Any [`AuthError`].
pub async fn reset_password(
    store: &Store,
    name: &str,
    password: SecretString,
    audit: Option<&PendingAudit>,
) -> Result<bool, AuthError> {
    let hash = password::hash(password).await?;
    Ok(store.set_password_hash(name, &hash, audit).await?)
}

/// Makes up a password nobody can guess.
pub fn generate_password() -> SecretString {
    password::generate()
}
