//! socket.io, which drops whoever leaves engine.io's pings inside text messages unanswered.

use wsmon_manager::Message;
use wsmon_model::{Cause, ConnectionOptions, Phase, Secret, TextPing};

use crate::{client::Client, install, server::Server};

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("socket.io")?, "socketio.mjs").await)
}

async fn connect(port: u16, text_ping: Option<TextPing>) -> Client {
    let query = Some(Secret::new("EIO=4&transport=websocket"));
    // engine.io takes every path that begins with its own.
    Client::connect(port, "/socket.io/", ConnectionOptions { query, text_ping, ..ConnectionOptions::default() }).await
}

fn engine_io() -> TextPing {
    TextPing { ping: "2".to_owned(), pong: "3".to_owned() }
}

fn begins(message: &Message, start: &str) -> bool {
    matches!(message, Message::Text(text) if text.starts_with(start))
}

#[tokio::test]
async fn a_killed_server_is_connected_again() {
    let Some(mut server) = start().await else { return };
    connect(server.port, Some(engine_io())).await.outlives(&mut server).await;
}

#[tokio::test]
async fn who_answers_its_pings_stays_connected() {
    let Some(server) = start().await else { return };
    let mut client = connect(server.port, Some(engine_io())).await;
    let connected = client.until(Phase::Connected).await;
    assert!(begins(&client.hear().await, "0{"), "what engine.io opens with");
    client.say(Message::text("40")).await;
    assert!(begins(&client.hear().await, "40{"), "the namespace is joined");

    assert_eq!(client.hear().await, Message::text(r#"42["beats",5]"#), "no ping is handed out as a message");
    assert_eq!(client.state(), connected);
}

#[tokio::test]
async fn who_does_not_is_dropped() {
    let Some(server) = start().await else { return };
    let mut client = connect(server.port, None).await;
    client.until(Phase::Connected).await;
    assert!(begins(&client.hear().await, "0{"), "what engine.io opens with");
    assert_eq!(client.hear().await, Message::text("2"));
    let dropped = client.until(Phase::Waiting).await.failure.expect("a failure");
    assert_eq!((dropped.cause(), dropped.close_code()), (Cause::ClosedByPeer, None), "{dropped}");
}
