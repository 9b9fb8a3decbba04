//! Node's `ws`.

use wsmon_manager::Message;
use wsmon_model::{ConnectionOptions, Phase};

use crate::{client::Client, install, server::Server};

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("ws")?, "echo.mjs").await)
}

#[tokio::test]
async fn a_killed_server_is_connected_again() {
    let Some(mut server) = start().await else { return };
    let mut client = Client::connect(server.port, "/", ConnectionOptions::default()).await;
    client.outlives(&mut server).await;
}

#[tokio::test]
async fn a_message_too_big_for_it_blocks_the_connection_until_that_is_connected_again() {
    let Some(server) = start().await else { return };
    let mut client = Client::connect(server.port, "/", ConnectionOptions::default()).await;
    client.until(Phase::Connected).await;
    let most = Message::text("x".repeat(1024));
    client.say(most.clone()).await;
    assert_eq!(client.hear().await, most);

    client.say(Message::text("x".repeat(1025))).await;
    let closed = client.until(Phase::Blocked).await.failure.expect("a failure");
    assert_eq!(closed.close_code(), Some(1009), "{closed}");

    client.manager.connect(&client.feed, None).await.expect("connects");
    client.until(Phase::Connected).await;
}
