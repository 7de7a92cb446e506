//! The signing keys as a server has them: the last good ring from the Secret, whatever becomes of that.

use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::keys::secret::{ENTRY, SECRET, SecretFault, decode};
use crate::keys::{KeyRing, SigningKeys};
use crate::readiness::BlockReady;
use arc_swap::ArcSwapOption;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Holds the present keys; read without a lock. Whoever signs takes one snapshot and stays with it.
#[derive(Default)]
pub struct SigningKeyStore(ArcSwapOption<SigningKeys>);

// === impl SigningKeyStore ===

impl SigningKeyStore {
    /// No keys, yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The present keys; none before the first good ring was read.
    pub fn current(&self) -> Option<Arc<SigningKeys>> {
        self.0.load_full()
    }

    /// Replaces the keys, for processes that have no cluster to follow.
    pub fn replace(&self, keys: SigningKeys) {
        self.0.store(Some(Arc::new(keys)));
    }

    /// Follows the Secret in the namespace of `secrets` until `stop`, and drops `first` with the first
    /// good ring. A Secret that vanishes or cannot be read leaves the last good ring in use: tokens go on,
    /// and verify, while somebody mends it. `broken` hears of each state that cannot be read.
    pub async fn follow(
        &self,
        secrets: Api<Secret>,
        first: BlockReady,
        broken: impl Fn(SecretFault) + Send,
        stop: CancellationToken,
    ) {
        let mut watch = ObjectWatch::new(secrets, SECRET);
        let mut first = Some(first);
        loop {
            let seen = tokio::select! {
                () = stop.cancelled() => return,
                seen = watch.next() => seen,
            };
            match seen {
                Seen::Present(mut secret) => match take_ring(&mut secret) {
                    Ok(ring) => {
                        self.take_over(ring);
                        drop(first.take());
                    }
                    Err(fault) => {
                        tracing::error!(%fault, "the signing keys cannot be read; the last good ones stay in use");
                        broken(fault);
                    }
                },
                Seen::Absent if first.is_some() => {
                    tracing::info!("waiting for the controller to make the signing keys");
                }
                Seen::Absent => {
                    tracing::warn!("the Secret of the signing keys is gone; the last good ones stay in use");
                }
            }
        }
    }

    fn take_over(&self, ring: KeyRing) {
        let same = self.current().is_some_and(|keys| *keys.ring() == ring);
        if !same {
            tracing::info!(keys = ring.entries().len(), "signing keys read");
            self.replace(SigningKeys::new(ring));
        }
    }
}

impl fmt::Debug for SigningKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKeyStore").field(&self.current()).finish()
    }
}

/// Takes the ring out of the Secret, so that no copy of the private keys stays there.
pub(crate) fn take_ring(secret: &mut Secret) -> Result<KeyRing, SecretFault> {
    let text = secret
        .data
        .as_mut()
        .and_then(|data| data.remove(ENTRY))
        .ok_or(SecretFault::Missing)?;
    decode(&Zeroizing::new(text.0))
}
