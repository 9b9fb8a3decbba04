//! The files that pages load.

use axum::{Router, routing::MethodRouter};
use leptos_axum::site_pkg_dir_service_route_path;
use tower_http::services::fs::{Backend, DefaultServeDirFallback, ServeDir};

use crate::server::{
    site::{Site, SiteFiles},
    state::AppState,
};

/// Pieces that a file is read in, in bytes. For each client that does not read, two or three wait.
const PIECE: usize = 16 * 1_024;

/// Adds the site's files to routes, and a page for where there is neither a route nor a file.
pub(super) fn add(router: Router<AppState>, site: &Site, error_page: MethodRouter) -> Router<AppState> {
    let package = site_pkg_dir_service_route_path(&site.leptos);
    match &site.files {
        SiteFiles::Directory => add_from(ServeDir::new(&*site.leptos.site_root), router, &package, error_page),
        SiteFiles::Embedded(files) => add_from(ServeDir::with_backend("", files.clone()), router, &package, error_page),
    }
}

fn add_from<B: Backend>(
    files: ServeDir<DefaultServeDirFallback, B>,
    router: Router<AppState>,
    package: &str,
    error_page: MethodRouter,
) -> Router<AppState> {
    let files = configured(files);
    let or_page = files.clone().call_fallback_on_method_not_allowed(true).fallback(error_page);
    // Programs load what is in the package: a page is of no use to them.
    router.route_service(package, files).fallback_service(or_page)
}

/// Files alone, no directories, compressed as the build has left them.
fn configured<B: Backend>(files: ServeDir<DefaultServeDirFallback, B>) -> ServeDir<DefaultServeDirFallback, B> {
    files.append_index_html_on_directories(false).precompressed_gzip().precompressed_br().with_buf_chunk_size(PIECE)
}

#[cfg(test)]
mod tests;
