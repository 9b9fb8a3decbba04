//! `RabbitMQ`: STOMP and MQTT over a WebSocket. One broker for all of it, as it takes 10 s to start.

use std::path::Path;

use tempfile::TempDir;
use wsmon_manager::Message;
use wsmon_model::{ConnectionOptions, Phase, Profile};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::{Server, free_port},
};

/// A broker, and the ports that it has for each.
struct Broker {
    server: Server,
    stomp: u16,
    mqtt: u16,
    _directory: TempDir,
}

async fn start() -> Option<Broker> {
    install::rabbitmq()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/rabbitmq");
    let directory = TempDir::new().expect("a directory");
    let (stomp, mqtt) = (free_port(), free_port());
    let ports = [free_port(), free_port(), stomp, mqtt].map(|port| port.to_string());
    let arguments = [directory.path().to_str().expect("a path in UTF-8")].into_iter();
    let arguments: Vec<_> = arguments.chain(ports.iter().map(String::as_str)).collect();
    let server = Server::start(&script, stomp, &arguments, "", "Server startup complete").await;
    Some(Broker { server, stomp, mqtt, _directory: directory })
}

const SUBSCRIBE: &str = "> SUBSCRIBE${lf}id:0${lf}destination:/topic/prices${lf}receipt:0${lf}${lf}${nul}";

fn logging_in(profile: Profile, login: (&str, &str)) -> ConnectionOptions {
    let (user, password) = login;
    let with_login = |script: String| match profile {
        Profile::Stomp => script.replace("host:/", &format!("host:/${{lf}}login:{user}${{lf}}passcode:{password}")),
        _ => script.replace("keep_alive=60", &format!("user={user} password={password}")),
    };
    let lines: &[&str] = match profile {
        Profile::Stomp => &[SUBSCRIBE, "< ^RECEIPT"],
        _ => &[">mqtt subscribe prices/#", r"< (?s-u)^\x90\x03..\x00"],
    };
    let options = saying(profile, lines);
    ConnectionOptions { opening: options.opening.map(with_login), ..options }
}

/// The user that a new broker has.
const GUEST: (&str, &str) = ("guest", "guest");

async fn is_fed(stomp: &mut Client, mqtt: &mut Client) {
    stomp.until(Phase::Connected).await;
    mqtt.until(Phase::Connected).await;
    stomp.say(Message::text("SEND\ndestination:/topic/prices\n\nhello\0")).await;
    stomp.hears("hello\0").await;
    // PUBLISH, MQTT 3.1.1 section 3.3.
    mqtt.say(Message::binary(*b"\x30\x11\x00\x0aprices/eurhello")).await;
    mqtt.hears("prices/eurhello").await;
}

#[tokio::test]
async fn a_killed_broker_is_connected_again_and_each_ill_has_its_sentence() {
    let Some(mut broker) = start().await else { return };
    let mut stomp = Client::connect_to(broker.stomp, "/", "ws", logging_in(Profile::Stomp, GUEST)).await;
    let mut mqtt = Client::connect_to(broker.mqtt, "/", "ws", logging_in(Profile::Mqtt, GUEST)).await;
    is_fed(&mut stomp, &mut mqtt).await;
    each_ill(&broker).await;
    tokio::join!(stomp.is_answered(), mqtt.is_answered());
    stomp.outlives(&mut broker.server).await;
    is_fed(&mut stomp, &mut mqtt).await;
    broker.server.stop();
    let sentence = sentence(broker.stomp, "/", "ws", speaking(Profile::Stomp)).await;
    assert_eq!(sentence, "The server accepted the connection but did not answer the WebSocket upgrade within 3 s.");
}

async fn each_ill(broker: &Broker) {
    let old = ("guest", "old-token-of-tests");
    for (port, endpoint, options, expected) in [
        (
            broker.stomp,
            "wss",
            speaking(Profile::Stomp),
            "The server answered HTTP 404 Not Found instead of opening a WebSocket. Check the endpoint's name and the base \
             URL's path.",
        ),
        (
            broker.stomp,
            "ws",
            logging_in(Profile::Stomp, old),
            "Step 2 of the opening failed (waiting for a message that matches “^CONNECTED”): no such message came within 1 s. \
             The last that the service said was “ERROR message:Bad CONNECT content-type:text/plain version:1.0,1.1,1.2 \
             content-length:32 Access refused for user 'guest'”.",
        ),
        (
            broker.stomp,
            "ws",
            saying(Profile::Stomp, &[&SUBSCRIBE.replace("/topic", "/feeds"), "< ^RECEIPT"]),
            "Step 4 of the opening failed (waiting for a message that matches “^RECEIPT”): no such message came within 1 s. \
             The last that the service said was “ERROR message:Unknown destination content-type:text/plain \
             version:1.0,1.1,1.2 content-length:140 '/feeds/prices' is not a valid destination. Valid destination types are: \
             /temp-queue, /exchange, /topic…”.",
        ),
        (
            broker.mqtt,
            "wss",
            speaking(Profile::Mqtt),
            "The server answered HTTP 404 Not Found instead of opening a WebSocket. Check the endpoint's name and the base \
             URL's path.",
        ),
        (
            broker.mqtt,
            "ws",
            logging_in(Profile::Mqtt, old),
            "Step 2 of the opening failed (waiting for a message that matches “^\\x20\\x02[\\x00\\x01]\\x00”): the service \
             closed the connection: 1002 protocol error, “unauthenticated”. Client and server disagree; connecting again \
             will not help.",
        ),
    ] {
        assert_eq!(sentence(port, "/", endpoint, options).await, expected);
    }
}
