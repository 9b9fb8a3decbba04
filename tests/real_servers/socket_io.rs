//! socket.io, which drops whoever leaves engine.io's pings inside text messages unanswered.

use wsmon_manager::Message;
use wsmon_model::{Cause, ConnectionOptions, Phase, Profile, Secret};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::Server,
};

/// engine.io takes every path that begins with its own.
const PATH: &str = "/socket.io/";

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("socket.io")?, "socketio.mjs").await)
}

/// Joins a namespace in the place of the default one.
fn joining(packet: &str) -> ConnectionOptions {
    let namespace = packet.split_once(',').map_or("", |(namespace, _)| namespace);
    let opening = format!("<1s ^0\\{{\n> 40{packet}\n<1s ^40{namespace},");
    ConnectionOptions { opening: Some(opening), ..speaking(Profile::SocketIo) }
}

async fn is_fed(client: &mut Client) {
    client.until(Phase::Connected).await;
    client.say(Message::text(r#"42/feeds,["say","hello"]"#)).await;
    client.hears(r#"42/feeds,["said","hello"]"#).await;
}

#[tokio::test]
async fn a_killed_server_is_connected_again_and_its_feed_goes_on() {
    let Some(mut server) = start().await else { return };
    let mut client = Client::connect(server.port, PATH, joining("/feeds,")).await;
    is_fed(&mut client).await;
    client.outlives(&mut server).await;
    is_fed(&mut client).await;
}

#[tokio::test]
async fn who_answers_its_pings_stays_connected() {
    let Some(server) = start().await else { return };
    let mut client = Client::connect(server.port, PATH, speaking(Profile::SocketIo)).await;
    let connected = client.until(Phase::Connected).await;
    client.hears("0{").await;
    client.hears("40{").await;
    assert_eq!(client.hear().await, Message::text(r#"42["beats",5]"#), "no ping is handed out as a message");
    assert_eq!(client.state(), connected);
}

#[tokio::test]
async fn who_does_not_is_dropped() {
    let Some(server) = start().await else { return };
    let query = Some(Secret::new("EIO=4&transport=websocket"));
    let mut client =
        Client::connect(server.port, PATH, ConnectionOptions { query, ..ConnectionOptions::default() }).await;
    client.until(Phase::Connected).await;
    client.hears("0{").await;
    assert_eq!(client.hear().await, Message::text("2"));
    let dropped = client.until(Phase::Waiting).await.failure.expect("a failure");
    assert_eq!((dropped.cause(), dropped.close_code()), (Cause::ClosedByPeer, None), "{dropped}");
}

#[tokio::test]
async fn a_token_lets_in() {
    let Some(server) = start().await else { return };
    let mut client = Client::connect(server.port, PATH, joining(r#"/private,{"token":"t0ken-of-tests"}"#)).await;
    client.until(Phase::Connected).await;
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let Some(server) = start().await else { return };
    for (path, options, expected) in [
        (
            PATH,
            joining("/feds,"),
            "Step 3 of the opening failed (waiting for a message that matches “^40/feds,”): no such message came within \
             1 s. The last that the service said was “44/feds,{\"message\":\"Invalid namespace\"}”.",
        ),
        (
            PATH,
            joining(r#"/private,{"token":"old"}"#),
            "Step 3 of the opening failed (waiting for a message that matches “^40/private,”): no such message came within \
             1 s. The last that the service said was “44/private,{\"message\":\"unknown token\"}”.",
        ),
        (
            PATH,
            joining("/hangs,"),
            "Step 3 of the opening failed (waiting for a message that matches “^40/hangs,”): no message came within 1 s. \
             Check the opening's steps and the endpoint.",
        ),
        (
            "/ws/",
            saying(Profile::SocketIo, &[]),
            "The server hung up instead of answering the WebSocket upgrade. Check the endpoint's name, and the subprotocols and \
             headers in the connection's options.",
        ),
    ] {
        assert_eq!(sentence(server.port, path, "data-feed", options).await, expected);
    }
}
