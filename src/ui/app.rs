//! The document around every page, and which page is at which path.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use super::pages::{AdminDashboard, AuditLog, Guide, Login, NotFound, OneEndpoint, OwnAccount, WebSocketMonitor};
use wsmon_model::{RequestId, Theme};

/// The HTML document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    let request = use_context::<RequestId>().map(|id| id.to_string());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <HashedStylesheet options=options.clone()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body data-request-id=request>
                <App/>
            </body>
        </html>
    }
}

/// The whole application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Effects run in the browser only, once the page has come to life.
    Effect::new(|| {
        if let Some(root) = document().document_element() {
            // Nothing can be wrong with this name.
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
    // `Async`: a page is sent whole, so that it is complete before the browser half arrives.
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/login") view=Login ssr=SsrMode::Async/>
                <Route path=path!("/admin") view=AdminDashboard ssr=SsrMode::Async/>
                <Route path=path!("/admin/websocket-monitor") view=WebSocketMonitor ssr=SsrMode::Async/>
                <Route path=path!("/admin/websocket-monitor/*endpoint") view=OneEndpoint ssr=SsrMode::Async/>
                <Route path=path!("/admin/audit") view=AuditLog ssr=SsrMode::Async/>
                <Route path=path!("/docs/monitoring/overview") view=Guide ssr=SsrMode::Async/>
                <Route path=path!("/admin/account") view=OwnAccount ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
