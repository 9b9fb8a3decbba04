//! One row of the list.

use leptos::prelude::*;

use super::{links, standing::standing, status_badge::status_badge};
use crate::{
    changes::ChangeKind,
    ui::{format, text::text},
};
use wsmon_model::{Connection, Phase};

/// The form that the buttons beside connections belong to, by its id.
///
/// One for all, which holds nothing itself: each button names the change, and has the endpoint for its value.
pub const CHANGES: &str = "changes";

/// What a row says of a connection: what it does, and what can be done to it. `clock` tells when the server answered, by its
/// clock, so that a browser's wrong clock shows no wrong times, and how long ago that was, both in milliseconds.
pub fn connection_cells<F>(connection: &Connection, clock: F) -> impl IntoView + use<F>
where
    F: Fn() -> (i64, i64) + Copy + Send + 'static,
{
    let name = connection.endpoint.to_string();
    let href = links::endpoint(&name);
    // Without one its service is not configured.
    let url = if connection.url.is_empty() { "–".to_owned() } else { connection.url.clone() };
    let messages = format::count(connection.messages_received);
    let bytes = format::bytes(connection.bytes_received);
    let last_message_ms = connection.last_message_ms;
    let last_message = text(move || match last_message_ms {
        Some(at) => {
            let (answered_ms, age_ms) = clock();
            format::last_message(answered_ms - at, age_ms)
        }
        None => "never".to_owned(),
    });
    let now_ms = move || {
        let (answered_ms, age_ms) = clock();
        answered_ms + age_ms
    };
    view! {
        <th role="rowheader" scope="row" class="name"><a href=href>{name}</a></th>
        <td role="cell" class="url" data-label="URL">{url}</td>
        <td role="cell" class="status">
            {status_badge(connection.status())} " " {standing(connection, now_ms)}
        </td>
        <td role="cell" data-label="Auto Reconnect">{auto_reconnect(connection)}</td>
        <td role="cell" class="number" data-label="Messages">{messages} " " <span class="quiet unit">{bytes}</span></td>
        <td role="cell" class="number" data-label="Last message">{last_message}</td>
        <td role="cell" class="actions">{row_actions(connection)}</td>
    }
}

/// The switch.
pub fn auto_reconnect(connection: &Connection) -> impl IntoView + use<> {
    let name = connection.endpoint.to_string();
    let label = format!("Auto Reconnect {name}");
    let is_on = connection.auto_reconnect;
    let change = ChangeKind::AutoReconnect(!is_on).button();
    let checked = if is_on { "true" } else { "false" };
    view! {
        <button form=CHANGES name=change value=name role="switch" class="switch" aria-checked=checked aria-label=label>
            <span class="track" aria-hidden="true"></span>
            {if is_on { "On" } else { "Off" }}
        </button>
    }
}

/// The buttons. Connect and Disconnect are one element, so that focus stays when it changes.
pub fn row_actions(connection: &Connection) -> impl IntoView + use<> {
    let name = connection.endpoint.to_string();
    // Up or being brought up, so that it can be disconnected.
    let is_wanted = matches!(connection.phase, Phase::Connected | Phase::Connecting | Phase::Waiting);
    let (toggle, word) = match is_wanted {
        true => (ChangeKind::Disconnect, "Disconnect"),
        false => (ChangeKind::Connect(None), "Connect"),
    };
    let cannot_retry = connection.phase != Phase::Waiting;
    (
        change_button(&name, ChangeKind::Connect(None), format!("Retry {name} now"), "Retry now", cannot_retry),
        change_button(&name, toggle, format!("{word} {name}"), word, false),
        change_button(&name, ChangeKind::Remove, format!("Remove {name}"), "Remove", false),
    )
}

/// A button that asks for a change.
pub fn change_button(
    name: &str,
    change: ChangeKind,
    label: String,
    word: &'static str,
    hidden: bool,
) -> impl IntoView + use<> {
    view! {
        <button form=CHANGES name=change.button() value=name.to_owned() aria-label=label hidden=hidden>
            {word}
        </button>
    }
}
