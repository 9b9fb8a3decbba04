//! A dry run on its way to the page that shows it.

use std::sync::Arc;

use futures_util::{StreamExt, lock::Mutex, stream::BoxStream};

use wsmon_model::{DryRunStep, EndpointId};

/// The path of the page that shows a dry run, and of the form that asks for it.
pub const DRY_RUN: &str = "/admin/test";

/// The dry run that a page shows, in the page's context.
#[derive(Clone)]
pub struct ShownDryRun {
    /// What is tried.
    pub endpoint: EndpointId,
    steps: Arc<Mutex<BoxStream<'static, DryRunStep>>>,
}

impl ShownDryRun {
    /// A dry run that has begun.
    pub fn new(endpoint: EndpointId, steps: BoxStream<'static, DryRunStep>) -> Self {
        Self { endpoint, steps: Arc::new(Mutex::new(steps)) }
    }

    /// The next step, when it has happened.
    pub async fn next(&self) -> Option<DryRunStep> {
        self.steps.lock().await.next().await
    }
}
