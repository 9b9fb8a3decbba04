//! What all pages have in common.

use leptos::prelude::*;
use leptos_meta::{Html, Title};

use super::Header;

/// A page of the administrator's.
#[component]
pub fn Page(
    title: &'static str,
    /// Whether a part of it is an island. Only then does the browser load the program; nothing else decides that.
    #[prop(optional)]
    is_live: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <Frame title is_live/>
        <Header/>
        <main id="main">{children()}</main>
    }
}

/// A page with little on it, such as the login.
#[component]
pub fn LonePage(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <Frame title is_live=false/>
        <main class="lone" id="main">{children()}</main>
    }
}

#[component]
fn Frame(title: &'static str, is_live: bool) -> impl IntoView {
    // What has no living part is as alive as it will ever be.
    let still = (!is_live).then(|| view! { <Html attr:data-hydrated=""/> });
    let program = is_live.then(|| view! { <HydrationScripts options=expect_context() islands=true/> });
    view! {
        <Title text=format!("{title} · WebSocket Monitor")/>
        {still}
        {program}
    }
}
