//! The banners that say that what is shown is not fresh, or that nothing can be changed.

use leptos::prelude::*;

use crate::{
    error::AppError,
    ui::{format, poll::Asking},
};

/// A banner while the last refresh failed, or nothing could be loaded at all. `what` is asked for, as the beginning of a
/// sentence.
pub fn refresh_error(asking: &Asking, what: &str) -> impl IntoView + use<> {
    let is_loaded = asking.answers > 0;
    let heading = match is_loaded {
        true => "Refresh failed. ".to_owned(),
        false => format!("{what} could not be loaded. "),
    };
    let why = asking.error.as_ref().map(ToString::to_string);
    let shown = match is_loaded {
        true => format!(" What you see is from {}.", format::ago(asking.age_ms)),
        false => String::new(),
    };
    let text = why.as_ref().map(|why| format!("{why}{shown} It is tried again every 5 seconds. "));
    view! {
        <div class="banner" role="alert" hidden=why.is_none()>
            <strong>{heading}</strong>
            {text.unwrap_or_default()}
            <button type="button" hidden=is_loaded data-click="refresh">"Try again"</button>
        </div>
    }
}

/// A banner in the place of what a page without a living part could not load. `what` is as for [`refresh_error`].
pub fn not_loaded(what: &str, error: &AppError) -> impl IntoView + use<> {
    let text = format!("{what} could not be loaded. {error}");
    view! { <p class="banner" role="alert">{text}</p> }
}

/// A banner while the disk is full.
pub fn disk_full(is_full: bool) -> impl IntoView {
    view! {
        <div class="banner" role="alert" hidden=!is_full>
            <strong>"Disk full. "</strong>
            "Connections stay up, but nothing can be changed and events are not kept until there is room."
        </div>
    }
}

/// A banner while the store is damaged or fails for another reason than a full disk.
pub fn store_problem(text: Option<&str>) -> impl IntoView + use<> {
    view! {
        <div class="banner" role="alert" hidden=text.is_none()>
            {text.unwrap_or_default().to_owned()}
        </div>
    }
}
