//! Mosquitto: MQTT over a WebSocket, for which a subprotocol is needed.

use std::fs;

use tempfile::TempDir;
use wsmon_manager::Message;
use wsmon_model::{Cause, ConnectionOptions, Phase, Profile};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::{Server, free_port},
};

/// The user ann with the password t0ken-of-tests, as `mosquitto_passwd` writes it.
const PASSWORDS: &str = "ann:$7$101$AAECAwQFBgcICQoL$63okTfR/hkPthQYgg0LB73UoNCtzfbq0mX4eaLU3fhsvdMdR/SGk61XUysM5F8oiXNPYIxClSkR9fyCU4sb2AA==\n";

/// PUBLISH, MQTT 3.1.1 section 3.3: hello to prices/eur.
const PUBLISH: [u8; 19] = *b"\x30\x11\x00\x0aprices/eurhello";

async fn start_with(authentication: &str) -> Option<Server> {
    let program = install::program("mosquitto")?;
    let (plain, port) = (free_port(), free_port());
    // It has no WebSockets without a plain listener beside them. As root it would become a user that
    // need not exist.
    let config = format!(
        "user root\n{authentication}\n\
         listener {plain} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\n"
    );
    Some(Server::start(&program, port, &["-c", "config"], &config, " running").await)
}

async fn start() -> Option<Server> {
    start_with("allow_anonymous true").await
}

async fn is_fed(client: &mut Client) {
    client.until(Phase::Connected).await;
    client.say(Message::binary(PUBLISH)).await;
    client.hears("prices/eurhello").await;
    // PINGRESP, which the profile expects.
    while client.hear().await != Message::binary([0xd0, 0]) {}
}

#[tokio::test]
async fn a_killed_broker_is_connected_again_and_its_feed_goes_on() {
    let Some(mut server) = start().await else { return };
    let subscribing = saying(Profile::Mqtt, &[">mqtt subscribe prices/#", r"< (?s-u)^\x90\x03..\x00"]);
    let options = ConnectionOptions { heartbeat_every_ms: Some(100), ..subscribing };
    let mut client = Client::connect(server.port, "/", options).await;
    is_fed(&mut client).await;
    client.outlives(&mut server).await;
    is_fed(&mut client).await;
}

/// Without a profile. It takes such a connection, answers its pings, and ignores what it says.
#[tokio::test]
async fn without_a_subprotocol_the_connection_is_found_to_be_silent() {
    let Some(server) = start().await else { return };
    let watched =
        ConnectionOptions { max_silence_ms: Some(1000), recycle_when_silent: true, ..ConnectionOptions::default() };
    let mut client = Client::connect(server.port, "/", watched).await;
    client.is_answered().await;
    let silent = client.until(Phase::Waiting).await.failure.expect("a failure");
    assert_eq!(silent.cause(), Cause::Silent, "{silent}");
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let directory = TempDir::new().expect("a directory");
    let passwords = directory.path().join("passwords");
    fs::write(&passwords, PASSWORDS).expect("written");
    let authentication = format!("allow_anonymous false\npassword_file {}", passwords.display());
    let Some(server) = start_with(&authentication).await else { return };
    let port = server.port;
    let with_password = |password: &str| {
        let connect = format!(">mqtt connect user=ann password={password}\n<1s ^\\x20\\x02[\\x00\\x01]\\x00");
        ConnectionOptions { opening: Some(connect), ..speaking(Profile::Mqtt) }
    };
    let mut client = Client::connect(port, "/", with_password("t0ken-of-tests")).await;
    client.until(Phase::Connected).await;
    let other = ConnectionOptions { subprotocols: vec!["stomp".to_owned()], ..speaking(Profile::Mqtt) };
    for (options, expected) in [
        (
            with_password("old"),
            "Step 2 of the opening failed (waiting for a message that matches “^\\x20\\x02[\\x00\\x01]\\x00”): the \
             connection was cut without a close frame. The last that the service said was “bytes 20 02 00 05”.",
        ),
        (
            other,
            "The server hung up instead of answering the WebSocket upgrade. Check the endpoint's name, and the subprotocols and \
             headers in the connection's options.",
        ),
    ] {
        assert_eq!(sentence(port, "/", "data-feed", options).await, expected);
    }
    server.stop();
    assert_eq!(
        sentence(port, "/", "data-feed", speaking(Profile::Mqtt)).await,
        "The server accepted the connection but did not answer the WebSocket upgrade within 3 s."
    );
}
