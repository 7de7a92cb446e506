//! The two Secrets as they were last seen, without the private keys.

use crate::certificates::secret::{ENTRY, SecretFault, decode};
use crate::certificates::{Authorities, Serving, ServingFault};
use crate::controller::kept_secret::{is_ours, take};
use k8s_openapi::api::core::v1::Secret;

/// The type of a Secret with a certificate and its key.
pub(super) const TLS: &str = "kubernetes.io/tls";
/// Its entries.
pub(super) const CHAIN: &str = "tls.crt";
pub(super) const KEY: &str = "tls.key";
pub(super) const BUNDLE: &str = "ca.crt";

/// The Secret of the authorities.
pub(super) enum StoredAuthorities {
    Unknown,
    Absent,
    /// The Secret but for the authorities, and these.
    Readable(Box<Secret>, Authorities),
    Unreadable,
}

/// The Secret of the serving certificate.
pub(super) enum StoredServing {
    Unknown,
    Absent,
    /// Somebody else's.
    Foreign,
    /// The Secret but for the certificate, what that is worth, and the bundle beside it.
    Ours(Box<Secret>, Result<Serving, ServingFault>, Vec<u8>),
}

// === impl StoredAuthorities ===

impl StoredAuthorities {
    /// Reads the Secret.
    pub(super) fn read(mut secret: Secret) -> Result<Self, SecretFault> {
        let text = take(&mut secret, ENTRY).ok_or(SecretFault::Missing)?;
        Ok(Self::Readable(Box::new(secret), decode(&text)?))
    }
}

// === impl StoredServing ===

impl StoredServing {
    /// Reads the Secret. One that no controller made is never written over: it is a certificate that somebody gave.
    pub(super) fn read(mut secret: Secret) -> Self {
        let [chain, key, bundle] =
            [CHAIN, KEY, BUNDLE].map(|entry| take(&mut secret, entry).unwrap_or_default());
        if !is_ours(&secret.metadata) || secret.type_.as_deref() != Some(TLS) {
            return Self::Foreign;
        }
        Self::Ours(Box::new(secret), Serving::read(&chain, &key), bundle.to_vec())
    }
}
