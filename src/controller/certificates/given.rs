//! The bundle of certificates that somebody else makes: from a file, or beside the serving certificate in its Secret.
//!
//! A bundle that cannot be read as a whole changes nothing: the last good one stays published.

use super::metrics::CertificateMetrics;
use super::stored::BUNDLE;
use super::{Bundle, tell};
use crate::certificates::{anchors, pem, validity};
use crate::cluster::object_watch::{ObjectWatch, Seen};
use crate::controller::kept_secret::take;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the file is read again.
const RELOAD_EVERY: Duration = Duration::from_secs(10);

/// Where the given bundle stands.
#[derive(Debug, Clone)]
pub enum GivenSource {
    /// A file, PEM.
    File(PathBuf),
    /// The entry `ca.crt` of this Secret.
    Secret(Box<Api<Secret>>, String),
}

/// Follows a given bundle.
#[derive(Debug)]
pub struct GivenBundle {
    source: GivenSource,
    bundle: watch::Sender<Bundle>,
    metrics: CertificateMetrics,
}

// === impl GivenBundle ===

impl GivenBundle {
    /// Follows `source`; `bundle` hears whom clients are to trust.
    pub fn new(source: GivenSource, bundle: watch::Sender<Bundle>, metrics: CertificateMetrics) -> Self {
        Self {
            source,
            bundle,
            metrics,
        }
    }

    /// Follows it until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        match &self.source {
            GivenSource::File(path) => self.follow_file(path, &stop).await,
            GivenSource::Secret(secrets, name) => self.follow_secret(secrets, name, &stop).await,
        }
    }

    async fn follow_file(&self, path: &Path, stop: &CancellationToken) {
        loop {
            match tokio::fs::read(path).await {
                Ok(pem) => self.take_over(&pem, &path.display().to_string()),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "the CA bundle cannot be read; the last good one stays");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RELOAD_EVERY) => {}
            }
        }
    }

    async fn follow_secret(&self, secrets: &Api<Secret>, name: &str, stop: &CancellationToken) {
        let mut watch = ObjectWatch::new(secrets.clone(), name);
        loop {
            let seen = tokio::select! {
                () = stop.cancelled() => return,
                seen = watch.next() => seen,
            };
            let Seen::Present(mut secret) = seen else {
                tracing::warn!(secret = name, "the Secret of the given certificate is not there");
                continue;
            };
            let bundle = take(&mut secret, BUNDLE);
            // The private key is wiped, too.
            let others: Vec<String> = secret
                .data
                .iter()
                .flatten()
                .map(|(entry, _)| entry.clone())
                .collect();
            for entry in others {
                drop(take(&mut secret, &entry));
            }
            let Some(bundle) = bundle else {
                tracing::warn!(
                    secret = name,
                    "the Secret of the given certificate has no `ca.crt`: give the bundle with --ca-bundle"
                );
                continue;
            };
            self.take_over(&bundle, name);
        }
    }

    fn take_over(&self, text: &[u8], origin: &str) {
        let Some(certificates) = anchors(text) else {
            tracing::error!(
                origin,
                "the CA bundle is not certificates in PEM; the last good one stays"
            );
            return;
        };
        let ends = certificates.iter().filter_map(|der| validity(der).ok());
        if let Some(last) = ends.map(|validity| validity.not_after).max() {
            self.metrics.ends(last);
        }
        // Written anew: what else stands in that text may be a private key.
        tell(&self.bundle, &pem(&certificates));
    }
}
