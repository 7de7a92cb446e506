//! One server's part in the protocol of the log: a state machine without clock, randomness or I/O.
//!
//! - A request waits for one append, and is settled by the event that shows this append: [`Replica::event`]. Nothing
//!   else ever says that a key is owned; not the answer to the write, not a list.
//! - One append is on its way at a time; what arrives meanwhile goes into the next ([`Replica::next_write`]).
//! - Whenever it is unknown what became of a write, or events may have been missed, every waiting request is told so
//!   and the segment is written to no more ([`Replica::interrupted`]).
//! - A key waits once: a second request for it joins the first.

mod answers;
mod open;

pub use answers::{Answered, OlderList};
pub use open::{Moment, Write};

use crate::core::clock::after;
use crate::replay::Outcome;
use crate::replay::key::ReplayKey;
use crate::replay::ledger::{Added, Ledger, LedgerFault};
use crate::replay::segment::{Entry, Shown};
use crate::replay::version::ResourceVersion;
use crate::replay::{Capacity, Verdict};
use jiff::{SignedDuration, Timestamp};
use open::Open;
use std::collections::HashMap;
use std::collections::hash_map;
use std::time::Duration;

/// The most keys that one write adds.
const LARGEST_WRITE: usize = 2_048;
/// The longest that an assertion may be honoured from now on; the store takes no segment that expires much later.
const LONGEST_USE: SignedDuration = SignedDuration::from_mins(25);

/// The state of one server in the protocol. `T` is what waits for a verdict.
#[derive(Debug, Clone)]
pub struct Replica<T> {
    capacity: Capacity,
    /// Whether events come without a gap. There is no ledger before the first list.
    following: bool,
    ledger: Option<Ledger>,
    /// What goes into the next append.
    queue: Vec<Request<T>>,
    /// The keys that wait, each for one request; and who joined it.
    waiting: HashMap<ReplayKey, Vec<Joined<T>>>,
    open: Option<Open>,
    sent: Option<Sent<T>>,
}

/// One use that is to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recorded {
    /// The entry.
    pub entry: Entry,
    /// It is not honoured from this moment on.
    pub until: Timestamp,
}

/// What is wrong with the watch, and who was told that nothing can be said.
pub type Broken<T> = (LedgerFault, Vec<Verdict<T>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Request<T> {
    ticket: T,
    uses: Vec<Recorded>,
}

/// A request that waits for what becomes of another's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Joined<T> {
    ticket: T,
    position: usize,
}

/// The append that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sent<T> {
    requests: Vec<Request<T>>,
    since: Duration,
    /// Its event came.
    seen: bool,
    /// Its answer came.
    answered: bool,
}

// === impl Replica ===

impl<T> Replica<T> {
    /// A server that knows nothing of the log yet.
    pub fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            following: false,
            ledger: None,
            queue: Vec::new(),
            waiting: HashMap::new(),
            open: None,
            sent: None,
        }
    }

    /// What it knows of the log; nothing before the first list.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Whether it takes requests: it has read the log and sees every event.
    pub fn is_following(&self) -> bool {
        self.following
    }

    /// Asks for the `uses` of one request. Either the verdict is known at once, or `ticket` waits for it.
    pub fn submit(
        &mut self,
        uses: Vec<Recorded>,
        now: Timestamp,
        ticket: impl FnOnce() -> T,
    ) -> Option<Outcome> {
        let Some(ledger) = &self.ledger else {
            return Some(Outcome::Unavailable);
        };
        let mut joins = None;
        for (position, this) in uses.iter().enumerate() {
            let key = &this.entry.key;
            let repeated = uses
                .iter()
                .take(position)
                .any(|earlier| earlier.entry.key == *key);
            if repeated || ledger.contains(key) {
                return Some(Outcome::Replayed(position));
            }
            if joins.is_none() && self.waiting.contains_key(key) {
                joins = Some((position, *key));
            }
        }
        if !self.following || ledger.has_unreadable() {
            return Some(Outcome::Unavailable);
        }
        if let Some((position, key)) = joins {
            let ticket = ticket();
            self.waiting
                .entry(key)
                .or_default()
                .push(Joined { ticket, position });
            return None;
        }
        let latest = after(now, LONGEST_USE);
        if uses.iter().any(|this| this.until > latest) {
            return Some(Outcome::Unavailable);
        }
        if let Some(full) = self.is_full(ledger, &uses) {
            return Some(full);
        }
        self.enqueue(uses, ticket());
        None
    }

    /// Puts a request into the next append.
    pub(super) fn enqueue(&mut self, uses: Vec<Recorded>, ticket: T) {
        for this in &uses {
            self.waiting.entry(this.entry.key).or_default();
        }
        self.queue.push(Request { ticket, uses });
    }

    fn is_full(&self, ledger: &Ledger, uses: &[Recorded]) -> Option<Outcome> {
        let more = self.waiting.len().saturating_add(uses.len());
        if ledger.keys().saturating_add(more) > self.capacity.keys {
            return Some(Outcome::LogFull);
        }
        // What waits is not counted: it is one append's worth at the most.
        let over = |this: &Recorded| {
            ledger.share(this.entry.bucket).saturating_add(uses.len()) > self.capacity.keys_per_client
        };
        uses.iter().any(over).then_some(Outcome::ClientFull)
    }

    /// The next write, if there is anything to write and nothing is on its way. `name` chooses a name at random, for a
    /// segment that nobody had before.
    pub fn next_write(&mut self, now: Moment, name: impl FnOnce() -> String) -> Option<Write> {
        if self.sent.is_some() || self.queue.is_empty() || !self.following {
            return None;
        }
        if self.open.as_ref().is_some_and(|open| open.is_sealed(now.steady)) {
            self.open = None;
        }
        let requests = self.take_batch();
        let open = self.open.get_or_insert_with(|| Open::new(name(), now));
        let write = open.append(requests.iter().flat_map(|request| &request.uses));
        self.sent = Some(Sent {
            requests,
            since: now.steady,
            seen: false,
            answered: false,
        });
        Some(write)
    }

    /// Who waits for the append that is on its way, in its order.
    pub fn on_their_way(&self) -> impl Iterator<Item = &T> {
        let requests = self.sent.iter().flat_map(|sent| &sent.requests);
        requests.map(|request| &request.ticket)
    }

    fn take_batch(&mut self) -> Vec<Request<T>> {
        let mut keys = 0_usize;
        let fits = self.queue.iter().take_while(|request| {
            keys = keys.saturating_add(request.uses.len());
            keys <= LARGEST_WRITE
        });
        let count = fits.count().max(1).min(self.queue.len());
        let rest = self.queue.split_off(count);
        std::mem::replace(&mut self.queue, rest)
    }

    /// Takes the answer to the write that is on its way. What it says of its keys is nothing: it only tells whether to
    /// go on.
    pub fn answered(&mut self, answer: Answered) -> Vec<Verdict<T>> {
        let Some(sent) = &mut self.sent else {
            return Vec::new();
        };
        match answer {
            // Its event has said it all.
            _ if sent.seen => {
                self.sent = None;
                Vec::new()
            }
            Answered::Stored => {
                sent.answered = true;
                Vec::new()
            }
            Answered::Refused => {
                self.open = None;
                self.give_up_sent(Outcome::Unavailable)
            }
            Answered::Unknown => self.interrupted(),
        }
    }

    /// Takes the next event of the watch: `shown` is stored at `version`. Settles what waits for the append that it
    /// shows. After a fault, the watch has to start anew from a list; the waiting were told.
    pub fn event(
        &mut self,
        version: ResourceVersion,
        shown: &Shown<'_>,
    ) -> Result<Vec<Verdict<T>>, Broken<T>> {
        let Some(ledger) = self.ledger.as_mut().filter(|_| self.following) else {
            return Ok(Vec::new());
        };
        match ledger.apply(version, shown) {
            Ok(added) => Ok(self.settle(version, shown.name, &added)),
            Err(fault) => {
                let told = self.interrupted();
                self.following = false;
                Err((fault, told))
            }
        }
    }

    /// Notes that everything up to `version` was seen: a bookmark, or an event that adds nothing.
    pub fn seen_up_to(&mut self, version: ResourceVersion) {
        if let Some(ledger) = self.ledger.as_mut().filter(|_| self.following) {
            // A bookmark may repeat what is known.
            ledger.advance(version).unwrap_or_default();
        }
    }

    fn settle(&mut self, version: ResourceVersion, name: &str, added: &Added) -> Vec<Verdict<T>> {
        let Some(open) = self.open.as_mut().filter(|open| open.name == name) else {
            return Vec::new();
        };
        let expected = self.sent.as_ref().is_some_and(|sent| !sent.seen) && open.length == added.length;
        if !expected {
            // Somebody else writes to our segment.
            return self.interrupted();
        }
        open.version = Some(version);
        let Some(sent) = &mut self.sent else {
            return Vec::new();
        };
        sent.seen = true;
        let requests = std::mem::take(&mut sent.requests);
        if sent.answered {
            self.sent = None;
        }
        let unreadable = self.ledger.as_ref().is_some_and(Ledger::has_unreadable);
        let mut verdicts = Vec::with_capacity(requests.len());
        for Request { ticket, uses } in requests {
            let lost = uses.iter().position(|this| added.lost.contains(&this.entry.key));
            // A segment that cannot be read came before this append: it may have the keys in another format.
            let unknown = lost.is_none() && unreadable;
            for this in &uses {
                let joined = self.waiting.remove(&this.entry.key).unwrap_or_default();
                verdicts.extend(joined.into_iter().map(|Joined { ticket, position }| {
                    let replay = Outcome::Replayed(position);
                    (ticket, if unknown { Outcome::Unknown } else { replay })
                }));
            }
            let outcome = match lost {
                Some(position) => Outcome::Replayed(position),
                None if unknown => Outcome::Unknown,
                None => Outcome::Owned,
            };
            verdicts.push((ticket, outcome));
        }
        verdicts
    }

    /// What became of a write is unknown, or the watch has to start anew from a list: nobody who waits, sent or not,
    /// can be told more than that.
    pub fn interrupted(&mut self) -> Vec<Verdict<T>> {
        self.open = None;
        let mut told = self.give_up_sent(Outcome::Unknown);
        for request in std::mem::take(&mut self.queue) {
            told.push((request.ticket, Outcome::Unknown));
        }
        for (_, joined) in self.waiting.drain() {
            told.extend(joined.into_iter().map(|joined| (joined.ticket, Outcome::Unknown)));
        }
        told
    }

    /// Events may be missed from now on, until the next list.
    pub fn lost_sight(&mut self) -> Vec<Verdict<T>> {
        self.following = false;
        self.interrupted()
    }

    /// Takes the log from a consistent list. The watch has to begin at exactly its version.
    ///
    /// A list that is older than what is known, of an API server that is behind or of a store that was set back, changes
    /// nothing: it lacks keys that were honoured.
    pub fn relisted(&mut self, ledger: Ledger) -> Result<Vec<Verdict<T>>, OlderList> {
        if self
            .ledger
            .as_ref()
            .is_some_and(|known| ledger.version() < known.version())
        {
            return Err(OlderList);
        }
        let told = self.interrupted();
        self.ledger = Some(ledger);
        self.following = true;
        Ok(told)
    }

    /// Forgets what may be forgotten at `api_time`, on the API server's clock.
    pub fn forget(&mut self, api_time: Timestamp, skew: SignedDuration) {
        if let Some(ledger) = &mut self.ledger {
            ledger.forget(api_time, skew);
        }
    }

    /// Since when an append has been on its way without an event.
    pub fn unseen_since(&self) -> Option<Duration> {
        self.sent
            .as_ref()
            .filter(|sent| !sent.seen)
            .map(|sent| sent.since)
    }

    /// Whether there is anything to write.
    pub fn has_work(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Ends the wait for the append that is on its way.
    fn give_up_sent(&mut self, outcome: Outcome) -> Vec<Verdict<T>> {
        let mut told = Vec::new();
        for Request { ticket, uses } in self.sent.take().into_iter().flat_map(|sent| sent.requests) {
            for this in &uses {
                if let hash_map::Entry::Occupied(waiting) = self.waiting.entry(this.entry.key) {
                    told.extend(
                        waiting
                            .remove()
                            .into_iter()
                            .map(|joined| (joined.ticket, outcome)),
                    );
                }
            }
            told.push((ticket, outcome));
        }
        told
    }
}

#[cfg(test)]
mod inside;
#[cfg(test)]
mod tests;
