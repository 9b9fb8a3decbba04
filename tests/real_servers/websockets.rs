//! Python's `websockets`.

use wsmon_manager::Message;
use wsmon_model::{ConnectionOptions, Phase};

use crate::{client::Client, install, server::Server};

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::python()?, "echo.py").await)
}

#[tokio::test]
async fn a_killed_server_is_connected_again() {
    let Some(mut server) = start().await else { return };
    let mut client = Client::connect(server.port, "/", ConnectionOptions::default()).await;
    client.outlives(&mut server).await;
}

#[tokio::test]
async fn its_pings_are_answered_and_its_goodbye_is_understood() {
    let Some(mut server) = start().await else { return };
    let mut client = Client::connect(server.port, "/", ConnectionOptions::default()).await;
    assert_eq!(client.hear().await, Message::text("three pongs"));
    client.say(Message::text("hello")).await;
    assert_eq!(client.hear().await, Message::text("hello"));
    client.say(Message::binary([1, 2, 3])).await;
    assert_eq!(client.hear().await, Message::binary([1, 2, 3]));

    server.ask_to_end();
    let closed = client.until(Phase::Waiting).await.failure.expect("a failure");
    assert_eq!(closed.close_code(), Some(1001), "{closed}");
}
