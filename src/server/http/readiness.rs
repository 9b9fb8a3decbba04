//! What was last found about being ready.

use std::{borrow::Cow, sync::Arc};

use tokio::{sync::Mutex, time::Instant};

/// What a look found, or why it is not ready.
pub(super) type Found = Result<(), Cow<'static, str>>;

/// What `/readyz` found last, and when.
#[derive(Clone, Debug, Default)]
pub struct Readiness(pub(super) Arc<Mutex<Option<(Instant, Found)>>>);
