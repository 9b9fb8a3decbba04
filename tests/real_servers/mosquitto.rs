//! Mosquitto: MQTT over a WebSocket, for which a subprotocol is needed.

use wsmon_manager::Message;
use wsmon_model::{Cause, ConnectionOptions, Phase};

use crate::{
    client::Client,
    install,
    server::{Server, free_port},
};

/// CONNECT and CONNACK, MQTT 3.1.1 sections 3.1 and 3.2: a clean session, kept alive for a minute.
const CONNECT: [u8; 14] = *b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00";
const CONNACK: [u8; 4] = [0x20, 2, 0, 0];

async fn start() -> Option<Server> {
    let program = install::program("mosquitto")?;
    let (plain, port) = (free_port(), free_port());
    // It has no WebSockets without a plain listener beside them. As root it would become a user that
    // need not exist.
    let config = format!(
        "user root\nallow_anonymous true\n\
         listener {plain} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\n"
    );
    Some(Server::start(&program, port, &["-c", "config"], &config, " running").await)
}

fn asking_for(subprotocol: &str) -> ConnectionOptions {
    ConnectionOptions { subprotocols: vec![subprotocol.to_owned()], ..ConnectionOptions::default() }
}

#[tokio::test]
async fn a_killed_broker_is_connected_again_and_speaks_mqtt() {
    let Some(mut server) = start().await else { return };
    let mut client = Client::connect(server.port, "/", asking_for("mqtt")).await;
    client.outlives(&mut server).await;
    client.say(Message::binary(CONNECT)).await;
    assert_eq!(client.hear().await, Message::binary(CONNACK));
}

/// It takes such a connection, answers its pings, and ignores what it says.
#[tokio::test]
async fn without_a_subprotocol_the_connection_is_found_to_be_silent() {
    let Some(server) = start().await else { return };
    let watched =
        ConnectionOptions { max_silence_ms: Some(1000), recycle_when_silent: true, ..ConnectionOptions::default() };
    let mut client = Client::connect(server.port, "/", watched).await;
    client.is_answered().await;
    client.say(Message::binary(CONNECT)).await;
    let silent = client.until(Phase::Waiting).await.failure.expect("a failure");
    assert_eq!(silent.cause(), Cause::Silent, "{silent}");
}

/// It hangs up instead of answering the upgrade, so there is nothing better to tell.
#[tokio::test]
async fn with_a_wrong_subprotocol_it_hangs_up() {
    let Some(server) = start().await else { return };
    let mut client = Client::connect(server.port, "/", asking_for("stomp")).await;
    let lost = client.until(Phase::Waiting).await.failure.expect("a failure");
    assert_eq!(lost.cause(), Cause::ConnectionLost, "{lost}");
}
