//! The segment that one life of a server writes to.

use super::Recorded;
use crate::core::clock::after;
use crate::replay::retention::{LONGEST_WRITE, SEALED_AFTER};
use crate::replay::version::ResourceVersion;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A segment is sealed at this weight; with it, live segments are at most keys / 512 + appends / 16.
const FULL: usize = 512;
/// What an append weighs, in keys.
const APPEND_WEIGHT: usize = 32;
/// How far a server's clock and the API server's may be apart, at twice the skew: a segment outlives its last append on
/// both.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

/// The time, as it is at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the server's clock.
    pub wall: Timestamp,
    /// Since some moment in the life of the process; never goes back.
    pub steady: Duration,
}

/// A write to be sent to the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Write {
    /// The segment.
    pub name: String,
    /// Its version that this write follows; none makes the segment.
    pub after: Option<ResourceVersion>,
    /// All of its entries.
    pub keys: String,
    /// When it expires then.
    pub expires: Timestamp,
    /// How many keys this write adds.
    pub added: usize,
}

/// The segment that this life writes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Open {
    pub(super) name: String,
    /// As it was last seen; nothing before its creation was.
    pub(super) version: Option<ResourceVersion>,
    keys: String,
    /// Entries, those of the append that is on its way included.
    pub(super) length: usize,
    weight: usize,
    expires: Timestamp,
    since: Duration,
}

// === impl Open ===

impl Open {
    pub(super) fn new(name: String, now: Moment) -> Self {
        let last_write =
            SignedDuration::try_from(SEALED_AFTER.saturating_add(LONGEST_WRITE)).unwrap_or(CLOCKS_APART);
        let stored_until = after(after(now.wall, last_write), CLOCKS_APART);
        Self {
            name,
            version: None,
            keys: String::new(),
            length: 0,
            weight: 0,
            expires: up_to_a_second(stored_until),
            since: now.steady,
        }
    }

    /// Whether nothing more is to be added.
    pub(super) fn is_sealed(&self, now: Duration) -> bool {
        self.weight >= FULL || now.saturating_sub(self.since) >= SEALED_AFTER
    }

    /// The write that adds these uses.
    pub(super) fn append<'u>(&mut self, uses: impl Iterator<Item = &'u Recorded>) -> Write {
        let mut added = 0_usize;
        for this in uses {
            this.entry.append_to(&mut self.keys);
            self.expires = self.expires.max(up_to_a_second(this.until));
            added = added.saturating_add(1);
        }
        self.length = self.length.saturating_add(added);
        self.weight = self.weight.saturating_add(added).saturating_add(APPEND_WEIGHT);
        Write {
            name: self.name.clone(),
            after: self.version,
            keys: self.keys.clone(),
            expires: self.expires,
            added,
        }
    }
}

/// The first whole second at or after `time`.
fn up_to_a_second(time: Timestamp) -> Timestamp {
    let whole = Timestamp::from_second(time.as_second()).unwrap_or(Timestamp::MAX);
    if whole >= time {
        return whole;
    }
    after(whole, SignedDuration::from_secs(1))
}
