//! Time as a parameter: decisions take `now`, edges take a [`Clock`].

use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the time comes from. Implementations never block.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
}

/// `duration` after `moment`; the end of time if that is past it.
#[must_use]
pub fn after(moment: Timestamp, duration: SignedDuration) -> Timestamp {
    moment.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

/// A clock that stands still until it is told to move; for tests and models.
///
/// It holds whole seconds.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `start`, rounded down to a whole second.
    pub fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_second()))
    }

    /// Moves the clock by `seconds`, backwards if negative.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let seconds = self.0.load(Ordering::SeqCst);
        Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(Timestamp::from_second(1_000).unwrap());
        assert_eq!(clock.now().as_second(), 1_000);
        clock.advance(-1_500);
        assert_eq!(clock.now().as_second(), -500);
        clock.advance(i64::MAX / 2);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
