//! Signing in and out: how somebody becomes an actor, and ceases to be one.

use secrecy::SecretString;
use tracing::{error, warn};

use super::{
    Operations,
    actor::pending,
    outcome::{Outcome, ReportsOutcome},
    under_way::NotDone,
};
use crate::{
    auth::{LoginError, SessionId, Visitor},
    error::AppError,
};
use wsmon_model::{AuditAction, PeerText};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The visitor was not let in.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// It was not begun, or cut short.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl ReportsOutcome for SignInError {
    fn outcome(&self) -> Option<Outcome> {
        match self {
            // Or guessing would wash the log away.
            Self::Login(LoginError::TooMany { is_first: false, .. }) => None,
            Self::Login(error @ (LoginError::Credentials | LoginError::TooMany { .. })) => {
                Some(Outcome::refused(error))
            }
            Self::Login(LoginError::Internal(_)) | Self::NotDone(_) => AppError::Internal.outcome(),
        }
    }
}

impl Operations {
    /// Signs somebody in, as an administrator of this name. Whatever session the browser came with is over then: nobody
    /// can have planted one to be adopted.
    ///
    /// # Errors
    ///
    /// Any [`SignInError`].
    pub async fn sign_in(
        &self,
        name: String,
        password: SecretString,
        visitor: Visitor,
        former: Option<SessionId>,
    ) -> Result<SessionId, SignInError> {
        let audit = pending(&name, Some(visitor.address), AuditAction::LogIn, "");
        let authenticator = self.0.authenticator.clone();
        let operation = |audit| async move {
            let signed_in = authenticator.log_in(&name, password, &visitor, Some(&audit)).await;
            let id = signed_in.inspect_err(|error| {
                let username = PeerText::new(&name);
                warn!(%username, address = %visitor.address, %error, "not signed in");
            })?;
            if let Some(former) = former {
                let ended = authenticator.log_out(&former, None).await;
                ended.unwrap_or_else(|error| error!(%error, "a session could not be ended"));
            }
            Ok(id)
        };
        self.0.runner.run(audit, operation).await
    }

    /// Ends a session, whoever's it is: to have its id is what gives the right to. Does nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`AppError::ShuttingDown`], [`AppError::DiskFull`], and [`AppError::Internal`].
    pub async fn sign_out(&self, session: SessionId, visitor: &Visitor) -> Result<(), AppError> {
        let authenticator = self.0.authenticator.clone();
        let Some(name) = authenticator.owner(&session).await? else { return Ok(()) };
        let audit = pending(&name, Some(visitor.address), AuditAction::LogOut, "");
        let operation = |audit| async move { Ok(authenticator.log_out(&session, Some(&audit)).await?) };
        self.0.runner.run(audit, operation).await
    }
}
