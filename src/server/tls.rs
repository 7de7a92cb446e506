//! The serving certificate, and its replacement while the server runs.

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// How often the files are read again. Polling notices the symbolic links that the kubelet swaps,
/// which a watch on the files would miss.
pub const RELOAD_EVERY: Duration = Duration::from_secs(10);

/// Where the certificate chain and its private key are; both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain, the server's own certificate first.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why a certificate cannot be served. Contents of files are never part of it.
#[derive(Debug, Error)]
pub enum TlsFault {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No certificate in the chain file.
    #[error("{0} holds no PEM certificate")]
    NoCertificate(PathBuf),
    /// No private key in the key file.
    #[error("{0} holds no PEM private key")]
    NoKey(PathBuf),
    /// The two do not belong together, or are of a kind that TLS cannot use.
    #[error("the certificate and the private key cannot be used together: {0}")]
    Mismatch(#[from] rustls::Error),
}

/// A serving configuration that follows its files.
#[derive(Debug)]
pub struct ReloadingTls {
    files: CertificateFiles,
    current: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    digest: Vec<u8>,
}

// === impl ReloadingTls ===

impl ReloadingTls {
    /// Loads the files; the first time they must be right.
    pub fn load(files: CertificateFiles) -> Result<Self, TlsFault> {
        let loaded = Loaded::read(&files)?;
        Ok(Self {
            files,
            current: ArcSwap::from_pointee(loaded),
        })
    }

    /// What a new connection is to be served with.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().config)
    }

    /// Reads the files again. What is served changes only if they changed and are right; says whether.
    pub fn reload(&self) -> Result<bool, TlsFault> {
        let loaded = Loaded::read(&self.files)?;
        if loaded.digest == self.current.load().digest {
            return Ok(false);
        }
        self.current.store(Arc::new(loaded));
        Ok(true)
    }

    /// Reloads every [`RELOAD_EVERY`] until `shutdown`; a bad pair of files is logged and the old one kept.
    pub async fn follow(self: Arc<Self>, shutdown: CancellationToken) {
        while shutdown
            .run_until_cancelled(tokio::time::sleep(RELOAD_EVERY))
            .await
            .is_some()
        {
            match self.reload() {
                Ok(true) => tracing::info!("serving a new certificate"),
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "keeping the old certificate"),
            }
        }
    }
}

// === impl Loaded ===

impl Loaded {
    fn read(files: &CertificateFiles) -> Result<Self, TlsFault> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| TlsFault::Read {
                path: path.clone(),
                source,
            })
        };
        let (chain, key) = (read(&files.chain)?, read(&files.key)?);
        let digest = [digest(&SHA256, &chain), digest(&SHA256, &key)]
            .map(|d| d.as_ref().to_vec())
            .concat();
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&chain)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsFault::NoCertificate(files.chain.clone()))?;
        if certificates.is_empty() {
            return Err(TlsFault::NoCertificate(files.chain.clone()));
        }
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsFault::NoKey(files.key.clone()))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            digest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, CertificateFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files = CertificateFiles {
            chain: dir.path().join("tls.crt"),
            key: dir.path().join("tls.key"),
        };
        write(&files, "a.example");
        (dir, files)
    }

    fn write(files: &CertificateFiles, name: &str) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(&files.chain, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn a_new_pair_is_served_and_a_bad_one_is_not() {
        let (_dir, files) = files();
        let tls = ReloadingTls::load(files.clone()).unwrap();
        let first = tls.config();
        assert!(!tls.reload().unwrap(), "nothing changed");
        write(&files, "b.example");
        assert!(tls.reload().unwrap());
        let second = tls.config();
        assert!(!Arc::ptr_eq(&first, &second));

        let other = rcgen::generate_simple_self_signed(["c.example".to_owned()]).unwrap();
        std::fs::write(&files.chain, other.cert.pem()).unwrap();
        assert!(
            matches!(tls.reload(), Err(TlsFault::Mismatch(_))),
            "key of another certificate"
        );
        std::fs::write(&files.chain, "nothing").unwrap();
        assert!(matches!(tls.reload(), Err(TlsFault::NoCertificate(_))));
        std::fs::remove_file(&files.chain).unwrap();
        assert!(matches!(tls.reload(), Err(TlsFault::Read { .. })));
        assert!(Arc::ptr_eq(&second, &tls.config()), "the old pair stays");
    }

    #[test]
    fn no_message_shows_a_key() {
        let (_dir, files) = files();
        let secret = std::fs::read_to_string(&files.key).unwrap();
        std::fs::write(&files.chain, &secret).unwrap();
        let fault = ReloadingTls::load(files).unwrap_err().to_string();
        assert!(secret.lines().all(|line| !fault.contains(line)), "{fault}");
    }
}
