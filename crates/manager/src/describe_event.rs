//! What an event says besides its name.

use wsmon_model::{EventKind, Evidence};

use super::describe::describe;

/// What an event says besides its name, in sentences: of a failure what [`describe`] says, and of a rotation what was done.
/// None if its name says it all.
pub fn describe_event(kind: EventKind, evidence: Option<&Evidence>) -> Option<String> {
    let failure = evidence.map(describe);
    let then_why = |what: &str, why: Option<String>| match why {
        Some(why) => format!("{what} {why}"),
        None => what.to_owned(),
    };
    match kind {
        EventKind::Rotated => Some("A new session was opened before the old one was closed.".to_owned()),
        EventKind::RotationFailed => {
            Some(then_why("No new session could be opened, so the old one was kept and it is tried again.", failure))
        }
        EventKind::ClosedToRotate => Some(then_why(
            "The service refuses a second connection, so the old session was closed before a new one was opened.",
            failure,
        )),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use wsmon_model::Cause;

    use super::*;

    #[test]
    fn rotations_are_told_with_and_without_a_failure() {
        let lost = Evidence { cause: Some(Cause::ConnectionLost), ..Evidence::default() };
        let why = describe(&lost);
        assert_eq!(describe_event(EventKind::Disconnected, Some(&lost)), Some(why.clone()));
        assert_eq!(describe_event(EventKind::Connected, None), None);
        let told = |kind, evidence| describe_event(kind, evidence).expect("sentences");
        assert_eq!(told(EventKind::Rotated, None), "A new session was opened before the old one was closed.");
        for kind in [EventKind::RotationFailed, EventKind::ClosedToRotate] {
            assert_eq!(told(kind, Some(&lost)), format!("{} {why}", told(kind, None)));
        }
    }
}
