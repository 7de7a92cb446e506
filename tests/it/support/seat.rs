//! Where a server runs: its ports and its certificate, which outlive its process.

use super::ports::free_port;
use std::path::{Path, PathBuf};

/// The place of one server.
#[derive(Debug)]
pub(crate) struct Seat {
    /// The issuer of the server's tokens: this place, or a name that several share.
    pub(crate) issuer: String,
    /// Where it is reached.
    pub(crate) url: String,
    /// Where it tells how it is.
    pub(crate) health: String,
    /// Its certificate, which vouches for itself.
    pub(super) certificate: PathBuf,
    key: PathBuf,
}

// === impl Seat ===

impl Seat {
    /// A place whose files are in `folder`, for a server that is its own issuer.
    pub(crate) fn new(folder: &Path) -> Self {
        let port = free_port();
        let url = format!("https://127.0.0.1:{port}");
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let (certificate, key) = (
            folder.join(format!("{port}.crt")),
            folder.join(format!("{port}.key")),
        );
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        Self {
            issuer: url.clone(),
            url,
            health: format!("127.0.0.1:{}", free_port()),
            certificate,
            key,
        }
    }

    /// The same for a server of this issuer.
    pub(crate) fn of(self, issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            ..self
        }
    }

    /// What a server in this place is told.
    pub(super) fn args(&self) -> [&str; 10] {
        let listen = self.url.strip_prefix("https://").unwrap();
        [
            "--issuer",
            &self.issuer,
            "--listen",
            listen,
            "--health-listen",
            &self.health,
            "--tls-cert",
            self.certificate.to_str().unwrap(),
            "--tls-key",
            self.key.to_str().unwrap(),
        ]
    }

    /// Its certificate, for clients.
    pub(crate) fn trust(&self) -> reqwest::Certificate {
        reqwest::Certificate::from_pem(&std::fs::read(&self.certificate).unwrap()).unwrap()
    }
}
