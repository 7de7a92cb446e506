//! A serving certificate in files.

use super::{ServingTls, TlsFault};
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

/// Why the files cannot be served. Their contents are never part of it.
#[derive(Debug, Error)]
pub enum FileFault {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What they hold cannot be served.
    #[error("{} and {}: {fault}", .files.chain.display(), .files.key.display())]
    Content {
        /// The files.
        files: CertificateFiles,
        /// Why.
        fault: TlsFault,
    },
}

// === impl CertificateFiles ===

impl CertificateFiles {
    /// Reads the files into `tls`. What is served changes only if they changed and are right; says whether.
    pub fn load(&self, tls: &ServingTls) -> Result<bool, FileFault> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| FileFault::Read {
                path: path.clone(),
                source,
            })
        };
        let (chain, key) = (read(&self.chain)?, zeroize::Zeroizing::new(read(&self.key)?));
        tls.take_over(&chain, &key).map_err(|fault| FileFault::Content {
            files: self.clone(),
            fault,
        })
    }

    /// Loads them every [`RELOAD_EVERY`] until `shutdown`; a bad pair of files is logged and the old one kept.
    pub async fn follow(self, tls: Arc<ServingTls>, shutdown: CancellationToken) {
        while shutdown
            .run_until_cancelled(tokio::time::sleep(RELOAD_EVERY))
            .await
            .is_some()
        {
            match self.load(&tls) {
                Ok(true) => tracing::info!("serving a new certificate"),
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "keeping the old certificate"),
            }
        }
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
        let ((_dir, files), tls) = (files(), ServingTls::default());
        assert!(files.load(&tls).unwrap());
        let first = tls.config().unwrap();
        assert!(!files.load(&tls).unwrap(), "nothing changed");
        write(&files, "b.example");
        assert!(files.load(&tls).unwrap());
        let second = tls.config().unwrap();
        assert!(!Arc::ptr_eq(&first, &second));

        let fault = || match files.load(&tls).unwrap_err() {
            FileFault::Content { fault, .. } => fault,
            FileFault::Read { path, .. } => panic!("{} cannot be read", path.display()),
        };
        let other = rcgen::generate_simple_self_signed(["c.example".to_owned()]).unwrap();
        std::fs::write(&files.chain, other.cert.pem()).unwrap();
        assert!(
            matches!(fault(), TlsFault::Mismatch(_)),
            "key of another certificate"
        );
        std::fs::write(&files.chain, "nothing").unwrap();
        assert!(matches!(fault(), TlsFault::NoCertificate));
        std::fs::remove_file(&files.chain).unwrap();
        assert!(matches!(files.load(&tls), Err(FileFault::Read { .. })));
        assert!(Arc::ptr_eq(&second, &tls.config().unwrap()), "the old pair stays");
    }

    #[test]
    fn no_message_shows_a_key() {
        let (_dir, files) = files();
        let secret = std::fs::read_to_string(&files.key).unwrap();
        std::fs::write(&files.chain, &secret).unwrap();
        let fault = files.load(&ServingTls::default()).unwrap_err().to_string();
        assert!(secret.lines().all(|line| !fault.contains(line)), "{fault}");
    }
}
