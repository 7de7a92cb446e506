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
    /// The Secret of the certificate that it serves with instead.
    secret: Option<&'static str>,
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
            secret: None,
        }
    }

    /// The same for a server that serves TLS with the certificate of this Secret.
    pub(crate) fn with_secret(self, secret: &'static str) -> Self {
        Self {
            secret: Some(secret),
            ..self
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
    pub(super) fn args(&self) -> Vec<&str> {
        let listen = self.url.strip_prefix("https://").unwrap();
        let place = [
            "--issuer",
            &self.issuer,
            "--listen",
            listen,
            "--health-listen",
            &self.health,
        ];
        let files = [&self.certificate, &self.key].map(|path| path.to_str().unwrap());
        let tls = match self.secret {
            Some(secret) => vec!["--tls-secret", secret],
            None => vec!["--tls-cert", files[0], "--tls-key", files[1]],
        };
        [place.to_vec(), tls].concat()
    }

    /// Its certificate, for clients.
    pub(crate) fn trust(&self) -> reqwest::Certificate {
        reqwest::Certificate::from_pem(&std::fs::read(&self.certificate).unwrap()).unwrap()
    }
}
