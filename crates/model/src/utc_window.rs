//! A span of the day, in UTC.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

const MINUTES: u16 = 24 * 60;

/// A span of each day in UTC, such as `03:00-05:00`. One that ends before it begins goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UtcWindow {
    /// In minutes after midnight.
    from: u16,
    to: u16,
}

/// A text that is no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no time of the day: write it in UTC as “03:00-05:00”, with two different times.")]
pub struct InvalidWindow(String);

impl UtcWindow {
    /// How long it lasts.
    pub fn length(self) -> Duration {
        minutes((self.to + MINUTES - self.from) % MINUTES)
    }

    /// How much is left of it, at a time since any midnight in UTC; none outside of it.
    pub fn left_at(self, since_midnight: Duration) -> Option<Duration> {
        self.length().checked_sub(self.since_its_beginning(since_midnight)).filter(|left| !left.is_zero())
    }

    /// How long until it begins, at a time since any midnight in UTC.
    pub fn begins_in(self, since_midnight: Duration) -> Duration {
        minutes(MINUTES) - self.since_its_beginning(since_midnight)
    }

    fn since_its_beginning(self, since_midnight: Duration) -> Duration {
        let day = minutes(MINUTES).as_nanos();
        let since = (since_midnight + minutes(MINUTES)).as_nanos() - minutes(self.from).as_nanos();
        Duration::from_nanos(u64::try_from(since % day).unwrap_or(0))
    }
}

fn minutes(minutes: u16) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

impl FromStr for UtcWindow {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        let window = || {
            let (from, to) = text.split_once('-')?;
            let (from, to) = (time_of_day(from.trim())?, time_of_day(to.trim())?);
            (from != to).then_some(Self { from, to })
        };
        window().ok_or_else(|| InvalidWindow(text.to_owned()))
    }
}

/// Minutes after midnight of a time as `HH:MM`.
fn time_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str, below: u16| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|number| is_number && *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

impl fmt::Display for UtcWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl TryFrom<String> for UtcWindow {
    type Error = InvalidWindow;

    fn try_from(text: String) -> Result<Self, InvalidWindow> {
        text.parse()
    }
}

impl From<UtcWindow> for String {
    fn from(window: UtcWindow) -> Self {
        window.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> UtcWindow {
        text.parse().expect(text)
    }

    #[test]
    fn it_reads_what_it_writes_and_nothing_else() {
        for text in ["03:00-05:00", "23:30-00:15", "00:00-23:59"] {
            assert_eq!(window(text).to_string(), text);
        }
        assert_eq!(window(" 03:00 - 05:00 ").to_string(), "03:00-05:00");
        for text in
            ["", "03:00", "3:00-5:00", "03:00-24:00", "03:00-05:60", "+3:00-05:00", "03:00-03:00", "03:00–05:00"]
        {
            let sentence = text.parse::<UtcWindow>().expect_err(text).to_string();
            assert!(sentence.contains("write it in UTC as “03:00-05:00”"), "{sentence}");
        }
    }

    #[test]
    fn it_says_how_much_is_left_and_when_it_begins() {
        let at =
            |hours: u64, minutes: u64, days: u64| Duration::from_secs(days * 86_400 + hours * 3_600 + minutes * 60);
        for days in [0, 20_000] {
            let night = window("23:00-01:00");
            for (hours, minutes, left, begins_in) in
                [(23, 0, Some(7_200), 86_400), (0, 30, Some(1_800), 81_000), (1, 0, None, 79_200), (22, 59, None, 60)]
            {
                let now = at(hours, minutes, days);
                assert_eq!(night.left_at(now), left.map(Duration::from_secs), "{hours}:{minutes}");
                assert_eq!(night.begins_in(now), Duration::from_secs(begins_in), "{hours}:{minutes}");
            }
        }
        assert_eq!(window("03:00-05:00").length(), Duration::from_secs(7_200));
    }
}
