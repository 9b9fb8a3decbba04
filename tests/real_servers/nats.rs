//! NATS, which speaks first and in binary messages.

use wsmon_manager::Message;
use wsmon_model::{ConnectionOptions, Phase, Profile};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::{Server, free_port},
};

/// With a quick heartbeat, and with one if any user.
async fn start(authorization: &str) -> Option<Server> {
    let program = install::program("nats-server")?;
    let port = free_port();
    let config = format!(
        "host: 127.0.0.1\nport: -1\nping_interval: \"300ms\"\nping_max: 1\n{authorization}\n\
         websocket {{ host: 127.0.0.1, port: {port}, no_tls: true }}"
    );
    Some(Server::start(&program, port, &["-c", "config"], &config, "Server is ready").await)
}

fn subscribing() -> ConnectionOptions {
    saying(Profile::Nats, &["> SUB prices.* 1${cr}${lf}"])
}

async fn is_fed(client: &mut Client) {
    client.until(Phase::Connected).await;
    client.say(Message::text("PUB prices.eur 5\r\nhello\r\n")).await;
    client.hears("MSG prices.eur 1 5\r\nhello\r\n").await;
}

#[tokio::test]
async fn a_killed_server_is_connected_again_and_its_feed_goes_on() {
    let Some(mut server) = start("").await else { return };
    let mut client = Client::connect(server.port, "/", subscribing()).await;
    is_fed(&mut client).await;
    client.outlives(&mut server).await;
    is_fed(&mut client).await;
}

#[tokio::test]
async fn who_answers_its_pings_stays_connected() {
    let Some(server) = start("").await else { return };
    let mut client = Client::connect(server.port, "/", speaking(Profile::Nats)).await;
    let connected = client.until(Phase::Connected).await;
    client.hears("INFO {").await;
    // It gives up who leaves two in a row unanswered.
    for _ in 0..5 {
        client.hears("PING\r\n").await;
    }
    assert_eq!(client.state(), connected);
}

#[tokio::test]
async fn who_does_not_is_dropped() {
    let Some(server) = start("").await else { return };
    let mut client = Client::connect(server.port, "/", ConnectionOptions::default()).await;
    client.until(Phase::Connected).await;
    client.say(Message::text("CONNECT {}\r\n")).await;
    client.hears("-ERR 'Stale Connection'").await;
    client.until(Phase::Waiting).await;
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let Some(server) = start("authorization { user: ann, password: \"t0ken-of-tests\" }").await else { return };
    let port = server.port;
    let connect = |password: &str| {
        let user = format!("{{\"user\":\"ann\",\"pass\":\"{password}\",\"verbose\":false,");
        let opening = subscribing().opening.map(|script| script.replacen("{\"verbose\":false,", &user, 1));
        ConnectionOptions { opening, ..speaking(Profile::Nats) }
    };
    let mut client = Client::connect(port, "/", connect("t0ken-of-tests")).await;
    client.until(Phase::Connected).await;
    assert_eq!(
        sentence(port, "/", "data-feed", connect("old")).await,
        "Step 3 of the opening failed (waiting for a message that matches “(?:^|\\r\\n)PONG\\r\\n”): the service closed the \
         connection: 1008 policy violation, “Authentication Failure”. Check the credentials and what this client may do. \
         The last that the service said was “-ERR 'Authorization Violation'”."
    );
    server.stop();
    assert_eq!(
        sentence(port, "/", "data-feed", speaking(Profile::Nats)).await,
        "The server accepted the connection but did not answer the WebSocket upgrade within 3 s."
    );
}
