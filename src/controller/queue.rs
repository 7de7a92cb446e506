//! Which client is looked at when: pure bookkeeping over a monotonic time that is handed in.
//!
//! A client is never looked at twice at the same time; what happens meanwhile makes it due again.

use super::sources::labelled::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The first pause after a failure; each further one in a row doubles it, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Beyond it, a longer queue is told as this one.
const DEEPEST: usize = 1_000;

/// The clients that are due, now or later.
#[derive(Debug)]
pub(crate) struct Queue {
    at_once: usize,
    due: BTreeMap<Place, Instant>,
    /// The same as `due`, by time.
    order: BTreeSet<(Instant, Place)>,
    running: BTreeSet<Place>,
    failures: BTreeMap<Place, u32>,
}

/// What to do after a client was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing, until something happens.
    Rest,
    /// Look again after this time.
    After(Duration),
    /// Try again, after a pause that grows.
    Retry,
}

// === impl Queue ===

impl Queue {
    /// A queue that lets at most `at_once` clients be looked at at a time.
    pub(crate) fn new(at_once: usize) -> Self {
        Self {
            at_once,
            due: BTreeMap::new(),
            order: BTreeSet::new(),
            running: BTreeSet::new(),
            failures: BTreeMap::new(),
        }
    }

    /// Makes a client due at `when`, if it is not due earlier.
    pub(crate) fn add(&mut self, place: Place, when: Instant) {
        match self.due.get(&place) {
            Some(earlier) if *earlier <= when => return,
            Some(later) => {
                self.order.remove(&(*later, place.clone()));
            }
            None => {}
        }
        self.order.insert((when, place.clone()));
        self.due.insert(place, when);
    }

    /// Forgets a client that is gone.
    pub(crate) fn remove(&mut self, place: &Place) {
        self.drop_due(place);
        self.failures.remove(place);
    }

    /// The clients to look at now, those that waited longest first; each is running until
    /// [`done`](Self::done).
    pub(crate) fn start(&mut self, now: Instant) -> Vec<Place> {
        let slots = self.at_once.saturating_sub(self.running.len());
        let started: Vec<Place> = self
            .order
            .iter()
            .take_while(|(when, _)| *when <= now)
            .map(|(_, place)| place)
            .filter(|place| !self.running.contains(*place))
            .take(slots)
            .cloned()
            .collect();
        for place in &started {
            self.drop_due(place);
            self.running.insert(place.clone());
        }
        started
    }

    /// A client was looked at.
    pub(crate) fn done(&mut self, place: Place, next: Next, now: Instant) {
        self.running.remove(&place);
        let pause = match next {
            Next::Rest | Next::After(_) => {
                self.failures.remove(&place);
                match next {
                    Next::After(pause) => Some(pause),
                    Next::Rest | Next::Retry => None,
                }
            }
            Next::Retry => {
                let failures = self.failures.entry(place.clone()).or_default();
                let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(*failures));
                *failures = failures.saturating_add(1);
                Some(pause.min(LONGEST_PAUSE))
            }
        };
        if let Some(when) = pause.and_then(|pause| now.checked_add(pause)) {
            self.add(place, when);
        }
    }

    /// When [`start`](Self::start) may next have something to do, if nothing else happens before.
    pub(crate) fn next(&self) -> Option<Instant> {
        if self.running.len() >= self.at_once {
            return None;
        }
        let mut waiting = self.order.iter();
        let first = waiting.find(|(_, place)| !self.running.contains(place));
        first.map(|(when, _)| *when)
    }

    /// How many clients are due at `now` and wait for a slot, or for the end of a look that is under way; counted up
    /// to [`DEEPEST`].
    pub(crate) fn depth(&self, now: Instant) -> usize {
        let due = self.order.iter().take_while(|(when, _)| *when <= now);
        due.take(DEEPEST).count()
    }

    fn drop_due(&mut self, place: &Place) {
        if let Some(when) = self.due.remove(place) {
            self.order.remove(&(when, place.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Place {
        ("n".to_owned(), name.to_owned())
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_longest_wait_goes_first_and_slots_are_kept() {
        let now = Instant::now();
        let mut queue = Queue::new(2);
        queue.add(place("a"), now + SECOND);
        queue.add(place("b"), now);
        queue.add(place("c"), now + 2 * SECOND);
        assert_eq!(queue.next(), Some(now));
        assert_eq!(queue.depth(now), 1);
        let later = now + 3 * SECOND;
        assert_eq!(queue.depth(later), 3);
        assert_eq!(queue.start(later), [place("b"), place("a")]);
        assert_eq!(queue.depth(later), 1);
        assert!(queue.start(later).is_empty());
        assert_eq!(queue.next(), None);
        queue.done(place("b"), Next::Rest, later);
        assert_eq!(queue.start(later), [place("c")]);
    }

    #[test]
    fn what_happens_meanwhile_is_looked_at_afterwards() {
        let now = Instant::now();
        let mut queue = Queue::new(2);
        queue.add(place("a"), now);
        assert_eq!(queue.start(now), [place("a")]);
        queue.add(place("a"), now);
        assert!(queue.start(now).is_empty());
        assert_eq!(queue.next(), None, "it is running");
        queue.done(place("a"), Next::Rest, now);
        assert_eq!(queue.start(now), [place("a")]);
        queue.done(place("a"), Next::Rest, now);
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn failures_pause_ever_longer_and_a_success_ends_that() {
        let now = Instant::now();
        let mut queue = Queue::new(1);
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            queue.done(place("a"), Next::Retry, now);
            assert_eq!(queue.next(), Some(now + expected * SECOND));
            queue.drop_due(&place("a"));
        }
        queue.done(place("a"), Next::After(7 * SECOND), now);
        assert_eq!(queue.next(), Some(now + 7 * SECOND));
        queue.add(place("a"), now);
        assert_eq!(queue.next(), Some(now), "an event is not held back");
        queue.remove(&place("a"));
        queue.done(place("a"), Next::Retry, now);
        assert_eq!(queue.next(), Some(now + SECOND));
    }
}
