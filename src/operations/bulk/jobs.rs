//! The bulk operations that are kept.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use wsmon_model::BulkId;

use super::job::Job;

/// How long a preview can be started, and how long it is told what came of an operation.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Operations that are kept at once, previews among them.
const MOST: usize = 32;

/// No more operations can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MOST} operations on many connections are under way. Wait until one of them has ended.")]
pub(in crate::operations) struct TooMany;

/// Bulk operations: those under way, and for some minutes those previewed and ended.
#[derive(Default)]
pub(in crate::operations) struct Jobs(Mutex<Vec<Arc<Job>>>);

impl Jobs {
    /// Keeps one more. The one that was only kept for longest goes when there are too many.
    pub(super) fn add(&self, job: Job) -> Result<Arc<Job>, TooMany> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| is_kept(job));
        if jobs.len() >= MOST {
            let kept = jobs.iter().enumerate().filter_map(|(index, job)| Some((job.kept_since()?, index)));
            let (_, oldest) = kept.min().ok_or(TooMany)?;
            jobs.remove(oldest);
        }
        let job = Arc::new(job);
        jobs.push(Arc::clone(&job));
        Ok(job)
    }

    /// An operation of this owner's.
    pub(super) fn get(&self, id: BulkId, owner: &str) -> Option<Arc<Job>> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| is_kept(job));
        jobs.iter().find(|job| job.id == id && job.owner == owner).cloned()
    }
}

fn is_kept(job: &Job) -> bool {
    job.kept_since().is_none_or(|since| since.elapsed() < KEPT)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;
    use wsmon_model::BulkAction;

    use super::*;

    fn job(owner: &str) -> Job {
        Job::new(owner, BulkAction::Remove, Vec::new())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_kept_and_the_rest_for_ten_minutes() {
        let jobs = Jobs::default();
        let [previewed, under_way, ended] = [(); 3].map(|()| jobs.add(job("admin")).expect("there is room"));
        assert!(under_way.begin() && ended.begin() && !ended.begin());
        advance(KEPT / 2).await;
        drop(ended.end_when_dropped());
        let is_kept = |job: &Job| jobs.get(job.id, "admin").is_some();
        assert!(is_kept(&previewed) && jobs.get(previewed.id, "another").is_none());
        advance(KEPT / 2).await;
        assert_eq!([is_kept(&previewed), is_kept(&under_way), is_kept(&ended)], [false, true, true]);
        advance(KEPT).await;
        assert_eq!([is_kept(&under_way), is_kept(&ended)], [true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_drop_the_oldest_that_is_not_under_way() {
        let jobs = Jobs::default();
        let mut all = Vec::new();
        for _ in 0..MOST {
            all.push(jobs.add(job("admin")).expect("there is room"));
            advance(Duration::from_secs(1)).await;
        }
        assert!(all[0].begin());
        all.push(jobs.add(job("admin")).expect("in the place of another"));
        let kept: Vec<_> = all.iter().map(|job| jobs.get(job.id, "admin").is_some()).collect();
        assert!(kept.iter().enumerate().all(|(number, kept)| *kept == (number != 1)), "{kept:?}");
        assert!(all[2..].iter().all(|job| job.begin()));
        assert_eq!(jobs.add(job("admin")).err(), Some(TooMany));
    }
}
