//! Sentences about an opening that failed.

use wsmon_model::{CloseFrame, Evidence, OpeningFault, PeerText};

use super::{
    advice::{close_advice, close_verdict, close_words},
    time::within,
};

/// Which step failed, what it waited for, and what came instead.
pub(super) fn opening_failed(evidence: &Evidence) -> String {
    let Some(OpeningFault { step, expected, instead }) = &evidence.opening else {
        return "The opening did not end as the connection's options expect.".to_owned();
    };
    let waited = expected.as_ref().map(|pattern| format!(" (waiting for a message that matches “{pattern}”)"));
    let step = format!("Step {step} of the opening failed{}: ", waited.unwrap_or_default());
    let came = instead.as_ref().map(came_instead).unwrap_or_default();
    match (&evidence.close, instead) {
        (Some(CloseFrame { code, reason }), _) => {
            format!(
                "{step}the service closed the connection{}.{}{}{came}",
                close_words(*code, reason),
                close_verdict(*code),
                close_advice(*code)
            )
        }
        (None, _) if evidence.after_ms.is_none() => {
            format!("{step}the connection was cut without a close frame.{came}")
        }
        (None, None) => {
            format!("{step}no message came {}. Check the opening's steps and the endpoint.", within(evidence.after_ms))
        }
        (None, Some(_)) => format!("{step}no such message came {}.{came}", within(evidence.after_ms)),
    }
}

fn came_instead(message: &PeerText) -> String {
    format!(" The last that the service said was “{message}”.")
}
