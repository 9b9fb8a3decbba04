//! What the buttons of a page do that change nothing at the server.

use leptos::{ev::MouseEvent, prelude::*};
use web_sys::Element;

use super::Actions;
use crate::ui::{poll::Poll, url::follow};

/// What was clicked.
pub struct Click {
    /// What is to be done.
    pub what: String,
    /// To what; empty where that is clear.
    pub of: String,
}

/// What was clicked, if that says what it does, by `data-click` and `data-of`.
pub fn click_of(event: &MouseEvent) -> Option<Click> {
    let button = event_target::<Element>(event).closest("[data-click]").ok()??;
    let what = button.get_attribute("data-click")?;
    Some(Click { what, of: button.get_attribute("data-of").unwrap_or_default() })
}

/// Does what was clicked. A link to this page is followed in place.
///
/// One listener a page, so that views can be made anew of their data, without the listeners of each button.
pub fn clicked(event: &MouseEvent, poll: Poll, actions: Actions) {
    follow(event);
    let Some(Click { what, of }) = click_of(event) else { return };
    match what.as_str() {
        "refresh" => poll.refresh(),
        "pause" => poll.toggle_paused(),
        "dismiss" => actions.dismiss(&of),
        _ => {}
    }
}
