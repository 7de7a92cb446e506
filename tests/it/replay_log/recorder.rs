//! The history while it is made.

use super::history::{Attempt, Outcome};
use super::site::PATIENCE;
use crate::support::eventually;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Everything that was sent.
pub(super) struct Recorder {
    start: Instant,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    attempts: Vec<Attempt>,
    /// By replica and outcome.
    counts: BTreeMap<(usize, Outcome), usize>,
}

// === impl Recorder ===

impl Recorder {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            written: Mutex::default(),
        }
    }

    /// The time since the start of the history.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(super) fn record(&self, attempt: Attempt) {
        let mut written = self.written();
        *written
            .counts
            .entry((attempt.replica, attempt.outcome))
            .or_default() += 1;
        written.attempts.push(attempt);
    }

    /// How many attempts there are.
    pub(super) fn len(&self) -> usize {
        self.written().attempts.len()
    }

    /// The attempts from the `first` on.
    pub(super) fn since(&self, first: usize) -> Vec<Attempt> {
        self.written().attempts[first..].to_vec()
    }

    /// How many attempts at these replicas had this outcome.
    pub(super) fn count(&self, replicas: &[usize], outcome: Outcome) -> usize {
        let written = self.written();
        let counts = replicas
            .iter()
            .map(|replica| written.counts.get(&(*replica, outcome)));
        counts.flatten().sum()
    }

    /// Waits until so many `more` attempts at these replicas have this outcome, and tells how long that
    /// took.
    pub(super) async fn more(&self, more: usize, replicas: &[usize], outcome: Outcome) -> Duration {
        let (begun, before) = (Instant::now(), self.count(replicas, outcome));
        let what = format!("{more} more answers of {replicas:?}: {}", outcome.name());
        eventually(PATIENCE, &what, async || {
            let (now, all) = (self.count(replicas, outcome), &self.written().counts);
            (now >= before + more)
                .then_some(())
                .ok_or_else(|| format!("{all:?}"))
        })
        .await;
        begun.elapsed()
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
