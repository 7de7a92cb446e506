//! Verifications that decide nothing: they only take their time.

use crate::jose::{Algorithm, SigningKey, VerificationKey};
use std::sync::OnceLock;

static KEYS: [OnceLock<Option<VerificationKey>>; Algorithm::ALL.len()] =
    [const { OnceLock::new() }; Algorithm::ALL.len()];

/// Verifies with a key that was made up in this process and that nobody holds the other half of.
pub(crate) fn verify(algorithm: Algorithm, message: &[u8], signature: &[u8]) {
    let position = Algorithm::ALL.iter().position(|known| *known == algorithm);
    let Some(slot) = position.and_then(|position| KEYS.get(position)) else {
        return;
    };
    if let Some(key) = slot.get_or_init(|| SigningKey::generate(algorithm).ok()?.verification_key().ok()) {
        let _meaningless = key.verify(message, signature);
    }
}
