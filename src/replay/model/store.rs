//! The store of the model: segments, each change of which has the next version.

use crate::replay::replica::Write;
use crate::replay::segment::Shown;
use crate::replay::version::ResourceVersion;
use jiff::Timestamp;
use std::hash::Hash;
use std::sync::Arc;

/// What the API server has.
#[derive(Debug, Clone, Hash)]
pub(super) struct Store {
    version: u32,
    /// How many segments were ever made; the next one's UID.
    made: u32,
    live: Vec<Arc<Segment>>,
    /// What somebody's watch has yet to show.
    events: Vec<(u32, Event)>,
}

/// A segment at one version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Segment {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) writer: String,
    pub(super) formats: Arc<Vec<String>>,
    pub(super) keys: String,
    pub(super) expires: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Event {
    Written(Arc<Segment>),
    Deleted,
}

/// A write on its way to the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Packet {
    pub(super) write: Write,
    pub(super) writer: String,
    pub(super) formats: Arc<Vec<String>>,
}

/// What the store makes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    /// It is the store's version now.
    Stored(u32),
    /// 409: the name is taken, or the segment has another version.
    Conflict,
    /// 404: there is no such segment.
    Gone,
    /// It would change what only its writer may add to.
    Foreign,
}

// === impl Store ===

impl Store {
    pub(super) fn new() -> Self {
        Self {
            version: 1,
            made: 0,
            live: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn version(&self) -> u32 {
        self.version
    }

    pub(super) fn live(&self) -> &[Arc<Segment>] {
        &self.live
    }

    /// The first event after `version`.
    pub(super) fn event_after(&self, version: u32) -> Option<&(u32, Event)> {
        self.events.iter().find(|(at, _)| *at > version)
    }

    /// Whether `packet` could still be stored one day.
    pub(super) fn may_take(&self, packet: &Packet) -> bool {
        let current = self.live.iter().find(|live| live.name == packet.write.name);
        match (packet.write.after, current) {
            // The name may be free one day.
            (None, _) => true,
            (Some(after), Some(current)) => resource_version(current.version) == after,
            (Some(_), None) => false,
        }
    }

    /// Whether it would be stored now.
    pub(super) fn would_take(&self, packet: &Packet) -> bool {
        let taken = self.live.iter().any(|live| live.name == packet.write.name);
        self.may_take(packet) && (packet.write.after.is_some() || !taken)
    }

    pub(super) fn take(&mut self, packet: &Packet) -> Fate {
        let place = self.live.iter().position(|live| live.name == packet.write.name);
        let (uid, place) = match (packet.write.after, place) {
            (None, Some(_)) => return Fate::Conflict,
            (Some(_), None) => return Fate::Gone,
            (None, None) => {
                self.made = self.made.saturating_add(1);
                (format!("uid{}", self.made), None)
            }
            (Some(after), Some(place)) => {
                let current = &self.live[place];
                if resource_version(current.version) != after {
                    return Fate::Conflict;
                }
                let grows = packet.write.keys.starts_with(&current.keys);
                let later = packet.write.expires >= current.expires;
                if !grows || !later || current.writer != packet.writer || current.formats != packet.formats {
                    return Fate::Foreign;
                }
                (current.uid.clone(), Some(place))
            }
        };
        self.version = self.version.saturating_add(1);
        let segment = Arc::new(Segment {
            uid,
            name: packet.write.name.clone(),
            version: self.version,
            writer: packet.writer.clone(),
            formats: Arc::clone(&packet.formats),
            keys: packet.write.keys.clone(),
            expires: packet.write.expires,
        });
        self.events
            .push((self.version, Event::Written(Arc::clone(&segment))));
        match place {
            Some(place) => self.live[place] = segment,
            None => self.live.push(segment),
        }
        Fate::Stored(self.version)
    }

    /// Deletes the segment `uid` if it is there, at this version if one is given.
    pub(super) fn delete(&mut self, uid: &str, version: Option<u32>) -> bool {
        let matches =
            |live: &Arc<Segment>| live.uid == uid && version.is_none_or(|version| live.version == version);
        let Some(place) = self.live.iter().position(matches) else {
            return false;
        };
        self.live.remove(place);
        self.version = self.version.saturating_add(1);
        self.events.push((self.version, Event::Deleted));
        true
    }

    /// Whether there are events up to `version`, which every watch has shown; any at all, if nobody watches.
    pub(super) fn may_drop(&self, shown: Option<u32>) -> bool {
        let first = self.events.first();
        first.is_some_and(|(at, _)| shown.is_none_or(|shown| *at <= shown))
    }

    /// Drops them.
    pub(super) fn drop_events(&mut self, shown: Option<u32>) {
        self.events
            .retain(|(at, _)| shown.is_some_and(|shown| *at > shown));
    }
}

// === impl Segment ===

impl Segment {
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            name: &self.name,
            uid: &self.uid,
            writer: &self.writer,
            formats: &self.formats,
            keys: &self.keys,
            expires: self.expires,
        }
    }
}

pub(super) fn resource_version(number: u32) -> ResourceVersion {
    ResourceVersion::new(number.into())
}
