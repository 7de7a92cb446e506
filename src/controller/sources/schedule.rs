//! When which URL is fetched: pure bookkeeping over a monotonic time that is handed in.
//!
//! It guarantees, whatever tenants ask for and hosts answer: a URL is not fetched again within
//! [`Pace::cooldown`] of its last fetch's end, a host is called by one fetch at a time, and at most
//! [`Pace::at_once`] fetches run. URLs that answer go before those that fail, so that slow and broken
//! hosts of one tenant cannot starve another's good one.

use crate::controller::plan::state::{Document, SourceState, Unreadable};
use crate::fetch::Fetched;
use crate::fetch::fault::FetchFault;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// How often and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The time from one good fetch of a URL to the next, give or take a tenth; less where the host says that
    /// its answer may be kept for a shorter time, but not less than [`SHORTEST_REFRESH`].
    pub refresh: Duration,
    /// The shortest time between two fetches of a URL, whatever the first one's result; what failed is
    /// tried again after this, and then after twice as long each time, up to `refresh`.
    pub cooldown: Duration,
    /// The most fetches at one time.
    pub at_once: usize,
}

/// A URL is not fetched more often than this because its host wants no caching.
pub const SHORTEST_REFRESH: Duration = Duration::from_mins(1);

/// A fetch to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) url: String,
    pub(crate) host: String,
}

/// The URLs that clients refer to, and what is known of each.
#[derive(Debug)]
pub(crate) struct Schedule {
    pace: Pace,
    entries: BTreeMap<String, Entry>,
    busy_hosts: BTreeSet<String>,
}

#[derive(Debug)]
struct Entry {
    host: String,
    /// Whether a client still refers to it. What nobody wants stays until its cooldown is over, so that
    /// asking again is no way around it.
    wanted: bool,
    running: bool,
    due: Instant,
    /// When the last fetch ended.
    ended: Option<Instant>,
    failures: u32,
    state: SourceState,
    last_good: Option<(Document, Timestamp)>,
}

// === impl Pace ===

impl Default for Pace {
    fn default() -> Self {
        Self {
            refresh: Duration::from_mins(5),
            cooldown: Duration::from_secs(10),
            at_once: 16,
        }
    }
}

impl Pace {
    /// The time until the next fetch, after `failures` failed ones in a row; the last good answer may be kept for
    /// `max_age`.
    ///
    /// The spread is by URL and not by chance, which does as well and can be told beforehand.
    fn pause(&self, url: &str, failures: u32, max_age: Option<Duration>) -> Duration {
        let mut hasher = DefaultHasher::new();
        url.hash(&mut hasher);
        let percent = u32::try_from(hasher.finish().checked_rem(21).unwrap_or_default()).unwrap_or_default();
        let refresh = self
            .refresh
            .saturating_mul(percent.saturating_add(90))
            .checked_div(100)
            .unwrap_or(self.refresh);
        let pause = match failures.checked_sub(1) {
            None => max_age.map_or(refresh, |age| refresh.min(age.max(SHORTEST_REFRESH))),
            Some(doublings) => self
                .cooldown
                .saturating_mul(2_u32.saturating_pow(doublings))
                .min(refresh),
        };
        pause.max(self.cooldown)
    }
}

// === impl Schedule ===

impl Schedule {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            entries: BTreeMap::new(),
            busy_hosts: BTreeSet::new(),
        }
    }

    /// Takes `wanted`, each with its host, as the URLs that clients refer to now.
    pub(crate) fn want(&mut self, wanted: &BTreeMap<String, String>, now: Instant) {
        for (url, entry) in &mut self.entries {
            entry.wanted = wanted.contains_key(url);
        }
        for (url, host) in wanted {
            self.entries.entry(url.clone()).or_insert_with(|| Entry {
                host: host.clone(),
                wanted: true,
                running: false,
                due: now,
                ended: None,
                failures: 0,
                state: SourceState::Pending,
                last_good: None,
            });
        }
    }

    /// The fetches to start now; they count as running until [`finish`](Self::finish).
    pub(crate) fn start(&mut self, now: Instant) -> Vec<Start> {
        let cooldown = self.pace.cooldown;
        self.entries.retain(|_, entry| {
            let cooling = entry
                .ended
                .is_some_and(|ended| now.saturating_duration_since(ended) < cooldown);
            entry.wanted || entry.running || cooling
        });
        let running = self.entries.values().filter(|entry| entry.running).count();
        let slots = self.pace.at_once.saturating_sub(running);
        let mut due: Vec<(u32, Instant, &String, &String)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.wanted && !entry.running && entry.due <= now)
            .map(|(url, entry)| (entry.failures, entry.due, url, &entry.host))
            .collect();
        due.sort_unstable();
        let mut started: Vec<Start> = Vec::new();
        for (_, _, url, host) in due {
            if started.len() >= slots {
                break;
            }
            if self.busy_hosts.insert(host.clone()) {
                started.push(Start {
                    url: url.clone(),
                    host: host.clone(),
                });
            }
        }
        for start in &started {
            if let Some(entry) = self.entries.get_mut(&start.url) {
                entry.running = true;
            }
        }
        started
    }

    /// Takes the result of a fetch; returns whether the state of the URL changed by it.
    pub(crate) fn finish(
        &mut self,
        start: &Start,
        result: Result<Fetched, FetchFault>,
        now: Instant,
        time: Timestamp,
    ) -> bool {
        self.busy_hosts.remove(&start.host);
        let pace = self.pace;
        let Some(entry) = self.entries.get_mut(&start.url) else {
            return false;
        };
        entry.running = false;
        let max_age = result.as_ref().ok().and_then(|fetched| fetched.max_age);
        let state = match result {
            Ok(fetched) => {
                let document = Document(fetched.body);
                entry.failures = 0;
                entry.last_good = Some((document.clone(), time));
                SourceState::Read(document)
            }
            Err(fault) => {
                entry.failures = entry.failures.saturating_add(1);
                let since = match &entry.state {
                    SourceState::Unreadable { since, .. } => *since,
                    SourceState::Pending | SourceState::Read(_) | SourceState::Missing(_) => time,
                };
                SourceState::Unreadable {
                    why: Unreadable::Fetch(fault),
                    since,
                    last_good: entry.last_good.clone(),
                }
            }
        };
        entry.ended = Some(now);
        entry.due = now
            .checked_add(pace.pause(&start.url, entry.failures, max_age))
            .unwrap_or(now);
        let changed = entry.state != state;
        entry.state = state;
        changed
    }

    /// When [`start`](Self::start) may next have something to do, if nothing else happens before.
    pub(crate) fn next(&self) -> Option<Instant> {
        let running = self.entries.values().filter(|entry| entry.running).count();
        self.entries
            .values()
            .filter(|_| running < self.pace.at_once)
            .filter(|entry| entry.wanted && !entry.running && !self.busy_hosts.contains(&entry.host))
            .map(|entry| entry.due)
            .min()
    }

    /// What is known of `url`.
    pub(crate) fn state(&self, url: &str) -> SourceState {
        self.entries
            .get(url)
            .map_or(SourceState::Pending, |entry| entry.state.clone())
    }
}

#[cfg(test)]
mod tests;
