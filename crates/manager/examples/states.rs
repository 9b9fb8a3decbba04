//! Follows the states of a feed, as one would for metrics of one's own: counts how often it was lost.

use std::{env, error::Error};

use futures_util::StreamExt;
use tokio::signal::ctrl_c;
use wsmon_manager::{Base, ConnectionManager, ManagerConfig, model::Phase};

/// The sample upstream of `make run`.
const SAMPLES: &str = "ws://localhost:8000/ws/";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).unwrap_or_else(|| SAMPLES.to_owned()).parse::<Base>()?;
    let manager = ConnectionManager::new(base, ManagerConfig::default());
    let feed = "closes-every-20s".parse()?;
    let handle = manager.connect(&feed, None).await?;
    let mut states = handle.states();
    let (mut before, mut losses) = (None, 0);
    loop {
        tokio::select! {
            state = states.next() => {
                // Ends when the feed was removed.
                let Some(state) = state else { break };
                losses += u32::from(before == Some(Phase::Connected) && state.phase != Phase::Connected);
                before = Some(state.phase);
                let why = state.failure.map(|failure| failure.to_string()).unwrap_or_default();
                println!("{:?}, lost {losses} times. {why}", state.phase);
            }
            interrupted = ctrl_c() => {
                interrupted?;
                break;
            }
        }
    }
    manager.shutdown().await;
    Ok(())
}
