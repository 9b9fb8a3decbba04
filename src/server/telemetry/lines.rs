//! Log lines by endpoint, within bounds; pure.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use tracing::{Level, span::Id};

/// Lines kept about one endpoint.
const OF_ONE: usize = 1_000;

/// Lines kept about all endpoints together, some 30 MB.
const OF_ALL: usize = 100_000;

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// How grave.
    pub level: Level,
    /// What happened.
    pub message: String,
    /// What else is known, as `name=value` with a space between.
    pub fields: String,
}

/// The latest lines about every endpoint. Above a bound the endpoint with the most loses its oldest.
pub(super) struct Lines {
    by_endpoint: HashMap<Arc<str>, Kept>,
    /// Every endpoint with how many lines are kept about it: the last has the most.
    by_count: BTreeSet<(usize, Arc<str>)>,
    total: usize,
    of_one: usize,
    of_all: usize,
}

/// The lines about one endpoint, oldest first, and the span they belong to.
struct Kept {
    endpoint: Arc<str>,
    span: Id,
    lines: VecDeque<LogLine>,
}

impl Default for Lines {
    fn default() -> Self {
        Self::bounded(OF_ONE, OF_ALL)
    }
}

impl Lines {
    fn bounded(of_one: usize, of_all: usize) -> Self {
        Self { by_endpoint: HashMap::new(), by_count: BTreeSet::new(), total: 0, of_one, of_all }
    }

    /// Keeps lines about an endpoint from now on, none to begin with.
    pub(super) fn begin(&mut self, endpoint: &Arc<str>, span: Id) {
        let kept = Kept { endpoint: Arc::clone(endpoint), span, lines: VecDeque::new() };
        let before = self.by_endpoint.insert(Arc::clone(endpoint), kept);
        self.recount(endpoint, before.map_or(0, |kept| kept.lines.len()), 0);
    }

    /// Forgets an endpoint, unless it has begun anew in another span.
    pub(super) fn end(&mut self, endpoint: &Arc<str>, span: &Id) {
        if self.by_endpoint.get(endpoint).is_some_and(|kept| kept.span == *span)
            && let Some(kept) = self.by_endpoint.remove(endpoint)
        {
            self.total -= kept.lines.len();
            self.by_count.remove(&(kept.lines.len(), kept.endpoint));
        }
    }

    /// Adds a line about an endpoint that has begun and not ended.
    pub(super) fn push(&mut self, endpoint: &str, line: LogLine) {
        let of_one = self.of_one;
        self.change(endpoint, |lines| {
            if lines.len() == of_one {
                lines.pop_front();
            }
            lines.push_back(line);
        });
        if self.total > self.of_all
            && let Some((_, most)) = self.by_count.last().cloned()
        {
            self.change(&most, |lines| drop(lines.pop_front()));
        }
    }

    /// The lines about an endpoint, newest first.
    pub(super) fn of(&self, endpoint: &str) -> impl Iterator<Item = &LogLine> {
        self.by_endpoint.get(endpoint).into_iter().flat_map(|kept| kept.lines.iter().rev())
    }

    fn change(&mut self, endpoint: &str, change: impl FnOnce(&mut VecDeque<LogLine>)) {
        let Some(kept) = self.by_endpoint.get_mut(endpoint) else { return };
        let before = kept.lines.len();
        change(&mut kept.lines);
        let (endpoint, after) = (Arc::clone(&kept.endpoint), kept.lines.len());
        self.recount(&endpoint, before, after);
    }

    fn recount(&mut self, endpoint: &Arc<str>, before: usize, after: usize) {
        self.total = self.total - before + after;
        self.by_count.remove(&(before, Arc::clone(endpoint)));
        self.by_count.insert((after, Arc::clone(endpoint)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn line(number: i64) -> LogLine {
        LogLine { at_ms: number, level: Level::INFO, message: String::new(), fields: String::new() }
    }

    fn numbers(lines: &Lines, endpoint: &str) -> Vec<i64> {
        lines.of(endpoint).map(|line| line.at_ms).collect()
    }

    /// Lines about some endpoints, each begun in the span of its place.
    fn lines_about(endpoints: &[&str], of_one: usize, of_all: usize) -> Lines {
        let mut lines = Lines::bounded(of_one, of_all);
        for (endpoint, span) in endpoints.iter().zip(1..) {
            lines.begin(&Arc::from(*endpoint), Id::from_u64(span));
        }
        lines
    }

    #[test]
    fn the_newest_are_kept() {
        let mut lines = lines_about(&["a"], 3, 100);
        (0..10).for_each(|number| lines.push("a", line(number)));
        assert_eq!(numbers(&lines, "a"), [9, 8, 7]);
    }

    #[test]
    fn the_endpoint_with_the_most_makes_room() {
        let mut lines = lines_about(&["busy", "calm"], 10, 4);
        lines.push("calm", line(0));
        (1..10).for_each(|number| lines.push("busy", line(number)));
        assert_eq!((numbers(&lines, "calm"), numbers(&lines, "busy")), (vec![0], vec![9, 8, 7]));
    }

    #[test]
    fn what_has_ended_is_forgotten_and_what_has_not_begun_is_not_kept() {
        let (a, old, new) = (Arc::from("a"), Id::from_u64(1), Id::from_u64(2));
        let mut lines = lines_about(&["a"], 10, 100);
        lines.push("a", line(1));
        lines.push("unknown", line(2));
        assert_eq!((lines.total, numbers(&lines, "unknown")), (1, vec![]));

        lines.begin(&a, new.clone());
        lines.push("a", line(3));
        lines.end(&a, &old);
        assert_eq!(numbers(&lines, "a"), [3], "it has come back before the old span ended");
        lines.end(&a, &new);
        assert_eq!((lines.total, lines.by_endpoint.len(), lines.by_count.len()), (0, 0, 0));
    }

    proptest! {
        #[test]
        fn the_bounds_hold(events in vec((0..5_usize, any::<bool>()), 0..200)) {
            let names = ["a", "b", "c", "d", "e"];
            let mut lines = lines_about(&names, 8, 20);
            for (number, (which, ends)) in (0..).zip(events) {
                if ends && number % 7 == 0 {
                    lines.end(&Arc::from(names[which]), &Id::from_u64(which as u64 + 1));
                } else {
                    lines.push(names[which], line(number));
                }
                let counts: Vec<usize> = names.iter().map(|name| lines.of(name).count()).collect();
                prop_assert!(counts.iter().all(|count| *count <= 8), "{counts:?}");
                prop_assert_eq!(counts.iter().sum::<usize>(), lines.total);
                prop_assert!(lines.total <= 20);
            }
        }
    }
}
