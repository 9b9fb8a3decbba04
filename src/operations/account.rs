//! An administrator's own account, and the audit log.

use std::time::SystemTime;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    ActorOperations,
    actor::{Actor, SignedIn},
};
use crate::{auth::SessionId, error::AppError};
use wsmon_manager::clock::unix_ms;
use wsmon_model::{
    Account, AuditAction, AuditPage, AuditQuery, LoginSession, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS, PeerText,
};
use wsmon_store::StoredSession;

impl ActorOperations {
    /// One page of the audit log, newest first.
    ///
    /// # Errors
    ///
    /// [`AppError::Internal`] when it cannot be read.
    pub async fn audit_page(&self, query: &AuditQuery) -> Result<AuditPage, AppError> {
        Ok(self.parts.store.audit(query).await?)
    }

    /// The actor's own account, as seen from the session.
    ///
    /// # Errors
    ///
    /// [`AppError::Unauthenticated`] for who has none, and [`AppError::Internal`].
    pub async fn account(&self) -> Result<Account, AppError> {
        let SignedIn { name, session, .. } = self.signed_in()?;
        let (now_ms, current) = (unix_ms(SystemTime::now()), session.sha256());
        let describe = |session: StoredSession| LoginSession {
            key: BASE64_URL_SAFE_NO_PAD.encode(&session.id_sha256),
            started_ms: session.started_ms,
            used_ms: session.used_ms,
            address: session.address,
            agent: PeerText::from(session.agent),
            current: session.id_sha256 == current,
        };
        let sessions = self.parts.store.sessions_of(name, now_ms).await?;
        Ok(Account { name: name.clone(), sessions: sessions.into_iter().map(describe).collect(), now_ms })
    }

    /// Sets another password. Every session of the actor ends, and a new one begins.
    ///
    /// # Errors
    ///
    /// [`AppError::Unauthenticated`] for who has no account, [`AppError::Invalid`] when the current password is wrong or
    /// the new one too short or too long, [`AppError::DiskFull`], and [`AppError::Internal`].
    pub async fn change_password(&self, current: String, new: String) -> Result<SessionId, AppError> {
        let (authenticator, signed_in) = (self.parts.authenticator.clone(), self.signed_in()?.clone());
        self.run(AuditAction::ChangePassword, "", |audit| async move {
            if new.chars().count() < PASSWORD_MIN_CHARS || new.len() > PASSWORD_MAX_BYTES {
                let text = format!("The new password needs at least {PASSWORD_MIN_CHARS} characters.");
                return Err(AppError::Invalid(text));
            }
            let SignedIn { name, session, visitor } = signed_in;
            let (current, new) = (current.into(), new.into());
            Ok(authenticator.change_password(&name, &session, current, new, &visitor, Some(&audit)).await?)
        })
        .await
    }

    /// Ends a session of the actor's own, by the key that the account tells.
    ///
    /// # Errors
    ///
    /// [`AppError::Unauthenticated`] for who has no account, [`AppError::Invalid`] when there is no such session,
    /// [`AppError::DiskFull`], and [`AppError::Internal`].
    pub async fn end_session(&self, key: &str) -> Result<(), AppError> {
        let (store, name) = (self.parts.store.clone(), self.signed_in()?.name.clone());
        let id_sha256 = BASE64_URL_SAFE_NO_PAD.decode(key).unwrap_or_default();
        self.run(AuditAction::EndSession, "", |audit| async move {
            match store.end_session_of(&name, &id_sha256, Some(&audit)).await? {
                true => Ok(()),
                false => Err(AppError::Invalid("That session has already ended.".to_owned())),
            }
        })
        .await
    }

    /// The administrator who is signed in; anybody else has no account.
    fn signed_in(&self) -> Result<&SignedIn, AppError> {
        match &self.actor {
            Actor::Administrator(signed_in) => Ok(signed_in),
            Actor::CommandLine => Err(AppError::Unauthenticated),
        }
    }
}
