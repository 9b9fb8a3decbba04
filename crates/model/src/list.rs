//! The list of connections: what is asked of it.

use std::{iter::Sum, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, ParseError, VariantArray};

use super::{ServiceName, Status};

/// Rows on one page of the list.
pub const PER_PAGE: u32 = 50;

/// How many connections there are, and how many in each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Summary {
    /// All of them.
    pub total: u32,
    /// Those that are connected.
    pub connected: u32,
    /// Those with an attempt under way.
    pub connecting: u32,
    /// Those that are disconnected.
    pub disconnected: u32,
}

impl Summary {
    /// Counts one more connection.
    pub fn count(&mut self, status: Status) {
        self.total += 1;
        *self.of(status) += 1;
    }

    /// Counts one connection less.
    pub fn uncount(&mut self, status: Status) {
        self.total -= 1;
        *self.of(status) -= 1;
    }

    fn of(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Connected => &mut self.connected,
            Status::Connecting => &mut self.connecting,
            Status::Disconnected => &mut self.disconnected,
        }
    }
}

impl Sum for Summary {
    fn sum<I: Iterator<Item = Self>>(summaries: I) -> Self {
        summaries.fold(Self::default(), |sum, summary| Self {
            total: sum.total + summary.total,
            connected: sum.connected + summary.connected,
            connecting: sum.connecting + summary.connecting,
            disconnected: sum.disconnected + summary.disconnected,
        })
    }
}

/// The column by which the list is sorted. Equal rows are in the order of their names.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum SortKey {
    /// By name.
    #[default]
    Endpoint,
    /// By status, worst first.
    Status,
    /// By whether auto reconnect is on, off first.
    AutoReconnect,
    /// By messages received, most first.
    Messages,
    /// By the last message's age, oldest first.
    LastMessage,
}

impl SortKey {
    /// The word used in URLs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A sort key and its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    /// The column.
    pub key: SortKey,
    /// Against the column's own order.
    pub reversed: bool,
}

impl Sort {
    /// The sort that a click on a column's heading leads to.
    #[must_use]
    pub fn toggled(self, key: SortKey) -> Self {
        Self { key, reversed: self.key == key && !self.reversed }
    }
}

impl FromStr for Sort {
    type Err = ParseError;

    /// Reads a column's word, behind a `-` when reversed.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (reversed, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        Ok(Self { key: word.parse()?, reversed })
    }
}

/// Which connections to list, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListQuery {
    /// Part of a name; empty for all.
    pub search: String,
    /// Only those of this service.
    pub service: Option<ServiceName>,
    /// Only those in this status.
    pub status: Option<Status>,
    /// The order.
    pub sort: Sort,
    /// The page, from 0.
    pub page: u32,
}

impl ListQuery {
    /// Reads the parameters of a page's URL. What does not parse is left out, as if not there.
    pub fn from_params(param: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            search: param("q").unwrap_or_default(),
            service: param("service").and_then(|text| text.parse().ok()),
            status: param("status").and_then(|text| text.parse().ok()),
            sort: param("sort").and_then(|text| text.parse().ok()).unwrap_or_default(),
            page: super::page_param(param("page")),
        }
    }

    /// The parameters of a page's URL, defaults left out; the inverse of
    /// [`from_params`](Self::from_params).
    pub fn to_params(&self) -> Vec<(&'static str, String)> {
        let mut params = Vec::new();
        if !self.search.is_empty() {
            params.push(("q", self.search.clone()));
        }
        if let Some(service) = &self.service {
            params.push(("service", service.to_string()));
        }
        if let Some(status) = self.status {
            params.push(("status", status.as_str().to_owned()));
        }
        if self.sort != Sort::default() {
            let sign = if self.sort.reversed { "-" } else { "" };
            params.push(("sort", format!("{sign}{}", self.sort.key.as_str())));
        }
        if self.page > 0 {
            params.push(("page", (self.page + 1).to_string()));
        }
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(params: &[(&'static str, String)]) -> ListQuery {
        ListQuery::from_params(|key| params.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone()))
    }

    #[test]
    fn a_query_survives_the_url() {
        let query = ListQuery {
            service: Some("kraken".parse().expect("a name")),
            search: "eu/".to_owned(),
            status: Some(Status::Disconnected),
            sort: Sort { key: SortKey::LastMessage, reversed: true },
            page: 3,
        };
        assert_eq!(read(&query.to_params()), query);
        assert_eq!(ListQuery::default().to_params(), []);
        assert_eq!(read(&[]), ListQuery::default());
    }

    #[test]
    fn nonsense_in_the_url_is_as_good_as_nothing() {
        let nonsense = [("status", "up"), ("sort", "-"), ("page", "-4")].map(|(k, v)| (k, v.to_owned()));
        assert_eq!(read(&nonsense), ListQuery::default());
    }

    #[test]
    fn a_second_click_on_a_heading_reverses() {
        let once = Sort::default().toggled(SortKey::Status);
        assert_eq!(once, Sort { key: SortKey::Status, reversed: false });
        assert!(once.toggled(SortKey::Status).reversed);
        assert!(!once.toggled(SortKey::Status).toggled(SortKey::Endpoint).reversed);
    }

    #[test]
    fn a_summary_adds_up() {
        let mut summary = Summary::default();
        for status in [Status::Connected, Status::Connecting, Status::Connected, Status::Disconnected] {
            summary.count(status);
        }
        assert_eq!(summary, Summary { total: 4, connected: 2, connecting: 1, disconnected: 1 });
    }
}
