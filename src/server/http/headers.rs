//! The headers of every response, errors included.

use std::env;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;

use super::host;
use crate::server::state::AppState;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Mints the nonce that lets the page's own scripts run, and sets the headers on what comes back.
pub(super) async fn secure(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    let policy = content_security_policy(&nonce, &state);
    let referrer = referrer_policy(request.headers(), &state);
    let cache = cache_control(request.uri().path(), &state);
    request.extensions_mut().insert(nonce);

    let mut response = next.run(request).await;
    let is_as_asked = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let cache = if is_as_asked { cache } else { "no-store" };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, referrer);
    set(CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    set(CACHE_CONTROL, cache);
    if state.secure() {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Only what the page itself brings may run, load or be asked; nothing may frame it (CSP level 3).
fn content_security_policy(nonce: &Nonce, state: &AppState) -> HeaderValue {
    // `cargo leptos watch` reloads the page over a WebSocket of its own.
    let reload = match env::var_os("LEPTOS_WATCH") {
        Some(_) => format!(" ws://*:{}", state.site.leptos.reload_port),
        None => String::new(),
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; font-src 'self'; connect-src 'self'{reload}; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a nonce is base64")
}

/// `no-referrer`, but where it would lock people out: under it a form sends `Origin: null`, and over
/// plain http from another machine browsers send no `Sec-Fetch-Site` either (Fetch, "append a
/// request `Origin` header"; Fetch Metadata section 2), so that nothing would tell a form of ours
/// from another site's.
fn referrer_policy(headers: &HeaderMap, state: &AppState) -> &'static str {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let public = state.public_url.as_ref().and_then(|url| url.host_str());
    let plain_from_elsewhere = !state.secure() && host::is_ours(host, public) && !host::is_loopback(host);
    if plain_from_elsewhere { "same-origin" } else { "no-referrer" }
}

/// Files whose names hold a hash of what is in them never change. Nothing else is kept.
fn cache_control(path: &str, state: &AppState) -> &'static str {
    let site = &state.site;
    let is_in_package = path.strip_prefix('/').is_some_and(|path| path.starts_with(&*site.leptos.site_pkg_dir));
    if site.immutable && is_in_package { "public, max-age=31536000, immutable" } else { "no-store" }
}
