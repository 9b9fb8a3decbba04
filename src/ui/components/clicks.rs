//! What the buttons of a page do that change nothing at the server.

use leptos::{ev::MouseEvent, prelude::*};
use web_sys::Element;

use super::Actions;
use crate::ui::{poll::Poll, url::follow};

/// Does what was clicked: a button says by `data-click` what that is. A link to this page is followed in place.
///
/// One listener a page, so that views can be made anew of their data, without the listeners of each button.
pub fn clicked(event: &MouseEvent, poll: Poll, actions: Option<Actions>) {
    follow(event);
    let button = event_target::<Element>(event).closest("[data-click]").ok().flatten();
    let Some(button) = button else { return };
    match (button.get_attribute("data-click").as_deref(), actions) {
        (Some("refresh"), _) => poll.refresh(),
        (Some("pause"), _) => poll.toggle_paused(),
        (Some("dismiss"), Some(actions)) => actions.dismiss(&button.get_attribute("data-of").unwrap_or_default()),
        _ => {}
    }
}
