//! How the last actions went.

use leptos::prelude::*;

use super::{Actions, actions::Notice};

/// The latest notices. The element is always there, so that screen readers announce what comes in.
#[component]
pub fn Notices() -> impl IntoView {
    let actions = expect_context::<Actions>();
    let notices = actions.notices();
    view! {
        <div class="notices" role="status" aria-label="Outcome of actions">
            <For
                each=move || notices.get()
                key=|notice| (notice.endpoint.clone(), notice.text.clone())
                children=move |notice| view! { <NoticeItem notice actions/> }
            />
        </div>
    }
}

#[component]
fn NoticeItem(notice: Notice, actions: Actions) -> impl IntoView {
    let Notice { endpoint, text, is_failure, undo, .. } = notice;
    let name = endpoint.clone();
    let undo_button = undo.map(|auto_reconnect| {
        let name = name.clone();
        let undo = move |_| actions.connect(name.clone(), Some(auto_reconnect), |_| {});
        view! {
            <button type="button" class="plain" on:click=undo>
                "Undo"
            </button>
        }
    });
    view! {
        <p class="notice" class:failure=is_failure>
            <span>{text}</span>
            {undo_button}
            <button
                type="button"
                class="plain"
                aria-label=format!("Dismiss the notice about {endpoint}")
                on:click=move |_| actions.dismiss(&endpoint)
            >
                "×"
            </button>
        </p>
    }
}
