//! The page's only timer: it asks the server again every five seconds, and lets ages and countdowns
//! advance every second.

use std::{future::Future, sync::Arc};

use futures_util::future::{AbortHandle, LocalBoxFuture, abortable};
use gloo_timers::callback::Interval;
use leptos::{ev::Event, prelude::*, task::spawn_local};

use crate::error::AppError;
use wsmon_model::LocalPath;

/// A second, in milliseconds.
const TICK_MS: u32 = 1_000;
/// Ticks between two requests.
const PERIOD: u32 = 5;
/// Ticks after which a request that hangs is given up.
const DEADLINE: u32 = 10;

/// Keeps a value up to date by asking the server for it.
///
/// There is never more than one request under way. A hidden tab asks nothing. An answer that fails leaves the last good
/// value in place. A page has one, and keeps it until the browser goes to another page.
#[derive(Clone, Copy)]
pub struct Poll {
    asking: RwSignal<Asking>,
    progress: StoredValue<Progress>,
}

/// How asking goes, whatever is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Good answers so far; what the server has rendered is one.
    pub answers: u32,
    /// Why there is no newer value, until the next good answer.
    pub error: Option<AppError>,
    /// How old the value is, in milliseconds.
    pub age_ms: i64,
    /// Whether it was told to stop.
    pub paused: bool,
}

/// Asks, and puts a good answer in its place. Fit to be dropped by any of the server's threads,
/// although only the browser calls it.
type Ask = Arc<dyn Fn() -> LocalBoxFuture<'static, Result<(), AppError>> + Send + Sync>;

struct Progress {
    ask: Ask,
    /// Ticks since the last request began.
    ticks: u32,
    /// The request under way.
    request: Option<AbortHandle>,
    /// When the last good answer came, by the browser's clock.
    answered_at: f64,
}

impl Poll {
    /// Starts with what the server has rendered. `fetch` is handed the value that is shown.
    pub fn start<T, F>(
        first: Result<T, AppError>,
        fetch: impl Fn(RwSignal<T>) -> F + Send + Sync + 'static,
    ) -> (RwSignal<T>, Self)
    where
        T: Default + Send + Sync + 'static,
        F: Future<Output = Result<T, AppError>> + 'static,
    {
        let (value, error) = match first {
            Ok(value) => (value, None),
            Err(error) => (T::default(), Some(error)),
        };
        let value = RwSignal::new(value);
        let ask = move || -> LocalBoxFuture<'static, _> {
            let answer = fetch(value);
            Box::pin(async move {
                value.set(answer.await?);
                Ok(())
            })
        };
        (value, Self::run(error, Arc::new(ask)))
    }

    /// Everything that is alike for all values, so that it is compiled once.
    fn run(error: Option<AppError>, ask: Ask) -> Self {
        let answers = u32::from(error.is_none());
        let poll = Self {
            asking: RwSignal::new(Asking { answers, error, ..Asking::default() }),
            progress: StoredValue::new(Progress { ask, ticks: 0, request: None, answered_at: 0.0 }),
        };
        // Effects run in the browser only.
        Effect::new(move || poll.begin());
        poll
    }

    /// How asking goes.
    pub fn asking(self) -> RwSignal<Asking> {
        self.asking
    }

    /// How old the value is, in milliseconds.
    pub fn age_ms(self) -> i64 {
        self.asking.with(|asking| asking.age_ms)
    }

    /// Stops asking, or starts again at once.
    pub fn toggle_paused(self) {
        self.asking.update(|asking| asking.paused = !asking.paused);
        self.refresh_unless_paused();
    }

    /// Asks now, even when paused. A request under way is given up, because what it was asked for
    /// may no longer be wanted.
    pub fn refresh(self) {
        let (request, handle) = abortable(self.progress.with_value(|progress| (progress.ask)()));
        self.give_up();
        self.progress.update_value(|progress| {
            progress.ticks = 0;
            progress.request = Some(handle);
        });
        spawn_local(async move {
            if let Ok(answer) = request.await {
                self.settle(answer);
            }
        });
    }

    fn refresh_unless_paused(self) {
        if !self.asking.with_untracked(|asking| asking.paused) {
            self.refresh();
        }
    }

    fn settle(self, answer: Result<(), AppError>) {
        self.progress.update_value(|progress| progress.request = None);
        match answer {
            Ok(()) => {
                self.progress.update_value(|progress| progress.answered_at = js_sys::Date::now());
                self.asking.update(|asking| {
                    asking.answers += 1;
                    asking.error = None;
                    asking.age_ms = 0;
                });
            }
            Err(AppError::Unauthenticated) => go_to_login(),
            Err(error) => self.asking.update(|asking| asking.error = Some(error)),
        }
    }

    fn begin(self) {
        self.progress.update_value(|progress| progress.answered_at = js_sys::Date::now());
        Interval::new(TICK_MS, move || self.tick()).forget();
        window_event_listener_untyped("visibilitychange", move |_: Event| {
            if !document().hidden() {
                self.refresh_unless_paused();
            }
        });
        // Says that the page is alive. Nothing can be wrong with this name.
        let _ = document().document_element().map(|root| root.set_attribute("data-hydrated", ""));
    }

    fn tick(self) {
        if document().hidden() {
            return;
        }
        let Some((ticks, is_pending, answered_at)) = self.progress.try_update_value(|progress| {
            progress.ticks += 1;
            (progress.ticks, progress.request.is_some(), progress.answered_at)
        }) else {
            return;
        };
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds between two readings of a clock")]
        self.asking.update(|asking| asking.age_ms = (js_sys::Date::now() - answered_at) as i64);
        if is_pending && ticks >= DEADLINE {
            // The next tick asks again, once the browser has let go of this request.
            self.give_up();
            self.asking.update(|asking| asking.error = Some(AppError::Timeout));
        } else if !is_pending && ticks >= PERIOD {
            self.refresh_unless_paused();
        }
    }

    /// Aborts the request under way, the browser's own included.
    fn give_up(self) {
        self.progress.update_value(|progress| {
            if let Some(request) = progress.request.take() {
                request.abort();
            }
        });
    }
}

/// The session has ended: signs in again and comes back here.
fn go_to_login() {
    let location = window().location();
    let here = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    let next = LocalPath::new(&here).map_or_else(String::new, |here| here.to_string());
    let next = String::from(js_sys::encode_uri_component(&next));
    // Only a page that is being torn down refuses.
    let _ = location.set_href(&format!("/login?next={next}"));
}
