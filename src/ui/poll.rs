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

/// A value that is kept up to date by asking the server for it.
///
/// There is never more than one request under way. A hidden tab asks nothing, and neither does a
/// page that was left. An answer that fails leaves the last good value in place.
pub struct Poll<T: Send + Sync + 'static> {
    value: RwSignal<T>,
    /// Whether there has been a good answer.
    loaded: RwSignal<bool>,
    error: RwSignal<Option<AppError>>,
    age_ms: RwSignal<i64>,
    paused: RwSignal<bool>,
    progress: StoredValue<Progress>,
    fetch: StoredValue<Fetch<T>>,
}

/// How asking goes, whatever is asked for.
#[derive(Clone, Copy)]
pub struct PollProgress {
    /// Whether there has been a good answer.
    pub loaded: Signal<bool>,
    /// Why there is no newer value, until the next good answer.
    pub error: Signal<Option<AppError>>,
    /// How old the value is, in milliseconds.
    pub age_ms: Signal<i64>,
    /// Asks now.
    pub refresh: Callback<()>,
}

/// Fit to be dropped by any of the server's threads, although only the browser calls it.
type Fetch<T> = Arc<dyn Fn() -> LocalBoxFuture<'static, Result<T, AppError>> + Send + Sync>;

#[derive(Default)]
struct Progress {
    /// Ticks since the last request began.
    ticks: u32,
    /// The request under way.
    request: Option<AbortHandle>,
    /// When the last good answer came, by the browser's clock; none for the value the server
    /// rendered, until the first tick.
    answered_at: Option<f64>,
}

impl<T: Send + Sync + 'static> Clone for Poll<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Poll<T> {}

impl<T: Clone + Default + Send + Sync + 'static> Poll<T> {
    /// Starts with what the server has rendered, and keeps asking until the component that called
    /// this is gone.
    pub fn start<F>(first: Result<T, AppError>, fetch: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, AppError>> + 'static,
    {
        let (value, error) = match first {
            Ok(value) => (value, None),
            Err(error) => (T::default(), Some(error)),
        };
        let loaded = error.is_none();
        let fetch: Fetch<T> = Arc::new(move || Box::pin(fetch()));
        let poll = Self {
            value: RwSignal::new(value),
            loaded: RwSignal::new(loaded),
            error: RwSignal::new(error),
            age_ms: RwSignal::new(0),
            paused: RwSignal::new(false),
            progress: StoredValue::new(Progress::default()),
            fetch: StoredValue::new(fetch),
        };
        // Effects run in the browser only.
        Effect::new(move || poll.run());
        poll
    }

    /// The last good value.
    pub fn value(self) -> Signal<T> {
        self.value.into()
    }

    /// Whether the value is an answer: false until the first good one has come.
    pub fn loaded(self) -> Signal<bool> {
        self.loaded.into()
    }

    /// How asking goes.
    pub fn progress(self) -> PollProgress {
        PollProgress {
            loaded: self.loaded.into(),
            error: self.error.into(),
            age_ms: self.age_ms.into(),
            refresh: Callback::new(move |()| self.refresh()),
        }
    }

    /// How old the value is, in milliseconds.
    pub fn age_ms(self) -> Signal<i64> {
        self.age_ms.into()
    }

    /// Whether it was told to stop asking.
    pub fn paused(self) -> Signal<bool> {
        self.paused.into()
    }

    /// Stops asking, or starts again at once.
    pub fn toggle_paused(self) {
        self.paused.update(|paused| *paused = !*paused);
        if !self.paused.get_untracked() {
            self.refresh();
        }
    }

    /// Asks now, even when paused. A request under way is given up, because what it was asked for
    /// may no longer be wanted.
    pub fn refresh(self) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        let (request, handle) = abortable(fetch());
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

    fn settle(self, answer: Result<T, AppError>) {
        // The page may have been left while the answer was on its way.
        if self.progress.try_update_value(|progress| progress.request = None).is_none() {
            return;
        }
        match answer {
            Ok(value) => {
                self.progress.update_value(|progress| progress.answered_at = Some(js_sys::Date::now()));
                self.age_ms.set(0);
                self.error.set(None);
                self.value.set(value);
                self.loaded.maybe_update(|loaded| !std::mem::replace(loaded, true));
            }
            Err(AppError::Unauthenticated) => go_to_login(),
            Err(error) => self.error.set(Some(error)),
        }
    }

    fn run(self) {
        let ticker = StoredValue::new_local(None);
        let tick = move || ticker.set_value(Some(Interval::new(TICK_MS, move || self.tick())));
        let listener = window_event_listener_untyped("visibilitychange", move |_: Event| {
            if document().hidden() {
                ticker.set_value(None);
            } else {
                tick();
                if !self.paused.get_untracked() {
                    self.refresh();
                }
            }
        });
        if !document().hidden() {
            tick();
        }
        self.progress.update_value(|progress| progress.answered_at = Some(js_sys::Date::now()));
        on_cleanup(move || {
            listener.remove();
            ticker.try_set_value(None);
            self.give_up();
        });
    }

    fn tick(self) {
        let Some((ticks, pending, answered_at)) = self.progress.try_update_value(|progress| {
            progress.ticks += 1;
            (progress.ticks, progress.request.is_some(), progress.answered_at)
        }) else {
            return;
        };
        if let Some(at) = answered_at {
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds between two readings of a clock")]
            self.age_ms.set((js_sys::Date::now() - at) as i64);
        }
        if pending && ticks >= DEADLINE {
            // The next tick asks again, once the browser has let go of this request.
            self.give_up();
            self.error.set(Some(AppError::Timeout));
        } else if !pending && ticks >= PERIOD && !self.paused.get_untracked() {
            self.refresh();
        }
    }

    /// Aborts the request under way, the browser's own included.
    fn give_up(self) {
        self.progress.try_update_value(|progress| {
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
