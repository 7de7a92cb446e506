//! A client's private key in a file: PKCS#8 in PEM, readable by its owner only.

use crate::jose::{Algorithm, SigningFault, SigningKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a key file cannot be written or used. Its contents are never part of the message.
#[derive(Debug, Error)]
pub enum KeyFileFault {
    /// The file cannot be read or written; an existing key is never overwritten.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a private key in PKCS#8 PEM.
    #[error(
        "{0} holds no 'PRIVATE KEY' block; convert another form with: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW"
    )]
    NoKey(PathBuf),
    /// A key of an unknown type.
    #[error("the key in {0} is not an RSA (2048 to 4096 bits), P-256, P-384, P-521 or Ed25519 key")]
    UnknownType(PathBuf),
    /// The key does not go with the algorithm that was asked for.
    #[error("the key in {0} cannot be used with {1}")]
    WrongAlgorithm(PathBuf, Algorithm),
    /// The key could not be made.
    #[error("cannot make a key: {0}")]
    Generate(#[from] SigningFault),
}

/// A key that was read, with the PEM text it came from.
pub struct KeyFile {
    /// The key.
    pub key: SigningKey,
    /// The file's text.
    pub pem: Zeroizing<Vec<u8>>,
}

// === impl KeyFile ===

impl KeyFile {
    /// Reads a key, for use with `algorithm` or with the usual one for its type.
    pub fn read(path: &Path, algorithm: Option<Algorithm>) -> Result<Self, KeyFileFault> {
        let file = |source| KeyFileFault::File {
            path: path.to_owned(),
            source,
        };
        let pem = Zeroizing::new(std::fs::read(path).map_err(file)?);
        let der =
            PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| KeyFileFault::NoKey(path.to_owned()))?;
        let der = der.secret_pkcs8_der();
        let key = match algorithm {
            Some(algorithm) => SigningKey::from_pkcs8(algorithm, der)
                .map_err(|_| KeyFileFault::WrongAlgorithm(path.to_owned(), algorithm))?,
            None => [
                Algorithm::Es256,
                Algorithm::Rs256,
                Algorithm::EdDsa,
                Algorithm::Es384,
                Algorithm::Es512,
            ]
            .into_iter()
            .find_map(|usual| SigningKey::from_pkcs8(usual, der).ok())
            .ok_or_else(|| KeyFileFault::UnknownType(path.to_owned()))?,
        };
        Ok(Self { key, pem })
    }

    /// Makes a new key and writes it to `path`, which must not exist; mode 0600.
    pub fn create(path: &Path, algorithm: Algorithm) -> Result<Self, KeyFileFault> {
        let key = SigningKey::generate(algorithm)?;
        let pem = pem(&key)?;
        let file = |source| KeyFileFault::File {
            path: path.to_owned(),
            source,
        };
        let mut out = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(file)?;
        out.write_all(&pem).map_err(file)?;
        Ok(Self { key, pem })
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The key in PKCS#8 PEM (RFC 7468 §10).
pub fn pem(key: &SigningKey) -> Result<Zeroizing<Vec<u8>>, SigningFault> {
    let base64 = Zeroizing::new(STANDARD.encode(key.to_pkcs8()?.as_slice()));
    let mut pem = Zeroizing::new(b"-----BEGIN PRIVATE KEY-----\n".to_vec());
    for line in base64.as_bytes().chunks(64) {
        pem.extend_from_slice(line);
        pem.push(b'\n');
    }
    pem.extend_from_slice(b"-----END PRIVATE KEY-----\n");
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_survives_its_file_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        for algorithm in [
            Algorithm::Es256,
            Algorithm::Rs256,
            Algorithm::EdDsa,
            Algorithm::Es384,
            Algorithm::Es512,
        ] {
            let path = dir.path().join(algorithm.as_str());
            let made = KeyFile::create(&path, algorithm).unwrap();
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            let read = KeyFile::read(&path, None).unwrap();
            assert_eq!(
                (read.key.kid(), read.key.algorithm()),
                (made.key.kid(), algorithm)
            );
            assert!(matches!(
                KeyFile::create(&path, algorithm),
                Err(KeyFileFault::File { .. })
            ));
        }
        let (path, wanted) = (dir.path().join("ES256"), Algorithm::Rs256);
        assert!(matches!(
            KeyFile::read(&path, Some(wanted)),
            Err(KeyFileFault::WrongAlgorithm(..))
        ));
        let empty = dir.path().join("empty");
        std::fs::write(&empty, "nothing").unwrap();
        assert!(matches!(KeyFile::read(&empty, None), Err(KeyFileFault::NoKey(_))));
        assert!(matches!(
            KeyFile::read(&dir.path().join("none"), None),
            Err(KeyFileFault::File { .. })
        ));
    }
}
