//! `SignalR`, by a small server that speaks its hub protocol: ASP.NET Core itself does not install here.

use wsmon_manager::Message;
use wsmon_model::{ConnectionOptions, Phase, Profile, Secret};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::Server,
};

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("ws")?, "signalr.mjs").await)
}

fn with_token(options: ConnectionOptions) -> ConnectionOptions {
    ConnectionOptions { bearer_token: Some(Secret::new("t0ken-of-tests")), ..options }
}

async fn is_fed(client: &mut Client) {
    let connected = client.until(Phase::Connected).await;
    for _ in 0..6 {
        client.hears("{\"type\":6}\u{1e}").await;
    }
    assert_eq!(client.state(), connected, "it is still the same connection");
    client.say(Message::text("{\"type\":1,\"target\":\"Say\",\"arguments\":[\"hello\"]}\u{1e}")).await;
    client.hears(r#"{"type":1,"target":"Said","arguments":["hello"]}"#).await;
}

/// It gives up who sends nothing for a second.
#[tokio::test]
async fn a_killed_server_is_connected_again_and_its_hub_goes_on() {
    let Some(mut server) = start().await else { return };
    let often = ConnectionOptions { heartbeat_every_ms: Some(200), ..with_token(speaking(Profile::Signalr)) };
    let mut client = Client::connect_to(server.port, "/", "feeds", often).await;
    is_fed(&mut client).await;
    client.outlives(&mut server).await;
    is_fed(&mut client).await;
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let Some(server) = start().await else { return };
    let asking = "> {\"protocol\":\"messagepack\",\"version\":1}${rs}\n<1s ^\\{\\}\\x1e";
    let other = ConnectionOptions { opening: Some(asking.to_owned()), ..speaking(Profile::Signalr) };
    let step_2 = r"Step 2 of the opening failed (waiting for a message that matches “^\{\}\x1e”): ";
    for (endpoint, options, expected) in [
        (
            "feds",
            with_token(speaking(Profile::Signalr)),
            "The server answered HTTP 404 Not Found instead of opening a WebSocket. Check the endpoint's name and the base \
             URL's path."
                .to_owned(),
        ),
        (
            "feeds",
            speaking(Profile::Signalr),
            "The server answered HTTP 401 Unauthorized instead of opening a WebSocket. It asks for credentials.".to_owned(),
        ),
        (
            "feeds",
            with_token(other),
            format!(
                "{step_2}the service closed the connection: 1000 normal closure. The last that the service said was “{{\"error\":\"The \
                 protocol 'messagepack' is not supported.\"}}”."
            ),
        ),
        (
            "hangs",
            with_token(saying(Profile::Signalr, &[])),
            format!("{step_2}no message came within 1 s. Check the opening's steps and the endpoint."),
        ),
    ] {
        assert_eq!(sentence(server.port, "/", endpoint, options).await, expected);
    }
}
