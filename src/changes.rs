//! What a form on the page asks to be changed, and what is said of what came of it. Alike whether the browser sends the
//! form or, once it lives, the page does so in its place.

mod options;

use serde::{Deserialize, Serialize};

pub use self::options::{OPTIONS, OPTIONS_VERSION, SAVE_OPTIONS, SHOW, UnsavedOptions, read_options};
use crate::error::AppError;
use wsmon_model::{Connection, EndpointId, Phase};

/// A change of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The endpoint's identity as text, right or wrong.
    pub endpoint: String,
    /// What is asked for.
    pub kind: ChangeKind,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// To connect it; with auto reconnect on, off, or as it is.
    Connect(Option<bool>),
    /// To disconnect it.
    Disconnect,
    /// To remove it.
    Remove,
    /// To turn auto reconnect on or off.
    AutoReconnect(bool),
    /// To make no attempts for the time being.
    Pause,
    /// To let attempts go on.
    Resume,
}

/// The buttons that stand beside a connection, by name. The value of each is the connection's endpoint.
const BUTTONS: [(&str, ChangeKind); 7] = [
    ("connect", ChangeKind::Connect(None)),
    ("disconnect", ChangeKind::Disconnect),
    ("remove", ChangeKind::Remove),
    ("auto-reconnect-on", ChangeKind::AutoReconnect(true)),
    ("auto-reconnect-off", ChangeKind::AutoReconnect(false)),
    ("pause", ChangeKind::Pause),
    ("resume", ChangeKind::Resume),
];

/// The button that adds a connection, by name.
pub const ADD: &str = "add";

/// The button that ends another session of the administrator's, by name. Its value is the session's key.
pub const END_SESSION: &str = "end-session";

impl ChangeKind {
    /// The name of the button that asks for it.
    pub fn button(self) -> &'static str {
        BUTTONS.iter().find(|(_, kind)| *kind == self).map_or(ADD, |(name, _)| name)
    }

    fn done(self, name: &str) -> String {
        let what = match self {
            Self::AutoReconnect(enabled) => return format!("Auto reconnect of {name} is {}.", on_or_off(enabled)),
            Self::Connect(_) => "is connected",
            Self::Disconnect => "is disconnected and stays so until it is connected again",
            Self::Remove => "is removed",
            Self::Pause => "is paused: no attempt is made until it is resumed",
            Self::Resume => "is resumed",
        };
        format!("{name} {what}.")
    }

    fn not_done(self, name: &str) -> String {
        let what = match self {
            Self::AutoReconnect(enabled) => {
                return format!("Auto reconnect of {name} was not turned {}.", on_or_off(enabled));
            }
            Self::Connect(_) => "connected",
            Self::Disconnect => "disconnected",
            Self::Remove => "removed",
            Self::Pause => "paused",
            Self::Resume => "resumed",
        };
        format!("{name} was not {what}.")
    }
}

/// The answer to a change: the connection, where there is one to tell of.
pub type Answer = Result<Option<Connection>, AppError>;

impl Change {
    /// Reads the fields of a form, the button that sent it among them; none for another form.
    ///
    /// The button `add` goes with the fields `endpoint`, `auto_reconnect`, and `service` where the endpoint is a name there.
    pub fn from_fields(field: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        if let Some((endpoint, kind)) = BUTTONS.iter().find_map(|(name, kind)| Some((field(name)?, *kind))) {
            return Some(Self { endpoint, kind });
        }
        field(ADD)?;
        let endpoint = endpoint_of(field)?;
        Some(Self { endpoint, kind: ChangeKind::Connect(Some(field("auto_reconnect").is_some())) })
    }

    /// What to say of the answer; nothing where another notice has said it.
    pub fn notice(&self, answer: &Answer) -> Option<Notice> {
        let name = &self.endpoint;
        let (text, is_failure) = match answer {
            Ok(Some(connection)) => return of_attempt(connection),
            Ok(None) => (self.kind.done(name), false),
            Err(error) => (format!("{} {error}", self.kind.not_done(name)), true),
        };
        Some(Notice { endpoint: name.clone(), text, is_failure })
    }
}

/// The endpoint that the form names which adds connections, as text, right or wrong: its field `endpoint`, a name in the
/// `service`, where there is that field.
pub fn endpoint_of(field: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let endpoint = field("endpoint")?;
    Some(match field("service") {
        // What is wrong with it is found when it is read again.
        Some(service) => id_text(format!("{service}:{endpoint}")),
        None => endpoint,
    })
}

fn on_or_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

/// An identity without the service it may leave out; as it is, where it is none.
pub fn id_text(text: String) -> String {
    text.parse::<EndpointId>().map_or(text, |id| id.to_string())
}

/// What to say of an attempt that has ended, or goes on.
fn of_attempt(connection: &Connection) -> Option<Notice> {
    let why = connection.cause_text.as_deref().unwrap_or_default();
    let (text, is_failure) = match connection.phase {
        Phase::Connected => ("is connected.", false),
        Phase::Connecting => ("is still connecting.", false),
        Phase::Waiting => ("did not connect and will be tried again. ", true),
        Phase::Blocked => ("did not connect, and trying again at once cannot help. ", true),
        // Disconnected while it was connecting, which has a notice of its own.
        Phase::Off if why.is_empty() => return None,
        Phase::Off => ("did not connect. ", true),
    };
    let endpoint = connection.endpoint.to_string();
    let text = format!("{endpoint} {text}{}", if is_failure { why } else { "" });
    Some(Notice { endpoint, text, is_failure })
}

/// The word of how a change went, or that it is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The endpoint it is about.
    pub endpoint: String,
    /// What to say.
    pub text: String,
    /// Whether it is bad news.
    pub is_failure: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Option<Change> {
        Change::from_fields(&|name| fields.iter().find(|(field, _)| *field == name).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn a_button_names_the_change_and_has_the_endpoint_for_its_value() {
        for (name, kind) in BUTTONS {
            assert_eq!(read(&[(name, "other:feed")]), Some(Change { endpoint: "other:feed".to_owned(), kind }));
            assert_eq!(kind.button(), name);
        }
        assert_eq!(read(&[("q", "feed")]), None);
    }

    #[test]
    fn a_name_is_one_of_the_service_that_is_chosen() {
        let added = |fields: &[(&str, &str)]| read(&[fields, &[("add", "")]].concat()).expect("a change").endpoint;
        assert_eq!(added(&[("endpoint", "feed"), ("service", "default")]), "feed");
        assert_eq!(added(&[("endpoint", "feed"), ("service", "other")]), "other:feed");
        assert_eq!(added(&[("endpoint", "other:feed")]), "other:feed");
        let elsewhere = added(&[("endpoint", "other:feed"), ("service", "default")]);
        assert!(elsewhere.parse::<EndpointId>().is_err(), "a name has no colon: {elsewhere}");
    }
}
