//! What the tests of actions on many connections do step by step.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wsmon_manager::{ConnectionManager, Service, Services};
use wsmon_model::{
    BulkAction, BulkId, BulkOutcome, BulkPreview, BulkProgress, BulkResult, BulkStep, EndpointId, ListQuery, Phase,
    Selection, ServiceName,
};

use crate::support::{
    monitor::{Monitor, Visitor},
    name, soon,
    upstream::Upstream,
};

pub async fn called<T: DeserializeOwned>(admin: &Visitor, function: &str, arguments: Value) -> T {
    let answer = admin.call(function, arguments).await;
    assert_eq!(answer.status(), 200, "{function}");
    answer.json().await.expect("an answer")
}

pub async fn preview(admin: &Visitor, selection: &Selection, action: BulkAction) -> BulkPreview {
    called(admin, "preview_bulk", json!({ "selection": selection, "action": action })).await
}

async fn step(admin: &Visitor, id: BulkId, step: BulkStep) -> BulkProgress {
    called(admin, "step_bulk", json!({ "id": id, "step": step })).await
}

pub async fn start(admin: &Visitor, id: BulkId) -> BulkProgress {
    step(admin, id, BulkStep::Start).await
}

pub async fn undo(admin: &Visitor, id: BulkId) -> BulkProgress {
    step(admin, id, BulkStep::Undo).await
}

/// Watches an operation until it has ended, as a page would, and gives all outcomes.
pub async fn ended(admin: &Visitor, id: BulkId) -> (BulkProgress, BTreeMap<EndpointId, BulkResult>) {
    let mut outcomes = Vec::new();
    let last = async {
        loop {
            let from = u32::try_from(outcomes.len()).expect("few");
            let progress = step(admin, id, BulkStep::Progress(from)).await;
            outcomes.extend(progress.outcomes.iter().cloned());
            if progress.ended && outcomes.len() == progress.total as usize {
                return progress;
            }
        }
    };
    let last = soon("the end", last).await;
    let count = outcomes.len();
    let by_id: BTreeMap<_, _> =
        outcomes.into_iter().map(|BulkOutcome { endpoint, result }| (endpoint, result)).collect();
    assert_eq!(by_id.len(), count, "one outcome each");
    (last, by_id)
}

/// Previews and starts an action, and waits for its end.
pub async fn run(
    admin: &Visitor,
    selection: &Selection,
    action: BulkAction,
) -> (BulkProgress, BTreeMap<EndpointId, BulkResult>) {
    let preview = preview(admin, selection, action).await;
    start(admin, preview.id).await;
    ended(admin, preview.id).await
}

/// The status of a call that is refused.
pub async fn refused(admin: &Visitor, step: BulkStep, id: BulkId) -> u16 {
    admin.call("step_bulk", json!({ "id": id, "step": step })).await.status().as_u16()
}

pub fn all() -> Selection {
    Selection::Matching(ListQuery::default())
}

pub fn ids(texts: &[&str]) -> Selection {
    Selection::Ids(texts.iter().map(|text| name(text)).collect())
}

pub async fn connected(manager: &ConnectionManager, feeds: &[EndpointId]) {
    for feed in feeds {
        let mut handle = manager.connect(feed, None).await.expect("connects");
        assert_eq!(soon("an outcome", handle.settled()).await.phase, Phase::Connected);
    }
}

/// Waits until a condition holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    soon(what, holds).await;
}

pub fn phases(manager: &ConnectionManager) -> BTreeMap<EndpointId, Phase> {
    manager.select(&ListQuery::default()).into_iter().map(|row| (row.endpoint, row.phase)).collect()
}

/// A monitor whose default service answers, and one named `down` that refuses.
pub async fn with_refusing_service(upstream: &Upstream, refusing: &Upstream) -> Monitor {
    let service = |name: ServiceName, upstream: &Upstream| Service::new(name, upstream.base());
    let down = "down".parse().expect("a name");
    let services = Services::new([service(ServiceName::default(), upstream), service(down, refusing)]);
    Monitor::start_with(upstream.base(), |config| config.services = services.expect("services")).await
}

pub async fn progress_from_start(admin: &Visitor, id: BulkId) -> BulkProgress {
    step(admin, id, BulkStep::Progress(0)).await
}
