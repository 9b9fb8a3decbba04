//! The query of a page, which lives in its URL. Once the page lives, links that change nothing else are followed in place.

use leptos::{
    ev::{Event, MouseEvent},
    prelude::*,
};
use wasm_bindgen::JsValue;
use web_sys::{Element, UrlSearchParams};

/// What the page sends itself when it has changed its URL, which browsers say only of their own buttons.
const CHANGED: &str = "wsmon-url";

/// Gives a parameter of the URL by its name.
pub type Params<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Keeps a query equal to what the URL asks for, and calls `changed` after each change.
pub fn follow_url<T>(query: RwSignal<T>, read: fn(Params) -> T, changed: impl Fn() + Copy + 'static)
where
    T: PartialEq + Send + Sync + 'static,
{
    // Effects run in the browser only.
    Effect::new(move || {
        for name in ["popstate", CHANGED] {
            window_event_listener_untyped(name, move |_: Event| {
                let search = window().location().search().unwrap_or_default();
                let Ok(params) = UrlSearchParams::new_with_str(&search) else { return };
                let wanted = read(&|name| params.get(name));
                if query.with_untracked(|query| *query != wanted) {
                    query.set(wanted);
                    changed();
                }
            });
        }
    });
}

/// Puts another URL of this page into the address bar: after the one that is there, or in its place.
pub fn go(href: &str, replace: bool) {
    let Ok(history) = window().history() else { return };
    // Only a page that is being torn down refuses.
    let _ = match replace {
        true => history.replace_state_with_url(&JsValue::NULL, "", Some(href)),
        false => history.push_state_with_url(&JsValue::NULL, "", Some(href)),
    };
    if let Ok(event) = Event::new(CHANGED) {
        let _ = window().dispatch_event(&event);
    }
}

/// Follows a plain click on a link in place, if it leads to this page with another query.
pub fn follow(event: &MouseEvent) {
    if event.button() != 0 || event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
        return;
    }
    let link = event_target::<Element>(event).closest("a[href]").ok().flatten();
    let Some(href) = link.and_then(|link| link.get_attribute("href")) else { return };
    let path = href.split('?').next();
    if path == window().location().pathname().ok().as_deref() {
        event.prevent_default();
        go(&href, false);
    }
}
