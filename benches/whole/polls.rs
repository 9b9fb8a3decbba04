//! Polls of the list as the page sends them, timed one by one.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use brotli_decompressor::Decompressor;
use reqwest::{
    Response,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
};
use serde_json::json;
use wsmon_model::{ListAnswer, ListQuery, ListVersion};

use crate::{monitor::Monitor, program::Admin, wire};

/// What the program is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// As a page that shows nothing yet.
    Anew,
    /// As a page that tells what it shows.
    Again,
}

/// Polls of one query over one connection.
#[derive(Default)]
pub struct Polls {
    query: ListQuery,
    shown: Option<ListVersion>,
    took: Vec<Duration>,
    body_bytes: Vec<usize>,
    head_bytes: usize,
}

impl Polls {
    pub fn of(query: ListQuery) -> Self {
        Self { query, ..Self::default() }
    }

    /// Polls that many times, one after the other.
    pub async fn repeated(query: &ListQuery, asking: Asking, monitor: &Monitor, times: usize) -> Self {
        let mut polls = Self::of(query.clone());
        for _ in 0..times {
            polls.poll(asking, monitor, &monitor.admin).await;
        }
        polls
    }

    /// Polls once, and reads the whole answer.
    pub async fn poll(&mut self, asking: Asking, monitor: &Monitor, admin: &Admin) {
        let shown = self.shown.filter(|_| asking == Asking::Again);
        let arguments = json!({ "query": self.query, "shown": shown });
        let url = format!("{}/api/list_connections", monitor.program.url);
        let request = admin.0.post(url).header(ACCEPT_ENCODING, "br");
        let request =
            request.header(CONTENT_TYPE, wire::POSTCARD).body(wire::arguments("list_connections", &arguments));
        let began = Instant::now();
        let answer = request.send().await.and_then(Response::error_for_status).expect("an answer");
        let head = answer.headers().clone();
        let body = answer.bytes().await.expect("all of it");
        self.took.push(began.elapsed());
        self.head_bytes = size(&head);
        self.body_bytes.push(body.len());
        if let ListAnswer::Changed(list) = read(&head, &body) {
            self.shown = Some(list.version);
        }
    }

    /// Adds those of somebody else.
    pub fn extend(&mut self, others: Self) {
        self.took.extend(others.took);
        self.body_bytes.extend(others.body_bytes);
        self.head_bytes = others.head_bytes;
    }

    /// The time that 50 and 99 of 100 polls stay below, in milliseconds.
    pub fn p50_and_p99_ms(&self) -> [f64; 2] {
        let mut took = self.took.clone();
        took.sort();
        [50, 99].map(|percent| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3)
    }

    /// The size of an answer's body as it is sent: the median.
    pub fn body_bytes(&self) -> u64 {
        let mut bytes = self.body_bytes.clone();
        bytes.sort_unstable();
        bytes[bytes.len() / 2] as u64
    }

    /// The size of an answer's head.
    pub fn head_bytes(&self) -> u64 {
        self.head_bytes as u64
    }
}

/// The size of a head with these fields, its first line and its end included.
fn size(fields: &HeaderMap) -> usize {
    let lines = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    "HTTP/1.1 200 OK\r\n".len() + lines.sum::<usize>() + "\r\n".len()
}

fn read(head: &HeaderMap, body: &[u8]) -> ListAnswer {
    let is_compressed = head.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "br");
    let mut plain = Vec::new();
    if is_compressed {
        Decompressor::new(body, body.len()).read_to_end(&mut plain).expect("Brotli");
    } else {
        plain.extend_from_slice(body);
    }
    postcard::from_bytes(&plain).expect("an answer")
}
