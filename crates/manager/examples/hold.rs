//! Holds one feed and prints its messages, until Ctrl-C.

use std::{env, error::Error};

use tokio::signal::ctrl_c;
use wsmon_manager::{Base, ConnectionManager, ManagerConfig, RecvError};

/// The sample upstream of `make run`.
const SAMPLES: &str = "ws://localhost:8000/ws/";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).unwrap_or_else(|| SAMPLES.to_owned()).parse::<Base>()?;
    let manager = ConnectionManager::new(base, ManagerConfig::default());
    let feed = "data-feed".parse()?;
    manager.connect(&feed, None).await?;
    let mut messages = manager.subscribe(&feed)?;
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Ok(message) => println!("{message:?}"),
                Err(RecvError::Lagged(count)) => eprintln!("{count} messages came too fast"),
                Err(RecvError::Removed) => break,
            },
            interrupted = ctrl_c() => {
                interrupted?;
                break;
            }
        }
    }
    manager.shutdown().await;
    Ok(())
}
