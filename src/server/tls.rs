//! The serving certificate, and its replacement while the server runs.

mod files;

pub use files::{CertificateFiles, FileFault, RELOAD_EVERY};

use crate::certificates::validity;
use arc_swap::ArcSwapOption;
use aws_lc_rs::digest::{SHA256, digest};
use prometheus::{IntGaugeVec, Opts, Registry};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use thiserror::Error;

/// Why a certificate cannot be served. It holds no part of either.
#[derive(Debug, Error)]
pub enum TlsFault {
    /// No certificate in the chain.
    #[error("the chain holds no PEM certificate")]
    NoCertificate,
    /// No private key where it belongs.
    #[error("no PEM private key")]
    NoKey,
    /// The two do not belong together, or are of a kind that TLS cannot use.
    #[error("the certificate and the private key cannot be used together: {0}")]
    Mismatch(#[from] rustls::Error),
}

/// What new connections are served with; the last good certificate, wherever it comes from.
#[derive(Debug, Default)]
pub struct ServingTls {
    current: ArcSwapOption<Loaded>,
    /// Without a value before there is a certificate.
    not_after: Option<IntGaugeVec>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    digest: Vec<u8>,
    /// As Unix time; none if the library that serves it reads more than ours does.
    not_after: Option<i64>,
}

// === impl ServingTls ===

impl ServingTls {
    /// No certificate yet; `registry` tells when it ends. Fails if that metric is there already.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let not_after = IntGaugeVec::new(
            Opts::new(
                "countersign_tls_certificate_not_after_timestamp_seconds",
                "When the certificate that is served ends.",
            ),
            &[],
        )?;
        registry.register(Box::new(not_after.clone()))?;
        Ok(Self {
            not_after: Some(not_after),
            ..Self::default()
        })
    }

    /// What a new connection is to be served with; none before the first certificate.
    pub fn config(&self) -> Option<Arc<ServerConfig>> {
        self.current
            .load()
            .as_ref()
            .map(|loaded| Arc::clone(&loaded.config))
    }

    /// Serves this certificate from now on, if it is right and another one than before; says whether it is another.
    /// Both are PEM, the server's own certificate first.
    pub fn take_over(&self, chain: &[u8], key: &[u8]) -> Result<bool, TlsFault> {
        let loaded = Loaded::read(chain, key)?;
        if self
            .current
            .load()
            .as_ref()
            .is_some_and(|current| current.digest == loaded.digest)
        {
            return Ok(false);
        }
        if let (Some(gauge), Some(seconds)) = (&self.not_after, loaded.not_after) {
            let labels: [&str; 0] = [];
            gauge.with_label_values(&labels).set(seconds);
        }
        self.current.store(Some(Arc::new(loaded)));
        Ok(true)
    }
}

// === impl Loaded ===

impl Loaded {
    fn read(chain: &[u8], key: &[u8]) -> Result<Self, TlsFault> {
        let digest = [digest(&SHA256, chain), digest(&SHA256, key)]
            .map(|d| d.as_ref().to_vec())
            .concat();
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsFault::NoCertificate)?;
        let first = certificates.first().ok_or(TlsFault::NoCertificate)?;
        let not_after = validity(first)
            .ok()
            .map(|validity| validity.not_after.as_second());
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::NoKey)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            digest,
            not_after,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_is_served_is_shown() {
        let registry = Registry::new();
        let tls = ServingTls::new(&registry).unwrap();
        let text = || {
            prometheus::TextEncoder::new()
                .encode_to_string(&registry.gather())
                .unwrap()
        };
        assert!(tls.config().is_none() && text().is_empty());
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        assert!(tls.take_over(chain.as_bytes(), key.as_bytes()).unwrap());
        assert!(
            !tls.take_over(chain.as_bytes(), key.as_bytes()).unwrap(),
            "the same"
        );
        let year_4096 = "countersign_tls_certificate_not_after_timestamp_seconds 67090118400";
        assert!(text().lines().any(|line| line == year_4096), "{}", text());
    }
}
