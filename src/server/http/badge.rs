//! A connection's status as a picture, for those who put it into a wiki.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use crate::server::state::AppState;
use wsmon_model::{EndpointId, Status};

/// Pixels that a character takes at most, at 11 px.
const CHARACTER: usize = 7;

/// Pixels to the left and right of a text.
const MARGIN: usize = 6;

/// `GET /badge/{endpoint}.svg`, for anybody, where it was turned on.
pub(super) async fn badge(State(state): State<AppState>, Path(file): Path<String>) -> Response {
    let name = file.strip_suffix(".svg").and_then(|name| name.parse::<EndpointId>().ok());
    match name.and_then(|name| state.manager.get(&name)) {
        Some(connection) => {
            let picture = draw(&connection.endpoint.to_string(), connection.status());
            ([(CONTENT_TYPE, "image/svg+xml")], picture).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A name's characters need no escaping (see [`EndpointId`]).
fn draw(name: &str, status: Status) -> String {
    let (word, colour) = match status {
        Status::Connected => ("connected", "#0e7490"),
        Status::Connecting => ("connecting", "#a16207"),
        Status::Disconnected => ("disconnected", "#b91c1c"),
    };
    let (left, right) = (name.len() * CHARACTER + 2 * MARGIN, word.len() * CHARACTER + 2 * MARGIN);
    let (width, middle) = (left + right, left + right / 2);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}: {word}">
<title>{name}: {word}</title>
<rect width="{left}" height="20" fill="#404040"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{}" y="14">{name}</text><text x="{middle}" y="14">{word}</text></g>
</svg>
"##,
        left / 2
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_says_it_in_words_too() {
        let picture = draw("data-feed", Status::Disconnected);
        assert!(picture.contains(r#"aria-label="data-feed: disconnected""#), "{picture}");
        assert!(picture.contains(">data-feed</text>") && picture.contains(">disconnected</text>"));
    }
}
