//! Stores that are not empty.

use std::path::Path;

use wsmon_manager::{CheckedOptions, EventRecord, Keeper, Wanted};
use wsmon_model::{EndpointId, EventKind};
use wsmon_store::Store;

/// The name of an endpoint, from its number.
pub fn endpoint(number: u32) -> EndpointId {
    format!("feed-{number}").parse().expect("a name")
}

/// Makes a store in a directory, with that many endpoints that are on, or off.
pub async fn fill_store(data_dir: &Path, endpoints: u32, on: bool) {
    let store = Store::open(data_dir).await.expect("opens");
    for number in 0..endpoints {
        let wanted =
            Wanted { endpoint: endpoint(number), on, auto_reconnect: true, options: CheckedOptions::default() };
        let event = EventRecord::new(wanted.endpoint.clone(), 0, EventKind::AskedToConnect);
        store.save(&wanted, &event, None).await.expect("saved");
    }
    store.close().await;
}
