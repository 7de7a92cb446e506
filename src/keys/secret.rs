//! How the ring is written in its Secret, and read strictly.
//!
//! Anything that this version did not write itself is refused as a whole: half a ring would unpublish the
//! other half. No error shows any content.

use crate::jose::{Algorithm, SigningFault, SigningKey};
use crate::keys::{KeyEntry, KeyRing, Retirement, RingError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;
use zeroize::Zeroizing;

/// The name of the Secret, in the release namespace.
pub const SECRET: &str = "countersign-signing-keys";

/// The one entry of its data.
pub const ENTRY: &str = "keys.json";

const VERSION: u64 = 1;

/// Why a ring cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretFault {
    /// The Secret has no entry `keys.json`.
    #[error("the entry `keys.json` is missing")]
    Missing,
    /// Not JSON of the known shape.
    #[error("not the expected JSON at line {line}, column {column}")]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A later release wrote it.
    #[error("written in format {0}, of which this release knows nothing")]
    Version(u64),
    /// We never write an empty ring.
    #[error("there are no keys")]
    Empty,
    /// A key is for an algorithm that does not exist here.
    #[error("key {index} is for an unknown algorithm")]
    Algorithm {
        /// From 0.
        index: usize,
    },
    /// A private key cannot be read.
    #[error("key {index} cannot be read: {cause}")]
    Key {
        /// From 0.
        index: usize,
        /// Why.
        cause: SigningFault,
    },
    /// A private key is not the Base64 of anything.
    #[error("key {index} is not Base64")]
    Base64 {
        /// From 0.
        index: usize,
    },
    /// The `kid` is not the thumbprint of the key.
    #[error("the kid of key {index} is not its thumbprint")]
    Kid {
        /// From 0.
        index: usize,
    },
    /// One of the two times of retirement is missing.
    #[error("key {index} has only one of retireAt and expires")]
    Retirement {
        /// From 0.
        index: usize,
    },
    /// The keys contradict each other.
    #[error("the keys contradict each other: {0}")]
    Ring(#[from] RingError),
    /// A key cannot be written.
    #[error("a key cannot be written: {0}")]
    Write(SigningFault),
    /// The ring cannot be written as JSON.
    #[error("the keys cannot be written as JSON")]
    Json,
}

/// Only the version, whatever else there may be in a later format.
#[derive(Deserialize)]
struct Envelope {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRing<'a> {
    #[serde(rename = "version")]
    _version: u64,
    #[serde(borrow)]
    keys: Vec<ReadKey<'a>>,
}

/// Strings are borrowed from the text, so that reading leaves no copy of a private key behind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReadKey<'a> {
    kid: &'a str,
    alg: &'a str,
    created: Timestamp,
    active_from: Timestamp,
    retire_at: Option<Timestamp>,
    expires: Option<Timestamp>,
    pkcs8: &'a str,
}

#[derive(Serialize)]
struct WrittenRing<'a> {
    version: u64,
    keys: Vec<WrittenKey<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenKey<'a> {
    kid: &'a str,
    alg: &'static str,
    created: Timestamp,
    active_from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    retire_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(serialize_with = "as_str")]
    pkcs8: Zeroizing<String>,
}

fn as_str<S: Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &[u8]) -> Result<KeyRing, SecretFault> {
    let malformed = |error: serde_json::Error| SecretFault::Malformed {
        line: error.line(),
        column: error.column(),
    };
    let Envelope { version } = serde_json::from_slice(text).map_err(malformed)?;
    if version != VERSION {
        return Err(SecretFault::Version(version));
    }
    let wire: WireRing<'_> = serde_json::from_slice(text).map_err(malformed)?;
    if wire.keys.is_empty() {
        return Err(SecretFault::Empty);
    }
    let entries: Result<Vec<_>, _> = wire
        .keys
        .into_iter()
        .enumerate()
        .map(|(index, key)| read(index, &key))
        .collect();
    Ok(KeyRing::new(entries?)?)
}

fn read(index: usize, wire: &ReadKey<'_>) -> Result<KeyEntry, SecretFault> {
    let algorithm = Algorithm::from_str(wire.alg).map_err(|_| SecretFault::Algorithm { index })?;
    let der = STANDARD
        .decode(wire.pkcs8)
        .map(Zeroizing::new)
        .map_err(|_| SecretFault::Base64 { index })?;
    let key = SigningKey::from_pkcs8(algorithm, &der).map_err(|cause| SecretFault::Key { index, cause })?;
    if key.kid() != wire.kid {
        return Err(SecretFault::Kid { index });
    }
    let retirement = match (wire.retire_at, wire.expires) {
        (None, None) => None,
        (Some(at), Some(expires)) => Some(Retirement { at, expires }),
        (Some(_), None) | (None, Some(_)) => return Err(SecretFault::Retirement { index }),
    };
    Ok(KeyEntry {
        key: Arc::new(key),
        created: wire.created,
        active_from: wire.active_from,
        retirement,
    })
}

/// Writes the ring as JSON. The buffer is wiped when it is dropped.
pub fn encode(ring: &KeyRing) -> Result<Zeroizing<Vec<u8>>, SecretFault> {
    let keys: Result<Vec<_>, _> = ring.entries().iter().map(write).collect();
    let wire = WrittenRing {
        version: VERSION,
        keys: keys?,
    };
    // Large enough never to grow: growing would leave parts of keys in memory that nobody wipes.
    let size = wire.keys.iter().fold(64_usize, |size, key| {
        size.saturating_add(key.pkcs8.len()).saturating_add(512)
    });
    let mut text = Zeroizing::new(Vec::with_capacity(size));
    serde_json::to_writer(&mut *text, &wire).map_err(|_| SecretFault::Json)?;
    Ok(text)
}

fn write(entry: &KeyEntry) -> Result<WrittenKey<'_>, SecretFault> {
    let der = entry.key.to_pkcs8().map_err(SecretFault::Write)?;
    Ok(WrittenKey {
        kid: entry.key.kid(),
        alg: entry.key.algorithm().as_str(),
        created: entry.created,
        active_from: entry.active_from,
        retire_at: entry.retirement.map(|end| end.at),
        expires: entry.retirement.map(|end| end.expires),
        pkcs8: Zeroizing::new(STANDARD.encode(&der)),
    })
}

#[cfg(test)]
mod tests;
