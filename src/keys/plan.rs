//! What is to be done to the keys now.

use crate::jose::{Algorithm, SigningKey};
use crate::keys::{KeyEntry, KeyRing, KeyState, Retirement, RingError, RotationPolicy};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// By how much a clock may be set back without turns being planned anew.
const TOLERATED_STEP: SignedDuration = SignedDuration::from_mins(15);

/// What is to be done now.
#[derive(Debug)]
pub enum Plan {
    /// Nothing before this moment.
    Nothing {
        /// When to look again. An earlier look finds nothing to do, unless the clock was set back.
        until: Timestamp,
    },
    /// The ring is to be replaced by this one.
    Write(Draft),
}

/// The next ring, but for the keys that have to be made.
#[derive(Debug)]
pub struct Draft {
    entries: Vec<KeyEntry>,
    births: Vec<Birth>,
    created: Timestamp,
}

/// A key that has to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Birth {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// From when on it may.
    pub active_from: Timestamp,
}

/// Decides what is to be done to `ring` at `now`.
///
/// - No key at all: each algorithm gets one that is active at once, for nobody can have cached a JWKS.
/// - An algorithm without a key that goes on: it gets one that is active a lead time from now. The key
///   before it, if it still may sign, ends at that very moment.
/// - A key of an algorithm that is no longer configured ends as soon as each configured one has an active
///   key, so that servers can sign all along; or, if its turn has not come by then, before it begins. It
///   stays in the JWKS as long as one that was used: a server may not have heard yet.
/// - A key whose turn is further away than the lead time was planned with a clock that ran ahead: its turn
///   is brought forward to a lead time from now.
/// - Keys that are gone are dropped.
pub fn plan(ring: &KeyRing, now: Timestamp, policy: &RotationPolicy) -> Plan {
    let now = whole_seconds(now);
    let handover = add(now, policy.publish_before());
    let end_at = |at| Retirement {
        at,
        expires: add(at, policy.keep_after()),
    };
    let mut draft = Draft {
        entries: ring.published(now).cloned().collect(),
        births: Vec::new(),
        created: now,
    };
    for &algorithm in policy.algorithms() {
        match ring.of(algorithm).find(|entry| entry.retirement.is_none()) {
            None => {
                draft.end_turns_by(end_at(handover), algorithm);
                draft.last_until(handover, algorithm, end_at);
                draft.births.push(Birth {
                    algorithm,
                    active_from: if ring.is_empty() { now } else { handover },
                });
            }
            Some(current) if now >= due(current, policy) => {
                let kid = current.key.kid();
                draft.change(
                    |entry| entry.key.kid() == kid,
                    |entry| entry.retirement = Some(end_at(handover)),
                );
                draft.births.push(Birth {
                    algorithm,
                    active_from: handover,
                });
            }
            Some(current) if current.active_from > add(handover, TOLERATED_STEP) => {
                draft.end_turns_by(end_at(handover), algorithm);
            }
            Some(_) => {}
        }
    }
    let all_sign = policy.algorithms().iter().map(|&one| draft.signs_from(one));
    let dismissal = all_sign.max().unwrap_or(now);
    draft.change(
        |entry| !policy.algorithms().contains(&entry.algorithm()),
        |entry| {
            let at = dismissal.max(entry.active_from);
            if entry.retirement.is_none_or(|end| end.at > at) {
                entry.retirement = Some(end_at(at));
            }
        },
    );
    if draft.births.is_empty() && draft.entries == ring.entries() {
        return Plan::Nothing {
            until: next_look(ring, policy),
        };
    }
    Plan::Write(draft)
}

/// When the successor of `current` has to be written.
fn due(current: &KeyEntry, policy: &RotationPolicy) -> Timestamp {
    let lead = policy.rotate_every().saturating_sub(policy.publish_before());
    add(current.active_from, lead)
}

fn next_look(ring: &KeyRing, policy: &RotationPolicy) -> Timestamp {
    ring.entries()
        .iter()
        .map(|entry| {
            entry
                .retirement
                .map_or_else(|| due(entry, policy), |end| end.expires)
        })
        .min()
        .unwrap_or(Timestamp::MAX)
}

/// Times are kept in whole seconds, as they are written.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn add(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

// === impl Draft ===

impl Draft {
    /// The keys that have to be made.
    pub fn births(&self) -> &[Birth] {
        &self.births
    }

    /// The next ring, with a key from `make` for each algorithm that needs one.
    pub fn complete<E: From<RingError>>(
        self,
        mut make: impl FnMut(Algorithm) -> Result<SigningKey, E>,
    ) -> Result<KeyRing, E> {
        let mut entries = self.entries;
        for birth in self.births {
            let key = make(birth.algorithm)?;
            if key.algorithm() != birth.algorithm {
                return Err(RingError::OtherAlgorithm.into());
            }
            entries.push(KeyEntry {
                key: Arc::new(key),
                created: self.created,
                active_from: birth.active_from,
                retirement: None,
            });
        }
        Ok(KeyRing::new(entries)?)
    }

    /// Brings the turns of an algorithm's keys forward, so that those with an end are over by `latest` and
    /// the one without begins by then.
    fn end_turns_by(&mut self, latest: Retirement, algorithm: Algorithm) {
        let now = self.created;
        self.change(
            |entry| entry.algorithm() == algorithm,
            |entry| {
                // A key that waits for its turn goes on waiting; see `KeyEntry::state`.
                if entry.active_from > entry.created {
                    entry.created = entry.created.min(now);
                }
                entry.active_from = entry.active_from.min(latest.at);
                if entry.retirement.is_some_and(|end| end.at > latest.at) {
                    entry.retirement = Some(latest);
                }
            },
        );
    }

    /// Lets the turns of an algorithm's keys, all of which have an end, follow each other up to `handover`: the
    /// algorithm was dismissed, and is wanted again.
    fn last_until(
        &mut self,
        handover: Timestamp,
        algorithm: Algorithm,
        end_at: impl Fn(Timestamp) -> Retirement,
    ) {
        let now = self.created;
        let in_use =
            |entry: &&mut KeyEntry| entry.algorithm() == algorithm && entry.state(now) <= KeyState::Active;
        let mut entries: Vec<_> = self.entries.iter_mut().filter(in_use).collect();
        entries.sort_by_key(|entry| entry.active_from);
        let mut next = handover;
        for entry in entries.into_iter().rev() {
            let end = end_at(next);
            let expires = entry
                .retirement
                .map_or(end.expires, |old| old.expires.max(end.expires));
            entry.retirement = Some(Retirement { at: end.at, expires });
            next = entry.active_from;
        }
    }

    /// From when on an algorithm has an active key: now, if it has one.
    fn signs_from(&self, algorithm: Algorithm) -> Timestamp {
        let entries = self.entries.iter().filter(|entry| entry.algorithm() == algorithm);
        let turns = entries.filter_map(|entry| match entry.state(self.created) {
            KeyState::Active => Some(self.created),
            KeyState::Published => Some(entry.active_from),
            KeyState::Retiring | KeyState::Gone => None,
        });
        let births = self.births.iter().filter(|birth| birth.algorithm == algorithm);
        turns
            .chain(births.map(|birth| birth.active_from))
            .min()
            .unwrap_or(self.created)
    }

    fn change(&mut self, which: impl Fn(&KeyEntry) -> bool, how: impl Fn(&mut KeyEntry)) {
        self.entries.iter_mut().filter(|entry| which(entry)).for_each(how);
    }
}
