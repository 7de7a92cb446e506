//! For how long the log remembers.

use crate::core::clock::after;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A server appends to a segment for no longer than this.
pub const SEALED_AFTER: Duration = Duration::from_mins(1);

/// A write that took longer than this is not stored any more: it has this long from the moment at which it is sent.
pub const LONGEST_WRITE: Duration = Duration::from_secs(10);

/// What clocks may be apart for, beyond the skew, when something is forgotten.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The moment, on the API server's clock, from which a segment that `expires` then may be forgotten by servers and
/// deleted by the controller. No clock that is within `skew` of the API server's honours anything in it by then.
pub fn forgettable_from(expires: Timestamp, skew: SignedDuration) -> Timestamp {
    after(after(after(expires, skew), skew), MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_two_skews_and_a_minute_later() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(
            forgettable_from(at(1_000), SignedDuration::from_secs(30)),
            at(1_120)
        );
        assert_eq!(
            forgettable_from(Timestamp::MAX, SignedDuration::from_secs(30)),
            Timestamp::MAX
        );
    }
}
