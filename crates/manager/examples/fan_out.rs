//! Brings the messages of several feeds into one channel, each with its feed's name. The manager supervises the feeds: one
//! that is lost comes back, and its subscription goes on.

use std::{env, error::Error};

use tokio::{signal::ctrl_c, sync::mpsc};
use wsmon_manager::{Base, ConnectionManager, ManagerConfig, Message, RecvError, Subscription, model::EndpointId};

/// The sample upstream of `make run`.
const SAMPLES: &str = "ws://localhost:8000/ws/";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).unwrap_or_else(|| SAMPLES.to_owned()).parse::<Base>()?;
    let manager = ConnectionManager::new(base, ManagerConfig::default());
    let (sender, mut messages) = mpsc::channel(64);
    for name in ["data-feed", "notifications", "closes-every-20s"] {
        let feed: EndpointId = name.parse()?;
        manager.connect(&feed, None).await?;
        tokio::spawn(forward(manager.subscribe(&feed)?, feed, sender.clone()));
    }
    drop(sender);
    loop {
        tokio::select! {
            // Ends when every feed was removed.
            received = messages.recv() => match received {
                Some((feed, message)) => println!("{feed}: {message:?}"),
                None => break,
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

/// Passes a feed's messages on until it is removed or nobody listens.
async fn forward(mut messages: Subscription, feed: EndpointId, sender: mpsc::Sender<(EndpointId, Message)>) {
    loop {
        match messages.recv().await {
            Ok(message) => {
                if sender.send((feed.clone(), message)).await.is_err() {
                    return;
                }
            }
            Err(RecvError::Lagged(count)) => eprintln!("{feed}: {count} messages came too fast"),
            Err(RecvError::Removed) => return,
        }
    }
}
