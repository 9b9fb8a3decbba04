//! What leptos has to know of the page while its islands come to life.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use hydration_context::{PinnedFuture, PinnedStream, SerializedDataId, SharedContext};
use leptos::error::{Error, ErrorId};

/// Whether an island is being hydrated, and nothing else: the islands are given their values by the page
/// (`src/ui/live.rs`), and use no resources, no error boundaries and no streamed chunks. Leptos' own
/// `HydrateSharedContext` reads all of these from the page, and what it can print of an error for debugging brings tables of
/// Unicode into the program.
#[derive(Default)]
pub struct IslandContext {
    ids: AtomicUsize,
    is_hydrating: AtomicBool,
}

impl fmt::Debug for IslandContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IslandContext")
    }
}

impl SharedContext for IslandContext {
    fn is_browser(&self) -> bool {
        true
    }

    fn next_id(&self) -> SerializedDataId {
        SerializedDataId::new(self.ids.fetch_add(1, Relaxed))
    }

    fn during_hydration(&self) -> bool {
        self.get_is_hydrating()
    }

    fn hydration_complete(&self) {}

    fn get_is_hydrating(&self) -> bool {
        self.is_hydrating.load(Relaxed)
    }

    fn set_is_hydrating(&self, is_hydrating: bool) {
        self.is_hydrating.store(is_hydrating, Relaxed);
    }

    fn write_async(&self, _: SerializedDataId, _: PinnedFuture<String>) {}

    fn read_data(&self, _: &SerializedDataId) -> Option<String> {
        None
    }

    fn await_data(&self, _: &SerializedDataId) -> Option<String> {
        None
    }

    fn pending_data(&self) -> Option<PinnedStream<String>> {
        None
    }

    fn take_errors(&self) -> Vec<(SerializedDataId, ErrorId, Error)> {
        Vec::new()
    }

    fn errors(&self, _: &SerializedDataId) -> Vec<(ErrorId, Error)> {
        Vec::new()
    }

    fn seal_errors(&self, _: &SerializedDataId) {}

    fn register_error(&self, _: SerializedDataId, _: ErrorId, _: Error) {}

    fn defer_stream(&self, _: PinnedFuture<()>) {}

    fn await_deferred(&self) -> Option<PinnedFuture<()>> {
        None
    }

    fn set_incomplete_chunk(&self, _: SerializedDataId) {}

    fn get_incomplete_chunk(&self, _: &SerializedDataId) -> bool {
        false
    }
}
