//! An administrator's own account.

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;
use wsmon_model::Account;

/// The account of the administrator who asks.
///
/// # Errors
///
/// [`AppError::Unauthenticated`].
#[server(endpoint = "load_account", input = Json, output = Json)]
pub async fn load_account() -> Result<Account, AppError> {
    super::as_admin(|admin| async move { Ok(admin.state.account(&admin.name, &admin.session).await?) }).await
}

/// Sets another password. Every other session of the administrator ends, and this one gets a new
/// id.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], and [`AppError::Invalid`] when the current password is wrong or
/// the new one too short or too long.
#[server(endpoint = "change_password", input = Json, output = Json)]
pub async fn change_password(current: String, new: String) -> Result<(), AppError> {
    use wsmon_model::{AuditAction, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};

    super::audited(AuditAction::ChangePassword, String::new(), |admin: super::Admin| async move {
        if new.chars().count() < PASSWORD_MIN_CHARS || new.len() > PASSWORD_MAX_BYTES {
            let text = format!("The new password needs at least {PASSWORD_MIN_CHARS} characters.");
            return Err(AppError::Invalid(text));
        }
        let authenticator = &admin.state.authenticator;
        let (current, new) = (current.into(), new.into());
        let id = authenticator.change_password(&admin.name, &admin.session, current, new, &admin.visitor).await?;
        admin.set_session(&id);
        Ok(())
    })
    .await
}

/// Ends a session of the administrator who asks.
///
/// # Errors
///
/// [`AppError::Unauthenticated`], and [`AppError::Invalid`] when there is no such session.
#[server(endpoint = "end_session", input = Json, output = Json)]
pub async fn end_session(key: String) -> Result<(), AppError> {
    use wsmon_model::AuditAction;

    super::audited(AuditAction::EndSession, String::new(), |admin: super::Admin| async move {
        if admin.state.end_own_session(&admin.name, &key).await? {
            Ok(())
        } else {
            Err(AppError::Invalid("That session has already ended.".to_owned()))
        }
    })
    .await
}
