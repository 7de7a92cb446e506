//! Follows the serving certificate into a server: the last good one from its Secret, whatever becomes of that.

use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::readiness::BlockReady;
use crate::server::tls::{ServingTls, TlsFault};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Follows the Secret `name` in the namespace of `secrets` until `stop`, and drops `first` with the first certificate
/// that can be served. A Secret that vanishes, or whose content cannot be served, leaves the last good one in use.
pub async fn follow(
    tls: Arc<ServingTls>,
    secrets: Api<Secret>,
    name: String,
    first: BlockReady,
    stop: CancellationToken,
) {
    let mut watch = ObjectWatch::new(secrets, name.clone());
    let mut first = Some(first);
    loop {
        let seen = tokio::select! {
            () = stop.cancelled() => return,
            seen = watch.next() => seen,
        };
        match seen {
            Seen::Present(secret) => match take_over(&tls, secret) {
                Ok(news) => {
                    if news {
                        tracing::info!(secret = name, "serving a new certificate");
                    }
                    drop(first.take());
                }
                Err(fault) if first.is_some() => {
                    tracing::error!(secret = name, %fault, "the serving certificate cannot be used; waiting for a good one");
                }
                Err(fault) => tracing::error!(secret = name, %fault, "keeping the old certificate"),
            },
            Seen::Absent if first.is_some() => {
                tracing::info!(secret = name, "waiting for the serving certificate");
            }
            Seen::Absent => {
                tracing::warn!(
                    secret = name,
                    "the Secret of the serving certificate is gone; the old one stays in use"
                );
            }
        }
    }
}

fn take_over(tls: &ServingTls, mut secret: Secret) -> Result<bool, TlsFault> {
    let mut entry = |name: &str| {
        let text = secret.data.as_mut().and_then(|data| data.remove(name));
        text.map(|text| Zeroizing::new(text.0))
    };
    let chain = entry("tls.crt").ok_or(TlsFault::NoCertificate)?;
    let key = entry("tls.key").ok_or(TlsFault::NoKey)?;
    tls.take_over(&chain, &key)
}
