//! The document around every page, and which page is at which path.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use super::pages::{
    AdminDashboard, AuditLog, DryRun, Login, NotFound, OneEndpoint, OwnAccount, WebSocketMonitor, guide,
};
use wsmon_model::{GuidePage, Theme};

/// The HTML document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    // What a page with a living part loads.
    provide_context(options.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <HashedStylesheet options=options.clone()/>
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The whole application, of which islands are all that a browser is sent as a program.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // `Async`: a page is sent whole, so that it is complete before its living part is, or without it.
    view! {
        <Router>
            <FlatRoutes fallback=NotFound>
                <Route path=path!("/login") view=Login ssr=SsrMode::Async/>
                <Route path=path!("/admin") view=AdminDashboard ssr=SsrMode::Async/>
                <Route path=path!("/admin/websocket-monitor") view=WebSocketMonitor ssr=SsrMode::Async/>
                <Route path=path!("/admin/websocket-monitor/*endpoint") view=OneEndpoint ssr=SsrMode::Async/>
                <Route path=path!("/admin/audit") view=AuditLog ssr=SsrMode::Async/>
                <Route path=path!("/docs/monitoring/overview") view=|| guide(GuidePage::Overview) ssr=SsrMode::Async/>
                <Route path=path!("/docs/monitoring/profiles") view=|| guide(GuidePage::Profiles) ssr=SsrMode::Async/>
                <Route path=path!("/admin/test") view=DryRun ssr=SsrMode::InOrder/>
                <Route path=path!("/admin/account") view=OwnAccount ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
