//! How the last actions went.

use leptos::prelude::*;

use super::actions::{Actions, Shown};
use crate::changes::Notice;

/// The latest notices. The element is always there, so that screen readers announce what comes in.
pub fn notices(actions: Actions) -> impl IntoView {
    view! {
        <div class="notices" role="status" aria-label="Outcome of actions">
            <For
                each=move || actions.shown()
                key=|shown| (shown.notice.endpoint.clone(), shown.notice.text.clone())
                children=notice_item
            />
        </div>
    }
}

fn notice_item(shown: Shown) -> impl IntoView {
    let Shown { notice: Notice { endpoint, text, is_failure }, undo, .. } = shown;
    view! {
        <form method="post" class=if is_failure { "notice failure" } else { "notice" }>
            <span>{text}</span>
            <input type="hidden" name="endpoint" value=endpoint.clone()/>
            <input type="checkbox" name="auto_reconnect" checked=undo == Some(true) hidden/>
            <button class="plain" name="add" hidden=undo.is_none()>
                "Undo"
            </button>
            <button
                type="button"
                class="plain scripted"
                aria-label=format!("Dismiss the notice about {endpoint}")
                data-click="dismiss"
                data-of=endpoint.clone()
            >
                "×"
            </button>
        </form>
    }
}
