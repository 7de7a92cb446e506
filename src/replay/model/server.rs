//! One server of the model: a replica, and what is around it.

use super::case::{Case, Release, SKEW, at};
use super::fingerprint::Fingerprint;
use super::mistake::Mistake;
use super::store::{Fate, Packet, Store, resource_version};
use crate::replay::ledger::Ledger;
use crate::replay::replica::{Answered, Moment, Recorded, Replica};
use crate::replay::retention::forgettable_from;
use crate::replay::{Capacity, Outcome, Verdict};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A request of the case, which waits.
pub(super) type Ticket = u8;

/// A server in one of its lives.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) number: usize,
    pub(super) life: u8,
    pub(super) release: Release,
    /// Which of its times the clock is set to.
    pub(super) clock: usize,
    /// Which one it was set to when it was compared with the API server's.
    pub(super) compared: usize,
    pub(super) replica: Replica<Ticket>,
    /// Up to which version of the store its watch has shown everything.
    pub(super) watch: Option<u32>,
    pub(super) wire: Option<Wire>,
    /// Writes that are waited for no more, and that the store may yet take.
    pub(super) late: Vec<Packet>,
    /// Whether the log was listed, and the watch has yet to start. Never so unless that is the mistake.
    pub(super) listed: bool,
    /// Requests without a verdict.
    pub(super) outstanding: u32,
    /// How many names this life has chosen.
    pub(super) named: u8,
    /// Whether it has seen that a segment was deleted.
    pub(super) saw_deletion: bool,
    /// Whether nobody asks it for anything any more.
    retired: bool,
}

/// A write whose answer is waited for.
#[derive(Debug, Clone, Hash)]
pub(super) struct Wire {
    pub(super) packet: Packet,
    pub(super) fate: Option<Fate>,
}

// === impl Server ===

impl Server {
    /// A server in its first life, which has read the empty log.
    pub(super) fn new(case: &Case, number: usize, store: &Store) -> Self {
        let mut server = Self {
            number,
            life: 0,
            release: case.release(number, 0),
            clock: 0,
            compared: 0,
            replica: Replica::new(Capacity::default()),
            watch: None,
            wire: None,
            late: Vec::new(),
            listed: false,
            outstanding: 0,
            named: 0,
            saw_deletion: false,
            retired: false,
        };
        let ledger = Ledger::with_formats(
            resource_version(store.version()),
            server.release.owned_formats().to_vec(),
        );
        server.replica.relisted(ledger).unwrap();
        server.watch = Some(store.version());
        server
    }

    pub(super) fn fingerprint(&self) -> u64 {
        if self.retired {
            return Fingerprint::of(&self.late);
        }
        let around = (
            self.life,
            (self.clock, self.compared),
            self.watch,
            &self.wire,
            &self.late,
            self.listed,
            self.outstanding,
            self.named,
            self.saw_deletion,
        );
        Fingerprint::of(&(self.replica.fingerprint(), around))
    }

    /// How far the clock is ahead of the API server's when it is set to one of its times.
    fn offset(&self, case: &Case, setting: usize) -> SignedDuration {
        SignedDuration::from_secs(case.servers[self.number].clocks[setting])
    }

    /// What its clock shows when the API server's shows `now`.
    pub(super) fn wall(&self, case: &Case, now: i64) -> Timestamp {
        at(now).saturating_add(self.offset(case, self.clock)).unwrap()
    }

    /// Whether its clock is as near to the API server's as it must be.
    pub(super) fn clock_is_right(&self, case: &Case) -> bool {
        self.offset(case, self.compared).abs() <= SKEW
    }

    /// Sets the clock. It is compared with the API server's time, which is known, whenever it is read.
    pub(super) fn set_clock(&mut self, case: &Case, setting: usize) {
        self.clock = setting;
        if case.mistake != Some(Mistake::ComparesClocksOnAnswers) {
            self.compared = setting;
        }
    }

    /// Takes the next write from the replica and sends it.
    pub(super) fn send(&mut self, case: &Case, now: i64) {
        let moment = Moment {
            wall: self.wall(case, now),
            steady: Duration::from_secs(now.unsigned_abs()),
        };
        let (writer, named) = (self.writer(), self.named);
        let name = || {
            if case.names_again {
                named.to_string()
            } else {
                format!("{writer}-{named}")
            }
        };
        let Some(write) = self.replica.next_write(moment, name) else {
            return;
        };
        if write.after.is_none() {
            self.named = self.named.saturating_add(1);
        }
        let packet = Packet {
            write,
            writer,
            formats: self.release.owned_formats(),
        };
        self.wire = Some(Wire { packet, fate: None });
    }

    /// Hands on what became of the write.
    pub(super) fn answer(&mut self, case: &Case, store: &Store) -> Vec<Verdict<Ticket>> {
        let Some(Wire {
            packet,
            fate: Some(fate),
        }) = &self.wire
        else {
            return Vec::new();
        };
        let answer = match fate {
            Fate::Stored(_) => Answered::Stored,
            Fate::Conflict => Answered::Unknown,
            Fate::Gone | Fate::Foreign => Answered::Refused,
        };
        self.compared = self.clock;
        let mut verdicts = self.replica.answered(answer);
        if let (Some(Mistake::DecidesOnAnswers), Fate::Stored(version)) = (case.mistake, fate)
            && let Some(stored) = store.live().iter().find(|live| live.name == packet.write.name)
        {
            let version = resource_version(*version);
            verdicts.extend(self.replica.event(version, &stored.shown()).unwrap_or_default());
        }
        self.abandon();
        verdicts
    }

    /// Hands on that nobody knows what became of the write.
    pub(super) fn lose_answer(&mut self) -> Vec<Verdict<Ticket>> {
        let verdicts = self.replica.answered(Answered::Unknown);
        self.abandon();
        verdicts
    }

    /// Hands on that the write was refused before it was stored.
    pub(super) fn refuse(&mut self) -> Vec<Verdict<Ticket>> {
        self.wire = None;
        self.replica.answered(Answered::Refused)
    }

    /// Nobody waits for a write any more for whose requests the replica does not wait. It may be stored all the same.
    pub(super) fn abandon(&mut self) {
        if self.replica.awaits_answer() {
            return;
        }
        if let Some(Wire { packet, fate: None }) = self.wire.take() {
            self.late.push(packet);
        }
    }

    /// Ends this life and begins the next.
    pub(super) fn crash(&mut self, case: &Case) {
        self.replica = Replica::new(Capacity::default());
        self.abandon();
        self.life = self.life.saturating_add(1);
        self.release = case.release(self.number, self.life);
        self.watch = None;
        self.listed = false;
        self.outstanding = 0;
        self.named = 0;
        self.saw_deletion = false;
    }

    /// Forgets all that matters to nobody when nobody asks this server for anything any more.
    pub(super) fn retire(&mut self) {
        self.replica = Replica::new(Capacity::default());
        self.abandon();
        self.watch = None;
        self.retired = true;
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired
    }

    /// Sees what the API server's clock shows.
    pub(super) fn see_date(&mut self, case: &Case, now: i64) {
        self.compared = self.clock;
        let until_forgotten = forgettable_from(at(now), SKEW).duration_since(at(now));
        let date = match case.mistake {
            Some(Mistake::ForgetsAtExpiry) => at(now).saturating_add(until_forgotten).unwrap(),
            Some(Mistake::ForgetsByOwnClock) => self.wall(case, now),
            _ => at(now),
        };
        self.replica.forget(date, SKEW);
    }

    /// Asks the replica for a request; [`Replica::submit`].
    pub(super) fn submit(&mut self, case: &Case, now: i64, ticket: Ticket) -> Option<Outcome> {
        let uses = case.recorded(self.number, self.release, &case.requests[usize::from(ticket)]);
        if case.mistake == Some(Mistake::KeyWaitsTwice) && self.replica.is_following() {
            let known = |this: &Recorded| {
                let ledger = self.replica.ledger();
                ledger.is_some_and(|ledger| ledger.contains(&this.entry.key))
            };
            if !uses.iter().any(known) {
                self.replica.enqueue(uses, ticket);
                return None;
            }
        }
        self.replica.submit(uses, self.wall(case, now), || ticket)
    }

    /// How many uses a request records for one assertion.
    pub(super) fn formats(&self) -> usize {
        self.release.formats().len()
    }

    /// Whether whoever waits would wait for ever: there is nothing to write, to be answered or to be shown.
    pub(super) fn is_idle(&self, store: &Store) -> bool {
        let shown = self.watch.is_some_and(|watch| store.event_after(watch).is_none());
        shown && self.wire.is_none() && !self.replica.has_work()
    }

    pub(super) fn writer(&self) -> String {
        format!("{}-{}", self.number, self.life)
    }
}
