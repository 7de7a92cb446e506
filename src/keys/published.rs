//! The keys as a server uses them: one snapshot both to sign and to publish.

use crate::jose::{Algorithm, SigningKey};
use crate::keys::KeyRing;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// A snapshot of the ring. Whoever signs and serves the JWKS from the same snapshot never signs with a key
/// that verifiers cannot find.
#[derive(Debug, Clone, PartialEq)]
pub struct SigningKeys {
    ring: KeyRing,
}

// === impl SigningKeys ===

impl SigningKeys {
    /// The keys of `ring`.
    pub const fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    /// The key that signs with `algorithm` at `now`; it is in the JWKS of `now`.
    pub fn active(&self, algorithm: Algorithm, now: Timestamp) -> Option<&SigningKey> {
        self.ring.active(algorithm, now)
    }

    /// The members of `keys` in the JWKS (RFC 7517 §5) at `now`: public halves only, oldest key first.
    pub fn jwks(&self, now: Timestamp) -> Vec<Map<String, Value>> {
        self.ring
            .published(now)
            .map(|entry| entry.key().public_jwk())
            .collect()
    }

    /// The keys and their times.
    pub const fn ring(&self) -> &KeyRing {
        &self.ring
    }
}
