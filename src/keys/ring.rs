//! All signing keys of an installation; it cannot hold two keys that contradict each other.

use crate::jose::{Algorithm, SigningKey};
use crate::keys::{KeyEntry, KeyState};
use jiff::Timestamp;
use std::collections::BTreeSet;
use thiserror::Error;

/// The keys, oldest first.
///
/// Within an algorithm the times in which keys are active do not overlap, and at most one key has no end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyRing {
    entries: Vec<KeyEntry>,
}

/// A set of keys that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RingError {
    /// A verifier could not tell them apart.
    #[error("two keys have the same kid")]
    SameKid,
    /// It would retire before it was active, or vanish before it retired.
    #[error("the times of a key are not in order")]
    TimesOutOfOrder,
    /// Nobody could say which one signs.
    #[error("two keys of one algorithm are active at the same time")]
    BothActive,
    /// The key that was made is not for the algorithm that was asked for.
    #[error("a key was made for another algorithm than the one asked for")]
    OtherAlgorithm,
}

// === impl KeyRing ===

impl KeyRing {
    /// Puts the keys in order, or says how they contradict each other.
    pub fn new(mut entries: Vec<KeyEntry>) -> Result<Self, RingError> {
        entries.sort_by(|a, b| {
            (a.created, a.active_from, a.key.kid()).cmp(&(b.created, b.active_from, b.key.kid()))
        });
        let kids: BTreeSet<_> = entries.iter().map(|entry| entry.key.kid()).collect();
        if kids.len() != entries.len() {
            return Err(RingError::SameKid);
        }
        let in_order = |entry: &KeyEntry| {
            entry
                .retirement
                .is_none_or(|end| entry.active_from <= end.at && end.at <= end.expires)
        };
        if !entries.iter().all(in_order) {
            return Err(RingError::TimesOutOfOrder);
        }
        let ring = Self { entries };
        for algorithm in ring.algorithms() {
            ring.check_turns(algorithm)?;
        }
        Ok(ring)
    }

    /// The turns of one algorithm's keys follow each other.
    fn check_turns(&self, algorithm: Algorithm) -> Result<(), RingError> {
        let mut turns: Vec<_> = self
            .of(algorithm)
            .map(|entry| {
                (
                    entry.active_from,
                    entry.retirement.map_or(Timestamp::MAX, |end| end.at),
                )
            })
            .filter(|(from, to)| from < to)
            .collect();
        turns.sort_unstable();
        let overlap = turns
            .iter()
            .zip(turns.iter().skip(1))
            .any(|((_, to), (next_from, _))| next_from < to);
        let endless = self
            .of(algorithm)
            .filter(|entry| entry.retirement.is_none())
            .count();
        if overlap || endless > 1 {
            return Err(RingError::BothActive);
        }
        Ok(())
    }

    /// The keys, oldest first.
    pub fn entries(&self) -> &[KeyEntry] {
        &self.entries
    }

    /// Whether there is no key at all: then no JWKS of ours can be in any cache.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The algorithms that there are keys for.
    pub fn algorithms(&self) -> BTreeSet<Algorithm> {
        self.entries.iter().map(KeyEntry::algorithm).collect()
    }

    /// The keys of one algorithm.
    pub fn of(&self, algorithm: Algorithm) -> impl Iterator<Item = &KeyEntry> {
        self.entries
            .iter()
            .filter(move |entry| entry.algorithm() == algorithm)
    }

    /// The key that signs with `algorithm` at `now`.
    pub fn active(&self, algorithm: Algorithm, now: Timestamp) -> Option<&SigningKey> {
        self.of(algorithm)
            .filter(|entry| entry.state(now) == KeyState::Active)
            .max_by_key(|entry| entry.active_from)
            .map(KeyEntry::key)
    }

    /// The keys that stand in the JWKS at `now`, oldest first.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &KeyEntry> {
        self.entries
            .iter()
            .filter(move |entry| entry.state(now) != KeyState::Gone)
    }
}
