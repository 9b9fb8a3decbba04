//! One row of the list.

use leptos::prelude::*;

use super::{Actions, StatusBadge, links, standing::Standing};
use crate::ui::format;
use wsmon_model::{Connection, Phase};

/// One connection, what it does, and what can be done to it.
#[component]
pub fn ConnectionRow(
    connection: Memo<Connection>,
    /// When the server answered, by its clock.
    answered_ms: Signal<i64>,
    /// How long ago that is.
    age_ms: Signal<i64>,
) -> impl IntoView {
    let now_ms = Signal::derive(move || answered_ms.get() + age_ms.get());
    let name = connection.with_untracked(|connection| connection.endpoint.to_string());
    let heading = name.clone();
    let status = Signal::derive(move || connection.with(Connection::status));
    let url = Signal::derive(move || match connection.with(|connection| connection.url.clone()) {
        // Its service is not configured.
        none if none.is_empty() => "–".to_owned(),
        url => url,
    });
    let messages = Signal::derive(move || connection.with(|connection| format::count(connection.messages_received)));
    let bytes = Signal::derive(move || connection.with(|connection| format::bytes(connection.bytes_received)));
    let last_message = Signal::derive(move || match connection.with(|connection| connection.last_message_ms) {
        Some(at) => format::last_message(answered_ms.get() - at, age_ms.get()),
        None => "never".to_owned(),
    });
    view! {
        <tr role="row" data-endpoint=name.clone()>
            <th role="rowheader" scope="row" class="name"><a href=links::endpoint(&name)>{heading}</a></th>
            <td role="cell" class="url" data-label="URL">{url}</td>
            <td role="cell" class="status"><StatusBadge status/> <Standing connection now_ms/></td>
            <td role="cell" data-label="Auto Reconnect"><AutoReconnect connection/></td>
            <td role="cell" class="number" data-label="Messages">{messages} <span class="quiet unit">{bytes}</span></td>
            <td role="cell" class="number" data-label="Last message">{last_message}</td>
            <td role="cell" class="actions"><RowActions connection/></td>
        </tr>
    }
}

/// The switch.
#[component]
pub fn AutoReconnect(connection: Memo<Connection>) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let label = connection.with_untracked(|connection| format!("Auto Reconnect {}", connection.endpoint));
    let is_on = move || connection.with(|connection| connection.auto_reconnect);
    let checked = Signal::derive(move || if is_on() { "true" } else { "false" });
    let word = Signal::derive(move || if is_on() { "On" } else { "Off" });
    let toggle = move |_| {
        connection.with_untracked(|connection| {
            actions.set_auto_reconnect(&connection.endpoint, !connection.auto_reconnect);
        });
    };
    view! {
        <button type="button" role="switch" class="switch" aria-checked=checked aria-label=label on:click=toggle>
            <span class="track" aria-hidden="true"></span>
            {word}
        </button>
    }
}

/// Whether the connection is up or being brought up, so that it can be disconnected.
fn is_wanted(connection: &Connection) -> bool {
    matches!(connection.phase, Phase::Connected | Phase::Connecting | Phase::Waiting)
}

/// The buttons. Connect and Disconnect are one element, so that focus stays when it changes.
#[component]
pub fn RowActions(connection: Memo<Connection>) -> impl IntoView {
    let actions = expect_context::<Actions>();
    let name = connection.with_untracked(|connection| connection.endpoint.to_string());
    let word = Signal::derive(move || if connection.with(is_wanted) { "Disconnect" } else { "Connect" });
    let label = {
        let name = name.clone();
        Signal::derive(move || format!("{} {name}", word.get()))
    };
    let cannot_retry = Signal::derive(move || connection.with(|connection| connection.phase != Phase::Waiting));
    let connect = move || connection.with_untracked(|c| actions.connect(c.endpoint.to_string(), None, |_| {}));
    let toggle = move |_| {
        if connection.with_untracked(is_wanted) {
            connection.with_untracked(|connection| actions.disconnect(&connection.endpoint));
        } else {
            connect();
        }
    };
    let remove = move |_| connection.with_untracked(|connection| actions.remove(connection));
    view! {
        <button type="button" aria-label=format!("Retry {name} now") hidden=cannot_retry on:click=move |_| connect()>
            "Retry now"
        </button>
        <button type="button" aria-label=label on:click=toggle>
            {word}
        </button>
        <button type="button" aria-label=format!("Remove {name}") on:click=remove>
            "Remove"
        </button>
    }
}
