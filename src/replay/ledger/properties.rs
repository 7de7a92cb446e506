//! The ledger beside one that keeps no index and counts anew each time.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const SKEW: SignedDuration = SignedDuration::from_secs(30);
const FORMATS: [&[&str]; 3] = [&["v1"], &["v1", "v2"], &["v2"]];

/// What happens to a log.
#[derive(Debug, Clone)]
enum Change {
    /// A segment grows by these keys, of which each is of the bucket of the same number, and expires then at the earliest.
    Append {
        segment: usize,
        keys: Vec<u8>,
        expires: i64,
    },
    /// Something else happens in the store.
    Advance,
    Forget(i64),
    /// The log is read anew, its segments in another order.
    List,
}

#[derive(Debug, Clone)]
struct PlainSegment {
    uid: String,
    formats: Vec<String>,
    keys: Vec<u8>,
    expires: i64,
}

#[derive(Debug, Default)]
struct PlainLedger {
    version: u128,
    segments: Vec<PlainSegment>,
    /// The UID of the segment with which each key is forgotten.
    places: BTreeMap<u8, String>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn entry(key: u8) -> Entry {
    Entry {
        key: ReplayKey::from_bytes([key; 16]),
        bucket: Bucket::new(key.into()),
    }
}

fn text(keys: &[u8]) -> String {
    let mut text = String::new();
    keys.iter().for_each(|key| entry(*key).append_to(&mut text));
    text
}

// === impl PlainLedger ===

impl PlainLedger {
    fn expires(&self, uid: &str) -> i64 {
        let found = self.segments.iter().find(|segment| segment.uid == uid);
        found.unwrap().expires
    }

    /// Grows a segment, and returns what it is then, and the keys that stood somewhere before.
    fn append(&mut self, number: usize, keys: &[u8], expires: i64) -> (PlainSegment, Vec<ReplayKey>) {
        let lost = keys.iter().filter(|key| self.places.contains_key(key));
        let lost = lost.map(|key| entry(*key).key).collect();
        if self.segments.get(number).is_none() {
            let formats = FORMATS.iter().cycle().nth(number).unwrap();
            self.segments.push(PlainSegment {
                uid: self.version.to_string(),
                formats: formats.iter().map(|format| (*format).to_owned()).collect(),
                keys: Vec::new(),
                expires,
            });
        }
        let number = number.min(self.segments.len().saturating_sub(1));
        let segment = &mut self.segments[number];
        segment.keys.extend(keys);
        segment.expires = segment.expires.max(expires);
        let segment = segment.clone();
        self.place(&segment.uid, keys);
        (segment, lost)
    }

    fn place(&mut self, uid: &str, keys: &[u8]) {
        for key in keys {
            let known = self.places.get(key).map(|known| self.expires(known));
            if known.is_none_or(|known| known < self.expires(uid)) {
                self.places.insert(*key, uid.to_owned());
            }
        }
    }

    fn forget(&mut self, time: i64) {
        self.segments
            .retain(|segment| segment.expires.saturating_add(120) >= time);
        let live: Vec<_> = self.segments.iter().map(|segment| &segment.uid).collect();
        self.places.retain(|_, uid| live.contains(&&*uid));
    }

    fn list(&mut self) -> Ledger {
        self.segments.reverse();
        self.places.clear();
        let mut ledger = Ledger::new(ResourceVersion::new(self.version));
        for segment in self.segments.clone() {
            self.place(&segment.uid, &segment.keys);
            ledger
                .insert_listed(&segment.shown(&text(&segment.keys)))
                .unwrap();
        }
        ledger
    }

    fn assert_same(&self, ledger: &Ledger) {
        for key in 0..8 {
            let known = self.places.contains_key(&key);
            assert_eq!(ledger.contains(&entry(key).key), known, "key {key}");
            let entries = self.segments.iter().flat_map(|segment| &segment.keys);
            let share = entries.filter(|other| **other == key).count();
            assert_eq!(ledger.share(Bucket::new(key.into())), share, "share of {key}");
        }
        let second = ["v2".to_owned()];
        let unreadable = self.segments.iter().any(|segment| segment.formats == second);
        assert_eq!(ledger.has_unreadable(), unreadable);
        assert_eq!(ledger.segments(), self.segments.len());
        assert_eq!(ledger.keys(), self.places.len());
        assert_eq!(ledger.version(), ResourceVersion::new(self.version));
    }
}

// === impl PlainSegment ===

impl PlainSegment {
    fn shown<'a>(&'a self, keys: &'a str) -> Shown<'a> {
        Shown {
            name: "segment",
            uid: &self.uid,
            writer: "0a",
            formats: &self.formats,
            keys,
            expires: at(self.expires),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let append = (0..6_usize, prop::collection::vec(0..8_u8, 0..4), 0..1_000_i64);
    prop_oneof![
        6 => append.prop_map(|(segment, keys, expires)| Change::Append { segment, keys, expires }),
        1 => Just(Change::Advance),
        2 => (0..1_200_i64).prop_map(Change::Forget),
        1 => Just(Change::List),
    ]
}

proptest! {
    #[test]
    fn it_is_what_a_plain_one_is(changes in prop::collection::vec(change(), 0..60)) {
        let mut plain = PlainLedger { version: 1, ..PlainLedger::default() };
        let mut ledger = Ledger::new(ResourceVersion::new(1));
        for change in changes {
            plain.version = plain.version.saturating_add(1);
            let version = ResourceVersion::new(plain.version);
            match change {
                Change::Append { segment, keys, expires } => {
                    let (segment, lost) = plain.append(segment, &keys, expires);
                    let added = Added { length: segment.keys.len(), lost };
                    prop_assert_eq!(ledger.apply(version, &segment.shown(&text(&segment.keys))), Ok(added));
                }
                Change::Advance => prop_assert_eq!(ledger.advance(version), Ok(())),
                Change::Forget(time) => {
                    prop_assert_eq!(ledger.advance(version), Ok(()));
                    plain.forget(time);
                    ledger.forget(at(time), SKEW);
                }
                Change::List => ledger = plain.list(),
            }
            plain.assert_same(&ledger);
        }
    }
}
