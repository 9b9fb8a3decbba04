//! Why a connection is as it is, and what comes next.

use leptos::prelude::*;

use crate::ui::{format, text::text};
use wsmon_model::{Cause, Connection, Layer, Phase, WaitingFor};

/// The reason, the attempt and the countdown of a connection, beside its status; also whether it is alive and not fresh.
///
/// `now_ms` is the server's clock, which alone goes on while nothing happens.
pub fn standing<F>(connection: &Connection, now_ms: F) -> impl IntoView + use<F>
where
    F: Fn() -> i64 + Send + 'static,
{
    let timed = connection.clone();
    let cause = connection.cause.map(Cause::as_str);
    let layer = connection.layer.map(Layer::as_str);
    let (stale, word) = match connection.stale() {
        Some((silence, _)) if silence.is_configured => (Some("configured"), "Silent"),
        Some(_) => (Some("usual"), "Unusually quiet"),
        None => (None, ""),
    };
    view! {
        <span class="stale" hidden=stale.is_none() data-stale=stale>{word}</span>
        <div class="standing">
            <p class="reason" hidden=connection.cause_text.is_none() data-cause=cause data-layer=layer>
                {connection.cause_text.clone().unwrap_or_default()}
            </p>
            <p class="quiet">{text(move || next(&timed, now_ms()))}</p>
        </div>
    }
}

fn next(connection: &Connection, now_ms: i64) -> String {
    let lasting = format::duration(now_ms - connection.since_ms);
    let retry = retry(connection, now_ms);
    let attempt = connection.attempt;
    match connection.phase {
        Phase::Connected => connected(connection, &lasting, now_ms),
        Phase::Connecting if attempt > 0 => format!("attempt {attempt} · for {lasting}"),
        Phase::Connecting => format!("for {lasting}"),
        Phase::Waiting if attempt == 0 => format!("Waiting · {retry}"),
        Phase::Waiting => format!("attempt {attempt} · {retry}"),
        Phase::Blocked => format!("Blocked: trying at once cannot help · attempt {attempt} · {retry}"),
        Phase::Off if connection.cause.is_some() && connection.auto_reconnect => {
            format!("Not tried again · for {lasting}")
        }
        Phase::Off if connection.cause.is_some() => format!("Auto reconnect is off · for {lasting}"),
        Phase::Off => format!("Disconnected by an administrator · for {lasting}"),
    }
}

/// Of a connection that is open: that it is stale, else that it has brought nothing yet, else how long a ping takes.
fn connected(connection: &Connection, lasting: &str, now_ms: i64) -> String {
    match (connection.stale(), connection.last_message_ms, connection.rtt_ms) {
        (Some((silence, since_ms)), ..) => {
            format!("no message for {}; {}", format::duration(now_ms - since_ms), silence.longest)
        }
        (None, None, _) => format!("for {lasting} · nothing received yet"),
        (None, _, Some(0)) => format!("for {lasting} · round trip under 1 ms"),
        (None, _, Some(ms)) => format!("for {lasting} · round trip {ms} ms"),
        (None, _, None) => format!("for {lasting}"),
    }
}

/// What is to come of a connection that is tried again. A probe that is due is under way, or nearly so: nothing is
/// counted down past its time.
fn retry(connection: &Connection, now_ms: i64) -> String {
    let left_ms = connection.next_retry_ms.map(|at_ms| at_ms - now_ms);
    match (connection.waiting_for, left_ms) {
        (Some(WaitingFor::Pacing), _) => "next try when its turn comes".to_owned(),
        (Some(WaitingFor::Probe), Some(left_ms @ 1..)) => format!("next probe of the host {}", format::until(left_ms)),
        (Some(WaitingFor::Probe | WaitingFor::ProbeUnderWay), _) => "the host is being probed".to_owned(),
        (None, left_ms) => format!("next try {}", format::until(left_ms.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsmon_model::Silence;

    fn connection(phase: Phase) -> Connection {
        Connection {
            endpoint: "feed".parse().expect("a name"),
            url: "ws://host/feed".to_owned(),
            phase,
            auto_reconnect: true,
            since_ms: 0,
            attempt: 3,
            next_retry_ms: None,
            waiting_for: None,
            layer: None,
            cause: None,
            cause_text: None,
            close_code: None,
            rtt_ms: None,
            messages_received: 0,
            bytes_received: 0,
            last_message_ms: None,
            messages_dropped: 0,
            silence: None,
        }
    }

    #[test]
    fn a_waiting_row_tells_what_it_waits_for() {
        let waits = |waiting_for, left_ms: Option<i64>| {
            let next_retry_ms = left_ms.map(|left_ms| 10_000 + left_ms);
            next(&Connection { next_retry_ms, waiting_for, ..connection(Phase::Waiting) }, 10_000)
        };
        let probed = "attempt 3 · the host is being probed";
        let cases = [
            (None, Some(1_500), "attempt 3 · next try in 2 s"),
            (None, Some(-1), "attempt 3 · next try now"),
            (Some(WaitingFor::Probe), Some(4_000), "attempt 3 · next probe of the host in 4 s"),
            (Some(WaitingFor::Probe), Some(-1_000), probed),
            (Some(WaitingFor::ProbeUnderWay), None, probed),
            (Some(WaitingFor::Pacing), Some(0), "attempt 3 · next try when its turn comes"),
        ];
        for (waiting_for, left_ms, text) in cases {
            assert_eq!(waits(waiting_for, left_ms), text);
        }
    }

    #[test]
    fn a_connected_row_tells_whether_it_is_fresh() {
        let silence = |stale_since_ms| {
            Some(Silence { is_configured: false, longest: "usually at most 20 s".to_owned(), stale_since_ms })
        };
        let tells = |last_message_ms, silence| {
            let open = Connection { rtt_ms: Some(3), last_message_ms, silence, ..connection(Phase::Connected) };
            next(&open, 300_000)
        };
        assert_eq!(tells(None, None), "for 5 min · nothing received yet");
        assert_eq!(tells(Some(60_000), silence(None)), "for 5 min · round trip 3 ms");
        let stale = tells(Some(60_000), silence(Some(60_000)));
        assert_eq!(stale, "no message for 4 min; usually at most 20 s");
    }
}
