//! Changes of connections' options by administrators: secrets that are sent as masks stay, and nobody
//! overwrites what somebody else has just saved.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tracing::error;

use crate::error::AppError;
use wsmon_manager::{CheckedOptions, ConnectionManager, InvalidOptions};
use wsmon_model::{ConnectionOptions, EndpointId, FieldProblem, OptionsVersion};
use wsmon_store::{Store, StoreError};

/// Changes of options, one after the other. Cheap to clone.
#[derive(Clone)]
pub struct OptionChanges(Arc<Inner>);

struct Inner {
    key: Vec<u8>,
    /// What is compared must be what is replaced.
    turn: Mutex<()>,
}

impl OptionChanges {
    /// Reads the key that versions are hashed with.
    ///
    /// # Errors
    ///
    /// [`StoreError::Statement`].
    pub(super) async fn new(store: &Store) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Inner { key: store.options_key().await?, turn: Mutex::default() })))
    }

    /// The version of options: the same for the same ones, also after a restart.
    pub(super) fn version(&self, options: &ConnectionOptions) -> Result<OptionsVersion, AppError> {
        let json = serde_json::to_vec(options).map_err(|error| {
            error!(%error, "options could not be written as JSON");
            AppError::Internal
        })?;
        let hash = Sha256::new().chain_update(&self.0.key).chain_update(json).finalize();
        Ok(OptionsVersion::new(BASE64_URL_SAFE_NO_PAD.encode(hash)))
    }

    /// Sets a connection's options; a secret that is sent as its mask stays as it was. With a version,
    /// only if these are still the options that were shown.
    ///
    /// # Errors
    ///
    /// [`AppError::InvalidField`] and [`AppError::Invalid`] for options that cannot be used,
    /// [`AppError::Conflict`], [`AppError::NotFound`], and [`AppError::DiskFull`].
    pub(super) async fn set(
        &self,
        manager: &ConnectionManager,
        endpoint: &EndpointId,
        options: ConnectionOptions,
        shown: Option<&OptionsVersion>,
    ) -> Result<(), AppError> {
        let _turn = self.0.turn.lock().await;
        let before = manager.options(endpoint)?;
        if let Some(shown) = shown
            && *shown != self.version(before.given())?
        {
            return Err(AppError::Conflict);
        }
        let options = options.unmasked(before.given()).map_err(AppError::InvalidField)?;
        let options = CheckedOptions::new(options).map_err(|error| told_beside_its_field(&error))?;
        manager.check(&endpoint.service, &options).await.map_err(AppError::InvalidField)?;
        Ok(manager.set_options(endpoint, options).await?)
    }
}

fn told_beside_its_field(error: &InvalidOptions) -> AppError {
    match error.field() {
        Some(field) => AppError::InvalidField(FieldProblem::new(field, error.to_string())),
        None => AppError::Invalid(error.to_string()),
    }
}
