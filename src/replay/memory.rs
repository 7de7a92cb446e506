//! A replay log that one process keeps for itself: complete for as long as the process lives.

use crate::core::ids::ClientId;
use crate::replay::key::ReplayKey;
use crate::replay::{Capacity, Outcome, ReplayLog, Standing, Use};
use futures::future::{self, BoxFuture};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// The log in memory: bounded, exact, and gone with the process.
#[derive(Debug)]
pub struct MemoryLog {
    birth: Option<Timestamp>,
    capacity: Capacity,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    live: HashSet<ReplayKey>,
    ends: BTreeMap<Timestamp, Vec<(ReplayKey, ClientId)>>,
    shares: HashMap<ClientId, usize>,
}

// === impl MemoryLog ===

impl MemoryLog {
    /// An empty log. With a `birth`, assertions that an earlier life of the process may have honoured
    /// are to be refused; without, nothing came before.
    pub fn new(birth: Option<Timestamp>, capacity: Capacity) -> Self {
        Self {
            birth,
            capacity,
            state: Mutex::default(),
        }
    }

    fn decide(&self, uses: Vec<Use>, now: Timestamp) -> Outcome {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget(now);
        for (position, this) in uses.iter().enumerate() {
            let repeated = uses.iter().take(position).any(|earlier| earlier.key == this.key);
            if repeated || state.live.contains(&this.key) {
                return Outcome::Replayed(position);
            }
        }
        if state.live.len().saturating_add(uses.len()) > self.capacity.keys {
            return Outcome::LogFull;
        }
        let full = |this: &Use| {
            let share = state.shares.get(&this.client).copied().unwrap_or_default();
            share.saturating_add(uses.len()) > self.capacity.keys_per_client
        };
        if uses.iter().any(full) {
            return Outcome::ClientFull;
        }
        for this in uses {
            state.remember(this);
        }
        Outcome::Owned
    }
}

impl ReplayLog for MemoryLog {
    fn record(&self, uses: Vec<Use>, now: Timestamp) -> BoxFuture<'_, Outcome> {
        Box::pin(future::ready(self.decide(uses, now)))
    }

    fn standing(&self) -> Standing {
        Standing::Complete(self.birth)
    }
}

// === impl State ===

impl State {
    fn remember(&mut self, this: Use) {
        self.live.insert(this.key);
        let share = self.shares.entry(this.client.clone()).or_default();
        *share = share.saturating_add(1);
        self.ends
            .entry(this.until)
            .or_default()
            .push((this.key, this.client));
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some(first) = self.ends.first_entry() {
            if *first.key() > now {
                return;
            }
            for (key, client) in first.remove() {
                self.live.remove(&key);
                if let Some(share) = self.shares.get_mut(&client) {
                    *share = share.saturating_sub(1);
                    if *share == 0 {
                        self.shares.remove(&client);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::key::Purpose;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn a_use(client: &str, jti: &str, until: i64) -> Use {
        Use {
            key: ReplayKey::new(Purpose::Assertion, client, client, jti),
            client: client.parse().unwrap(),
            until: at(until),
        }
    }

    fn log(keys: usize, keys_per_client: usize) -> MemoryLog {
        MemoryLog::new(
            None,
            Capacity {
                keys,
                keys_per_client,
            },
        )
    }

    /// S-7523-20
    #[test]
    fn a_key_is_owned_once_until_its_end() {
        let log = log(10, 10);
        assert_eq!(log.decide(vec![a_use("a/b", "1", 100)], at(0)), Outcome::Owned);
        assert_eq!(
            log.decide(vec![a_use("a/b", "1", 100)], at(99)),
            Outcome::Replayed(0)
        );
        assert_eq!(
            log.decide(vec![a_use("a/c", "1", 100)], at(99)),
            Outcome::Owned,
            "another client's"
        );
        assert_eq!(
            log.decide(vec![a_use("a/b", "1", 200)], at(100)),
            Outcome::Owned,
            "forgotten at its end"
        );
    }

    /// D-15
    #[test]
    fn of_several_keys_all_are_owned_or_none_is_recorded() {
        let log = log(10, 10);
        assert_eq!(log.decide(vec![a_use("a/b", "1", 100)], at(0)), Outcome::Owned);
        let both = vec![a_use("a/b", "2", 100), a_use("a/b", "1", 100)];
        assert_eq!(log.decide(both, at(0)), Outcome::Replayed(1));
        assert_eq!(
            log.decide(vec![a_use("a/b", "2", 100)], at(0)),
            Outcome::Owned,
            "2 was not burnt"
        );
        let twice = vec![a_use("a/b", "3", 100), a_use("a/b", "3", 100)];
        assert_eq!(log.decide(twice, at(0)), Outcome::Replayed(1));
    }

    #[test]
    fn a_full_log_refuses_and_forgets_nothing_early() {
        let log = log(3, 2);
        assert_eq!(log.decide(vec![a_use("a/b", "1", 100)], at(0)), Outcome::Owned);
        assert_eq!(log.decide(vec![a_use("a/b", "2", 100)], at(0)), Outcome::Owned);
        assert_eq!(
            log.decide(vec![a_use("a/b", "3", 100)], at(0)),
            Outcome::ClientFull
        );
        assert_eq!(log.decide(vec![a_use("a/c", "1", 100)], at(0)), Outcome::Owned);
        assert_eq!(log.decide(vec![a_use("a/d", "1", 100)], at(0)), Outcome::LogFull);
        assert_eq!(
            log.decide(vec![a_use("a/b", "1", 100)], at(0)),
            Outcome::Replayed(0)
        );
        assert_eq!(
            log.decide(vec![a_use("a/b", "3", 200)], at(100)),
            Outcome::Owned,
            "room again"
        );
    }
}
