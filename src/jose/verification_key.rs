//! A public key that signatures are held against: parsed once, and good for one algorithm.

use crate::jose::key_fault::KeyFault;
use crate::jose::public_key::PublicKey;
use crate::jose::{Algorithm, KeyType};
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, VerificationAlgorithm};
use serde_json::{Map, Value};
use thiserror::Error;

/// The longest `kid` in bytes.
const MAX_KID: usize = 256;
/// Members that only a private key has (RFC 7518 §6), `k` of a symmetric one aside.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// A verification key, bound to exactly one algorithm (RFC 8725 §3.1).
#[derive(Clone)]
pub struct VerificationKey {
    kid: String,
    thumbprint: String,
    algorithm: Algorithm,
    public: PublicKey,
    parsed: ParsedPublicKey,
}

/// The signature is not one of this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

// === impl VerificationKey ===

impl VerificationKey {
    /// Reads a JWK (RFC 7517 §4), for use with one of the `allowed` algorithms: the one that `alg`
    /// names, the only one that the curve has, or the first in `allowed` for an RSA key without `alg`.
    pub fn from_jwk(jwk: &Map<String, Value>, allowed: &[Algorithm]) -> Result<Self, KeyFault> {
        if jwk.get("kty").and_then(Value::as_str) == Some("oct") || jwk.contains_key("k") {
            return Err(KeyFault::Symmetric);
        }
        if PRIVATE_MEMBERS.into_iter().any(|member| jwk.contains_key(member)) {
            return Err(KeyFault::Private);
        }
        let kid = match jwk.get("kid") {
            None => None,
            Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= MAX_KID => Some(kid.clone()),
            Some(_) => return Err(KeyFault::Malformed("kid")),
        };
        check_purpose(jwk)?;
        let public = PublicKey::from_jwk(jwk)?;
        let named = match jwk.get("alg") {
            None => None,
            Some(Value::String(name)) => Some(name.parse().map_err(|_| KeyFault::AlgorithmMismatch)?),
            Some(_) => return Err(KeyFault::Malformed("alg")),
        };
        Self::new(public, kid, named, allowed)
    }

    pub(crate) fn new(
        public: PublicKey,
        kid: Option<String>,
        named: Option<Algorithm>,
        allowed: &[Algorithm],
    ) -> Result<Self, KeyFault> {
        public.check()?;
        let algorithm = pin(public.key_type(), named, allowed)?;
        let thumbprint = public.thumbprint();
        let parsed = parse(&public, algorithm)?;
        Ok(Self {
            kid: kid.unwrap_or_else(|| thumbprint.clone()),
            thumbprint,
            algorithm,
            public,
            parsed,
        })
    }

    /// The algorithm that it is used with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its `kid`, or its thumbprint if it was published without.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The SHA-256 thumbprint (RFC 7638) in base64url.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The JWK with its public members only, and `kid`, `alg` and `use`.
    pub fn public_jwk(&self) -> Map<String, Value> {
        let mut jwk = match self.public.required_members() {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        for (member, value) in [
            ("kid", self.kid.as_str()),
            ("alg", self.algorithm.as_str()),
            ("use", "sig"),
        ] {
            jwk.insert(member.to_owned(), Value::from(value));
        }
        jwk
    }

    /// Verifies `signature` over `message`. ECDSA signatures are `R‖S` of fixed length (RFC 7518
    /// §3.4); the salt of a PSS signature is as long as its hash (§3.5).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.parsed
            .verify_sig(message, signature)
            .map_err(|_| BadSignature)
    }
}

impl std::fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerificationKey")
            .field("algorithm", &self.algorithm)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

fn check_purpose(jwk: &Map<String, Value>) -> Result<(), KeyFault> {
    match jwk.get("use") {
        None => {}
        Some(Value::String(purpose)) if purpose == "sig" => {}
        Some(Value::String(_)) => return Err(KeyFault::NotForSignatures),
        Some(_) => return Err(KeyFault::Malformed("use")),
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|operation| operation == "verify") => Ok(()),
        Some(Value::Array(_)) => Err(KeyFault::NotForVerification),
        Some(_) => Err(KeyFault::Malformed("key_ops")),
    }
}

fn pin(key_type: KeyType, named: Option<Algorithm>, allowed: &[Algorithm]) -> Result<Algorithm, KeyFault> {
    match named {
        Some(algorithm) if algorithm.key_type() != key_type => Err(KeyFault::AlgorithmMismatch),
        Some(algorithm) if allowed.contains(&algorithm) => Ok(algorithm),
        Some(_) => Err(KeyFault::AlgorithmNotAllowed),
        None => {
            let fitting = allowed.iter().find(|algorithm| algorithm.key_type() == key_type);
            fitting.copied().ok_or(KeyFault::AlgorithmNotAllowed)
        }
    }
}

fn parse(public: &PublicKey, algorithm: Algorithm) -> Result<ParsedPublicKey, KeyFault> {
    match public {
        PublicKey::Rsa { n, e } => aws_lc_rs::rsa::PublicKeyComponents { n, e }
            .to_parsed_public_key(rsa(algorithm))
            .map_err(|_| KeyFault::Malformed("n")),
        PublicKey::Ec { x, y, .. } => {
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            ParsedPublicKey::new(elliptic(algorithm), point).map_err(|_| KeyFault::Malformed("x"))
        }
        PublicKey::Ed25519 { x } => {
            ParsedPublicKey::new(elliptic(algorithm), x).map_err(|_| KeyFault::Malformed("x"))
        }
    }
}

const fn rsa(algorithm: Algorithm) -> &'static RsaParameters {
    match algorithm {
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Rs256 | Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => {
            &signature::RSA_PKCS1_2048_8192_SHA256
        }
    }
}

fn elliptic(algorithm: Algorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm.key_type() {
        KeyType::P384 => &signature::ECDSA_P384_SHA384_FIXED,
        KeyType::P521 => &signature::ECDSA_P521_SHA512_FIXED,
        KeyType::Ed25519 => &signature::ED25519,
        KeyType::P256 | KeyType::Rsa => &signature::ECDSA_P256_SHA256_FIXED,
    }
}
