//! The list of connections: what is answered.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{Connection, EndpointId, ServiceInfo, Summary};

/// One page of the list, with the summary of all connections, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionList {
    /// The moment, in Unix milliseconds by the server's clock.
    pub now_ms: i64,
    /// Which list this is, to be sent back with the next question.
    pub version: ListVersion,
    /// All connections, whether listed or not.
    pub summary: Summary,
    /// How many match the query, on all pages.
    pub matching: u32,
    /// The page that is answered: the last one if there are fewer than asked for.
    pub page: u32,
    /// Its connections, at most [`PER_PAGE`](super::PER_PAGE).
    pub rows: Vec<Connection>,
    /// The services that are configured, in the order of their names.
    pub services: Vec<ServiceInfo>,
    /// The demo's endpoints that are not connected; empty unless it runs.
    pub samples: Vec<EndpointId>,
    /// Whether the disk is full, so that nothing can be changed.
    pub disk_full: bool,
    /// What is wrong with the store other than a full disk, as sentences.
    pub store_problem: Option<String>,
    /// Where Grafana draws curves of it, if the monitor was told.
    pub grafana_url: Option<String>,
}

/// A digest of a list without its moment: the same for two that show the same, whenever they were made and whatever was
/// asked. Of 53 bits, as JSON's numbers have no more in JavaScript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListVersion(u64);

/// What whoever has a list already is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListAnswer {
    /// It is the same still.
    Unchanged {
        /// The moment, in Unix milliseconds by the server's clock.
        now_ms: i64,
    },
    /// It is this one now.
    Changed(Box<ConnectionList>),
}

impl ConnectionList {
    /// The list as an answer to whoever has the one of that version.
    pub fn answer_to(mut self, shown: Option<ListVersion>) -> ListAnswer {
        self.version = self.digest();
        match shown == Some(self.version) {
            true => ListAnswer::Unchanged { now_ms: self.now_ms },
            false => ListAnswer::Changed(Box::new(self)),
        }
    }

    fn digest(&self) -> ListVersion {
        // Without `..`, so that nothing new is forgotten.
        let Self {
            now_ms: _,
            version: _,
            summary,
            matching,
            page,
            rows,
            services,
            samples,
            disk_full,
            store_problem,
            grafana_url,
        } = self;
        let mut hasher = DefaultHasher::new();
        (summary, matching, page, rows, services, samples).hash(&mut hasher);
        (disk_full, store_problem, grafana_url).hash(&mut hasher);
        ListVersion(hasher.finish() >> 11)
    }
}

impl ListAnswer {
    /// The list as it is now, for whoever has `shown`.
    #[must_use]
    pub fn over(self, shown: ConnectionList) -> ConnectionList {
        match self {
            Self::Unchanged { now_ms } => ConnectionList { now_ms, ..shown },
            Self::Changed(list) => *list,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, Layer, Phase, Silence, WaitingFor};

    fn row() -> Connection {
        Connection {
            endpoint: "feed".parse().expect("a name"),
            url: "ws://host/feed".to_owned(),
            phase: Phase::Waiting,
            auto_reconnect: true,
            since_ms: 1,
            attempt: 1,
            next_retry_ms: Some(1),
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

    fn silence(stale_since_ms: Option<i64>) -> Option<Silence> {
        Some(Silence { is_configured: false, longest: "usually at most 20 s".to_owned(), stale_since_ms })
    }

    fn list() -> ConnectionList {
        let services = vec![ServiceInfo::default()];
        ConnectionList { now_ms: 1, rows: vec![row()], services, ..ConnectionList::default() }
    }

    fn version(list: ConnectionList) -> ListVersion {
        match list.answer_to(None) {
            ListAnswer::Changed(list) => list.version,
            ListAnswer::Unchanged { .. } => panic!("nothing was shown"),
        }
    }

    #[test]
    fn only_the_time_is_told_of_what_is_shown_already() {
        let shown = list().answer_to(None).over(ConnectionList::default());
        let later = ConnectionList { now_ms: 5_000, ..list() };
        let answer = later.clone().answer_to(Some(shown.version));
        assert_eq!(answer, ListAnswer::Unchanged { now_ms: 5_000 });
        assert_eq!(answer.over(shown.clone()), ConnectionList { version: shown.version, ..later.clone() });

        let other = ConnectionList { matching: 2, ..later };
        let answer = other.clone().answer_to(Some(shown.version)).over(shown.clone());
        assert_ne!(answer.version, shown.version);
        assert_eq!(answer, ConnectionList { version: answer.version, ..other });
    }

    #[test]
    fn whatever_can_be_seen_makes_another_version() {
        let in_rows: [fn(&mut Connection); 19] = [
            |row| row.endpoint = "other".parse().expect("a name"),
            |row| row.url.push('x'),
            |row| row.phase = Phase::Blocked,
            |row| row.auto_reconnect = false,
            |row| row.since_ms = 2,
            |row| row.attempt = 2,
            |row| row.next_retry_ms = Some(2),
            |row| row.waiting_for = Some(WaitingFor::Probe),
            |row| row.layer = Some(Layer::Tcp),
            |row| row.cause = Some(Cause::ConnectionRefused),
            |row| row.cause_text = Some(String::new()),
            |row| row.close_code = Some(1000),
            |row| row.rtt_ms = Some(0),
            |row| row.messages_received = 1,
            |row| row.bytes_received = 1,
            |row| row.last_message_ms = Some(0),
            |row| row.messages_dropped = 1,
            |row| row.silence = silence(None),
            |row| row.silence = silence(Some(1)),
        ];
        let beside: [fn(&mut ConnectionList); 14] = [
            |list| list.summary.total = 1,
            |list| list.summary.connected = 1,
            |list| list.summary.connecting = 1,
            |list| list.summary.disconnected = 1,
            |list| list.matching = 1,
            |list| list.page = 1,
            |list| list.rows.push(row()),
            |list| list.rows.clear(),
            |list| list.services[0].failing = true,
            |list| list.services.clear(),
            |list| list.samples.push("sample".parse().expect("a name")),
            |list| list.disk_full = true,
            |list| list.store_problem = Some(String::new()),
            |list| list.grafana_url = Some(String::new()),
        ];
        let mut versions = vec![version(list())];
        for change in in_rows {
            let mut list = list();
            change(&mut list.rows[0]);
            versions.push(version(list));
        }
        for change in beside {
            let mut list = list();
            change(&mut list);
            versions.push(version(list));
        }
        for (number, version) in versions.iter().enumerate() {
            assert!(!versions[..number].contains(version), "number {number} is as one before");
        }
        assert!(versions.iter().all(|version| version.0 < 1 << 53), "exact in JavaScript");
    }
}
