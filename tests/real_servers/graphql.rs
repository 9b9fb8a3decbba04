//! GraphQL subscriptions, by `graphql-ws`.

use wsmon_model::{ConnectionOptions, Phase, Profile};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::Server,
};

const SUBSCRIBE: &str = r#"> {"id":"1","type":"subscribe","payload":{"query":"subscription { prices }"}}"#;

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("graphql-ws")?, "graphql.mjs").await)
}

/// The profile's opening with a token.
fn with_token(token: &str) -> ConnectionOptions {
    let init = format!(r#"> {{"type":"connection_init","payload":{{"token":"{token}"}}}}"#);
    let opening = format!("{init}\n<1s \"connection_ack\"\n{SUBSCRIBE}");
    ConnectionOptions { opening: Some(opening), ..speaking(Profile::GraphqlTransportWs) }
}

async fn is_fed(client: &mut Client) {
    client.until(Phase::Connected).await;
    client.hears("first").await;
    // Which it says once its ping has been answered.
    client.hears("second").await;
}

#[tokio::test]
async fn a_killed_server_is_connected_again_and_the_subscription_goes_on() {
    let Some(mut server) = start().await else { return };
    let options = saying(Profile::GraphqlTransportWs, &[SUBSCRIBE]);
    let mut client = Client::connect_to(server.port, "/", "graphql", options).await;
    is_fed(&mut client).await;
    client.outlives(&mut server).await;
    is_fed(&mut client).await;
}

/// Its own pings, which are the profile's, are answered: else it would be given up.
#[tokio::test]
async fn heartbeats_are_answered() {
    let Some(server) = start().await else { return };
    let often = ConnectionOptions { heartbeat_every_ms: Some(100), ..speaking(Profile::GraphqlTransportWs) };
    let mut client = Client::connect_to(server.port, "/", "graphql", often).await;
    client.until(Phase::Connected).await;
    for _ in 0..3 {
        client.hears(r#"{"type":"pong"}"#).await;
    }
    assert_eq!(client.state().phase, Phase::Connected);
}

#[tokio::test]
async fn a_token_lets_in() {
    let Some(server) = start().await else { return };
    let mut client = Client::connect_to(server.port, "/", "graphql", with_token("t0ken-of-tests")).await;
    client.until(Phase::Connected).await;
    client.hears("first").await;
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let Some(server) = start().await else { return };
    let wrong_field = SUBSCRIBE.replace("prices", "prizes");
    for (endpoint, options, expected) in [
        (
            "graph",
            speaking(Profile::GraphqlTransportWs),
            "The server answered HTTP 400 Bad Request instead of opening a WebSocket. It found the request malformed.",
        ),
        (
            "graphql",
            saying(Profile::GraphqlTransportWs, &[&wrong_field, "< \"type\":\"next\""]),
            "Step 4 of the opening failed (waiting for a message that matches “\"type\":\"next\"”): no such message came \
             within 1 s. The last that the service said was “{\"id\":\"1\",\"type\":\"error\",\"payload\":[{\"message\":\
             \"Cannot query field \\\"prizes\\\" on type \\\"Subscription\\\". Did you mean \\\"prices\\\"?\",\"locations\":\
             [{\"line\":1,\"column\":16}]}]}”.",
        ),
        (
            "graphql",
            with_token("old"),
            "Step 2 of the opening failed (waiting for a message that matches “\"connection_ack\"”): the service closed the \
             connection: 4403, “Forbidden”.",
        ),
        (
            "graphql",
            with_token("hangs"),
            "Step 2 of the opening failed (waiting for a message that matches “\"connection_ack\"”): no message came within \
             1 s. Check the opening's steps and the endpoint.",
        ),
        (
            "graphql",
            ConnectionOptions { subprotocols: vec!["graphql-ws".to_owned()], ..speaking(Profile::GraphqlTransportWs) },
            "Client and server agree on no subprotocol: the server took none of those asked for. Check the connection's \
             subprotocols.",
        ),
    ] {
        assert_eq!(sentence(server.port, "/", endpoint, options).await, expected);
    }
}
