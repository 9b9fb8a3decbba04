//! All gaps of a connection as a file, for backfill and claims.

use axum::{
    RequestExt,
    extract::{Path, Request, State},
    http::{
        Method,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    error::AppError,
    operations::{Actor, SignedIn},
    server::state::AppState,
};
use wsmon_model::{EndpointId, GAPS_FILE, Gap, utc_iso};

/// Answers a `GET` for `gaps.csv` below a connection's page; everything else goes on. Behind the check of the session.
///
/// Not a route: a name may have slashes, so that of its page takes in whatever follows. And a name may end like the file: then
/// it is the page of that connection that is asked for.
pub(super) async fn answer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match asked_for(&state, &mut request).await {
        Some((endpoint, signed_in)) => file(&state, &endpoint, signed_in).await,
        None => next.run(request).await,
    }
}

/// Whose gaps are asked for, and by whom.
async fn asked_for(state: &AppState, request: &mut Request) -> Option<(String, SignedIn)> {
    let is_file = request.uri().path().ends_with(GAPS_FILE) && [Method::GET, Method::HEAD].contains(request.method());
    let Path(path) = if is_file { request.extract_parts::<Path<String>>().await.ok()? } else { return None };
    let endpoint = path.strip_suffix(GAPS_FILE)?.strip_suffix('/')?.to_owned();
    if path.parse().is_ok_and(|whole: EndpointId| state.manager.get(&whole).is_some()) {
        return None;
    }
    let signed_in = request.extract_parts_with_state::<SignedIn, _>(state).await.ok()?;
    Some((endpoint, signed_in))
}

async fn file(state: &AppState, endpoint: &str, signed_in: SignedIn) -> Response {
    let history = state.operations.by(Actor::Administrator(signed_in)).history(endpoint).await;
    match history {
        Ok(history) => {
            // A name's own characters are fit for a file's name, but for those that part a path.
            let disposition = format!("attachment; filename=\"gaps-{}.csv\"", endpoint.replace(['/', ':'], "_"));
            let headers =
                [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present"), (CONTENT_DISPOSITION, &disposition)];
            (headers, csv(history.gaps())).into_response()
        }
        Err(error) => not_there(&error),
    }
}

fn not_there(error: &AppError) -> Response {
    (error.http_status(), format!("{error}\n")).into_response()
}

/// Gaps as RFC 4180 has it, oldest first. Each cell is a number, a time or one of our own words, so that none needs quotes and
/// none is taken for a formula.
fn csv(gaps: impl Iterator<Item = Gap>) -> String {
    let mut text = "from,to,length_ms,why\r\n".to_owned();
    for gap in gaps {
        let to = gap.to_ms.map(utc_iso).unwrap_or_default();
        text.push_str(&format!("{},{to},{},{}\r\n", utc_iso(gap.from_ms), gap.length_ms, gap.why_word()));
    }
    text
}

#[cfg(test)]
mod tests {
    use wsmon_model::{Cause, GapReason};

    use super::*;

    #[test]
    fn a_gap_is_a_line_and_one_that_lasts_has_no_end() {
        let gap = |from_ms, to_ms, length_ms, why| Gap { from_ms, to_ms, length_ms, why };
        let lost = GapReason::Failure(Cause::ConnectionLost);
        let gaps =
            [gap(1_709_251_200_007, Some(1_709_251_201_000), 993, Some(lost)), gap(1_709_251_260_000, None, 5, None)];
        let expected = "from,to,length_ms,why\r\n\
                        2024-03-01T00:00:00.007Z,2024-03-01T00:00:01.000Z,993,connection_lost\r\n\
                        2024-03-01T00:01:00.000Z,,5,not_yet_open\r\n";
        assert_eq!(csv(gaps.into_iter()), expected);
    }
}
