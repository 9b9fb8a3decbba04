//! What an administrator can do to a connection, and the word of how it went.

use std::{collections::VecDeque, future::Future};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{connect_endpoint, disconnect_endpoint, remove_endpoint, set_auto_reconnect},
    error::AppError,
    ui::poll::Poll,
};
use wsmon_model::{Connection, EndpointId, Phase};

/// Notices shown at once.
const NOTICES: usize = 3;

/// Refreshes after which good news goes away, because it may be true no longer.
const GOOD_NEWS_LASTS: u8 = 4;

/// How an action went, or that it is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The endpoint it is about. A later notice about it takes this one's place.
    pub endpoint: String,
    /// What to say.
    pub text: String,
    /// Whether it is bad news.
    pub is_failure: bool,
    /// Whether the removed endpoint can be had back, and with auto reconnect or without.
    pub undo: Option<bool>,
    /// Refreshes since, if it is good news.
    age: u8,
}

/// The actions of the page they were provided to.
#[derive(Clone, Copy)]
pub struct Actions {
    notices: RwSignal<VecDeque<Notice>>,
    refresh: Callback<()>,
}

impl Actions {
    /// Actions that refresh the page when they are done.
    pub fn new<T: Clone + Default + Send + Sync + 'static>(poll: Poll<T>) -> Self {
        let notices = RwSignal::new(VecDeque::<Notice>::new());
        Effect::watch(
            move || poll.value().track(),
            move |(), _, _| {
                notices.maybe_update(|notices| {
                    let before = notices.len();
                    notices.iter_mut().filter(|notice| !notice.is_failure).for_each(|notice| notice.age += 1);
                    notices.retain(|notice| notice.age < GOOD_NEWS_LASTS);
                    notices.len() != before
                });
            },
            false,
        );
        Self { notices, refresh: Callback::new(move |()| poll.refresh()) }
    }

    /// The latest notices, newest first.
    pub fn notices(self) -> Signal<VecDeque<Notice>> {
        self.notices.into()
    }

    /// Takes a notice away.
    pub fn dismiss(self, endpoint: &str) {
        self.notices.update(|notices| notices.retain(|notice| notice.endpoint != endpoint));
    }

    /// Connects an endpoint and says what came of it. `refused` hears of a name that the server
    /// does not take.
    pub fn connect(self, endpoint: String, auto_reconnect: Option<bool>, refused: impl FnOnce(&AppError) + 'static) {
        self.tell(&endpoint, format!("Connecting to {endpoint}…"));
        let request = connect_endpoint(endpoint.clone(), auto_reconnect);
        // The row is there before the attempt has ended.
        self.refresh.run(());
        self.run(request, move |outcome| match outcome {
            Ok(connection) => self.tell_attempt(&connection),
            Err(error) => {
                refused(&error);
                self.fail(&endpoint, format!("{endpoint} was not connected. {error}"));
            }
        });
    }

    /// Disconnects an endpoint.
    pub fn disconnect(self, endpoint: &EndpointId) {
        let name = endpoint.to_string();
        self.run(disconnect_endpoint(name.clone()), move |outcome| match outcome {
            Ok(()) => self.tell(&name, format!("{name} is disconnected and stays so until it is connected again.")),
            Err(error) => self.fail(&name, format!("{name} was not disconnected. {error}")),
        });
    }

    /// Removes an endpoint, which can be undone.
    pub fn remove(self, connection: &Connection) {
        let name = connection.endpoint.to_string();
        let undo = connection.auto_reconnect;
        self.run(remove_endpoint(name.clone()), move |outcome| match outcome {
            Ok(()) => self.push(Notice {
                endpoint: name.clone(),
                text: format!("{name} is removed."),
                is_failure: false,
                undo: Some(undo),
                age: 0,
            }),
            Err(error) => self.fail(&name, format!("{name} was not removed. {error}")),
        });
    }

    /// Sets auto reconnect.
    pub fn set_auto_reconnect(self, endpoint: &EndpointId, enabled: bool) {
        let name = endpoint.to_string();
        let word = if enabled { "on" } else { "off" };
        self.run(set_auto_reconnect(name.clone(), enabled), move |outcome| match outcome {
            Ok(()) => self.tell(&name, format!("Auto reconnect of {name} is {word}.")),
            Err(error) => self.fail(&name, format!("Auto reconnect of {name} was not turned {word}. {error}")),
        });
    }

    /// Asks for something else, and says what came of it.
    pub fn ask(
        self,
        endpoint: String,
        request: impl Future<Output = Result<(), AppError>> + 'static,
        done: &'static str,
        verb: &'static str,
    ) {
        self.run(request, move |outcome| self.told(&endpoint, outcome, done, verb));
    }

    /// Says what came of something.
    pub fn told(self, endpoint: &str, outcome: Result<(), AppError>, done: &str, verb: &str) {
        match outcome {
            Ok(()) => self.tell(endpoint, format!("{endpoint} {done}.")),
            Err(error) => self.fail(endpoint, format!("{endpoint} was not {verb}. {error}")),
        }
    }

    /// Awaits a request, says what came of it, and refreshes the list.
    fn run<T: 'static>(
        self,
        request: impl Future<Output = Result<T, AppError>> + 'static,
        say: impl FnOnce(Result<T, AppError>) + 'static,
    ) {
        spawn_local(async move {
            let outcome = request.await;
            // The page may have been left meanwhile.
            if !self.notices.is_disposed() {
                say(outcome);
                self.refresh.run(());
            }
        });
    }

    fn tell_attempt(self, connection: &Connection) {
        let name = &connection.endpoint.to_string();
        let why = connection.cause_text.as_deref().unwrap_or_default();
        match connection.phase {
            Phase::Connected => self.tell(name, format!("{name} is connected.")),
            Phase::Connecting => self.tell(name, format!("{name} is still connecting.")),
            Phase::Waiting => self.fail(name, format!("{name} did not connect and will be tried again. {why}")),
            Phase::Blocked => {
                self.fail(name, format!("{name} did not connect, and trying again at once cannot help. {why}"));
            }
            // Disconnected while it was connecting, which has a notice of its own.
            Phase::Off if why.is_empty() => {}
            Phase::Off => self.fail(name, format!("{name} did not connect. {why}")),
        }
    }

    fn tell(self, endpoint: &str, text: String) {
        self.push(Notice { endpoint: endpoint.to_owned(), text, is_failure: false, undo: None, age: 0 });
    }

    fn fail(self, endpoint: &str, text: String) {
        self.push(Notice { endpoint: endpoint.to_owned(), text, is_failure: true, undo: None, age: 0 });
    }

    fn push(self, notice: Notice) {
        self.notices.update(|notices| {
            notices.retain(|other| other.endpoint != notice.endpoint);
            notices.push_front(notice);
            notices.truncate(NOTICES);
        });
    }
}
