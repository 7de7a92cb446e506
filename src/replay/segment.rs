//! What stands in a segment of the log: entries, one after the other.
//!
//! The text of a segment only ever grows at its end, so that an entry has a whole number of base64's
//! groups: 18 bytes, 24 characters, no padding.

use crate::core::ids::ClientId;
use crate::replay::key::ReplayKey;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use thiserror::Error;

/// The characters of one entry.
pub const ENTRY_LENGTH: usize = 24;
/// The bytes of one entry.
const ENTRY_BYTES: usize = 18;

/// The keys' formats that this release writes and checks. Replicas of two releases may run side by side only if they
/// have one in common: a change of the format takes two releases, of which the first has both.
pub const FORMATS: &[&str] = &["v1"];

/// One of 65,536 parts into which clients fall; each has a share of the log.
///
/// Which part a client falls into depends on the log's `salt`, so that nobody can choose a name that
/// falls into somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket(u16);

/// One use, as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// What was used.
    pub key: ReplayKey,
    /// By whom.
    pub bucket: Bucket,
}

/// A segment as a list or an event shows it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Its name; a life of a server that makes it chooses it at random.
    pub name: &'a str,
    /// Its identity: another object of the same name has another.
    pub uid: &'a str,
    /// The life of a server that writes to it.
    pub writer: &'a str,
    /// The formats of its keys.
    pub formats: &'a [String],
    /// Its entries.
    pub keys: &'a str,
    /// Nothing in it is honoured from this moment on.
    pub expires: Timestamp,
}

/// The text is not a whole number of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a whole number of entries")]
pub struct InvalidEntries;

// === impl Bucket ===

impl Bucket {
    /// The part with this number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The part that `client` falls into in the log with this `salt`.
    pub fn of(client: &ClientId, salt: &str) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [salt, client.as_str()] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let [first, second, ..] = digest.as_ref() else {
            return Self(0);
        };
        Self(u16::from_be_bytes([*first, *second]))
    }

    /// Its number.
    pub fn number(self) -> usize {
        usize::from(self.0)
    }
}

// === impl Entry ===

impl Entry {
    /// Writes the entry at the end of a segment's text.
    pub fn append_to(self, keys: &mut String) {
        let mut bytes = [0; ENTRY_BYTES];
        let (key, bucket) = bytes.split_at_mut(16);
        key.copy_from_slice(self.key.as_bytes());
        bucket.copy_from_slice(&self.bucket.0.to_be_bytes());
        STANDARD.encode_string(bytes, keys);
    }

    /// Reads the entries of a text.
    pub fn read(keys: &str) -> Result<Vec<Self>, InvalidEntries> {
        let bytes = STANDARD.decode(keys).map_err(|_| InvalidEntries)?;
        let entries = bytes.chunks_exact(ENTRY_BYTES);
        if !entries.remainder().is_empty() {
            return Err(InvalidEntries);
        }
        Ok(entries.filter_map(Self::from_bytes).collect())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, bucket) = bytes.split_first_chunk()?;
        Some(Self {
            key: ReplayKey::from_bytes(*key),
            bucket: Bucket(u16::from_be_bytes(*bucket.first_chunk()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::key::Purpose;
    use proptest::prelude::*;

    fn entry(jti: &str, bucket: u16) -> Entry {
        Entry {
            key: ReplayKey::new(Purpose::Assertion, "client:a/b", "a/b", jti),
            bucket: Bucket(bucket),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in proptest::collection::vec((any::<[u8; 16]>(), any::<u16>()), 0..40)) {
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, bucket)| Entry { key: ReplayKey::from_bytes(key), bucket: Bucket(bucket) })
                .collect();
            let mut text = String::new();
            for entry in &entries {
                entry.append_to(&mut text);
            }
            prop_assert_eq!(text.len(), entries.len().saturating_mul(ENTRY_LENGTH));
            prop_assert_eq!(Entry::read(&text), Ok(entries));
        }
    }

    /// Replicas of several versions read each other's: computed with another program.
    #[test]
    fn it_is_written_as_it_was() {
        let mut text = String::new();
        entry("1", 0x0102).append_to(&mut text);
        assert_eq!(text, "5vm7pKjd8yijF9qMjbthmwEC");
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let mut text = String::new();
        entry("1", 1).append_to(&mut text);
        let start = |length| text.get(..length).unwrap_or_default();
        for broken in [start(23), start(20), "====", "!!!!", &format!("{text}AAAA")] {
            assert_eq!(Entry::read(broken), Err(InvalidEntries), "{broken}");
        }
        assert_eq!(Entry::read(""), Ok(Vec::new()));
    }

    #[test]
    fn a_clients_part_depends_on_the_log() {
        let client: ClientId = "a/b".parse().unwrap();
        assert_eq!(Bucket::of(&client, "x"), Bucket::of(&client, "x"));
        let different =
            (0..64).any(|salt: u8| Bucket::of(&client, &salt.to_string()) != Bucket::of(&client, "x"));
        assert!(different);
    }
}
