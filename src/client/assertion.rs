//! A client's own assertion (RFC 7523 §3).

use crate::client::key_file::KeyFile;
use crate::jose::{Algorithm, KeyType};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use thiserror::Error;

/// What an assertion is to say.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    /// `iss`: the client.
    pub iss: String,
    /// `sub`: the client, or somebody it may speak for.
    pub sub: String,
    /// `aud`: the authorization server's issuer identifier.
    pub aud: String,
    /// `iat`, seconds.
    pub iat: i64,
    /// `exp`, seconds.
    pub exp: i64,
    /// `jti`; never used twice.
    pub jti: String,
    /// `scope`, to ask for less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Why no assertion could be made.
#[derive(Debug, Error)]
pub enum AssertionFault {
    /// The library that signs does not know the algorithm.
    #[error("assertions cannot be signed with {0} here: use an RSA, P-256, P-384 or Ed25519 key")]
    Algorithm(Algorithm),
    /// The library refused the key.
    #[error("the key was refused")]
    Key,
}

// === impl Statement ===

impl Statement {
    /// That `client` is `client`, to `audience`, from `now` on for `lifetime`.
    pub fn new(client: &str, audience: &str, jti: String, now: Timestamp, lifetime: SignedDuration) -> Self {
        Self {
            iss: client.to_owned(),
            sub: client.to_owned(),
            aud: audience.to_owned(),
            iat: now.as_second(),
            exp: now.as_second().saturating_add(lifetime.as_secs()),
            jti,
            scope: None,
        }
    }

    /// The signed assertion.
    pub fn sign(&self, file: &KeyFile) -> Result<String, AssertionFault> {
        let algorithm = file.key.algorithm();
        let signed_with = library_algorithm(algorithm).ok_or(AssertionFault::Algorithm(algorithm))?;
        let key = match algorithm.key_type() {
            KeyType::Rsa => EncodingKey::from_rsa_pem(&file.pem),
            KeyType::Ed25519 => EncodingKey::from_ed_pem(&file.pem),
            KeyType::P256 | KeyType::P384 | KeyType::P521 => EncodingKey::from_ec_pem(&file.pem),
        };
        let mut header = Header::new(signed_with);
        header.kid = Some(file.key.kid().to_owned());
        let key = key.map_err(|_| AssertionFault::Key)?;
        jsonwebtoken::encode(&header, self, &key).map_err(|_| AssertionFault::Key)
    }
}

const fn library_algorithm(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    use jsonwebtoken::Algorithm as Library;
    Some(match algorithm {
        Algorithm::Rs256 => Library::RS256,
        Algorithm::Rs384 => Library::RS384,
        Algorithm::Rs512 => Library::RS512,
        Algorithm::Ps256 => Library::PS256,
        Algorithm::Ps384 => Library::PS384,
        Algorithm::Ps512 => Library::PS512,
        Algorithm::Es256 => Library::ES256,
        Algorithm::Es384 => Library::ES384,
        Algorithm::EdDsa => Library::EdDSA,
        Algorithm::Es512 => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::UnverifiedJws;

    #[test]
    fn what_the_library_signs_our_own_code_verifies() {
        let dir = tempfile::tempdir().unwrap();
        for algorithm in Algorithm::ALL {
            let file = KeyFile::create(&dir.path().join(algorithm.as_str()), algorithm).unwrap();
            let now = Timestamp::from_second(1_800_000_000).unwrap();
            let statement = Statement::new(
                "a/b",
                "https://i",
                "1".to_owned(),
                now,
                SignedDuration::from_secs(60),
            );
            if algorithm == Algorithm::Es512 {
                assert!(matches!(statement.sign(&file), Err(AssertionFault::Algorithm(_))));
                continue;
            }
            let token = statement.sign(&file).unwrap();
            let jws = UnverifiedJws::parse(&token).unwrap();
            assert_eq!(jws.kid(), Some(file.key.kid()));
            let claims = jws.verify(&file.key.verification_key().unwrap()).unwrap();
            assert_eq!(claims.issuer(), Ok("a/b"));
            assert_eq!(claims.expiry().unwrap().as_second(), 1_800_000_060);
        }
    }
}
