//! A token service that does what a test tells it, and the requests that it had.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};
use websocket_monitor::server::oauth2::{InvalidOAuth2, OAuth2Client};
use wsmon_model::Secret;

/// What is done with a request.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// A token that is valid for so many seconds.
    Issue { expires_in: u64 },
    /// Another answer: its status, its type and its body.
    Answer(u16, &'static str, &'static str),
    /// A wait of so many seconds is asked for.
    Busy { retry_after: u32 },
    /// Another place, which is never to be asked.
    Redirect,
    /// No answer.
    Hang,
}

/// The client that it knows.
pub const CLIENT: (&str, &str) = ("monitor", "c4n4ry-secret");

pub struct TokenServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    manner: Mutex<Manner>,
    /// What its tokens begin with.
    beginning: Mutex<String>,
    requests: AtomicUsize,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
    /// Requests that were not as RFC 6749 asks for, or came where they should not.
    wrong: Mutex<Vec<String>>,
}

impl TokenServer {
    pub async fn start(manner: Manner) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), manner).await
    }

    pub async fn start_at(address: SocketAddr, manner: Manner) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            manner: Mutex::new(manner),
            beginning: Mutex::new("c4n4ry-token-0".to_owned()),
            requests: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            wrong: Mutex::default(),
        });
        let router = Router::new().route("/{*path}", any(answer)).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shared, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// The client that it knows.
    pub fn client(&self) -> OAuth2Client {
        client(&self.url()).expect("valid")
    }

    pub fn treat(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// What its tokens begin with from now on.
    pub fn issue_beginning(&self, beginning: &str) {
        beginning.clone_into(&mut self.shared.beginning.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How many requests it had, each as the standard asks for and never two at once.
    pub fn requests(&self) -> usize {
        let wrong = self.shared.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*wrong, Vec::<String>::new());
        assert!(self.shared.most_at_once.load(SeqCst) <= 1, "two requests at once");
        self.shared.requests.load(SeqCst)
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The client that it knows, at a token service that may be another.
pub fn client(url: &str) -> Result<OAuth2Client, InvalidOAuth2> {
    OAuth2Client::new(url, Secret::new(CLIENT.0), Secret::new(CLIENT.1), Some("feeds".to_owned()), None)
}

/// A request that is under way, also one that the client gives up.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response {
    let number = shared.requests.fetch_add(1, SeqCst) + 1;
    shared.most_at_once.fetch_max(shared.under_way.fetch_add(1, SeqCst) + 1, SeqCst);
    let _under_way = UnderWay(&shared.under_way);
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_024).await.unwrap_or_default();
    let asked = format!("{} {} {}", head.method, head.uri, String::from_utf8_lossy(&body));
    if asked != "POST /token grant_type=client_credentials&scope=feeds" || !is_known(&head.headers) {
        shared.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
    let manner = *shared.manner.lock().unwrap_or_else(PoisonError::into_inner);
    match manner {
        Manner::Issue { expires_in } => {
            // As long as others need to come as well.
            sleep(Duration::from_millis(20)).await;
            let beginning = shared.beginning.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let token = format!("{beginning}-{number}");
            let body = serde_json::json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in });
            ([("content-type", "application/json"), ("cache-control", "no-store")], body.to_string()).into_response()
        }
        Manner::Answer(status, kind, body) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [("content-type", kind)], body).into_response()
        }
        Manner::Busy { retry_after } => {
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", retry_after.to_string())]).into_response()
        }
        Manner::Redirect => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Manner::Hang => pending().await,
    }
}

/// RFC 6749 section 2.3.1; neither has a character that would have to be encoded.
fn is_known(headers: &HeaderMap) -> bool {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", CLIENT.0, CLIENT.1)));
    headers.get("authorization").is_some_and(|sent| sent.as_bytes() == expected.as_bytes())
}
