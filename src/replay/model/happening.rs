//! What happened on the way, counted: a model in which nothing happens proves nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// Something worth counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    Granted,
    /// The verdict on a request that waited.
    Replayed,
    /// The verdict on one that did not have to.
    KnownReplay,
    /// The assertion expired while it waited.
    Expired,
    /// 503 at once.
    Unavailable,
    /// 503 after a write that was refused before it was stored.
    Refused,
    /// 503 because nobody knows.
    Unknown,
    /// 503 because the clocks are apart.
    ClocksApart,
    Stored,
    StoredLate,
    Conflict,
    Gone,
    Crashed,
    Forgotten,
    Deleted,
    DeletionRefused,
}

/// How often what happened.
#[derive(Debug, Default)]
pub(super) struct Tally(RefCell<BTreeMap<Happening, usize>>);

// === impl Tally ===

impl Tally {
    pub(super) fn count(&self, happening: Happening) {
        let mut tally = self.0.borrow_mut();
        let count = tally.entry(happening).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn has(&self, happening: Happening) -> bool {
        self.0.borrow().contains_key(&happening)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (happening, count) in self.0.borrow().iter() {
            write!(f, " {happening:?}={count}")?;
        }
        Ok(())
    }
}
