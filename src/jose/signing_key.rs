//! A key pair that signs compact JWS, parsed once.
//!
//! ECDSA nonces come from aws-lc, which mixes the private key and the message into its randomness: not the
//! deterministic form of RFC 6979, but a broken random source does not give the key away either (RFC 8725 §3.2).

use super::algorithm::{Algorithm, KeyType};
use super::header::media_type;
use super::key_fault::KeyFault;
use super::public_key::PublicKey;
use super::verification_key::VerificationKey;
use super::{base64url, der};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self as lc, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    RsaSignatureEncoding,
};
use serde_json::{Map, Value};
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// A private key, bound to exactly one algorithm.
pub struct SigningKey {
    pair: Pair,
    public: VerificationKey,
    /// The header segment for each of [`COMMON_TYPES`], with the dot after it.
    prefixes: Vec<(Option<&'static str>, String)>,
}

/// The types we sign most often: their headers are encoded once.
const COMMON_TYPES: [Option<&str>; 3] = [Some("at+jwt"), Some("JWT"), None];

/// What an algorithm asks of the library.
enum Scheme {
    Rsa(&'static RsaSignatureEncoding),
    Ecdsa(&'static EcdsaSigningAlgorithm),
    Ed25519,
}

enum Pair {
    Rsa(Box<RsaKeyPair>, &'static RsaSignatureEncoding),
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// Why a key cannot be made, read or used. Holds no part of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SigningFault {
    /// The bytes are not a private key of the algorithm's type in PKCS#8.
    #[error("not a PKCS#8 private key for this algorithm")]
    NotPkcs8,
    /// Its public half would not be accepted from anybody else either.
    #[error("the key is refused: {0}")]
    Refused(KeyFault),
    /// The claims are not a JSON object.
    #[error("the claims must be a serialised JSON object")]
    NotObject,
    /// The type is not a media type.
    #[error("the type must be a media type")]
    Typ,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

// === impl SigningKey ===

impl SigningKey {
    /// Makes a new key; RSA keys have 2048 bits.
    pub fn generate(algorithm: Algorithm) -> Result<Self, SigningFault> {
        let pair = match Scheme::of(algorithm) {
            Scheme::Rsa(encoding) => {
                RsaKeyPair::generate(KeySize::Rsa2048).map(|pair| Pair::Rsa(Box::new(pair), encoding))
            }
            Scheme::Ecdsa(curve) => EcdsaKeyPair::generate(curve).map(|pair| Pair::Ecdsa(Box::new(pair))),
            Scheme::Ed25519 => Ed25519KeyPair::generate().map(|pair| Pair::Ed25519(Box::new(pair))),
        };
        Self::new(algorithm, pair.map_err(|_| SigningFault::Library)?)
    }

    /// Reads an unencrypted PKCS#8 private key, as [`Self::to_pkcs8`] and OpenSSL write it.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, SigningFault> {
        let pair = match Scheme::of(algorithm) {
            Scheme::Rsa(encoding) => {
                RsaKeyPair::from_pkcs8(der).map(|pair| Pair::Rsa(Box::new(pair), encoding))
            }
            Scheme::Ecdsa(curve) => {
                EcdsaKeyPair::from_pkcs8(curve, der).map(|pair| Pair::Ecdsa(Box::new(pair)))
            }
            Scheme::Ed25519 => Ed25519KeyPair::from_pkcs8(der).map(|pair| Pair::Ed25519(Box::new(pair))),
        };
        Self::new(algorithm, pair.map_err(|_| SigningFault::NotPkcs8)?)
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, SigningFault> {
        let public = pair.public_key(algorithm.key_type());
        let public = public.and_then(|key| VerificationKey::new(key, algorithm, None));
        let public = public.map_err(SigningFault::Refused)?;
        let prefix = |typ| (typ, header_segment(algorithm, typ, public.kid()));
        let prefixes = COMMON_TYPES.map(prefix).into();
        Ok(Self {
            pair,
            public,
            prefixes,
        })
    }

    /// The private key in PKCS#8 version 1.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SigningFault> {
        let written = match &self.pair {
            Pair::Rsa(pair, _) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair.as_ref()).map(|der| der.as_ref().to_vec())
            }
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        written.map(Zeroizing::new).map_err(|_| SigningFault::Library)
    }

    /// The one algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// Its name in headers and key sets: the RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// Its public half as a JWK with `kid`, `alg` and `use: sig`.
    pub fn public_jwk(&self) -> Map<String, Value> {
        self.public.public_jwk()
    }

    /// Its public half.
    pub fn verification_key(&self) -> Result<VerificationKey, SigningFault> {
        Ok(self.public.clone())
    }

    /// Signs `message` and returns the raw signature in the form of RFC 7518 §3 and RFC 8037 §3.1.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFault> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(*encoding, &random, message, &mut signature);
                signed.map(|()| signature)
            }
            Pair::Ecdsa(pair) => pair.sign(&random, message).map(|made| made.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.try_sign(message).map(|made| made.as_ref().to_vec()),
        }
        .map_err(|_| SigningFault::Library)
    }

    /// Signs a serialised JSON object as a compact JWS with the header members `alg`, `typ` (if given) and `kid`.
    ///
    /// The claims are signed as they are; that they begin and end like an object is all that is checked.
    pub fn sign_jws(&self, typ: Option<&str>, claims: &[u8]) -> Result<String, SigningFault> {
        if !(claims.starts_with(b"{") && claims.ends_with(b"}")) {
            return Err(SigningFault::NotObject);
        }
        let encoded_once = self.prefixes.iter().find(|(common, _)| *common == typ);
        let mut token = String::new();
        // Base64 makes 4 of 3; the longest signature, of RSA with 4096 bits, is 683 characters.
        token.reserve(claims.len().saturating_mul(2).saturating_add(1024));
        match (encoded_once, typ) {
            (Some((_, prefix)), _) => token.push_str(prefix),
            (None, Some(typ)) => {
                media_type(typ.to_owned()).ok_or(SigningFault::Typ)?;
                token.push_str(&header_segment(self.algorithm(), Some(typ), self.kid()));
            }
            (None, None) => token.push_str(&header_segment(self.algorithm(), None, self.kid())),
        }
        base64url::encode_onto(claims, &mut token);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        base64url::encode_onto(&signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

/// The encoded header and the dot after it. Thumbprints and media types need no escaping in JSON.
fn header_segment(algorithm: Algorithm, typ: Option<&str>, kid: &str) -> String {
    let typ = typ.map_or_else(String::new, |typ| format!(r#""typ":"{typ}","#));
    let header = format!(r#"{{"alg":"{algorithm}",{typ}"kid":"{kid}"}}"#);
    let mut segment = base64url::encode(header.as_bytes());
    segment.push('.');
    segment
}

// === impl Scheme ===

impl Scheme {
    fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::Rsa(&lc::RSA_PKCS1_SHA256),
            Algorithm::Rs384 => Self::Rsa(&lc::RSA_PKCS1_SHA384),
            Algorithm::Rs512 => Self::Rsa(&lc::RSA_PKCS1_SHA512),
            Algorithm::Ps256 => Self::Rsa(&lc::RSA_PSS_SHA256),
            Algorithm::Ps384 => Self::Rsa(&lc::RSA_PSS_SHA384),
            Algorithm::Ps512 => Self::Rsa(&lc::RSA_PSS_SHA512),
            Algorithm::Es256 => Self::Ecdsa(&lc::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::Es384 => Self::Ecdsa(&lc::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::Es512 => Self::Ecdsa(&lc::ECDSA_P521_SHA512_FIXED_SIGNING),
            Algorithm::EdDsa => Self::Ed25519,
        }
    }
}

// === impl Pair ===

impl Pair {
    fn public_key(&self, key_type: KeyType) -> Result<PublicKey, KeyFault> {
        match self {
            Self::Rsa(pair, _) => der::rsa_public_key(pair.public_key().as_ref()),
            Self::Ecdsa(pair) => der::ec_point(key_type, pair.public_key().as_ref()),
            Self::Ed25519(pair) => PublicKey::ed25519(pair.public_key().as_ref()),
        }
    }
}

#[cfg(test)]
mod tests;
