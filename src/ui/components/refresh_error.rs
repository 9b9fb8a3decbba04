//! The banners that say that what is shown is not fresh, or that nothing can be changed.

use leptos::prelude::*;

use crate::ui::{format, poll::PollProgress};

/// A banner while the last refresh failed, or nothing could be loaded at all.
#[component]
pub fn RefreshError(
    /// How asking goes.
    progress: PollProgress,
    /// What is asked for, as the beginning of a sentence.
    what: &'static str,
) -> impl IntoView {
    let PollProgress { loaded, error, age_ms, refresh } = progress;
    let heading = Signal::derive(move || match loaded.get() {
        true => "Refresh failed. ".to_owned(),
        false => format!("{what} could not be loaded. "),
    });
    let text = Signal::derive(move || {
        let why = error.get().map(|error| error.to_string()).unwrap_or_default();
        let shown =
            if loaded.get() { format!(" What you see is from {}.", format::ago(age_ms.get())) } else { String::new() };
        format!("{why}{shown} It is tried again every 5 seconds. ")
    });
    view! {
        <Show when=move || error.with(Option::is_some)>
            <div class="banner" role="alert">
                <strong>{heading}</strong>
                {text}
                <button type="button" hidden=loaded on:click=move |_| refresh.run(())>"Try again"</button>
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
pub fn StoreProblem(text: Signal<Option<String>>) -> impl IntoView {
    let is_well = Signal::derive(move || text.with(Option::is_none));
    view! {
        <div class="banner" role="alert" hidden=is_well>
            {move || text.get()}
        </div>
    }
}
