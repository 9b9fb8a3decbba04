//! The server functions: what the page may ask of the server. Nothing else is in here.
//!
//! Each one is a public HTTP endpoint, so each one's whole body is a call of `as_admin` or
//! `audited`, which check that an administrator asks and give an error its HTTP status.

mod account;
mod audit;
mod connections;
mod guide;
mod wire;

pub use account::{change_password, end_session, load_account};
pub use audit::list_audit;
pub use connections::{
    connect_endpoint, disconnect_endpoint, list_connections, load_endpoint, load_summary, pause_endpoint,
    remove_endpoint, resume_endpoint, set_auto_reconnect, set_options,
};
pub use guide::load_guide;

#[cfg(feature = "ssr")]
use self::admin::{Admin, as_admin, audited, endpoint_id, set_status};

/// Which half this is.
const ON_SERVER: bool = cfg!(feature = "ssr");

/// The browser answers nobody.
#[cfg(not(feature = "ssr"))]
fn set_status(_: &crate::error::AppError) {}

/// The one helper that touches the server.
#[cfg(feature = "ssr")]
mod admin {
    use std::future::Future;

    use axum::{
        extract::FromRequestParts,
        http::{StatusCode, header::SET_COOKIE, request::Parts},
    };
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use crate::{
        error::AppError,
        server::{
            AppState, AuditedAction, LoginError, ReportsOutcome, SignedIn,
            auth::{AuthError, SessionId, Visitor},
            set_cookie,
        },
    };
    use wsmon_model::{AuditAction, EndpointId};

    /// The administrator who asks, and what there is to ask.
    #[derive(Clone)]
    pub(super) struct Admin {
        pub(super) state: AppState,
        pub(super) name: String,
        pub(super) session: SessionId,
        pub(super) visitor: Visitor,
        response: ResponseOptions,
    }

    impl Admin {
        /// Gives the browser another session in the place of the one it has.
        pub(super) fn set_session(&self, id: &SessionId) {
            self.response.insert_header(SET_COOKIE, set_cookie(Some(id), self.state.secure()));
        }
    }

    /// Does what an administrator asks for; for anybody else it answers 401 and does nothing.
    pub(super) async fn as_admin<T, F>(work: impl FnOnce(Admin) -> F) -> Result<T, AppError>
    where
        F: Future<Output = Result<T, AppError>>,
    {
        let outcome = match administrator().await {
            Ok(admin) => work(admin).await,
            Err(error) => Err(error),
        };
        outcome.inspect_err(set_status)
    }

    /// Gives the answer an error's HTTP status.
    pub(super) fn set_status(error: &AppError) {
        if let Some(response) = use_context::<ResponseOptions>()
            && let Ok(status) = StatusCode::from_u16(error.http_status())
        {
            response.set_status(status);
        }
    }

    /// Does what an administrator asks for, and writes down what came of it. Neither a browser that
    /// leaves before the answer nor a shutdown stops it.
    pub(super) async fn audited<T, F>(
        action: AuditAction,
        object: String,
        work: impl FnOnce(Admin) -> F,
    ) -> Result<T, AppError>
    where
        T: ReportsOutcome + Send + 'static,
        F: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        as_admin(|admin| async move {
            let state = admin.state.clone();
            let audited = AuditedAction { who: admin.name.clone(), visitor: admin.visitor.clone(), action, object };
            state.audited(audited, work(admin)).await
        })
        .await
    }

    async fn administrator() -> Result<Admin, AppError> {
        let state = use_context::<AppState>().ok_or(AppError::Internal)?;
        let response = use_context::<ResponseOptions>().ok_or(AppError::Internal)?;
        let mut parts = use_context::<Parts>().ok_or(AppError::Internal)?;
        let signed_in = SignedIn::from_request_parts(&mut parts, &state).await.map_err(|status| match status {
            StatusCode::UNAUTHORIZED => AppError::Unauthenticated,
            _ => AppError::Internal,
        })?;
        let Ok(visitor) = Visitor::from_request_parts(&mut parts, &state).await;
        Ok(Admin { state, name: signed_in.name, session: signed_in.id, visitor, response })
    }

    /// Reads an endpoint's identity; what is wrong with it is said in a sentence.
    pub(super) fn endpoint_id(text: &str) -> Result<EndpointId, AppError> {
        text.parse::<EndpointId>().map_err(|error| AppError::Invalid(error.to_string()))
    }

    impl From<LoginError> for AppError {
        fn from(error: LoginError) -> Self {
            match error {
                LoginError::Credentials => Self::Invalid("The current password is wrong.".to_owned()),
                LoginError::TooMany { wait, .. } => {
                    Self::Invalid(format!("Too many wrong passwords. Wait {} s.", wait.as_secs() + 1))
                }
                LoginError::Internal(AuthError::Store(error)) => error.into(),
                LoginError::Internal(error) => {
                    tracing::error!(%error, "a password could not be changed");
                    Self::Internal
                }
            }
        }
    }
}
