//! What a server of the model reads: the watch and lists.

use super::case::Case;
use super::mistake::Mistake;
use super::server::{Server, Ticket};
use super::store::{Event, Segment, Store, resource_version};
use crate::replay::ledger::Ledger;
use crate::replay::segment::{Entry, Shown};
use crate::replay::{Outcome, Verdict};

// === impl Server ===

impl Server {
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
        self.compared = self.clock;
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
                verdicts = self.replica.relisted(ledger).unwrap();
                for (ticket, outcome) in &mut verdicts {
                    if self.own_segments_have(case, store, *ticket) {
                        *outcome = Outcome::Owned;
                    }
                }
            }
            _ => verdicts = self.replica.relisted(ledger).unwrap(),
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
