//! The HTTP side: routes, sessions, the pages' files, and what stands in front of them.

mod account;
mod badge;
mod bodies;
mod changes;
mod cookies;
mod dry_run;
mod files;
mod gaps;
mod headers;
mod health;
mod host;
mod limits;
mod login;
mod notices;
mod options;
mod places;
mod readiness;
mod render;
mod requests;
mod serve;
mod session;
mod stream;
mod visitor;

use axum::{
    Extension, Router,
    http::{
        StatusCode,
        header::{CONNECTION, RETRY_AFTER},
    },
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect},
    routing::{any_service, get, post},
};
use leptos_axum::{ErrorHandler, LeptosRoutes, generate_route_list};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType, SizeAbove},
    },
    csrf::CsrfLayer,
};

pub use self::limits::Limits;
use self::render::provide_request_context;
pub(super) use self::{
    readiness::Readiness,
    serve::{Routes, listen, serve},
};
use super::{metrics, state::AppState};
use crate::{
    dry_run::DRY_RUN,
    ui::app::{App, shell},
};

/// Bodies of fewer bytes are sent as they are: they fit into one packet, and to compress them takes longer than they do.
const LEAST_COMPRESSED: u64 = 500;

/// Everything that is served.
pub(super) fn routes(state: &AppState, limits: &Limits) -> Routes {
    let page = {
        let options = state.site.leptos.clone();
        move || shell(options.clone())
    };
    let context = {
        let state = state.clone();
        move || provide_request_context(&state)
    };
    let badges = match state.badges {
        true => Router::new().route("/badge/{*file}", get(badge::badge)),
        false => Router::new(),
    };
    let error_page = any_service(ErrorHandler::new_with_context(context.clone(), shell, state.site.leptos.clone()));
    let all = Router::new()
        .route("/login", post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/admin/account", post(account::change))
        .route(DRY_RUN, post(dry_run::dry_run))
        .route("/admin/websocket-monitor", post(changes::change))
        .route("/admin/websocket-monitor/{*endpoint}", post(changes::change))
        .leptos_routes_with_context(state, generate_route_list(App), context, page)
        .route_layer(from_fn_with_state(state.clone(), gaps::answer))
        .route_layer(from_fn_with_state(limits.body, bodies::take_in))
        .route_layer(from_fn_with_state(state.clone(), login::require_session))
        .merge(probes())
        .merge(badges)
        .route("/", get(|| async { Redirect::to("/admin") }));
    let all = files::add(all, &state.site, error_page);
    Routes { all: guarded(all, state), reserve: guarded(probes().fallback(no_place), state) }
}

/// What programs ask to learn how the server is.
fn probes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
}

/// Puts in front of routes what every request passes.
fn guarded(router: Router<AppState>, state: &AppState) -> Router {
    router
        .layer(compressed())
        .layer(CatchPanicLayer::new())
        .layer(same_origin_only(state))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(from_fn_with_state(state.clone(), headers::secure))
        .layer(from_fn(requests::log))
        .with_state(state.clone())
}

/// Compresses what is made for each request, if that is worth it: a few bytes only grow. Files come compressed from the build, and where they do not, as in a
/// development build, megabytes of WASM are not worth the wait.
fn compressed() -> CompressionLayer<impl Predicate> {
    let is_worth_it = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/wasm"))
        .and(SizeAbove::new(LEAST_COMPRESSED))
        .and(dry_run::may_be_gathered as fn(_, _, &_, &_) -> bool);
    CompressionLayer::new().compress_when(is_worth_it)
}

/// Answers what comes on a connection for which there is no ordinary place.
async fn no_place() -> impl IntoResponse {
    let text = "The monitor has too many connections, or too many from your address. Try again in some seconds.\n";
    let headers = [(CONNECTION, "close"), (RETRY_AFTER, "5")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Extension(requests::ToldElsewhere), text)
}

/// Refuses with 403 what another site makes a browser send, if it could change anything.
fn same_origin_only(state: &AppState) -> CsrfLayer {
    let layer = CsrfLayer::new();
    let Some(public) = &state.public_url else { return layer };
    // A proxy may have put its own name in the place of the one that browsers know.
    layer.clone().add_trusted_origin(public.origin().ascii_serialization()).unwrap_or(layer)
}
