//! The connection manager alone, on a network that notes every attempt.

use std::{hint::black_box, sync::Arc};

use wsmon_manager::{Base, ConnectionManager, ManagerConfig};
use wsmon_model::ListQuery;

use crate::{
    CONNECTIONS, Storm, all_connected,
    filled_store::endpoint,
    happen,
    network::{Noted, most_in_a_second},
    p95,
    upstream::Upstream,
};

pub async fn storm() -> Storm {
    let mut upstream = Upstream::start();
    let network = Arc::new(Noted::default());
    let config = ManagerConfig { transport: network.clone(), ..ManagerConfig::default() };
    let manager = ConnectionManager::new(upstream.base_url().parse::<Base>().expect("a base URL"), config);
    for number in 0..CONNECTIONS {
        manager.connect(&endpoint(number), None).await.expect("connects");
    }
    all_connected(async || manager.summary().connected).await;

    network.take();
    let page = async || {
        let list = manager.list(&ListQuery::default());
        black_box(serde_json::to_string(&list).expect("JSON"));
        list.summary.connected
    };
    let (back_after, took) = happen(&mut upstream, page).await;
    let attempts = network.take();
    manager.shutdown().await;
    Storm {
        attempts_each: attempts.len() as f64 / f64::from(CONNECTIONS),
        most_in_a_second: Some(most_in_a_second(&attempts)),
        back_after,
        page: Some(p95(took)),
    }
}
