//! The banners that say that what is shown is not fresh, or that nothing can be changed.

use leptos::prelude::*;

use crate::{model::AppError, ui::format};

/// A banner while the last refresh failed.
#[component]
pub fn RefreshError(error: Signal<Option<AppError>>, age_ms: Signal<i64>) -> impl IntoView {
    let text = Signal::derive(move || {
        let why = error.get().map(|error| error.to_string()).unwrap_or_default();
        let age = format::ago(age_ms.get());
        format!("{why} What you see is from {age}. It is tried again every 5 seconds.")
    });
    view! {
        <Show when=move || error.with(Option::is_some)>
            <div class="banner" role="alert">
                <strong>"Refresh failed. "</strong>
                {text}
            </div>
        </Show>
    }
}

/// A banner while the disk is full.
#[component]
pub fn DiskFull(is_full: Signal<bool>) -> impl IntoView {
    let has_room = Signal::derive(move || !is_full.get());
    view! {
        <div class="banner" role="alert" hidden=has_room>
            <strong>"Disk full. "</strong>
            "Connections stay up, but nothing can be changed and events are not kept until there is room."
        </div>
    }
}

/// A banner while the store is damaged or fails for another reason than a full disk.
#[component]
pub fn StoreTrouble(text: Signal<Option<String>>) -> impl IntoView {
    let is_well = Signal::derive(move || text.with(Option::is_none));
    view! {
        <div class="banner" role="alert" hidden=is_well>
            {move || text.get()}
        </div>
    }
}
