//! What happened to a connection before, as it was kept.

use wsmon_model::{Cause, EventKind};

/// Something that happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastEvent {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// What.
    pub kind: EventKind,
    /// Why, if it is a failure.
    pub cause: Option<Cause>,
}

/// What happened to a connection. Attempts that failed can be left out of it, as nothing is made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Oldest first.
    sessions: Vec<PastSession>,
    /// When it was last known to be connected, in Unix milliseconds.
    last_up_ms: Option<i64>,
    /// When its options were changed while it was connected, if it has not been since.
    changed_ms: Option<i64>,
}

/// A session that ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PastSession {
    pub(super) lasted_ms: u64,
    /// Why it ended.
    pub(super) cause: Option<Cause>,
}

impl Past {
    /// How often a thing is to have happened before it counts as a habit.
    pub(super) const HABIT: usize = 3;

    /// Reads what happened, newest first.
    pub fn new(newest_first: &[PastEvent]) -> Self {
        let mut past = Self::default();
        let mut opened_ms = None;
        for PastEvent { at_ms, kind, cause } in newest_first.iter().rev().copied() {
            match kind {
                EventKind::Connected | EventKind::Rotated => {
                    // One that is open still was cut by the end of the monitor itself, of which nothing was kept.
                    opened_ms = Some(at_ms);
                    past.last_up_ms = Some(at_ms);
                    past.changed_ms = None;
                }
                EventKind::Disconnected | EventKind::Blocked => {
                    let Some(opened_ms) = opened_ms.take() else { continue };
                    past.last_up_ms = Some(at_ms);
                    // Somebody may have set the clock back meanwhile.
                    if let Ok(lasted_ms) = u64::try_from(at_ms - opened_ms) {
                        past.sessions.push(PastSession { lasted_ms, cause });
                    }
                }
                EventKind::OptionsChanged => {
                    if opened_ms.take().is_some() {
                        (past.last_up_ms, past.changed_ms) = (Some(at_ms), Some(at_ms));
                    } else {
                        past.changed_ms = None;
                    }
                }
                EventKind::AskedToDisconnect | EventKind::AskedToPause | EventKind::ClosedToRotate => {
                    if opened_ms.take().is_some() {
                        past.last_up_ms = Some(at_ms);
                    }
                }
                EventKind::AttemptFailed => opened_ms = None,
                EventKind::RotationFailed
                | EventKind::AskedToConnect
                | EventKind::AskedToResume
                | EventKind::AutoReconnectOn
                | EventKind::AutoReconnectOff => {}
            }
        }
        past
    }

    /// When it was last known to be connected, in Unix milliseconds.
    pub(crate) fn last_up_ms(&self) -> Option<i64> {
        self.last_up_ms
    }

    /// When its options were changed while it was connected, if it has not been since, in Unix milliseconds.
    pub(super) fn changed_ms(&self) -> Option<i64> {
        self.changed_ms
    }

    /// The sessions that the service or something on the way ended, newest first, up to one that ended otherwise.
    pub(super) fn ended_from_outside(&self) -> impl Iterator<Item = PastSession> {
        let is_outside =
            |session: &PastSession| matches!(session.cause, Some(Cause::ConnectionLost | Cause::ClosedByPeer));
        self.sessions.iter().rev().copied().take_while(is_outside)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A past in which these things happened at these seconds, oldest first.
    pub(crate) fn past(events: &[(i64, EventKind)]) -> Past {
        let event = |&(at_s, kind)| PastEvent {
            at_ms: at_s * 1_000,
            kind,
            cause: (kind == EventKind::Disconnected).then_some(Cause::ConnectionLost),
        };
        Past::new(&events.iter().rev().map(event).collect::<Vec<_>>())
    }

    /// A past of sessions that were cut after so many milliseconds, one a minute, oldest first.
    pub(crate) fn sessions(lasted_ms: &[i64]) -> Past {
        let event = |at_ms, kind, cause| PastEvent { at_ms, kind, cause };
        let mut events: Vec<_> = (0..)
            .zip(lasted_ms)
            .flat_map(|(number, lasted_ms)| {
                let opened_ms = number * 100_000_000;
                let lost = Some(Cause::ConnectionLost);
                [
                    event(opened_ms, EventKind::Connected, None),
                    event(opened_ms + lasted_ms, EventKind::Disconnected, lost),
                ]
            })
            .collect();
        events.reverse();
        Past::new(&events)
    }

    use EventKind::*;

    #[test]
    fn sessions_that_ended_by_themselves_are_told_from_others() {
        let of = |events: &[(i64, EventKind)]| {
            past(events).ended_from_outside().map(|session| session.lasted_ms / 1_000).collect::<Vec<_>>()
        };
        assert_eq!(of(&[(1, Connected), (4, Disconnected), (9, Connected), (14, Disconnected)]), [5, 3]);
        assert_eq!(of(&[(1, Connected), (4, AskedToDisconnect), (5, AskedToConnect), (9, Connected)]), [0; 0]);
        assert_eq!(of(&[(1, Connected), (4, OptionsChanged), (5, Connected), (9, Disconnected)]), [4]);
        assert_eq!(of(&[(1, Connected), (60, Connected), (64, Disconnected)]), [4], "the monitor was started again");
        assert_eq!(of(&[(1, Connected), (20, Rotated), (25, Disconnected)]), [5], "the one that took its place");
        assert_eq!(of(&[(5, Connected), (1, Disconnected)]), [0; 0], "the clock was set back");
    }

    #[test]
    fn a_session_that_the_monitor_itself_gave_up_ends_a_habit() {
        let mut events = vec![];
        for (at_ms, cause) in [(0, Cause::ConnectionLost), (100, Cause::Silent), (200, Cause::ConnectionLost)] {
            events.push(PastEvent { at_ms, kind: Connected, cause: None });
            events.push(PastEvent { at_ms: at_ms + 10, kind: Disconnected, cause: Some(cause) });
        }
        events.reverse();
        assert_eq!(Past::new(&events).ended_from_outside().count(), 1);
    }

    #[test]
    fn it_is_known_when_it_was_last_up_and_whether_its_options_were_changed_then() {
        let of = |events: &[(i64, EventKind)]| {
            let past = past(events);
            let seconds = |ms: i64| ms / 1_000;
            (past.last_up_ms().map(seconds), past.changed_ms().map(seconds))
        };
        assert_eq!(of(&[]), (None, None));
        assert_eq!(of(&[(1, AskedToConnect), (2, AttemptFailed)]), (None, None));
        assert_eq!(of(&[(1, Connected), (4, Disconnected), (5, AttemptFailed)]), (Some(4), None));
        assert_eq!(of(&[(1, Connected), (4, OptionsChanged), (5, Blocked)]), (Some(4), Some(4)));
        assert_eq!(of(&[(1, Connected), (4, OptionsChanged), (5, Connected), (9, Blocked)]), (Some(9), None));
        assert_eq!(of(&[(1, Connected), (4, Disconnected), (6, OptionsChanged), (7, Blocked)]), (Some(4), None));
        assert_eq!(of(&[(1, Connected), (4, OptionsChanged), (5, Blocked), (6, OptionsChanged)]), (Some(4), None));
    }
}
