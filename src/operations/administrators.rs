//! Adding and removing administrators. On a store alone, beside a server that may be running: so it is done on the
//! command line.

use secrecy::SecretString;

use super::{
    actor::Actor,
    outcome::{Outcome, ReportsOutcome},
    run::Runner,
    under_way::NotDone,
};
use crate::auth::{self, AuthError};
use wsmon_model::AuditAction;
use wsmon_store::{Store, StoreError};

/// Why an administrator was not added, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum AdministratorError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be set.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The name is taken.
    #[error("there is an administrator {0:?} already")]
    Taken(String),
    /// Nobody has the name.
    #[error("there is no administrator {0:?}")]
    Unknown(String),
    /// Nobody could sign in any more.
    #[error("{0:?} is the only administrator; add another first")]
    Last(String),
    /// The name cannot be used.
    #[error("a name has 1 to 64 letters, digits or any of . _ @ -")]
    Name,
    /// It was not begun, or cut short.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl ReportsOutcome for AdministratorError {
    fn outcome(&self) -> Option<Outcome> {
        Some(match self {
            Self::Taken(_) | Self::Unknown(_) | Self::Last(_) | Self::Name => Outcome::refused(self),
            Self::Store(_) | Self::Auth(_) | Self::NotDone(_) => Outcome::failed(self),
        })
    }
}

/// What an actor may do to administrators.
pub struct Administrators {
    actor: Actor,
    store: Store,
    runner: Runner,
}

impl Administrators {
    /// The administrators in a store.
    pub fn new(store: Store, actor: Actor) -> Self {
        Self { actor, runner: Runner::new(store.clone()), store }
    }

    /// Every name, in order.
    ///
    /// # Errors
    ///
    /// [`AdministratorError::Store`].
    pub async fn names(&self) -> Result<Vec<String>, AdministratorError> {
        let administrators = self.store.administrators().await?;
        Ok(administrators.into_iter().map(|administrator| administrator.name).collect())
    }

    /// Adds an administrator.
    ///
    /// # Errors
    ///
    /// [`AdministratorError::Name`], [`AdministratorError::Taken`], [`AdministratorError::Auth`].
    pub async fn add(&self, name: &str, password: SecretString) -> Result<(), AdministratorError> {
        let (store, name) = (self.store.clone(), name.to_owned());
        let audit = self.actor.audit(AuditAction::AddAdministrator, &name);
        let operation = |audit| async move {
            if !is_name(&name) {
                return Err(AdministratorError::Name);
            }
            match auth::add_administrator(&store, &name, password, Some(&audit)).await? {
                true => Ok(()),
                false => Err(AdministratorError::Taken(name)),
            }
        };
        self.runner.run(audit, operation).await
    }

    /// Sets an administrator's password and ends the sessions.
    ///
    /// # Errors
    ///
    /// [`AdministratorError::Unknown`], [`AdministratorError::Auth`].
    pub async fn reset_password(&self, name: &str, password: SecretString) -> Result<(), AdministratorError> {
        let (store, name) = (self.store.clone(), name.to_owned());
        let audit = self.actor.audit(AuditAction::ChangePassword, &name);
        let operation = |audit| async move {
            match auth::reset_password(&store, &name, password, Some(&audit)).await? {
                true => Ok(()),
                false => Err(AdministratorError::Unknown(name)),
            }
        };
        self.runner.run(audit, operation).await
    }

    /// Removes an administrator and ends the sessions.
    ///
    /// # Errors
    ///
    /// [`AdministratorError::Unknown`], [`AdministratorError::Last`], [`AdministratorError::Store`].
    pub async fn remove(&self, name: &str) -> Result<(), AdministratorError> {
        let (store, name) = (self.store.clone(), name.to_owned());
        let audit = self.actor.audit(AuditAction::RemoveAdministrator, &name);
        let operation = |audit| async move {
            if store.password_hash(&name).await?.is_none() {
                return Err(AdministratorError::Unknown(name));
            }
            match store.remove_administrator(&name, Some(&audit)).await? {
                true => Ok(()),
                false => Err(AdministratorError::Last(name)),
            }
        };
        self.runner.run(audit, operation).await
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}
