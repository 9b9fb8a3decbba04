//! Whether the peer still lives, and whether it asks too often whether we do. Pure.

use std::time::Duration;

use tokio::time::Instant;

use crate::failure::Failure;

/// The pings and pongs that a peer may send, in the mean over [`BURST`].
const PINGS_PER_SECOND: u32 = 100;

/// How long a peer may send more, so that pings that have piled up are not taken for a flood: while the
/// program was stopped, the system has gone on receiving.
const BURST: Duration = Duration::from_secs(10);

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Send a ping with this payload.
    Ping([u8; 8]),
    /// Nothing but to note that the peer sends, but has not answered the ping.
    NoPong,
    /// Give up the connection: nothing has come since the ping.
    Dead,
}

/// Pings at intervals. A peer is dead when nothing at all comes within the timeout: a pong may be on its
/// way behind much else.
pub(super) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    pings: u64,
    awaiting: Awaiting,
}

enum Awaiting {
    PingAt(Instant),
    /// Whether anything has come since the ping was queued.
    PongBy {
        sent: Instant,
        lives: bool,
    },
}

impl Heartbeat {
    pub(super) fn new(now: Instant, interval: Duration, timeout: Duration) -> Self {
        Self { interval, timeout, pings: 0, awaiting: Awaiting::PingAt(now + interval) }
    }

    /// When something is due next.
    pub(super) fn at(&self) -> Instant {
        match self.awaiting {
            Awaiting::PingAt(at) => at,
            Awaiting::PongBy { sent, .. } => sent + self.timeout,
        }
    }

    /// Something has come, whatever it is.
    pub(super) fn record_life(&mut self) {
        if let Awaiting::PongBy { lives, .. } = &mut self.awaiting {
            *lives = true;
        }
    }

    /// A pong has come: how long it took, if it answers the latest ping.
    pub(super) fn answered(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        let Awaiting::PongBy { sent, .. } = self.awaiting else { return None };
        if *payload != self.pings.to_be_bytes() {
            return None;
        }
        self.awaiting = Awaiting::PingAt(sent + self.interval);
        Some(now - sent)
    }

    /// What is to be done now, if anything.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        if now < self.at() {
            return None;
        }
        Some(match self.awaiting {
            Awaiting::PingAt(_) => {
                self.pings += 1;
                self.awaiting = Awaiting::PongBy { sent: now, lives: false };
                Due::Ping(self.pings.to_be_bytes())
            }
            Awaiting::PongBy { sent, lives: true } => {
                self.awaiting = Awaiting::PingAt(sent + self.interval);
                Due::NoPong
            }
            Awaiting::PongBy { lives: false, .. } => Due::Dead,
        })
    }
}

/// What is to be done about heartbeats of a feed's own.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Send one.
    Send,
    /// Give up the connection: one was not answered.
    Unanswered,
}

/// Heartbeats of a feed's own. Unlike a ping, only its answer answers one.
pub(super) struct Beats {
    every: Duration,
    /// How long an answer may take, if one is waited for.
    timeout: Option<Duration>,
    next: Instant,
    answer_by: Option<Instant>,
}

impl Beats {
    pub(super) fn new(now: Instant, every: Duration, timeout: Option<Duration>) -> Self {
        Self { every, timeout, next: now + every, answer_by: None }
    }

    /// When something is due next.
    pub(super) fn at(&self) -> Instant {
        self.answer_by.map_or(self.next, |by| by.min(self.next))
    }

    /// Whether an answer is waited for.
    pub(super) fn awaits(&self) -> bool {
        self.answer_by.is_some()
    }

    /// The answer has come.
    pub(super) fn answered(&mut self) {
        self.answer_by = None;
    }

    /// What is to be done now, if anything.
    pub(super) fn due(&mut self, now: Instant) -> Option<Beat> {
        if self.answer_by.is_some_and(|by| by <= now) {
            return Some(Beat::Unanswered);
        }
        if now < self.next {
            return None;
        }
        self.next = now + self.every;
        // The one before may still be on its way.
        self.answer_by = self.answer_by.or_else(|| self.timeout.map(|timeout| now + timeout));
        Some(Beat::Send)
    }
}

/// How many pings a peer may still send. Each costs us a pong, so that a flood of them would keep a
/// processor busy.
pub(super) struct PingBudget {
    /// Until when the pings so far would have taken at the rate that is allowed.
    spent_until: Instant,
}

impl PingBudget {
    pub(super) fn new(now: Instant) -> Self {
        Self { spent_until: now }
    }

    /// Takes a ping; why the connection ends if it was one too many.
    pub(super) fn spend(&mut self, now: Instant) -> Option<Failure> {
        self.spent_until = self.spent_until.max(now) + Duration::from_secs(1) / PINGS_PER_SECOND;
        (self.spent_until > now + BURST).then_some(Failure::PingFlood { most: PINGS_PER_SECOND })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn heartbeat(start: Instant) -> Heartbeat {
        Heartbeat::new(start, 15 * SECOND, 10 * SECOND)
    }

    #[test]
    fn a_peer_that_answers_is_pinged_at_the_interval() {
        let start = Instant::now();
        let mut heartbeat = heartbeat(start);
        assert_eq!(heartbeat.due(start + 14 * SECOND), None);
        assert_eq!(heartbeat.due(start + 15 * SECOND), Some(Due::Ping([0, 0, 0, 0, 0, 0, 0, 1])));
        assert_eq!(heartbeat.answered(&[0; 8], start + 16 * SECOND), None, "another ping's");
        assert_eq!(heartbeat.answered(&[0, 0, 0, 0, 0, 0, 0, 1], start + 17 * SECOND), Some(2 * SECOND));
        assert_eq!(heartbeat.at(), start + 30 * SECOND);
    }

    #[test]
    fn only_a_peer_that_sends_nothing_is_dead() {
        let start = Instant::now();
        let mut heartbeat = heartbeat(start);
        heartbeat.record_life();
        heartbeat.due(start + 15 * SECOND);
        heartbeat.record_life();
        assert_eq!(heartbeat.due(start + 25 * SECOND), Some(Due::NoPong));
        assert_eq!(heartbeat.due(start + 30 * SECOND), Some(Due::Ping([0, 0, 0, 0, 0, 0, 0, 2])));
        assert_eq!(heartbeat.due(start + 40 * SECOND), Some(Due::Dead));
    }

    #[test]
    fn heartbeats_are_sent_at_the_interval_and_answered_in_time() {
        let start = Instant::now();
        let mut beats = Beats::new(start, 5 * SECOND, Some(8 * SECOND));
        assert_eq!((beats.at(), beats.due(start + 4 * SECOND), beats.awaits()), (start + 5 * SECOND, None, false));
        assert_eq!((beats.due(start + 5 * SECOND), beats.awaits()), (Some(Beat::Send), true));
        beats.answered();
        assert_eq!(beats.due(start + 10 * SECOND), Some(Beat::Send));
        assert_eq!(beats.due(start + 15 * SECOND), Some(Beat::Send));
        assert_eq!(beats.at(), start + 18 * SECOND, "the older one's answer is late first");
        assert_eq!(beats.due(start + 18 * SECOND), Some(Beat::Unanswered));
        let mut deaf = Beats::new(start, 5 * SECOND, None);
        assert_eq!(
            (deaf.due(start + 6 * SECOND), deaf.awaits(), deaf.at()),
            (Some(Beat::Send), false, start + 11 * SECOND)
        );
    }

    #[test]
    fn pings_are_a_flood_when_they_go_on_above_the_rate() {
        let start = Instant::now();
        let mut budget = PingBudget::new(start);
        for number in 0..100_000 {
            assert_eq!(budget.spend(start + SECOND / 100 * number), None, "{number}");
        }
        let later = start + 2_000 * SECOND;
        for number in 0..1_000 {
            assert_eq!(budget.spend(later), None, "{number}");
        }
        assert_eq!(budget.spend(later), Some(Failure::PingFlood { most: 100 }));
    }
}
