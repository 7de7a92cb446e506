//! Whether this process may be given work.
//!
//! Each subsystem takes a guard before it starts and drops it when it can serve. Forgetting one is
//! impossible in the unsafe direction: a guard that nobody drops keeps the process unready.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the process still waits for; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    waiting: Arc<Mutex<BTreeMap<u64, &'static str>>>,
}

/// Blocks readiness until it is dropped.
#[derive(Debug)]
#[must_use = "readiness is blocked only for as long as this is held"]
pub struct BlockReady {
    parent: Readiness,
    ticket: u64,
}

// === impl Readiness ===

impl Readiness {
    /// Nothing is waited for, yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the process unready until the guard is dropped. `what` is shown to operators. Several guards
    /// may have the same name; each counts.
    pub fn block(&self, what: &'static str) -> BlockReady {
        let mut waiting = self.lock();
        let ticket = waiting
            .range(..u64::MAX)
            .next_back()
            .map_or(0, |(last, _)| last.saturating_add(1));
        waiting.insert(ticket, what);
        BlockReady {
            parent: self.clone(),
            ticket,
        }
    }

    /// Makes the process unready for good.
    pub fn end(&self, why: &'static str) {
        self.lock().insert(u64::MAX, why);
    }

    /// Whether no guard is held.
    pub fn is_ready(&self) -> bool {
        self.lock().is_empty()
    }

    /// What is waited for, oldest first.
    pub fn waiting_for(&self) -> Vec<&'static str> {
        self.lock().values().copied().collect()
    }

    /// Every change under the lock is a single step, so that a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, &'static str>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl BlockReady ===

impl Drop for BlockReady {
    fn drop(&mut self) {
        self.parent.lock().remove(&self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_counts_whatever_its_name() {
        let readiness = Readiness::new();
        assert!(readiness.is_ready());
        let index = readiness.block("client index");
        let keys = readiness.block("signing keys");
        let more = readiness.block("signing keys");
        assert_eq!(
            readiness.waiting_for(),
            ["client index", "signing keys", "signing keys"]
        );
        drop(keys);
        drop(index);
        assert_eq!(readiness.waiting_for(), ["signing keys"]);
        assert!(!readiness.is_ready());
        drop(more);
        assert!(readiness.is_ready());
    }

    #[test]
    fn a_guard_taken_later_blocks_again() {
        let readiness = Readiness::new();
        drop(readiness.block("client index"));
        let again = readiness.block("replay log");
        assert_eq!(readiness.waiting_for(), ["replay log"]);
        drop(again);
        assert!(readiness.is_ready());
    }

    #[test]
    fn a_process_that_ends_is_never_ready_again() {
        let readiness = Readiness::new();
        let index = readiness.block("client index");
        readiness.end("nothing: it ends");
        drop(readiness.block("replay log"));
        drop(index);
        assert_eq!(readiness.waiting_for(), ["nothing: it ends"]);
    }
}
