//! When a session is old enough for another to take its place. Pure, told the time.

use std::time::{Duration, SystemTime};

use rand::{Rng, RngExt};
use wsmon_model::UtcWindow;

/// Sessions that were opened together are not replaced together: up to this part of their age earlier.
const SPREAD: u32 = 10;

/// When a session is old enough for another to take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RotationPlan {
    pub(super) after: Duration,
    pub(super) window: Option<UtcWindow>,
}

impl RotationPlan {
    /// Whether it may happen at this time of the day.
    pub(super) fn allows(&self, wall: SystemTime) -> bool {
        self.window.is_none_or(|window| window.left_at(since_epoch(wall)).is_some())
    }

    /// How long a session of this age is still to be held.
    ///
    /// Without a window until it is old enough, or up to a tenth of that age earlier: never later, as a service may cut
    /// it then. With one until a random time in the first half of what is left of the window when it is old enough.
    pub(super) fn wait(&self, age: Duration, wall: SystemTime, rng: &mut impl Rng) -> Duration {
        let Some(window) = self.window else {
            let earlier = rng.random_range(Duration::ZERO..=self.after / SPREAD);
            return self.after.saturating_sub(earlier).saturating_sub(age);
        };
        let ripe = self.after.saturating_sub(age);
        let then = since_epoch(wall) + ripe;
        let (begins, left) = match window.left_at(then) {
            Some(left) => (ripe, left),
            None => (ripe + window.begins_in(then), window.length()),
        };
        begins + rng.random_range(Duration::ZERO..=left / 2)
    }
}

/// The days since the epoch begin at midnight in UTC.
fn since_epoch(wall: SystemTime) -> Duration {
    wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::SmallRng};

    use super::*;

    fn at(hours: u64, minutes: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(20_000 * 86_400 + hours * 3_600 + minutes * 60)
    }

    #[test]
    fn it_waits_for_the_window() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let plan = RotationPlan { after: hours(20), window: Some("03:00-05:00".parse().expect("a window")) };
        let mut rng = SmallRng::seed_from_u64(1);
        for (what, now, age, least, most) in [
            ("it will be old enough within the window", at(7, 30), 0, 20 * 60, 20 * 60 + 45),
            ("it will be too early for it", at(5, 0), 0, 22 * 60, 23 * 60),
            ("it is old enough before the window", at(2, 0), 30, 60, 120),
            ("it is old enough in the window", at(4, 0), 30, 0, 30),
            ("it is old enough behind the window", at(6, 0), 30, 21 * 60, 22 * 60),
        ] {
            for _ in 0..100 {
                let wait = plan.wait(hours(age), now, &mut rng).as_secs() / 60;
                assert!((least..=most).contains(&wait), "{what}: {wait} minutes");
            }
        }
        assert!(plan.allows(at(3, 0)) && plan.allows(at(4, 59)));
        assert!(!plan.allows(at(5, 0)) && !plan.allows(at(2, 59)));
    }

    proptest! {
        #[test]
        fn it_is_replaced_in_time_and_at_a_time_that_is_allowed(
            after_s in 1_u64..4_000_000,
            age_s in 0_u64..4_000_000,
            window in prop::option::of((0_u16..1_440, 1_u16..1_440)),
            now_s in 0_u64..2_000_000_000,
            seed in any::<u64>(),
        ) {
            let text = |(from, length): (u16, u16)| {
                let to = (from + length) % 1_440;
                format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60).parse().expect("a window")
            };
            let (after, age) = (Duration::from_secs(after_s), Duration::from_secs(age_s));
            let plan = RotationPlan { after, window: window.map(text) };
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now_s);
            let wait = plan.wait(age, now, &mut SmallRng::seed_from_u64(seed));
            prop_assert!(plan.allows(now + wait));
            let ripe = after.saturating_sub(age);
            match plan.window {
                None => prop_assert!(wait <= ripe && wait + age + after / SPREAD >= after),
                Some(_) => prop_assert!((ripe..ripe + Duration::from_secs(86_400)).contains(&wait)),
            }
        }
    }
}
