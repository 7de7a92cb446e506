//! When the controller last gave a sign of life, as a server knows it.
//!
//! Keys that the controller vouches for are refused an hour after its last beat; whoever decides that
//! asks here. No beat ever seen is `None`, which is never "just now".

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// Stands for "no beat, yet": earlier than any time that can be written.
const NEVER: i64 = i64::MIN;

/// The last beat; read without a lock.
#[derive(Debug)]
pub struct LastHeartbeat(AtomicI64);

// === impl LastHeartbeat ===

impl Default for LastHeartbeat {
    fn default() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}

impl LastHeartbeat {
    /// No beat was seen, yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The last beat, to the second, rounded down.
    pub fn get(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.0.load(Ordering::Acquire)).ok()
    }

    /// Takes note of a beat.
    pub fn set(&self, beat: Timestamp) {
        let whole = beat.as_second();
        // `as_second` rounds towards zero.
        let down = whole.saturating_sub(i64::from(beat.subsec_nanosecond() < 0));
        self.0.store(down, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_beat_is_not_a_beat_long_ago() {
        let last = LastHeartbeat::new();
        assert_eq!(last.get(), None);
        last.set(Timestamp::MIN);
        assert_eq!(last.get(), Some(Timestamp::MIN));
        last.set("2026-01-01T00:00:00.9Z".parse().unwrap());
        assert_eq!(last.get(), Some("2026-01-01T00:00:00Z".parse().unwrap()));
        last.set("1969-12-31T23:59:59.5Z".parse().unwrap());
        assert_eq!(last.get(), Some("1969-12-31T23:59:59Z".parse().unwrap()));
    }
}
