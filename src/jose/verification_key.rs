//! A public key that is ready to verify, bound to exactly one algorithm (RFC 8725 §3.1, S-8725-03).

use super::algorithm::{Algorithm, KeyType};
use super::base64url;
use super::key_fault::KeyFault;
use super::public_key::{PublicKey, member};
use aws_lc_rs::digest;
use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// The members that only a private key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 9964).
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// How long a `kid` may be, in bytes.
pub const MAX_KID: usize = 256;

/// A public key, parsed once, that verifies signatures of one algorithm. Cheap to clone.
#[derive(Clone)]
pub struct VerificationKey(Arc<Inner>);

struct Inner {
    algorithm: Algorithm,
    kid: String,
    thumbprint: String,
    public_key: PublicKey,
    parsed: ParsedPublicKey,
}

/// The signature is not one of this message under this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

// === impl VerificationKey ===

impl VerificationKey {
    /// Reads a JWK (RFC 7517 §4) that holds a public key for signatures.
    ///
    /// An EC or OKP key has the one algorithm of its curve. An RSA key has the one that `alg` names, else the
    /// first RSA algorithm of `allowed`. An algorithm that is not in `allowed` is refused; an empty list allows
    /// nothing. Unknown members are ignored.
    pub fn from_jwk(jwk: &Map<String, Value>, allowed: &[Algorithm]) -> Result<Self, KeyFault> {
        if member(jwk, "kty")? == "oct" {
            return Err(KeyFault::Symmetric);
        }
        if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(KeyFault::Private);
        }
        check_use(jwk)?;
        let kid = read_kid(jwk)?;
        let public_key = PublicKey::from_jwk(jwk)?;
        let named = read_algorithm(jwk)?;
        let algorithm = pin(public_key.key_type(), named, allowed)?;
        Self::new(public_key, algorithm, kid)
    }

    /// A key without name or `alg`, as PEM has it.
    pub(super) fn from_public_key(public_key: PublicKey, allowed: &[Algorithm]) -> Result<Self, KeyFault> {
        let algorithm = pin(public_key.key_type(), None, allowed)?;
        Self::new(public_key, algorithm, None)
    }

    pub(super) fn new(
        public_key: PublicKey,
        algorithm: Algorithm,
        kid: Option<String>,
    ) -> Result<Self, KeyFault> {
        let parsed = public_key.prepare(algorithm)?;
        let thumbprint = thumbprint(&public_key);
        let kid = kid.unwrap_or_else(|| thumbprint.clone());
        Ok(Self(Arc::new(Inner {
            algorithm,
            kid,
            thumbprint,
            public_key,
            parsed,
        })))
    }

    /// The one algorithm that this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Its own `kid`, or its thumbprint if it has none.
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The SHA-256 thumbprint (RFC 7638) in base64url: the same for the same key, whatever it is called.
    pub fn thumbprint(&self) -> &str {
        &self.0.thumbprint
    }

    /// The key as a JWK in one canonical form: its public members, `kid`, `alg`, and `use: sig`.
    pub fn public_jwk(&self) -> Map<String, Value> {
        let own = [
            ("kid", self.0.kid.clone()),
            ("alg", self.0.algorithm.as_str().to_owned()),
            ("use", "sig".to_owned()),
        ];
        let members = self.0.public_key.required_members().into_iter().chain(own);
        members
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect()
    }

    /// Verifies a raw JWS signature (RFC 7518 §3, RFC 8037 §3.1) over `message`.
    ///
    /// ECDSA signatures are R and S, each as long as the curve's field; DER is refused. PSS salts must be as
    /// long as the hash. Of Ed25519 only canonical S are accepted.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0
            .parsed
            .verify_sig(message, signature)
            .map_err(|_| BadSignature)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("algorithm", &self.0.algorithm)
            .field("kid", &self.0.kid)
            .field("thumbprint", &self.0.thumbprint)
            .finish_non_exhaustive()
    }
}

/// Equal are keys with the same algorithm, name and material.
impl PartialEq for VerificationKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.algorithm == other.0.algorithm
            && self.0.kid == other.0.kid
            && self.0.public_key == other.0.public_key
    }
}

impl Eq for VerificationKey {}

/// RFC 7638 §3: the hash of the required members in lexicographic order, without white space.
fn thumbprint(key: &PublicKey) -> String {
    let members = key
        .required_members()
        .into_iter()
        .map(|(name, value)| format!("\"{name}\":\"{value}\""))
        .collect::<Vec<_>>();
    let json = format!("{{{}}}", members.join(","));
    base64url::encode(digest::digest(&digest::SHA256, json.as_bytes()).as_ref())
}

/// `use` and `key_ops` (RFC 7517 §4.2, §4.3) must not speak against verifying.
fn check_use(jwk: &Map<String, Value>) -> Result<(), KeyFault> {
    if jwk.get("use").is_some_and(|value| value != "sig") {
        return Err(KeyFault::NotForSignatures);
    }
    let Some(operations) = jwk.get("key_ops") else {
        return Ok(());
    };
    let operations = operations.as_array().ok_or(KeyFault::NotForVerification)?;
    let strings = operations.iter().all(Value::is_string);
    let verify = operations.iter().any(|operation| operation == "verify");
    if strings && verify {
        Ok(())
    } else {
        Err(KeyFault::NotForVerification)
    }
}

fn read_kid(jwk: &Map<String, Value>) -> Result<Option<String>, KeyFault> {
    if !jwk.contains_key("kid") {
        return Ok(None);
    }
    let kid = member(jwk, "kid")?;
    let good = (1..=MAX_KID).contains(&kid.len());
    good.then(|| Some(kid.to_owned()))
        .ok_or(KeyFault::Malformed("kid"))
}

fn read_algorithm(jwk: &Map<String, Value>) -> Result<Option<Algorithm>, KeyFault> {
    if !jwk.contains_key("alg") {
        return Ok(None);
    }
    let named = member(jwk, "alg")?.parse();
    named.map(Some).map_err(|_| KeyFault::UnknownAlgorithm)
}

fn pin(key_type: KeyType, named: Option<Algorithm>, allowed: &[Algorithm]) -> Result<Algorithm, KeyFault> {
    match named {
        Some(algorithm) if algorithm.key_type() != key_type => Err(KeyFault::AlgorithmMismatch),
        Some(algorithm) if !allowed.contains(&algorithm) => Err(KeyFault::AlgorithmNotAllowed),
        Some(algorithm) => Ok(algorithm),
        None => allowed
            .iter()
            .copied()
            .find(|algorithm| algorithm.key_type() == key_type)
            .ok_or(KeyFault::AlgorithmNotAllowed),
    }
}

#[cfg(test)]
mod tests;
