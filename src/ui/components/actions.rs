//! What an administrator can do to a connection, and the word of how it went.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use web_sys::{FormData, HtmlFormElement};

use crate::{
    api::change_connection,
    changes::{Change, ChangeKind, Notice},
    error::AppError,
    ui::poll::Poll,
};

/// Notices shown at once.
const NOTICES: usize = 3;

/// Answers to refreshes after which good news goes away, because it may be true no longer.
const GOOD_NEWS_LASTS: u32 = 4;

/// A notice on the page. A later one about the same endpoint takes its place.
#[derive(Clone)]
pub struct Shown {
    /// What is said.
    pub notice: Notice,
    /// Whether the removed endpoint can be had back, and with auto reconnect or without.
    pub undo: Option<bool>,
    /// The answers to refreshes that had come before.
    since: u32,
}

/// What a page does in the place of its forms.
#[derive(Clone, Copy)]
pub struct Actions {
    shown: RwSignal<Vec<Shown>>,
    poll: Poll,
}

impl Actions {
    /// Actions that refresh the page when they are done. `first` is what the server has to say of a form that the browser
    /// sent itself.
    pub fn new(poll: Poll, first: Option<Notice>) -> Self {
        let since = poll.asking().with_untracked(|asking| asking.answers);
        let first = first.into_iter().map(|notice| Shown { notice, undo: None, since });
        Self { shown: RwSignal::new(first.collect()), poll }
    }

    /// The notices to show, newest first.
    pub fn shown(self) -> Vec<Shown> {
        let answers = self.poll.asking().with(|asking| asking.answers);
        let is_news = |shown: &&Shown| shown.notice.is_failure || answers < shown.since + GOOD_NEWS_LASTS;
        self.shown.with(|shown| shown.iter().filter(is_news).cloned().collect())
    }

    /// Takes a notice away.
    pub fn dismiss(self, endpoint: &str) {
        self.shown.update(|shown| shown.retain(|shown| shown.notice.endpoint != endpoint));
    }

    /// Makes a change and says what came of it. `undo` is the auto reconnect of what is removed; `refused` hears of an
    /// error.
    pub fn perform(self, change: Change, undo: Option<bool>, refused: impl FnOnce(&AppError) + 'static) {
        let is_connect = matches!(change.kind, ChangeKind::Connect(_));
        if is_connect {
            let text = format!("Connecting to {}…", change.endpoint);
            self.push(Notice { endpoint: change.endpoint.clone(), text, is_failure: false }, None);
        }
        let request = change_connection(change.clone());
        if is_connect {
            // The row is there before the attempt has ended.
            self.poll.refresh();
        }
        spawn_local(async move {
            let answer = request.await;
            if let Err(error) = &answer {
                refused(error);
            }
            let undo = undo.filter(|_| change.kind == ChangeKind::Remove && answer.is_ok());
            if let Some(notice) = change.notice(&answer) {
                self.push(notice, undo);
            }
            self.poll.refresh();
        });
    }

    /// Shows a notice.
    fn push(self, notice: Notice, undo: Option<bool>) {
        let since = self.poll.asking().with_untracked(|asking| asking.answers);
        self.shown.update(|shown| {
            shown.retain(|other| other.notice.endpoint != notice.endpoint);
            shown.insert(0, Shown { notice, undo, since });
            shown.truncate(NOTICES);
        });
    }
}

/// The change that a form asks for, if it asks for one; the page then makes it, and the browser does not send the form.
pub fn asked_for(event: &SubmitEvent) -> Option<Change> {
    if event.default_prevented() {
        return None;
    }
    let form = event_target::<HtmlFormElement>(event);
    let fields = FormData::new_with_form(&form).ok()?;
    // As the browser does, which adds the button that was pressed to what it sends.
    let pressed =
        event.submitter().and_then(|button| Some((button.get_attribute("name")?, button.get_attribute("value"))));
    if let Some((name, value)) = pressed {
        let _ = fields.append_with_str(&name, &value.unwrap_or_default());
    }
    let change = Change::from_fields(&|name| fields.get(name).as_string())?;
    event.prevent_default();
    Some(change)
}
