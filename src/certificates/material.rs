//! What has to be random in a certificate.

use rcgen::KeyPair;
use std::fmt;
use thiserror::Error;

/// A new key pair, ECDSA on P-256, and a serial number that no other certificate has.
pub struct Material {
    pub(super) key: KeyPair,
    pub(super) serial: [u8; 16],
}

/// Why a certificate cannot be made. Holds no part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MaterialFault {
    /// No random bytes.
    #[error("no randomness")]
    NoRandomness,
    /// The certificate cannot be written or signed.
    #[error("the certificate cannot be made")]
    Certificate,
}

// === impl Material ===

impl Material {
    /// From the system's randomness.
    pub fn generate() -> Result<Self, MaterialFault> {
        let mut serial = [0; 16];
        aws_lc_rs::rand::fill(&mut serial).map_err(|_| MaterialFault::NoRandomness)?;
        let key = KeyPair::generate().map_err(|_| MaterialFault::NoRandomness)?;
        Ok(Self { key, serial })
    }

    /// The serial number as it is written in certificates: positive, and the same length for each (RFC 5280 §4.1.2.2).
    pub(super) fn serial(&self) -> [u8; 16] {
        let mut serial = self.serial;
        if let Some(first) = serial.first_mut() {
            *first = (*first & 0x7f) | 0x40;
        }
        serial
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material").finish_non_exhaustive()
    }
}
