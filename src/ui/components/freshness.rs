//! How old the data is, and the say over when it is asked for again.

use leptos::prelude::*;

use crate::ui::{format, poll::Asking};

/// The data's age, `Refresh now` and `Pause`.
pub fn freshness(asking: &Asking) -> impl IntoView + use<> {
    let age = match asking.answers {
        0 => "Not loaded".to_owned(),
        _ => format!("Updated {}", format::ago(asking.age_ms)),
    };
    view! {
        <div class="freshness scripted">
            <span class="quiet" data-age="">{age}</span>
            <button type="button" data-click="refresh">"Refresh now"</button>
            <button type="button" data-click="pause">{if asking.paused { "Resume" } else { "Pause" }}</button>
        </div>
    }
}
