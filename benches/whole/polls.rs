//! Polls of the list as the page sends them, timed one by one.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde_json::{Value, json};
use wsmon_model::ListQuery;

use crate::{monitor::Monitor, program::Admin};

/// Polls, and the body of the latest answer as it was sent.
#[derive(Default)]
pub struct Polls {
    took: Vec<Duration>,
    pub body_bytes: usize,
}

impl Polls {
    /// Polls that many times over one connection, one after the other.
    pub async fn in_turn(monitor: &Monitor, query: &ListQuery, count: usize) -> Self {
        let mut polls = Self::default();
        for _ in 0..count {
            polls.one(monitor, &monitor.admin, &arguments(query)).await;
        }
        polls
    }

    /// Polls once, and reads the whole answer.
    pub async fn one(&mut self, monitor: &Monitor, admin: &Admin, arguments: &Value) {
        let url = format!("{}/api/list_connections", monitor.program.url);
        let request = admin.0.post(url).header(ACCEPT_ENCODING, "br").json(arguments);
        let began = Instant::now();
        let answer = request.send().await.and_then(reqwest::Response::error_for_status).expect("an answer");
        let encoding = answer.headers().get(CONTENT_ENCODING).cloned();
        let body = answer.bytes().await.expect("all of it");
        self.took.push(began.elapsed());
        self.body_bytes = body.len();
        assert!(encoding.is_some_and(|encoding| encoding == "br") || body.len() < 200, "it is sent compressed");
    }

    /// Adds those of somebody else.
    pub fn extend(&mut self, others: Self) {
        self.took.extend(others.took);
        self.body_bytes = others.body_bytes;
    }

    /// The time that a share of the polls stays below, in milliseconds.
    pub fn within_ms(&mut self, share: f64) -> f64 {
        self.took.sort();
        let last = self.took.len() - 1;
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few")]
        let index = (last as f64 * share).ceil() as usize;
        self.took[index].as_secs_f64() * 1e3
    }
}

/// What the page sends when it knows nothing yet.
pub fn arguments(query: &ListQuery) -> Value {
    json!({ "query": query })
}
