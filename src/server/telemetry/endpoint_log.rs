//! The latest log lines about each endpoint, in memory, for its own page.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, filter::Targets, layer::Context, registry::LookupSpan};

use super::lines::{Lines, LogLine};
use wsmon_manager::clock::unix_ms;
use wsmon_model::EndpointId;

/// Who writes about endpoints. Their text is clean: what a stranger wrote is `PeerText`.
const WRITERS: &str = "wsmon_manager";

/// The last 1,000 log lines about each endpoint, and 100,000 about all: then the endpoint with the
/// most loses its oldest. Cheap to clone; every clone is the same log.
///
/// An endpoint's lines begin and end with its connection's span, so they go when it is removed.
#[derive(Clone, Default)]
pub struct EndpointLog(Arc<Mutex<Lines>>);

impl EndpointLog {
    /// The latest lines about an endpoint, `limit` at most, newest first.
    pub fn recent(&self, endpoint: &EndpointId, limit: usize) -> Vec<LogLine> {
        self.lines().of(&endpoint.to_string()).take(limit).cloned().collect()
    }

    /// What fills it, whatever `RUST_LOG` lets onto stderr.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> {
        Recorder(self.clone()).with_filter(Targets::new().with_target(WRITERS, Level::INFO))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().expect("nothing panics while it holds the lines")
    }
}

struct Recorder(EndpointLog);

/// The endpoint that a span is about.
struct About(Arc<str>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(endpoint), Some(span)) = (fields.endpoint, context.span(id)) {
            let endpoint = Arc::from(endpoint);
            self.0.lines().begin(&endpoint, id.clone());
            span.extensions_mut().insert(About(endpoint));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(endpoint) = fields.endpoint else { return };
        let (at_ms, level) = (unix_ms(SystemTime::now()), *event.metadata().level());
        let line = LogLine { at_ms, level, message: fields.message, fields: fields.others };
        self.0.lines().push(&endpoint, line);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(About(endpoint)) = span.extensions().get()
        {
            self.0.lines().end(endpoint, &id);
        }
    }
}

/// The fields of an event or a span, as text.
#[derive(Default)]
struct Fields {
    endpoint: Option<String>,
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "endpoint" => self.endpoint = Some(format!("{value:?}")),
            "message" => self.message = format!("{value:?}"),
            name => {
                let space = if self.others.is_empty() { "" } else { " " };
                write!(self.others, "{space}{name}={value:?}").expect("a String takes everything");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::{debug, info, info_span, subscriber::with_default};
    use tracing_subscriber::{layer::SubscriberExt, registry};

    use super::*;

    #[test]
    fn it_has_what_connections_say_about_an_endpoint_until_its_span_ends() {
        let log = EndpointLog::default();
        let endpoint: EndpointId = "data-feed".parse().expect("a name");
        with_default(registry().with(log.layer()), || {
            let span = info_span!(target: "wsmon_manager::manager", "connection", %endpoint);
            macro_rules! say {
                ($level:ident, $from:literal, $($event:tt)*) => {
                    $level!(target: $from, $($event)*)
                };
            }
            say!(info, "wsmon_manager::task", %endpoint, cause = "http_status", attempt = 2, none = None::<u8>, "not connected");
            say!(info, "wsmon_manager::task", %endpoint, "connected");
            say!(debug, "wsmon_manager::task", %endpoint, "too fine");
            say!(info, "wsmon_manager::events", "about none");
            say!(info, "wsmon_manager::task", endpoint = "other", "about one without a connection");
            say!(info, "websocket_monitor::server::audit", %endpoint, "by another writer");

            let recent = log.recent(&endpoint, 10);
            let texts: Vec<_> = recent.iter().map(|line| (line.message.as_str(), line.fields.as_str())).collect();
            assert_eq!(texts, [("connected", ""), ("not connected", "cause=http_status attempt=2")]);
            assert_eq!(recent[0].level, Level::INFO);
            assert_eq!(log.recent(&endpoint, 1), recent[..1]);

            drop(span);
            assert_eq!(log.recent(&endpoint, 10), []);
        });
    }
}
