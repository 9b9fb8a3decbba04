//! One connection of a manager of its own.

use std::time::Duration;

use tokio::task::yield_now;
use wsmon_manager::{
    Backoff, Base, CheckedOptions, ConnectionHandle, ConnectionManager, ConnectionState, ManagerConfig, Message, Past,
    Service, Services, Subscription,
};
use wsmon_model::{Cause, ConnectionOptions, EndpointId, Phase, Profile, ServiceName};

use crate::{name, server::Server, soon};

/// Options of a profile alone.
pub fn speaking(profile: Profile) -> ConnectionOptions {
    ConnectionOptions { profile: Some(profile), ..ConnectionOptions::default() }
}

/// The same with an opening of their own: the profile's and more lines, where answers are waited for 1 s.
pub fn saying(profile: Profile, lines: &[&str]) -> ConnectionOptions {
    let opening = profile.options().opening.unwrap_or_default();
    let hurried = |line: &str| line.strip_prefix("< ").map_or_else(|| line.to_owned(), |rest| format!("<1s {rest}"));
    let steps: Vec<_> = opening.lines().chain(lines.iter().copied()).map(hurried).collect();
    ConnectionOptions { opening: Some(steps.join("\n")), ..speaking(profile) }
}

/// What the page says of a connection that fails.
pub async fn sentence(port: u16, path: &str, endpoint: &str, options: ConnectionOptions) -> String {
    let mut client = Client::connect_to(port, path, endpoint, options).await;
    let failed = client.wait_for("a failure", |state| state.failure.is_some()).await;
    failed.failure.expect("a failure").to_string()
}

/// A connection, and what it brings.
pub struct Client {
    pub manager: ConnectionManager,
    pub feed: EndpointId,
    handle: ConnectionHandle,
    messages: Subscription,
}

impl Client {
    /// Connects an endpoint below a path, with quick pings unless the options say otherwise.
    pub async fn connect(port: u16, path: &str, options: ConnectionOptions) -> Self {
        Self::connect_to(port, path, "data-feed", options).await
    }

    /// The same for an endpoint of this name. An attempt may take 3 s: daphne looks for a handler that failed once a second.
    pub async fn connect_to(port: u16, path: &str, endpoint: &str, options: ConnectionOptions) -> Self {
        Self::connect_with(port, path, endpoint, options, |_| {}).await
    }

    /// The same of a manager that is configured otherwise.
    pub async fn connect_with(
        port: u16,
        path: &str,
        endpoint: &str,
        options: ConnectionOptions,
        change: impl FnOnce(&mut ManagerConfig),
    ) -> Self {
        let base = format!("ws://127.0.0.1:{port}{path}").parse::<Base>().expect("a base URL");
        Self::of(base, endpoint, options, change).await
    }

    /// Connects an endpoint of a service through its proxy.
    pub async fn connect_through(proxy: &str, base: Base, options: ConnectionOptions) -> Self {
        let proxy = Some(proxy.parse().expect("a proxy"));
        let service = Service { proxy, ..Service::new(ServiceName::default(), base) };
        Self::connect_service(Services::new([service]).expect("valid"), "data-feed", options).await
    }

    /// Connects an endpoint of the service `default` among these.
    pub async fn connect_service(services: Services, endpoint: &str, options: ConnectionOptions) -> Self {
        Self::of(services, endpoint, options, |_| {}).await
    }

    async fn of(
        services: impl Into<Services>,
        endpoint: &str,
        options: ConnectionOptions,
        change: impl FnOnce(&mut ManagerConfig),
    ) -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1)).expect("valid");
        let handshake_timeout = Duration::from_secs(3);
        let mut config = ManagerConfig { seed: 1, backoff, handshake_timeout, ..ManagerConfig::default() };
        change(&mut config);
        let manager = ConnectionManager::new(services, config);
        let feed = name(endpoint);
        let options = ConnectionOptions { ping_interval_ms: options.ping_interval_ms.or(Some(100)), ..options };
        let handle = manager.connect(&feed, CheckedOptions::new(options).expect("valid")).await.expect("connects");
        // Before the connection's task has run at all on this thread, so that no message is missed.
        let messages = manager.subscribe(&feed).expect("the endpoint is there");
        Self { manager, feed, handle, messages }
    }

    /// Waits for a phase.
    pub async fn until(&mut self, phase: Phase) -> ConnectionState {
        self.wait_for(&format!("{phase:?}"), |state| state.phase == phase).await
    }

    /// Waits until a condition holds.
    pub async fn wait_for(&mut self, what: &str, condition: impl FnMut(&ConnectionState) -> bool) -> ConnectionState {
        soon(what, self.handle.wait_for(condition)).await
    }

    /// The rule that explains an endpoint's failure, of a connection of which nothing is known from before.
    pub fn explained_by(&self, endpoint: &EndpointId) -> Option<&'static str> {
        self.manager.explain(endpoint, &Past::default())?.rule
    }

    /// The state now.
    pub fn state(&self) -> ConnectionState {
        self.handle.state()
    }

    /// Sends a message.
    pub async fn say(&self, message: Message) {
        self.manager.send(&self.feed, message).await.expect("sent");
    }

    /// The next message.
    pub async fn hear(&mut self) -> Message {
        soon("a message", self.messages.recv()).await.expect("a message")
    }

    /// Says something, and hears it again from a service that echoes.
    pub async fn is_echoed(&mut self, text: &str) {
        self.say(Message::text(text)).await;
        while self.hear().await != Message::text(text) {}
    }

    /// The sentence of the failure that it has met, or meets.
    pub async fn sentence(&mut self) -> String {
        let failed = self.wait_for("a failure", |state| state.failure.is_some()).await;
        failed.failure.expect("a failure").to_string()
    }

    /// Waits for a message in which this stands.
    pub async fn hears(&mut self, part: &str) {
        let is_in = |message: &Message| {
            let bytes = match message {
                Message::Text(text) => text.as_bytes(),
                Message::Binary(bytes) => bytes,
            };
            bytes.windows(part.len()).any(|window| window == part.as_bytes())
        };
        while !is_in(&self.hear().await) {}
    }

    /// Is up and has its pings answered, sees the server being killed, and is up again when that is back.
    pub async fn outlives(&mut self, server: &mut Server) {
        self.outlives_as(Cause::ConnectionRefused, server).await;
    }

    /// The same of a server that refuses connections in its own way while it is down.
    pub async fn outlives_as(&mut self, down: Cause, server: &mut Server) {
        self.is_answered().await;
        server.kill();
        let lost = self.until(Phase::Waiting).await;
        assert_eq!(lost.failure.expect("a failure").cause(), Cause::ConnectionLost);
        assert!(lost.next_retry.is_some());
        let refused = self.wait_for("refusal", |state| state.phase == Phase::Waiting && state.attempt == 2).await;
        assert_eq!(refused.failure.expect("a failure").cause(), down);

        server.start_again().await;
        let back = self.until(Phase::Connected).await;
        assert_eq!((back.failure, back.next_retry), (None, None));
        self.is_answered().await;
    }

    /// Waits until the connection is up and a ping has been answered.
    pub async fn is_answered(&mut self) {
        self.until(Phase::Connected).await;
        let answered = async {
            while self.manager.get(&self.feed).expect("the endpoint is there").rtt_ms.is_none() {
                yield_now().await;
            }
        };
        soon("a pong", answered).await;
    }
}
