//! What all test programs share.

use std::{future::Future, time::Duration};

use tokio::time::timeout;
use wsmon_model::EndpointId;

/// A name.
pub fn name(text: &str) -> EndpointId {
    text.parse().expect(text)
}

/// Awaits what must come; a minute is for a machine that is busy with other things.
pub async fn soon<T>(what: &str, event: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), event).await.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
}
