//! Why a connection is as it is, and what comes next.

use leptos::prelude::*;

use crate::{
    model::{Connection, Phase},
    ui::format,
};

/// The reason, the attempt and the countdown of a connection, beside its status.
#[component]
pub fn Standing(connection: Memo<Connection>, now_ms: Signal<i64>) -> impl IntoView {
    let reason =
        Signal::derive(move || connection.with(|connection| connection.cause_text.clone().unwrap_or_default()));
    let no_reason = Signal::derive(move || connection.with(|connection| connection.cause_text.is_none()));
    let next = Signal::derive(move || connection.with(|connection| next(connection, now_ms.get())));
    view! {
        <div class="standing">
            <p class="reason" hidden=no_reason>{reason}</p>
            <p class="quiet">{next}</p>
        </div>
    }
}

fn next(connection: &Connection, now_ms: i64) -> String {
    let lasting = format::duration(now_ms - connection.since_ms);
    let retry = connection.next_retry_ms.map(|at| format::until(at - now_ms)).unwrap_or_default();
    let attempt = connection.attempt;
    match connection.phase {
        Phase::Connected if connection.silent => format!("Silent: no message for too long · for {lasting}"),
        Phase::Connected => match connection.rtt_ms {
            Some(0) => format!("for {lasting} · round trip under 1 ms"),
            Some(ms) => format!("for {lasting} · round trip {ms} ms"),
            None => format!("for {lasting}"),
        },
        Phase::Connecting if attempt > 0 => format!("attempt {attempt} · for {lasting}"),
        Phase::Connecting => format!("for {lasting}"),
        Phase::Waiting if attempt == 0 => format!("Waiting for its turn · next try {retry}"),
        Phase::Waiting => format!("attempt {attempt} · next try {retry}"),
        Phase::Blocked => format!("Blocked: trying at once cannot help · attempt {attempt} · next try {retry}"),
        Phase::Off if connection.cause.is_some() && connection.auto_reconnect => {
            format!("Not tried again · for {lasting}")
        }
        Phase::Off if connection.cause.is_some() => format!("Auto reconnect is off · for {lasting}"),
        Phase::Off => format!("Disconnected by an administrator · for {lasting}"),
    }
}
