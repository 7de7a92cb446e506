//! Verifications whose outcome nobody learns, so that an unknown client or key takes as long to refuse as a
//! wrong signature does (D-19).

use super::algorithm::{Algorithm, KeyType};
use super::public_key::PublicKey;
use super::signing_key::SigningKey;
use super::verification_key::VerificationKey;
use aws_lc_rs::rand;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::OnceLock;

/// Spends the time of one verification of `algorithm` with a key of our own, of 2048 bits for RSA.
///
/// Nothing is ever accepted by it: there is no result. The keys are made when they are first needed, within
/// a millisecond, and live as long as the process.
pub(super) fn verify(algorithm: Algorithm, message: &[u8], signature: &[u8]) {
    static KEYS: OnceLock<BTreeMap<Algorithm, VerificationKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Algorithm::ALL.into_iter().filter_map(make).collect());
    if let Some(key) = keys.get(&algorithm) {
        black_box(key.verify(message, signature).is_ok());
    }
}

fn make(algorithm: Algorithm) -> Option<(Algorithm, VerificationKey)> {
    let key = match algorithm.key_type() {
        KeyType::Rsa => VerificationKey::new(random_modulus()?, algorithm, None).ok()?,
        KeyType::P256 | KeyType::P384 | KeyType::P521 | KeyType::Ed25519 => {
            SigningKey::generate(algorithm).ok()?.verification_key().ok()?
        }
    };
    Some((algorithm, key))
}

/// An RSA key without a private half: verifying costs the same under any odd modulus, and finding two primes
/// would cost the first request a hundred milliseconds.
fn random_modulus() -> Option<PublicKey> {
    let mut n = [0; 256];
    rand::fill(&mut n).ok()?;
    let [first, .., last] = &mut n;
    *first = 0xff;
    *last |= 1;
    Some(PublicKey::Rsa {
        n: n.to_vec(),
        e: vec![1, 0, 1],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-6749-39, D-19
    #[test]
    fn there_is_a_key_for_every_algorithm() {
        for algorithm in Algorithm::ALL {
            let (_, key) = make(algorithm).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert!(key.verify(b"message", &[7; 256]).is_err());
            verify(algorithm, b"message", &[7; 256]);
        }
    }

    /// An even modulus would be refused at once, which takes no time.
    #[test]
    fn moduli_are_odd_and_of_full_length() {
        for _ in 0..32 {
            let Some(PublicKey::Rsa { n, .. }) = random_modulus() else {
                panic!("no modulus");
            };
            assert_eq!((n.len(), n[0], n[255] % 2), (256, 0xff, 1));
        }
    }
}
