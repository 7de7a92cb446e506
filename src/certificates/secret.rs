//! How the authorities are written in their Secret, and read strictly.
//!
//! Anything that this version did not write itself is refused as a whole: half of it would unpublish the other half.
//! No error shows any content.

use super::authority::Authority;
use super::ring::{Authorities, RingFault};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;
use zeroize::Zeroizing;

/// The name of the Secret, in the release namespace.
pub const SECRET: &str = "countersign-ca";

/// The one entry of its data.
pub const ENTRY: &str = "ca.json";

const VERSION: u64 = 1;

/// Why authorities cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretFault {
    /// The Secret has no entry `ca.json`.
    #[error("the entry `ca.json` is missing")]
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
    /// We never write an empty list.
    #[error("there is no authority")]
    Empty,
    /// A certificate or a private key is not the Base64 of anything.
    #[error("authority {index} is not Base64")]
    Base64 {
        /// From 0.
        index: usize,
    },
    /// Not a certificate of ours with its key, or its turn is outside of its life.
    #[error("authority {index} is not a certificate of ours with its private key")]
    Authority {
        /// From 0.
        index: usize,
    },
    /// The authorities contradict each other.
    #[error("the authorities contradict each other: {0}")]
    Ring(#[from] RingFault),
    /// They cannot be written as JSON.
    #[error("the authorities cannot be written as JSON")]
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
    authorities: Vec<ReadAuthority<'a>>,
}

/// Strings are borrowed from the text, so that reading leaves no copy of a private key behind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReadAuthority<'a> {
    certificate: &'a str,
    signs_from: Timestamp,
    pkcs8: &'a str,
}

#[derive(Serialize)]
struct WrittenRing {
    version: u64,
    authorities: Vec<WrittenAuthority>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenAuthority {
    certificate: String,
    signs_from: Timestamp,
    #[serde(serialize_with = "as_str")]
    pkcs8: Zeroizing<String>,
}

fn as_str<S: Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// Reads what [`encode`] wrote.
pub fn decode(text: &[u8]) -> Result<Authorities, SecretFault> {
    let malformed = |error: serde_json::Error| SecretFault::Malformed {
        line: error.line(),
        column: error.column(),
    };
    let Envelope { version } = serde_json::from_slice(text).map_err(malformed)?;
    if version != VERSION {
        return Err(SecretFault::Version(version));
    }
    let wire: WireRing<'_> = serde_json::from_slice(text).map_err(malformed)?;
    if wire.authorities.is_empty() {
        return Err(SecretFault::Empty);
    }
    let read = wire
        .authorities
        .iter()
        .enumerate()
        .map(|(index, wire)| read(index, wire));
    Ok(Authorities::new(read.collect::<Result<_, _>>()?)?)
}

fn read(index: usize, wire: &ReadAuthority<'_>) -> Result<Authority, SecretFault> {
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| SecretFault::Base64 { index });
    let pkcs8 = Zeroizing::new(bytes(wire.pkcs8)?);
    Authority::read(bytes(wire.certificate)?, &pkcs8, wire.signs_from).ok_or(SecretFault::Authority { index })
}

/// Writes the authorities as JSON. The buffer is wiped when it is dropped.
pub fn encode(ring: &Authorities) -> Result<Zeroizing<Vec<u8>>, SecretFault> {
    let authorities: Vec<WrittenAuthority> = ring.entries().iter().map(write).collect();
    // Large enough never to grow: growing would leave parts of keys in memory that nobody wipes.
    let size = authorities.iter().fold(64_usize, |size, entry| {
        let texts = entry.pkcs8.len().saturating_add(entry.certificate.len());
        size.saturating_add(texts).saturating_add(256)
    });
    let mut text = Zeroizing::new(Vec::with_capacity(size));
    let wire = WrittenRing {
        version: VERSION,
        authorities,
    };
    serde_json::to_writer(&mut *text, &wire).map_err(|_| SecretFault::Json)?;
    Ok(text)
}

fn write(entry: &Authority) -> WrittenAuthority {
    WrittenAuthority {
        certificate: STANDARD.encode(entry.certificate()),
        signs_from: entry.signs_from(),
        pkcs8: Zeroizing::new(STANDARD.encode(entry.pkcs8())),
    }
}

#[cfg(test)]
mod tests;
