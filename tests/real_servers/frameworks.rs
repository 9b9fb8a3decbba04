//! The frameworks that most feeds are written with: each connected, fed, killed and met again, and what the page says
//! when the name is wrong, the token is wrong, the handler fails or hangs.

use std::path::PathBuf;

use futures_util::future::join_all;
use wsmon_model::{ConnectionOptions, Phase, Secret};

use crate::{client::Client, install, name, server::Server, soon};

/// A framework, and how its feeds are started.
#[derive(Clone, Copy, Debug)]
enum Framework {
    /// `FastAPI` on uvicorn with this implementation of WebSocket.
    FastApi(&'static str),
    Aiohttp,
    Channels,
}

const ALL: [Framework; 5] = [
    Framework::FastApi("websockets"),
    Framework::FastApi("websockets-sansio"),
    Framework::FastApi("wsproto"),
    Framework::Aiohttp,
    Framework::Channels,
];

/// What is said of each ill, in the order of [`ILLS`].
type Sentences = [&'static str; 4];

/// Endpoints that do not open, and whether the handler is left to hang.
const ILLS: [&str; 4] = ["datafeed", "private", "raises", "hangs"];

const LATE: &str = "The server accepted the connection but did not answer the WebSocket upgrade within 3 s.";

const NAME_OR_CREDENTIALS: &str = "The server answered HTTP 403 Forbidden instead of opening a WebSocket. Check the \
    endpoint's name first: FastAPI and others answer so to a name that they do not know. Then check the credentials.";

const HANDLER: &str = "The server answered HTTP 500 Internal Server Error instead of opening a WebSocket. Its handler \
    failed, or does not know the endpoint's name (Django Channels answers so). Its log says which.";

impl Framework {
    fn script(self) -> (&'static str, Vec<&'static str>) {
        match self {
            Self::FastApi(implementation) => ("feeds_fastapi.py", vec![implementation]),
            Self::Aiohttp => ("feeds_aiohttp.py", Vec::new()),
            Self::Channels => ("feeds_channels.py", Vec::new()),
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::FastApi("wsproto") => "wsproto",
            Self::FastApi(_) => "fastapi",
            Self::Aiohttp => "aiohttp",
            Self::Channels => "daphne",
        }
    }

    fn python(self) -> Option<PathBuf> {
        install::python_with(self.package())
    }

    async fn start(self) -> Option<Server> {
        let (script, arguments) = self.script();
        Some(Server::start_script_with(&self.python()?, script, &arguments).await)
    }

    fn sentences(self) -> Sentences {
        match self {
            Self::FastApi(_) => [
                NAME_OR_CREDENTIALS,
                NAME_OR_CREDENTIALS,
                "The connection was cut without a close frame: the server or something on the way went away.",
                LATE,
            ],
            Self::Aiohttp => [
                "The server answered HTTP 404 Not Found instead of opening a WebSocket. Check the endpoint's name and the \
                 base URL's path.",
                "The server answered HTTP 401 Unauthorized instead of opening a WebSocket. It asks for credentials.",
                HANDLER,
                LATE,
            ],
            Self::Channels => [HANDLER, NAME_OR_CREDENTIALS, HANDLER, LATE],
        }
    }
}

fn with_token() -> ConnectionOptions {
    ConnectionOptions { bearer_token: Some(Secret::new("t0ken-of-tests")), ..ConnectionOptions::default() }
}

#[tokio::test]
async fn a_feed_of_each_is_held_and_outlives_its_server() {
    for framework in ALL {
        let Some(mut server) = framework.start().await else { continue };
        let mut client = Client::connect(server.port, "/ws/", ConnectionOptions::default()).await;
        client.until(Phase::Connected).await;
        client.is_echoed("before").await;
        client.outlives(&mut server).await;
        client.is_echoed("after").await;
    }
}

#[tokio::test]
async fn a_token_lets_in() {
    for framework in ALL {
        let Some(server) = framework.start().await else { continue };
        let mut client = Client::connect_to(server.port, "/ws/", "private", with_token()).await;
        client.until(Phase::Connected).await;
        client.is_echoed("hello").await;
    }
}

async fn say_what_is_wrong(framework: Framework) {
    let Some(server) = framework.start().await else { return };
    for (endpoint, sentence) in ILLS.into_iter().zip(framework.sentences()) {
        let mut client = Client::connect_to(server.port, "/ws/", endpoint, ConnectionOptions::default()).await;
        assert_eq!(client.sentence().await, sentence, "{framework:?}: {endpoint}");
    }
}

#[tokio::test]
async fn each_ill_has_its_sentence() {
    join_all(ALL.map(say_what_is_wrong)).await;
}

/// Whatever each answers to a name that it does not know, and to a token that it does not.
#[tokio::test]
async fn a_name_that_is_nearly_right_is_told_from_a_wrong_token() {
    for framework in ALL {
        let Some(server) = framework.start().await else { continue };
        let mut client = Client::connect(server.port, "/ws/", ConnectionOptions::default()).await;
        client.until(Phase::Connected).await;
        for (endpoint, is_name) in [("datafeed", true), ("private", false)] {
            let endpoint = name(endpoint);
            let mut other = client.manager.connect(&endpoint, None).await.expect("connects");
            soon("refused", other.settled()).await;
            let rule = client.explained_by(&endpoint);
            assert_eq!(rule == Some("did_you_mean"), is_name, "{framework:?}: {endpoint}: {rule:?}");
        }
    }
}

#[tokio::test]
async fn a_close_after_the_upgrade_is_told_in_its_own_words() {
    let Some(server) = Framework::FastApi("websockets-sansio").start().await else { return };
    let mut client = Client::connect_to(server.port, "/ws/", "private-after", ConnectionOptions::default()).await;
    assert_eq!(client.sentence().await, "The server closed the connection: 4401, “token expired”.");
}
