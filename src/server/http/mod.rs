//! The HTTP side: routes, sessions, the pages' files, and what stands in front of them.

mod badge;
mod bodies;
mod cookies;
mod headers;
mod health;
mod host;
mod limits;
mod login;
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
    routing::{get, post},
};
use leptos::config::LeptosOptions;
use leptos_axum::{
    LeptosRoutes, file_and_error_handler_with_context, generate_route_list, site_pkg_dir_service_route_path,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, NotForContentType},
    },
    csrf::CsrfLayer,
    services::ServeDir,
};

pub use self::limits::Limits;
use self::render::provide_request_context;
pub(crate) use self::session::set_cookie;
pub(super) use self::{
    readiness::Readiness,
    serve::{Routes, listen, serve},
};
use super::{metrics, state::AppState};
use crate::ui::app::{App, shell};

/// Pieces that a file is read in, in bytes. For each client that does not read, two or three wait.
const FILE_PIECE: usize = 16 * 1_024;

/// Everything that is served.
pub(super) fn routes(state: &AppState, limits: &Limits) -> Routes {
    let page = {
        let options = state.leptos.clone();
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
    let all = Router::new()
        .route("/login", post(login::log_in))
        .route("/logout", post(login::log_out))
        .leptos_routes_with_context(state, generate_route_list(App), context.clone(), page)
        .route_layer(from_fn_with_state(limits.body, bodies::take_in))
        .route_layer(from_fn_with_state(state.clone(), login::require_session))
        .merge(probes())
        .merge(badges)
        .route_service(&site_pkg_dir_service_route_path(&state.leptos), package(&state.leptos))
        .route("/", get(|| async { Redirect::to("/admin") }))
        .fallback(file_and_error_handler_with_context::<AppState, _>(context, shell));
    Routes { all: guarded(all, state), reserve: guarded(probes().fallback(no_place), state) }
}

/// What a browser loads of the page, as scripts and styles.
fn package(options: &LeptosOptions) -> ServeDir {
    ServeDir::new(&*options.site_root).precompressed_gzip().precompressed_br().with_buf_chunk_size(FILE_PIECE)
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

/// Compresses what is made for each request. Files come compressed from the build, and where they do not, as in a
/// development build, megabytes of WASM are not worth the wait.
fn compressed() -> CompressionLayer<impl Predicate> {
    let is_worth_it = DefaultPredicate::new().and(NotForContentType::const_new("application/wasm"));
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
