//! Follows the signing keys into a server: the last good ring from the Secret, whatever becomes of that.

use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::keys::secret::{ENTRY, SECRET, SecretFault, decode};
use crate::keys::{KeyRing, SigningKeyStore, SigningKeys};
use crate::readiness::BlockReady;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Follows the Secret in the namespace of `secrets` until `stop`, and drops `first` with the first
/// good ring. A Secret that vanishes or cannot be read leaves the last good ring in use: tokens go on,
/// and verify, while somebody mends it. `broken` hears of each state that cannot be read.
pub async fn follow(
    store: &SigningKeyStore,
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
                    take_over(store, ring);
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

fn take_over(store: &SigningKeyStore, ring: KeyRing) {
    let same = store.current().is_some_and(|keys| *keys.ring() == ring);
    if !same {
        tracing::info!(keys = ring.entries().len(), "signing keys read");
        store.replace(SigningKeys::new(ring));
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
