//! Seeing and changing connections.

use std::{future::Future, time::SystemTime};

use super::{ActorOperations, outcome::ReportsOutcome};
use crate::{
    changes::{Answer, Change, ChangeKind},
    error::AppError,
};
use wsmon_manager::{ConnectionManager, Explanation, Wanted, clock::unix_ms};
use wsmon_model::{
    AuditAction, Connection, ConnectionOptions, EndpointDetails, EndpointId, EndpointOptions, History, ListAnswer,
    ListQuery, ListVersion, OptionsVersion, Phase, Summary,
};

/// Events of a connection shown at once.
const EVENTS_SHOWN: u32 = 50;

impl ActorOperations {
    /// One page of the list of connections, with the samples that could be added; only the time for whoever is shown just
    /// that already.
    pub fn list(&self, query: &ListQuery, shown: Option<ListVersion>) -> ListAnswer {
        let parts = &self.parts;
        let mut list = parts.manager.list(query);
        list.disk_full = parts.store.is_full();
        list.store_problem = parts.store.problem_text();
        list.grafana_url = parts.hints.grafana_url.clone();
        let is_new = |sample: &&EndpointId| parts.manager.get(sample).is_none();
        list.samples = parts.hints.samples.iter().filter(is_new).cloned().collect();
        list.answer_to(shown)
    }

    /// How many connections there are in each status.
    pub fn summary(&self) -> Summary {
        self.parts.manager.summary()
    }

    /// One connection with its latest events.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`], [`AppError::NotFound`], and [`AppError::Internal`] when the events cannot be read.
    pub async fn details(&self, endpoint: &str) -> Result<EndpointDetails, AppError> {
        let (parts, endpoint) = (&self.parts, id(endpoint)?);
        let mut connection = parts.manager.get(&endpoint).ok_or_else(|| AppError::NotFound(endpoint.clone()))?;
        let events = parts.store.events_of(&endpoint, EVENTS_SHOWN).await?;
        let explanation = parts.manager.explain(&endpoint, &parts.store.past_of(&endpoint).await?);
        let advice = explanation.as_ref().map(Explanation::to_advice).unwrap_or_default();
        if let Some(Explanation { layer, sentence, .. }) = explanation {
            (connection.layer, connection.cause_text) = (layer, Some(sentence));
        }
        let now_ms = unix_ms(SystemTime::now());
        let token_expiry = parts.manager.token_expiry(&endpoint).await;
        let certificates = parts.manager.certificates(&endpoint.service).await;
        Ok(EndpointDetails { now_ms, connection: Some(connection), advice, token_expiry, certificates, events })
    }

    /// How a connection fared for as long as that is kept, up to now.
    ///
    /// # Errors
    ///
    /// As for [`details`](Self::details).
    pub async fn history(&self, endpoint: &str) -> Result<History, AppError> {
        let (parts, endpoint) = (&self.parts, id(endpoint)?);
        if parts.manager.get(&endpoint).is_none() {
            return Err(AppError::NotFound(endpoint));
        }
        Ok(parts.store.history_of(&endpoint).await?)
    }

    /// The options of a connection, secrets masked.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`], [`AppError::NotFound`].
    pub fn options(&self, endpoint: &str) -> Result<EndpointOptions, AppError> {
        let (parts, endpoint) = (&self.parts, id(endpoint)?);
        let options = parts.manager.options(&endpoint)?;
        let version = parts.option_changes.version(options.given())?;
        let defaults = parts.manager.defaults(&endpoint.service).masked();
        Ok(EndpointOptions { given: options.given().masked(), defaults, version })
    }

    /// Makes a change of one connection; gives the connection where there is an outcome to tell of.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect) and [`disconnect`](Self::disconnect).
    pub async fn change(&self, change: &Change) -> Answer {
        let endpoint = &change.endpoint;
        match change.kind {
            ChangeKind::Connect(auto_reconnect) => return self.connect(endpoint, auto_reconnect).await.map(Some),
            ChangeKind::Disconnect => self.disconnect(endpoint).await,
            ChangeKind::Remove => self.remove(endpoint).await,
            ChangeKind::AutoReconnect(enabled) => self.set_auto_reconnect(endpoint, enabled).await,
            ChangeKind::Pause => self.pause(endpoint).await,
            ChangeKind::Resume => self.resume(endpoint).await,
        }
        .map(|()| None)
    }

    /// Connects an endpoint, which is added if it is new, and gives the outcome of the attempt. With `auto_reconnect`
    /// none, that stays as it is.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] for what identifies no endpoint, [`AppError::ShuttingDown`], [`AppError::DiskFull`],
    /// [`AppError::NotFound`] for one that is removed meanwhile, and [`AppError::Interrupted`] when a shutdown ends the
    /// attempt. An attempt that fails is no error: the connection says why.
    pub async fn connect(&self, endpoint: &str, auto_reconnect: Option<bool>) -> Result<Connection, AppError> {
        self.run_change(AuditAction::Connect, endpoint, move |manager, id| async move {
            let settled = manager.connect(&id, auto_reconnect).await?.outcome().await?;
            if settled.phase != Phase::Connected && !manager.is_running() {
                return Err(AppError::Interrupted);
            }
            manager.get(&id).ok_or(AppError::NotFound(id))
        })
        .await
    }

    /// Disconnects an endpoint, which then stays off. Returns when its socket is closed.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`], [`AppError::NotFound`], [`AppError::ShuttingDown`], and [`AppError::DiskFull`]. So for
    /// everything that changes a connection; nothing has changed then.
    pub async fn disconnect(&self, endpoint: &str) -> Result<(), AppError> {
        let change = |manager: ConnectionManager, id| async move { Ok(manager.disconnect(&id).await?) };
        self.run_change(AuditAction::Disconnect, endpoint, change).await
    }

    /// Removes an endpoint and its events. Returns when its socket is closed.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn remove(&self, endpoint: &str) -> Result<(), AppError> {
        let change = |manager: ConnectionManager, id| async move { Ok(manager.remove(&id).await?) };
        self.run_change(AuditAction::Remove, endpoint, change).await
    }

    /// Adds an endpoint that was removed, as it was wanted before.
    pub(super) async fn add_back(&self, wanted: Wanted) -> Result<(), AppError> {
        let endpoint = wanted.endpoint.to_string();
        let change = |manager: ConnectionManager, _| async move { Ok(manager.add_back(wanted).await?) };
        self.run_change(AuditAction::AddBack, &endpoint, change).await
    }

    /// Sets whether a connection is connected again after it was lost.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn set_auto_reconnect(&self, endpoint: &str, enabled: bool) -> Result<(), AppError> {
        let action = if enabled { AuditAction::AutoReconnectOn } else { AuditAction::AutoReconnectOff };
        let change =
            move |manager: ConnectionManager, id| async move { Ok(manager.set_auto_reconnect(&id, enabled).await?) };
        self.run_change(action, endpoint, change).await
    }

    /// Stops the attempts of a connection that waits or is blocked; nothing happens to any other.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn pause(&self, endpoint: &str) -> Result<(), AppError> {
        let change = |manager: ConnectionManager, id| async move { Ok(manager.pause(&id).await?) };
        self.run_change(AuditAction::Pause, endpoint, change).await
    }

    /// Lets the attempts of a connection that is off go on; nothing happens to any other.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect).
    pub async fn resume(&self, endpoint: &str) -> Result<(), AppError> {
        let change = |manager: ConnectionManager, id| async move { Ok(manager.resume(&id).await?) };
        self.run_change(AuditAction::Resume, endpoint, change).await
    }

    /// Sets what differs for a connection. A secret that is sent as its mask stays as it was. With a version, it is only
    /// done if these are still the options that were shown. An open connection is opened anew.
    ///
    /// # Errors
    ///
    /// As for [`disconnect`](Self::disconnect), and [`AppError::InvalidField`] and [`AppError::Invalid`] for options that
    /// cannot be used, and [`AppError::Conflict`].
    pub async fn set_options(
        &self,
        endpoint: &str,
        options: ConnectionOptions,
        shown: Option<OptionsVersion>,
    ) -> Result<(), AppError> {
        let changes = self.parts.option_changes.clone();
        let change =
            |manager: ConnectionManager, id| async move { changes.set(&manager, &id, options, shown.as_ref()).await };
        self.run_change(AuditAction::SetOptions, endpoint, change).await
    }

    /// Runs a change of one connection, made through a manager that keeps the entry in the audit log with it.
    pub(super) async fn run_change<T, F>(
        &self,
        action: AuditAction,
        endpoint: &str,
        change: impl FnOnce(ConnectionManager, EndpointId) -> F + Send + 'static,
    ) -> Result<T, AppError>
    where
        T: ReportsOutcome + Send + 'static,
        F: Future<Output = Result<T, AppError>> + Send,
    {
        let (manager, id) = (self.parts.manager.clone(), id(endpoint));
        self.run(action, endpoint, |audit| async move { change(manager.audited(audit), id?).await }).await
    }
}

/// Reads an endpoint's identity; what is wrong with it is said in a sentence.
fn id(text: &str) -> Result<EndpointId, AppError> {
    text.parse::<EndpointId>().map_err(|error| AppError::Invalid(error.to_string()))
}
