//! What identifies one use of an assertion.

use aws_lc_rs::digest::{Context, SHA256};

/// What a key is recorded for. Its byte is part of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A JWT in any slot of any endpoint: the slot is not part of the key, so that an assertion that
    /// was used in one is a replay in every other.
    Assertion,
}

/// The first 128 bits of SHA-256 over the length-prefixed purpose, trust, `iss` and `jti`.
///
/// Neither the raw token nor its hash takes part: an ECDSA signature can be changed into another
/// valid one for the same claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplayKey([u8; 16]);

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
        }
    }
}

impl ReplayKey {
    /// The key of the JWT with these claims. `trust` says through what its issuer is trusted
    /// (`client:<namespace>/<name>`), so that one client's `jti` never blocks another's.
    pub fn new(purpose: Purpose, trust: &str, issuer: &str, jwt_id: &str) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [purpose.name(), trust, issuer, jwt_id] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            context.update(&length.to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let mut key = [0; 16];
        for (byte, hashed) in key.iter_mut().zip(digest.as_ref()) {
            *byte = *hashed;
        }
        Self(key)
    }

    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// D-15
    #[test]
    fn every_part_counts_and_no_part_runs_into_the_next() {
        let keys: HashSet<_> = [
            ("client:a/b", "a/b", "1"),
            ("client:a/c", "a/b", "1"),
            ("client:a/b", "a/c", "1"),
            ("client:a/b", "a/b", "2"),
            ("client:a/b", "a/b1", ""),
            ("client:a/ba/b", "", "1"),
        ]
        .into_iter()
        .map(|(trust, issuer, jti)| ReplayKey::new(Purpose::Assertion, trust, issuer, jti))
        .collect();
        assert_eq!(keys.len(), 6);
    }

    /// Replicas of several versions agree on it: computed with another program.
    #[test]
    fn it_is_what_it_was() {
        let key = ReplayKey::new(Purpose::Assertion, "client:a/b", "a/b", "1");
        let expected = [
            0xe6, 0xf9, 0xbb, 0xa4, 0xa8, 0xdd, 0xf3, 0x28, 0xa3, 0x17, 0xda, 0x8c, 0x8d, 0xbb, 0x61, 0x9b,
        ];
        assert_eq!(key.as_bytes(), &expected);
    }
}
