//! A private key that tokens are signed with: parsed once, good for one algorithm, never shown.

use crate::jose::base64url;
use crate::jose::key_fault::KeyFault;
use crate::jose::public_key::PublicKey;
use crate::jose::verification_key::VerificationKey;
use crate::jose::{Algorithm, KeyType};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use serde_json::{Map, Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

/// A signing key. Its `kid` is its thumbprint (RFC 7638).
pub struct SigningKey {
    pair: Pair,
    algorithm: Algorithm,
    public: VerificationKey,
    /// The header with the most common `typ`, encoded, with the dot behind it.
    access_token_header: String,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Why a key could not be made, read or used. It says nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SigningFault {
    /// Not a private key in PKCS#8 for this algorithm.
    #[error("not a PKCS#8 private key for this algorithm")]
    Rejected,
    /// Its public half would not be accepted here.
    #[error("the key's public half is not acceptable: {0}")]
    Public(#[from] KeyFault),
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Failed,
}

const ACCESS_TOKEN_TYPE: &str = "at+jwt";

// === impl SigningKey ===

impl SigningKey {
    /// Makes a new key; RSA keys have 2048 bits.
    pub fn generate(algorithm: Algorithm) -> Result<Self, SigningFault> {
        let failed = |_| SigningFault::Failed;
        let pair = match algorithm.key_type() {
            KeyType::Rsa => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?),
            KeyType::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
            KeyType::P256 | KeyType::P384 | KeyType::P521 => {
                Pair::Ec(EcdsaKeyPair::generate(ecdsa(algorithm)).map_err(failed)?)
            }
        };
        Self::new(pair, algorithm)
    }

    /// Reads a key in PKCS#8 (RFC 5208).
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, SigningFault> {
        let rejected = |_| SigningFault::Rejected;
        let pair = match algorithm.key_type() {
            KeyType::Rsa => Pair::Rsa(RsaKeyPair::from_pkcs8(der).map_err(rejected)?),
            KeyType::Ed25519 => Pair::Ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(rejected)?),
            KeyType::P256 | KeyType::P384 | KeyType::P521 => {
                Pair::Ec(EcdsaKeyPair::from_pkcs8(ecdsa(algorithm), der).map_err(rejected)?)
            }
        };
        Self::new(pair, algorithm)
    }

    /// The key in PKCS#8; the buffer is wiped when it is dropped.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SigningFault> {
        let failed = |_| SigningFault::Failed;
        let der = match &self.pair {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair)
                .map_err(failed)?
                .as_ref()
                .to_vec(),
            Pair::Ec(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(der))
    }

    fn new(pair: Pair, algorithm: Algorithm) -> Result<Self, SigningFault> {
        let public = VerificationKey::new(
            public_half(&pair, algorithm)?,
            None,
            Some(algorithm),
            &[algorithm],
        )?;
        let access_token_header = header(algorithm, public.kid(), Some(ACCESS_TOKEN_TYPE));
        Ok(Self {
            pair,
            algorithm,
            public,
            access_token_header,
        })
    }

    /// The algorithm it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its `kid`.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The public half as a JWK; no private member.
    pub fn public_jwk(&self) -> Map<String, Value> {
        self.public.public_jwk()
    }

    /// The public half.
    pub fn verification_key(&self) -> Result<VerificationKey, SigningFault> {
        Ok(self.public.clone())
    }

    /// Signs `claims`, a serialised JSON object, into a compact JWS with `alg`, `kid` and `typ`.
    pub fn sign_jws(&self, typ: Option<&str>, claims: &[u8]) -> Result<String, SigningFault> {
        let mut token = match typ {
            Some(ACCESS_TOKEN_TYPE) => self.access_token_header.clone(),
            other => header(self.algorithm, self.kid(), other),
        };
        token.reserve(claims.len().saturating_mul(2).saturating_add(96));
        token.push_str(&base64url::encode(claims));
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&base64url::encode(&signature));
        Ok(token)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFault> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa(self.algorithm), &random, message, &mut signature)
                    .map_err(|_| SigningFault::Failed)?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(pair
                .sign(&random, message)
                .map_err(|_| SigningFault::Failed)?
                .as_ref()
                .to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

fn header(algorithm: Algorithm, kid: &str, typ: Option<&str>) -> String {
    let header = match typ {
        Some(typ) => json!({ "alg": algorithm.as_str(), "kid": kid, "typ": typ }),
        None => json!({ "alg": algorithm.as_str(), "kid": kid }),
    };
    let mut encoded = base64url::encode(header.to_string().as_bytes());
    encoded.push('.');
    encoded
}

fn public_half(pair: &Pair, algorithm: Algorithm) -> Result<PublicKey, SigningFault> {
    match pair {
        Pair::Rsa(pair) => Ok(PublicKey::Rsa {
            n: pair
                .public_key()
                .modulus()
                .big_endian_without_leading_zero()
                .to_vec(),
            e: pair
                .public_key()
                .exponent()
                .big_endian_without_leading_zero()
                .to_vec(),
        }),
        Pair::Ec(pair) => {
            let point = pair.public_key().as_ref();
            let coordinates = point.strip_prefix(&[4]).ok_or(SigningFault::Failed)?;
            let (x, y) = coordinates
                .split_at_checked(coordinates.len() / 2)
                .ok_or(SigningFault::Failed)?;
            Ok(PublicKey::Ec {
                curve: algorithm.key_type(),
                x: x.to_vec(),
                y: y.to_vec(),
            })
        }
        Pair::Ed25519(pair) => Ok(PublicKey::Ed25519 {
            x: pair.public_key().as_ref().to_vec(),
        }),
    }
}

const fn ecdsa(algorithm: Algorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm.key_type() {
        KeyType::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        KeyType::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        KeyType::P256 | KeyType::Rsa | KeyType::Ed25519 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    }
}

fn rsa(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
        Algorithm::Rs256 | Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => {
            &signature::RSA_PKCS1_SHA256
        }
    }
}
