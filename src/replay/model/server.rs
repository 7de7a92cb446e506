//! One server of the model: a replica, and what is around it.

use super::case::{Case, Release, SKEW, at};
use super::fingerprint::Fingerprint;
use super::mistake::Mistake;
use super::store::{Event, Fate, Packet, Segment, Store, resource_version};
use crate::replay::ledger::Ledger;
use crate::replay::replica::{Answered, Moment, Recorded, Replica};
use crate::replay::retention::forgettable_from;
use crate::replay::segment::{Entry, Shown};
use crate::replay::{Capacity, Outcome, Verdict};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A request of the case, which waits.
pub(super) type Ticket = u8;

/// A server in one of its lives.
#[derive(Debug, Clone)]
pub(super) struct Server {
    number: usize,
    pub(super) life: u8,
    release: Release,
    /// Which of its times the clock is set to.
    pub(super) clock: usize,
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
    named: u8,
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
        server.replica.relisted(Ledger::with_formats(
            resource_version(store.version()),
            server.release.owned_formats().to_vec(),
        ));
        server.watch = Some(store.version());
        server
    }

    pub(super) fn fingerprint(&self) -> u64 {
        if self.retired {
            return Fingerprint::of(&self.late);
        }
        let around = (
            self.life,
            self.clock,
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

    fn offset(&self, case: &Case) -> SignedDuration {
        SignedDuration::from_secs(case.servers[self.number].clocks[self.clock])
    }

    /// What its clock shows when the API server's shows `now`.
    pub(super) fn wall(&self, case: &Case, now: i64) -> Timestamp {
        at(now).saturating_add(self.offset(case)).unwrap()
    }

    /// Whether its clock is as near to the API server's as it must be.
    pub(super) fn clock_is_right(&self, case: &Case) -> bool {
        self.offset(case).abs() <= SKEW
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
    fn abandon(&mut self) {
        if self.replica.awaits_answer() {
            return;
        }
        if let Some(Wire { packet, fate: None }) = self.wire.take() {
            self.late.push(packet);
        }
    }

    /// Shows the next event of the watch.
    pub(super) fn show(&mut self, case: &Case, store: &Store) -> Vec<Verdict<Ticket>> {
        let Some((version, event)) = self.watch.and_then(|watch| store.event_after(watch)) else {
            return Vec::new();
        };
        self.watch = Some(*version);
        let verdicts = match event {
            Event::Deleted => {
                self.saw_deletion = true;
                self.replica.seen_up_to(resource_version(*version));
                Vec::new()
            }
            Event::Written(segment) => {
                let formats = self.release.owned_formats();
                let shown = told(segment, &formats, case);
                let taken = self.replica.event(resource_version(*version), &shown);
                taken.unwrap_or_else(|(_, told)| {
                    self.watch = None;
                    told
                })
            }
        };
        self.abandon();
        verdicts
    }

    /// The watch ends, and cannot go on where it was.
    pub(super) fn lose_sight(&mut self, case: &Case) -> Vec<Verdict<Ticket>> {
        self.watch = None;
        let keeps = [
            Mistake::DecidesFromLists,
            Mistake::ListKeepsWaiters,
            Mistake::ListGrantsWaiters,
        ];
        if case.mistake.is_some_and(|mistake| keeps.contains(&mistake)) {
            return Vec::new();
        }
        let verdicts = self.replica.lost_sight();
        self.abandon();
        verdicts
    }

    /// Reads the log from a consistent list, and watches from its version on.
    pub(super) fn list(&mut self, case: &Case, store: &Store) -> Vec<Verdict<Ticket>> {
        let formats = self.release.owned_formats();
        let version = resource_version(store.version());
        let mut ledger = Ledger::with_formats(version, formats.to_vec());
        if case.mistake != Some(Mistake::ServesBeforeList) {
            for segment in store.live() {
                ledger.insert_listed(&told(segment, &formats, case)).unwrap();
            }
        }
        let mut verdicts = Vec::new();
        match case.mistake {
            Some(Mistake::ListKeepsWaiters) => self.replica.relisted_wrongly(ledger),
            Some(Mistake::DecidesFromLists) if self.replica.is_following() => {
                let mut segments: Vec<_> = store.live().iter().collect();
                segments.sort_unstable_by_key(|segment| segment.version);
                for segment in segments {
                    let version = resource_version(segment.version);
                    if self
                        .replica
                        .ledger()
                        .is_some_and(|known| known.version() < version)
                    {
                        let shown = told(segment, &formats, case);
                        verdicts.extend(self.replica.event(version, &shown).unwrap_or_default());
                    }
                }
                self.replica.seen_up_to(version);
            }
            Some(Mistake::ListGrantsWaiters) => {
                verdicts = self.replica.relisted(ledger);
                for (ticket, outcome) in &mut verdicts {
                    if self.own_segments_have(case, store, *ticket) {
                        *outcome = Outcome::Owned;
                    }
                }
            }
            _ => verdicts = self.replica.relisted(ledger),
        }
        self.abandon();
        if case.mistake == Some(Mistake::WatchesFromNow) {
            self.listed = true;
        } else {
            self.watch = Some(store.version());
        }
        verdicts
    }

    /// Whether the keys of a request are in segments of this life.
    fn own_segments_have(&self, case: &Case, store: &Store, ticket: Ticket) -> bool {
        let request = &case.requests[usize::from(ticket)];
        let life = self.writer();
        let own: Vec<Entry> = store
            .live()
            .iter()
            .filter(|live| live.writer == life)
            .flat_map(|live| Entry::read(&live.keys).unwrap())
            .collect();
        case.recorded(self.number, self.release, request)
            .iter()
            .all(|this| own.contains(&this.entry))
    }

    /// Starts the watch where the store is, instead of at the list's version.
    pub(super) fn watch_from_now(&mut self, store: &Store) {
        self.listed = false;
        self.watch = Some(store.version());
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

    fn writer(&self) -> String {
        format!("{}-{}", self.number, self.life)
    }
}

/// A segment as the watch or a list tells it to a server that checks `formats`.
fn told<'a>(segment: &'a Segment, formats: &'a [String], case: &Case) -> Shown<'a> {
    let shown = segment.shown();
    match case.mistake {
        Some(Mistake::LengthsByName) => Shown {
            uid: &segment.name,
            ..shown
        },
        Some(Mistake::IgnoresFormats) => Shown { formats, ..shown },
        _ => shown,
    }
}
