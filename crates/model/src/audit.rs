//! Who did what, when, from where, and with which outcome.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::PeerText;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AuditAction {
    /// Signed in, or tried to.
    LogIn,
    /// Signed out.
    LogOut,
    /// Set a password.
    ChangePassword,
    /// Ended a session.
    EndSession,
    /// Added an administrator.
    AddAdministrator,
    /// Removed an administrator.
    RemoveAdministrator,
    /// Connected an endpoint.
    Connect,
    /// Disconnected an endpoint.
    Disconnect,
    /// Removed an endpoint.
    Remove,
    /// Added an endpoint that had been removed, as it was.
    AddBack,
    /// Turned auto reconnect on.
    AutoReconnectOn,
    /// Turned auto reconnect off.
    AutoReconnectOff,
    /// Stopped an endpoint's attempts.
    Pause,
    /// Let an endpoint's attempts go on.
    Resume,
    /// Changed an endpoint's options.
    SetOptions,
    /// Tested whether an endpoint can be connected, by a dry run.
    Test,
    /// Backed up the store.
    BackUp,
    /// Put a backup in the place of the store.
    Restore,
}

impl AuditAction {
    /// The word for machines: URLs and the store.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::LogIn => "Sign in",
            Self::LogOut => "Sign out",
            Self::ChangePassword => "Change password",
            Self::EndSession => "End session",
            Self::AddAdministrator => "Add administrator",
            Self::RemoveAdministrator => "Remove administrator",
            Self::Connect => "Connect",
            Self::Disconnect => "Disconnect",
            Self::Remove => "Remove",
            Self::AddBack => "Add back",
            Self::AutoReconnectOn => "Auto reconnect on",
            Self::AutoReconnectOff => "Auto reconnect off",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::SetOptions => "Change options",
            Self::Test => "Test",
            Self::BackUp => "Back up",
            Self::Restore => "Restore a backup",
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AuditOutcome {
    /// It is kept, and not yet known what comes of it.
    UnderWay,
    /// It was done.
    Done,
    /// It was not allowed, or made no sense.
    Refused,
    /// It was tried and did not work.
    Failed,
}

impl AuditOutcome {
    /// The word for machines.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::UnderWay => "Under way",
            Self::Done => "Done",
            Self::Refused => "Refused",
            Self::Failed => "Failed",
        }
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, in Unix milliseconds by the server's clock.
    pub at_ms: i64,
    /// Who, as they called themselves.
    pub who: PeerText,
    /// From which address; empty for the command line.
    pub address: String,
    /// What.
    pub action: AuditAction,
    /// To what: an endpoint or an administrator, as it was given.
    pub object: PeerText,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// Why, where it was not simply done.
    pub detail: PeerText,
}

/// An entry on its way into the log. The store keeps it in one transaction with the change that it tells of, when it
/// is not yet known what comes of it, and completes it when the operation has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAudit {
    /// A number that no other operation has: by it the entry is found again.
    pub operation: i64,
    /// The entry.
    pub entry: AuditEntry,
}

/// Which entries to list, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Only this action.
    pub action: Option<AuditAction>,
    /// Part of who, from where, to what, or why; empty for all.
    pub search: String,
    /// The page, from 0.
    pub page: u32,
}

impl AuditQuery {
    /// Reads the parameters of a page's URL. What does not parse is left out, as if not there.
    pub fn from_params(param: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            action: param("action").and_then(|text| text.parse().ok()),
            search: param("q").unwrap_or_default(),
            page: super::page_param(param("page")),
        }
    }

    /// The parameters of a page's URL, defaults left out; the inverse of
    /// [`from_params`](Self::from_params).
    pub fn to_params(&self) -> Vec<(&'static str, String)> {
        let mut params = Vec::new();
        if let Some(action) = self.action {
            params.push(("action", action.as_str().to_owned()));
        }
        if !self.search.is_empty() {
            params.push(("q", self.search.clone()));
        }
        if self.page > 0 {
            params.push(("page", (self.page + 1).to_string()));
        }
        params
    }
}

/// One page of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// How many match the query, on all pages.
    pub matching: u32,
    /// The page that is answered: the last one if there are fewer than asked for.
    pub page: u32,
    /// Its entries, at most [`PER_PAGE`](super::PER_PAGE).
    pub rows: Vec<AuditEntry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_the_url() {
        let query = AuditQuery { action: Some(AuditAction::LogIn), search: "admin".to_owned(), page: 2 };
        let params = query.to_params();
        let read = |key: &str| params.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
        assert_eq!(AuditQuery::from_params(read), query);
        assert_eq!(AuditQuery::default().to_params(), []);
    }
}
