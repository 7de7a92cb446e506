//! Sets of keys, judged one by one: a bad key never breaks its set (RFC 7517 §5).

use crate::jose::Algorithm;
use crate::jose::json::parse_object;
use crate::jose::key_fault::KeyFault;
use crate::jose::pem;
use crate::jose::verification_key::VerificationKey;
use serde_json::Value;
use thiserror::Error;

/// The most keys that a set may have.
pub const MAX_KEYS: usize = 16;
/// The largest document in bytes.
pub const MAX_DOCUMENT: usize = 256 * 1024;
/// How much of a refused key's `kid` is shown.
const SHOWN_KID: usize = 64;

/// The outcome of judging a set.
#[derive(Debug, Default)]
pub struct Judged {
    /// The keys that may be used, in the order of the set.
    pub keys: Vec<VerificationKey>,
    /// The others.
    pub refused: Vec<RefusedKey>,
}

/// A key that may not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    /// Its position in the set, from 0.
    pub position: usize,
    /// Its `kid`, if it can be shown.
    pub kid: Option<String>,
    /// Why.
    pub fault: KeyFault,
}

/// Why a set could not be judged at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SetFault {
    /// Larger than [`MAX_DOCUMENT`].
    #[error("the document is larger than 256 KiB")]
    TooLarge,
    /// Neither JSON nor PEM.
    #[error("the document is neither a JSON Web Key Set nor public keys in PEM")]
    NotKeys,
    /// JSON without an array `keys`.
    #[error("the document has no 'keys' array")]
    NoKeysMember,
    /// PEM without a key.
    #[error("the document has no PEM block of the kind PUBLIC KEY")]
    NoPemKey,
    /// More than [`MAX_KEYS`].
    #[error("the set has more than 16 keys")]
    TooMany,
}

/// Why no key fits a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoKey {
    /// None has the `kid` and the algorithm.
    #[error("no key has this kid and algorithm")]
    Unknown,
    /// Without a `kid`, several keys could be meant.
    #[error("the token has no kid, and several keys have its algorithm")]
    Ambiguous,
}

/// The key that a token with this `kid` and algorithm must be verified with: the one with both, or,
/// for a token without `kid`, the only one with the algorithm.
pub fn select<'k>(
    keys: impl Iterator<Item = &'k VerificationKey>,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<&'k VerificationKey, NoKey> {
    let mut fitting =
        keys.filter(|key| key.algorithm() == algorithm && kid.is_none_or(|kid| kid == key.kid()));
    match (fitting.next(), fitting.next()) {
        (None, _) => Err(NoKey::Unknown),
        (Some(_), Some(_)) if kid.is_none() => Err(NoKey::Ambiguous),
        (Some(key), _) => Ok(key),
    }
}

/// Judges a JWKS or public keys in PEM, whichever the first character says it is.
pub fn judge_document(bytes: &[u8], allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        judge_jwks(bytes, allowed)
    } else {
        judge_pem(bytes, allowed)
    }
}

/// Judges a JSON Web Key Set.
pub fn judge_jwks(document: &[u8], allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    if document.len() > MAX_DOCUMENT {
        return Err(SetFault::TooLarge);
    }
    let set = parse_object(document).map_err(|_| SetFault::NotKeys)?;
    judge_jwks_value(&Value::Object(set), allowed)
}

/// Judges a JSON Web Key Set that was parsed already, because it came inside something else.
pub fn judge_jwks_value(set: &Value, allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    let keys = set
        .get("keys")
        .and_then(Value::as_array)
        .ok_or(SetFault::NoKeysMember)?;
    judge(keys.iter().map(|key| {
        let jwk = key.as_object();
        let kid = jwk
            .and_then(|jwk| jwk.get("kid"))
            .and_then(Value::as_str)
            .filter(|kid| showable(kid));
        let judged = jwk
            .ok_or(KeyFault::Malformed("kty"))
            .and_then(|jwk| VerificationKey::from_jwk(jwk, allowed));
        (kid.map(str::to_owned), judged)
    }))
}

/// Judges public keys in PEM.
pub fn judge_pem(text: &[u8], allowed: &[Algorithm]) -> Result<Judged, SetFault> {
    if text.len() > MAX_DOCUMENT {
        return Err(SetFault::TooLarge);
    }
    let blocks = pem::blocks(text).ok_or(SetFault::NotKeys)?;
    if blocks.is_empty() {
        return Err(SetFault::NoPemKey);
    }
    let keys = blocks.into_iter().map(|key| {
        (
            None,
            key.and_then(|key| VerificationKey::new(key, None, None, allowed)),
        )
    });
    judge(keys)
}

fn judge(
    candidates: impl Iterator<Item = (Option<String>, Result<VerificationKey, KeyFault>)>,
) -> Result<Judged, SetFault> {
    let mut judged = Judged::default();
    for (position, (kid, candidate)) in candidates.enumerate() {
        if position >= MAX_KEYS {
            return Err(SetFault::TooMany);
        }
        match candidate {
            Ok(key) if judged.keys.iter().any(|earlier| same(earlier, &key)) => {
                judged.refused.push(RefusedKey {
                    position,
                    kid,
                    fault: KeyFault::Duplicate,
                });
            }
            Ok(key) => judged.keys.push(key),
            Err(fault) => judged.refused.push(RefusedKey { position, kid, fault }),
        }
    }
    Ok(judged)
}

/// Whether a token could not tell the two apart, or they are one key.
fn same(one: &VerificationKey, other: &VerificationKey) -> bool {
    one.thumbprint() == other.thumbprint()
        || (one.kid() == other.kid() && one.algorithm() == other.algorithm())
}

fn showable(kid: &str) -> bool {
    kid.len() <= SHOWN_KID && kid.bytes().all(|b| b.is_ascii_graphic())
}

// === impl SetFault ===

impl SetFault {
    /// A stable name for conditions and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "TooLarge",
            Self::NotKeys | Self::NoKeysMember | Self::NoPemKey => "Malformed",
            Self::TooMany => "TooManyKeys",
        }
    }
}
