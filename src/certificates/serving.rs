//! A serving certificate: as it is made, and as it is found.

use super::authority::Authority;
use super::facts::{Facts, Validity, read};
use super::names::Name;
use super::verify::verifies;
use jiff::Timestamp;
use rcgen::{KeyPair, PublicKeyData};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// A serving certificate that was just made.
pub struct Issued {
    /// The certificate, PEM.
    pub chain: String,
    /// Its private key, PEM.
    pub key: Zeroizing<String>,
}

/// A serving certificate that stands somewhere, with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) names: BTreeSet<Name>,
    pub(super) validity: Validity,
}

/// Why what stands there is no serving certificate of ours. Holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ServingFault {
    /// Not exactly one certificate.
    #[error("not one certificate in PEM")]
    Certificate,
    /// No private key, or none of ours.
    #[error("no private key in PEM of a kind that is made here")]
    Key,
    /// They are of two different pairs.
    #[error("the private key is of another certificate")]
    Mismatch,
}

// === impl Serving ===

impl Serving {
    /// Reads a certificate and its key, both PEM.
    pub fn read(chain: &[u8], key: &[u8]) -> Result<Self, ServingFault> {
        let mut certificates = CertificateDer::pem_slice_iter(chain);
        let (Some(Ok(certificate)), None) = (certificates.next(), certificates.next()) else {
            return Err(ServingFault::Certificate);
        };
        let Facts {
            validity,
            names,
            public_key,
            ..
        } = read(&certificate).map_err(|_| ServingFault::Certificate)?;
        let text = str::from_utf8(key).map_err(|_| ServingFault::Key)?;
        let pair = KeyPair::from_pem(text).map_err(|_| ServingFault::Key)?;
        if pair.subject_public_key_info() != public_key {
            return Err(ServingFault::Mismatch);
        }
        Ok(Self {
            certificate,
            names,
            validity,
        })
    }

    /// The certificate.
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// When it holds.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether `authority` has signed it and it holds at `now`.
    pub(super) fn is_of(&self, authority: &Authority, now: Timestamp) -> bool {
        verifies(
            &self.certificate,
            std::slice::from_ref(authority.certificate()),
            now,
        )
    }
}

// === impl Issued ===

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}
