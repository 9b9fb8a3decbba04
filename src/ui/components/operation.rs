//! How far an action on many connections has come.

use crate::{error::AppError, ui::format::count};
use wsmon_model::{BulkId, BulkOutcome, BulkPreview, BulkProgress, BulkResult};

/// Failures that are listed. The audit log has them all.
const FAILURES: usize = 100;

/// An action on many connections, from the preview on.
#[derive(Clone, Default)]
pub struct Operation {
    /// What it is called.
    pub title: &'static str,
    /// What it would do, as long as it has not been started.
    pub preview: Option<BulkPreview>,
    /// How far it has come since.
    pub progress: Option<BulkProgress>,
    /// What failed, and why.
    pub failures: Vec<(String, String)>,
    /// Why the server did not do what was asked of it last.
    pub error: Option<AppError>,
    /// Outcomes that have been told.
    pub told: u32,
}

impl Operation {
    /// Whether there is more to be told of it.
    pub fn is_under_way(&self) -> bool {
        let is_lost = self.error == Some(AppError::BulkGone);
        let is_open = |progress: &BulkProgress| !progress.ended || self.told < dealt_with(progress);
        !is_lost && self.progress.as_ref().is_some_and(is_open)
    }

    /// Whether this is known as the operation that is shown.
    pub fn is(&self, id: BulkId) -> bool {
        self.progress.as_ref().is_some_and(|progress| progress.id == id)
    }

    /// Takes what the server says of how far it has come.
    pub fn advance(&mut self, mut progress: BulkProgress) {
        let outcomes = std::mem::take(&mut progress.outcomes);
        self.told += u32::try_from(outcomes.len()).unwrap_or_default();
        for BulkOutcome { endpoint, result } in outcomes {
            if let BulkResult::Failed(why) = result
                && self.failures.len() < FAILURES
            {
                self.failures.push((endpoint.to_string(), why));
            }
        }
        self.preview = None;
        self.error = None;
        self.progress = Some(progress);
    }

    /// How it went, or how far it has come.
    pub fn outcome(&self) -> Option<String> {
        let progress = self.progress.as_ref()?;
        let mut text = format!("{}: {} of {} done", self.title, number(progress.done), number(progress.total));
        for (number_of, what) in [(progress.failed, "failed"), (progress.left, "left as they were")] {
            if number_of > 0 {
                text.push_str(&format!(", {} {what}", number(number_of)));
            }
        }
        Some(text)
    }
}

/// Of how many it is known what came of them.
pub fn dealt_with(progress: &BulkProgress) -> u32 {
    progress.done + progress.failed + progress.left
}

/// A number as people read it.
pub fn number(number: u32) -> String {
    count(number.into())
}
