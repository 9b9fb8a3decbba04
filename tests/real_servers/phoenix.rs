//! Phoenix channels, by a small server that speaks their protocol: Phoenix itself does not install here.

use wsmon_manager::Message;
use wsmon_model::{ConnectionOptions, Phase, Profile, Secret};

use crate::{
    client::{Client, saying, sentence, speaking},
    install,
    server::Server,
};

const PATH: &str = "/socket/";

async fn start() -> Option<Server> {
    Some(Server::start_script(&install::node("ws")?, "phoenix.mjs").await)
}

fn joining(topic: &str) -> ConnectionOptions {
    let join = format!(r#"> ["1","1","{topic}","phx_join",{{}}]"#);
    saying(Profile::Phoenix, &[&join, r#"< ^\["1","1",.*"status":"ok""#])
}

async fn is_fed(client: &mut Client) {
    client.until(Phase::Connected).await;
    client.say(Message::text(r#"["1","2","room:lobby","shout",{"body":"hello"}]"#)).await;
    client.hears(r#"[null,null,"room:lobby","shout",{"body":"hello"}]"#).await;
    // The answer to a heartbeat.
    client.hears(r#""phoenix","phx_reply""#).await;
}

#[tokio::test]
async fn a_killed_server_is_connected_again_and_its_channel_goes_on() {
    let Some(mut server) = start().await else { return };
    let often = ConnectionOptions { heartbeat_every_ms: Some(100), ..joining("room:lobby") };
    let mut client = Client::connect_to(server.port, PATH, "websocket", often).await;
    is_fed(&mut client).await;
    client.outlives(&mut server).await;
    is_fed(&mut client).await;
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    let Some(server) = start().await else { return };
    let query = Some(Secret::new("vsn=2.0.0&token=old-token-of-tests"));
    let step_4 = r#"Step 4 of the opening failed (waiting for a message that matches “^\["1","1",.*"status":"ok"”): "#;
    for (endpoint, options, expected) in [
        (
            "websock",
            speaking(Profile::Phoenix),
            "The server answered HTTP 404 Not Found instead of opening a WebSocket. Check the endpoint's name and the base \
             URL's path."
                .to_owned(),
        ),
        (
            "websocket",
            ConnectionOptions { query, ..speaking(Profile::Phoenix) },
            "The server answered HTTP 403 Forbidden instead of opening a WebSocket. Check the endpoint's name first: \
             FastAPI and others answer so to a name that they do not know. Then check the credentials."
                .to_owned(),
        ),
        (
            "websocket",
            joining("room:loby"),
            format!(
                "{step_4}no such message came within 1 s. The last that the service said was “[\"1\",\"1\",\"room:loby\",\
                 \"phx_reply\",{{\"response\":{{\"reason\":\"unmatched topic\"}},\"status\":\"error\"}}]”."
            ),
        ),
        (
            "websocket",
            joining("room:hangs"),
            format!("{step_4}no message came within 1 s. Check the opening's steps and the endpoint."),
        ),
    ] {
        assert_eq!(sentence(server.port, PATH, endpoint, options).await, expected);
    }
}
