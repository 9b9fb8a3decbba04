//! How old the data is, and the say over when it is asked for again.

use leptos::prelude::*;

use crate::ui::{format, poll::Poll};
use wsmon_model::ConnectionList;

/// The data's age, `Refresh now` and `Pause`.
#[component]
pub fn Freshness(poll: Poll<ConnectionList>) -> impl IntoView {
    let age = Signal::derive(move || match poll.loaded().get() {
        true => format!("Updated {}", format::ago(poll.age_ms().get())),
        false => "Not loaded".to_owned(),
    });
    let pause = Signal::derive(move || if poll.paused().get() { "Resume" } else { "Pause" });
    view! {
        <div class="freshness">
            <span class="quiet" data-age="">{age}</span>
            <button type="button" on:click=move |_| poll.refresh()>"Refresh now"</button>
            <button type="button" on:click=move |_| poll.toggle_paused()>
                {pause}
            </button>
        </div>
    }
}
