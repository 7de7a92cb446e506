//! What a server knows of the log: every live entry, and where it stands.
//!
//! The ledger is the state after a consistent list and every event since, in the order of the store. The decision of
//! who owns a key is made here and nowhere else: [`Ledger::apply`].

use crate::replay::key::ReplayKey;
use crate::replay::retention::forgettable_from;
use crate::replay::segment::{Bucket, ENTRY_LENGTH, Entry, FORMATS, InvalidEntries, Shown};
use crate::replay::version::ResourceVersion;
use hashbrown::HashTable;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use thiserror::Error;

/// Every live entry of the log as of one version of the store.
#[derive(Debug, Clone)]
pub struct Ledger {
    version: ResourceVersion,
    formats: Vec<String>,
    /// The places of the keys, each once: in the one of its segments that expired last when it was recorded there.
    index: HashTable<Place>,
    hasher: RandomState,
    /// Segments, and free places among them.
    segments: Vec<Option<Segment>>,
    by_uid: HashMap<String, u32>,
    /// Live entries by bucket.
    shares: HashMap<Bucket, u32>,
    /// Live segments without any format that is checked here.
    unreadable: usize,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    segment: u32,
    position: u32,
}

#[derive(Debug, Clone)]
struct Segment {
    entries: Vec<Entry>,
    expires: Timestamp,
    readable: bool,
}

/// What an event added to a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The number of entries in the segment after it.
    pub length: usize,
    /// Those among the added keys that stood in the log before: an append does not own them.
    pub lost: Vec<ReplayKey>,
}

/// Why a list or an event cannot be taken in. The watch has to start anew from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LedgerFault {
    /// The event is not later than what is known.
    #[error("an event came that is not later than the one before")]
    NotLater,
    /// The entries are malformed.
    #[error("a segment cannot be read: {0}")]
    Entries(#[from] InvalidEntries),
    /// Entries vanished, which the API server's own rules refuse.
    #[error("a segment became shorter")]
    Shorter,
    /// More than can be numbered.
    #[error("too much to count")]
    TooMuch,
}

// === impl Ledger ===

impl Ledger {
    /// An empty log at `version`.
    pub fn new(version: ResourceVersion) -> Self {
        Self::with_formats(
            version,
            FORMATS.iter().map(|format| (*format).to_owned()).collect(),
        )
    }

    /// An empty log at `version`, for a release that checks these formats.
    pub fn with_formats(version: ResourceVersion, formats: Vec<String>) -> Self {
        Self {
            version,
            formats,
            index: HashTable::new(),
            hasher: RandomState::new(),
            segments: Vec::new(),
            by_uid: HashMap::new(),
            shares: HashMap::new(),
            unreadable: 0,
        }
    }

    /// As of which version of the store this is the log.
    pub fn version(&self) -> ResourceVersion {
        self.version
    }

    /// Takes in a segment of the list that the ledger is made of.
    pub fn insert_listed(&mut self, shown: &Shown<'_>) -> Result<(), LedgerFault> {
        self.take_in(shown).map(drop)
    }

    /// Takes in an event: `shown` is its segment as it is stored at `version`.
    ///
    /// Events must come in the order of the store, none left out. The keys that it adds are owned by the append that it
    /// shows, unless they stood in the log before.
    pub fn apply(&mut self, version: ResourceVersion, shown: &Shown<'_>) -> Result<Added, LedgerFault> {
        self.advance(version)?;
        self.take_in(shown)
    }

    /// Notes that everything up to `version` is known: a bookmark, or an event that adds nothing.
    ///
    /// The deletion of a segment is such an event. What stood in it is forgotten by [`Self::forget`] when it may be,
    /// which is when the controller deletes, and not earlier if somebody else did.
    pub fn advance(&mut self, version: ResourceVersion) -> Result<(), LedgerFault> {
        if version <= self.version {
            return Err(LedgerFault::NotLater);
        }
        self.version = version;
        Ok(())
    }

    /// Forgets the segments that may be forgotten at `api_time`, on the API server's clock.
    pub fn forget(&mut self, api_time: Timestamp, skew: SignedDuration) {
        let due = |segment: &Option<Segment>| {
            segment
                .as_ref()
                .is_some_and(|segment| forgettable_from(segment.expires, skew) < api_time)
        };
        let mut forgotten = Vec::new();
        for (number, place) in (0_u32..).zip(&mut self.segments) {
            if due(place) {
                forgotten.extend(place.take().map(|segment| (number, segment)));
            }
        }
        if forgotten.is_empty() {
            return;
        }
        self.by_uid
            .retain(|_, number| !forgotten.iter().any(|(gone, _)| gone == number));
        for (number, segment) in forgotten {
            self.release(number, &segment);
        }
    }

    /// Whether the key stands in the log.
    pub fn contains(&self, key: &ReplayKey) -> bool {
        let hash = self.hasher.hash_one(key);
        self.index
            .find(hash, |place| key_at(&self.segments, *place) == Some(key))
            .is_some()
    }

    /// Whether a live segment has no key in a format that is checked here: then nothing can be said of any key.
    pub fn has_unreadable(&self) -> bool {
        self.unreadable > 0
    }

    /// Live keys.
    pub fn keys(&self) -> usize {
        self.index.len()
    }

    /// Live entries of the clients in `bucket`.
    pub fn share(&self, bucket: Bucket) -> usize {
        let share = self.shares.get(&bucket).copied().unwrap_or_default();
        usize::try_from(share).unwrap_or(usize::MAX)
    }

    /// Live segments.
    pub fn segments(&self) -> usize {
        self.by_uid.len()
    }

    fn take_in(&mut self, shown: &Shown<'_>) -> Result<Added, LedgerFault> {
        let number = match self.by_uid.get(shown.uid) {
            Some(number) => *number,
            None => self.begin(shown)?,
        };
        let segment = segment_mut(&mut self.segments, number).ok_or(LedgerFault::TooMuch)?;
        segment.expires = segment.expires.max(shown.expires);
        let known = segment.entries.len().saturating_mul(ENTRY_LENGTH);
        let new = shown.keys.get(known..).ok_or(LedgerFault::Shorter)?;
        let new = Entry::read(new)?;
        segment.entries.reserve_exact(new.len());
        let lost: Vec<ReplayKey> = new
            .iter()
            .map(|entry| entry.key)
            .filter(|key| self.contains(key))
            .collect();
        let mut length = known.checked_div(ENTRY_LENGTH).unwrap_or_default();
        for entry in new {
            self.record(number, length, entry)?;
            length = length.saturating_add(1);
        }
        Ok(Added { length, lost })
    }

    fn begin(&mut self, shown: &Shown<'_>) -> Result<u32, LedgerFault> {
        let segment = Segment {
            entries: Vec::new(),
            expires: shown.expires,
            readable: shown.formats.iter().any(|format| self.formats.contains(format)),
        };
        if !segment.readable {
            self.unreadable = self.unreadable.saturating_add(1);
        }
        let free = self.segments.iter().position(Option::is_none);
        let place = free.unwrap_or(self.segments.len());
        let number = u32::try_from(place).map_err(|_| LedgerFault::TooMuch)?;
        match self.segments.get_mut(place) {
            Some(free) => *free = Some(segment),
            None => self.segments.push(Some(segment)),
        }
        self.by_uid.insert(shown.uid.to_owned(), number);
        Ok(number)
    }

    fn record(&mut self, number: u32, position: usize, entry: Entry) -> Result<(), LedgerFault> {
        let position = u32::try_from(position).map_err(|_| LedgerFault::TooMuch)?;
        let segment = segment_mut(&mut self.segments, number).ok_or(LedgerFault::TooMuch)?;
        segment.entries.push(entry);
        let share = self.shares.entry(entry.bucket).or_default();
        *share = share.saturating_add(1);
        let (segments, hasher) = (&self.segments, &self.hasher);
        let hash = hasher.hash_one(entry.key);
        let place = Place {
            segment: number,
            position,
        };
        let same = |other: &Place| key_at(segments, *other) == Some(&entry.key);
        match self.index.find_mut(hash, same) {
            // Another assertion may have the same `jti` and a later end: the key stands until the last segment that
            // has it is forgotten.
            Some(known) => {
                if expires(segments, known.segment) < expires(segments, number) {
                    *known = place;
                }
            }
            None => drop(self.index.insert_unique(hash, place, |place| {
                key_at(segments, *place).map_or(0, |key| hasher.hash_one(key))
            })),
        }
        Ok(())
    }

    /// Takes the keys of a segment that is not among the others any more out of the index: those whose place it was.
    fn release(&mut self, number: u32, segment: &Segment) {
        if !segment.readable {
            self.unreadable = self.unreadable.saturating_sub(1);
        }
        for (position, entry) in (0_u32..).zip(&segment.entries) {
            let place = Place {
                segment: number,
                position,
            };
            let hash = self.hasher.hash_one(entry.key);
            if let Ok(found) = self.index.find_entry(hash, |other| *other == place) {
                let _vacant = found.remove();
            }
            if let Some(share) = self.shares.get_mut(&entry.bucket) {
                *share = share.saturating_sub(1);
                if *share == 0 {
                    self.shares.remove(&entry.bucket);
                }
            }
        }
    }
}

fn segment_mut(segments: &mut [Option<Segment>], number: u32) -> Option<&mut Segment> {
    segments.get_mut(usize::try_from(number).ok()?)?.as_mut()
}

fn key_at(segments: &[Option<Segment>], place: Place) -> Option<&ReplayKey> {
    let segment = segments.get(usize::try_from(place.segment).ok()?)?.as_ref()?;
    let entry = segment.entries.get(usize::try_from(place.position).ok()?)?;
    Some(&entry.key)
}

fn expires(segments: &[Option<Segment>], number: u32) -> Option<Timestamp> {
    Some(segments.get(usize::try_from(number).ok()?)?.as_ref()?.expires)
}

#[cfg(test)]
mod inside;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
