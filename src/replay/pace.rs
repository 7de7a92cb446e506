//! How often a server may write, so that all servers of an installation together keep to one budget.

use crate::replay::retention::SEALED_AFTER;
use std::collections::HashMap;
use std::time::Duration;

/// For how long a writer counts after it was last seen: an idle one wakes up no sooner than its segment is sealed.
const REMEMBERED: Duration = SEALED_AFTER;

/// What one append may take in the store, on average: every append stores all of its segment anew, and the store keeps it
/// until its next compaction. A hundred a second for five minutes are 230 MB then.
const BYTES_OF_AN_APPEND: u32 = 7_680;
/// What a segment takes in the store beside its keys.
const BYTES_BESIDE_KEYS: u32 = 2_048;

/// The budget of appends, shared by the writers that were seen in the last minute.
#[derive(Debug, Clone)]
pub struct Pace {
    per_second: u32,
    own: String,
    /// When the last append was sent, and how many bytes it stores.
    last: Option<(Duration, u32)>,
    others: HashMap<String, Duration>,
}

// === impl Pace ===

impl Pace {
    /// A budget of `per_second` appends for the installation, and the name of this writer.
    pub fn new(per_second: u32, own: String) -> Self {
        Self {
            per_second,
            own,
            last: None,
            others: HashMap::new(),
        }
    }

    /// Notes that an append of `writer` was seen at `now`.
    pub fn seen(&mut self, writer: &str, now: Duration) {
        if writer == self.own {
            return;
        }
        match self.others.get_mut(writer) {
            Some(last) => *last = now,
            None => drop(self.others.insert(writer.to_owned(), now)),
        }
    }

    /// Notes that an append is sent at `now`; its segment has `length` bytes of keys then.
    pub fn sent(&mut self, now: Duration, length: usize) {
        let keys = u32::try_from(length).unwrap_or(u32::MAX);
        self.last = Some((now, keys.saturating_add(BYTES_BESIDE_KEYS)));
        self.others
            .retain(|_, last| now.saturating_sub(*last) < REMEMBERED);
    }

    /// How long to wait at `now` before the next append is sent; nothing after a pause.
    pub fn wait(&self, now: Duration) -> Duration {
        match self.last {
            None => Duration::ZERO,
            Some((last, bytes)) => last.saturating_add(self.interval(now, bytes)).saturating_sub(now),
        }
    }

    /// The time from an append of `bytes` to the next. In any second there are at most as many as intervals, and one; so
    /// that all writers together send no more than the budget.
    fn interval(&self, now: Duration, bytes: u32) -> Duration {
        let others = self
            .others
            .values()
            .filter(|last| now.saturating_sub(**last) < REMEMBERED);
        let writers = u32::try_from(others.count().saturating_add(1)).unwrap_or(u32::MAX);
        let left = self.per_second.saturating_sub(writers).max(1);
        let turn = Duration::from_secs(u64::from(writers));
        let bytes_per_second = self.per_second.max(1).saturating_mul(BYTES_OF_AN_APPEND);
        let of_number = turn.checked_div(left);
        let of_bytes = turn.saturating_mul(bytes).checked_div(bytes_per_second);
        of_number.max(of_bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many appends `pace` lets through from `start` on, for a second, if there is always something to write.
    fn in_a_second(pace: &mut Pace, start: Duration) -> u32 {
        let (mut now, mut sent) = (start, 0_u32);
        while now < start.saturating_add(SECOND) {
            pace.sent(now, 0);
            sent = sent.saturating_add(1);
            now = now.saturating_add(pace.wait(now));
        }
        sent
    }

    #[test]
    fn the_budget_is_kept_by_any_number_of_writers() {
        for writers in [1_u32, 2, 3, 10, 40, 50] {
            let mut pace = Pace::new(100, "own".to_owned());
            for other in 1..writers {
                pace.seen(&other.to_string(), SECOND);
            }
            let all = in_a_second(&mut pace, SECOND).saturating_mul(writers);
            assert!(all <= 100, "{writers} writers: {all}");
            assert!(
                all >= 100_u32.saturating_sub(writers.saturating_mul(2)),
                "{writers} writers: {all}"
            );
        }
    }

    /// Whatever the appends add, the store grows by as much.
    #[test]
    fn large_appends_are_sent_less_often() {
        for (length, writers) in [(0_u32, 1_u32), (5_000, 1), (10_000, 1), (10_000, 3), (60_000, 40)] {
            let (mut now, mut appends) = (SECOND, 0_u64);
            let mut pace = Pace::new(100, "own".to_owned());
            for other in 1..writers {
                pace.seen(&other.to_string(), SECOND);
            }
            while now < SECOND.saturating_mul(11) {
                pace.sent(now, usize::try_from(length).unwrap());
                appends = appends.saturating_add(1);
                now = now.saturating_add(pace.wait(now));
            }
            let one_each = u64::from(length.saturating_add(BYTES_BESIDE_KEYS)).saturating_mul(writers.into());
            let (all, budget) = (
                appends.saturating_mul(one_each),
                u64::from(BYTES_OF_AN_APPEND).saturating_mul(1_000),
            );
            let told = format!("{writers} writers of {length} bytes: {all}");
            assert!(all <= budget.saturating_add(one_each), "{told}");
            let is_small = length.saturating_add(BYTES_BESIDE_KEYS) < BYTES_OF_AN_APPEND;
            assert!(is_small || all >= budget.saturating_sub(one_each), "{told}");
        }
    }

    #[test]
    fn the_first_append_after_a_pause_goes_at_once() {
        let mut pace = Pace::new(100, "own".to_owned());
        assert_eq!(pace.wait(SECOND), Duration::ZERO);
        pace.sent(SECOND, 0);
        assert!(pace.wait(SECOND) > Duration::from_millis(10));
        assert_eq!(pace.wait(Duration::from_millis(1_020)), Duration::ZERO);
    }

    #[test]
    fn a_writer_that_is_gone_leaves_its_part_to_the_others() {
        let mut pace = Pace::new(100, "own".to_owned());
        pace.seen("own", SECOND);
        pace.sent(SECOND, 0);
        let alone = pace.wait(SECOND);
        pace.seen("other", SECOND);
        assert!(pace.wait(SECOND) > alone);
        let later = SECOND.saturating_add(REMEMBERED);
        pace.sent(later, 0);
        assert_eq!(pace.wait(later), alone);
    }
}
